"""Declared settings. The host shows those of an instance; those of a channel are our own affair."""

from __future__ import annotations

from typing import ClassVar

from pydantic import SecretStr

from erp_core.toolkit import PluginSettings, setting

PLUGIN = "echo"


class InstanceSettings(PluginSettings):
    """How an instance echoes."""

    words: str = setting("Heard", title="Words", help="What an echo begins with.", max_length=40)
    loudness: str = setting("normal", title="Loudness", choices=True)
    keep_invoices: bool = setting(False, title="Keep invoices", help="Refuse to void an invoice that was echoed.")
    password: SecretStr | None = setting(None, title="Password", help="Of the mountain. Encrypted where it is kept.")


class ChannelSettings(PluginSettings):
    """How a channel echoes: a scope of our own, with ids of our own."""

    scope: ClassVar[str] = "channel"

    volume: int = setting(5, title="Volume", ge=0, le=11)
