"""The plugin's table of contents, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import click
from flask import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from echo_plugin import cli, hooks, jobs, slots, web
from echo_plugin.settings import PLUGIN, ChannelSettings, InstanceSettings
from erp_core.toolkit import (
    BILLING,
    Guard,
    Instance,
    JobFunction,
    Listener,
    MenuItem,
    OrderInvoiced,
    Permission,
    Plugin,
    Schedule,
    SlotFill,
    VoidInvoice,
    guard,
    on,
    read_settings,
    write_settings,
)


class EchoPlugin(Plugin):
    """Echo

    Answers every invoice of an instance with a note."""

    settings = (InstanceSettings, ChannelSettings)
    permissions = (Permission("echo.say", "Say something to Echo", BILLING),)

    def blueprints(self) -> Iterable[Blueprint]:
        """One page."""
        return [web.blueprint]

    def listeners(self) -> Iterable[Listener]:
        """An invoiced order is echoed."""
        return [on(OrderInvoiced, hooks.queue_echo)]

    def guards(self) -> Iterable[Guard]:
        """What was echoed may be kept."""
        return [guard(VoidInvoice, hooks.keep_echoed_invoices)]

    def jobs(self) -> Mapping[str, JobFunction]:
        """The one thing the worker does for us."""
        return {"echo.write_note": jobs.write_note}

    def schedules(self) -> Iterable[Schedule]:
        """A net under the listener."""
        return [Schedule("echo.sweep", hooks.sweep, seconds=60)]

    def slots(self) -> Iterable[SlotFill]:
        """A column, a filter, a panel, a card, and a member of the API."""
        return slots.fills()

    def menu(self) -> Iterable[MenuItem]:
        """The page with the notes."""
        return [MenuItem("Echo", "echo.notes", icon="megaphone", area="main")]

    def commands(self) -> Iterable[click.Command]:
        """`erp echo say`."""
        return [cli.say]

    def choices(self, session: Session, instance: Instance, setting: str) -> Sequence[tuple[str, str]]:
        """How loud an echo may be."""
        return [("normal", "Normal"), ("loud", "Loud")]

    def problems(self) -> Sequence[str]:
        """A variable of our own that the server's administrator may have set."""
        muted = self.config.environ.get("ECHO_MUTED")
        return ["ECHO_MUTED is set, so nobody hears an echo. Remove it from the environment."] if muted else []

    def neutralize(self, session: Session) -> None:
        """Forget the passwords; the host switches the plugin off."""
        for instance_id in session.scalars(select(Instance.id)):
            settings = read_settings(session, PLUGIN, InstanceSettings, instance_id)
            write_settings(session, PLUGIN, instance_id, settings.model_copy(update={"password": None}))
