"""Plugin settings as a form: from declared, typed members to controls, and back to raw values."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from werkzeug.datastructures import MultiDict

from erp_core.extensions import db
from erp_core.models import Instance
from erp_core.plugins.contract import Plugin
from erp_core.plugins.settings import PluginSettings
from erp_core.web.format import plain
from erp_core.web.forms import parse_number

KEEP_SECRET = "••••••••"  # noqa: S105 - what stands in the field instead of a secret


@dataclass
class Control:
    """One setting as a control. `kind` is switch, select, number, date, secret or text."""

    name: str
    member: str
    kind: str
    title: str
    help: str
    value: str = ""
    checked: bool = False
    choices: Sequence[tuple[str, str]] = ()
    error: str = ""


@dataclass
class SettingsCard:
    """A plugin's settings of an instance: its switch and its controls, with what was typed and what is wrong."""

    plugin: Plugin
    enabled: bool
    controls: list[Control]
    problem: str = ""
    saved: bool = False
    panels: list[Any] = field(default_factory=list)

    @property
    def switch(self) -> str:
        """The input name of the Enable switch."""
        return f"{self.plugin.name}-enabled"

    def refuse(self, message: str, fields: Mapping[str, str]) -> None:
        """Show what is wrong, at the control where it is."""
        self.problem = message
        for control in self.controls:
            control.error = fields.get(control.member, "")


def card(
    plugin: Plugin,
    instance: Instance,
    enabled: bool,
    settings: PluginSettings,
    typed: MultiDict[str, str] | None = None,
) -> SettingsCard:
    """The card of a plugin. `typed`, a form that was refused, goes before what is saved."""
    controls = []
    for member, info in type(settings).model_fields.items():
        control = _control(plugin, instance, member, info, getattr(settings, member))
        if typed is not None:
            control.value = typed.get(control.name, "")
            control.checked = control.name in typed
        controls.append(control)
    if typed is not None:
        enabled = f"{plugin.name}-enabled" in typed
    return SettingsCard(plugin, enabled, controls)


def values(plugin: Plugin, settings: PluginSettings, form: MultiDict[str, str]) -> dict[str, Any]:
    """Raw values from a form, for the settings class to check. A secret that was not touched stays as it is."""
    raw: dict[str, Any] = {}
    for member, info in type(settings).model_fields.items():
        typed = form.get(f"{plugin.name}-{member}", "").strip()
        kind = _kind(info)
        if kind == "switch":
            raw[member] = f"{plugin.name}-{member}" in form
        elif kind == "secret":
            raw[member] = getattr(settings, member) if typed == KEEP_SECRET else (SecretStr(typed) if typed else None)
        elif typed == "" and _may_be_none(info):
            raw[member] = None
        elif kind == "number" and typed and _bare(info) is Decimal:
            raw[member] = parse_number(typed)
        else:
            raw[member] = typed
    return raw


def _control(plugin: Plugin, instance: Instance, member: str, info: FieldInfo, value: Any) -> Control:
    control = Control(
        name=f"{plugin.name}-{member}",
        member=member,
        kind=_kind(info),
        title=info.title or member.replace("_", " ").capitalize(),
        help=info.description or "",
    )
    if control.kind == "switch":
        control.checked = bool(value)
    elif control.kind == "secret":
        control.value = KEEP_SECRET if value is not None and value.get_secret_value() else ""
    else:
        control.value = _text(value)
    if control.kind == "select":
        control.choices = _choices(plugin, instance, member, info, control.value)
    return control


def _choices(plugin: Plugin, instance: Instance, member: str, info: FieldInfo, value: str) -> Sequence[tuple[str, str]]:
    declared = _bare(info)
    if _has_choices(info):
        offered = list(plugin.choices(db.session(), instance, member))
    elif typing.get_origin(declared) is Literal:
        offered = [(str(one), str(one).replace("_", " ").capitalize()) for one in typing.get_args(declared)]
    else:
        offered = [(str(one.value), str(one.name).replace("_", " ").capitalize()) for one in declared]
    known = {choice for choice, _ in offered}
    if (value == "" or _may_be_none(info)) and "" not in known:
        offered.insert(0, ("", "Choose…" if offered else "Nothing to choose yet"))
    if value and value not in known:
        offered.append((value, f"{value} (no longer offered)"))
    return offered


def _kind(info: FieldInfo) -> str:
    declared = _bare(info)
    if declared is bool:
        return "switch"
    if _has_choices(info) or typing.get_origin(declared) is Literal:
        return "select"
    if isinstance(declared, type):
        if issubclass(declared, Enum):
            return "select"
        if issubclass(declared, SecretStr):
            return "secret"
        if issubclass(declared, int | Decimal):
            return "number"
        if issubclass(declared, date):
            return "date"
    return "text"


def _has_choices(info: FieldInfo) -> bool:
    return bool(isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("choices"))


def _bare(info: FieldInfo) -> Any:
    """The declared type without None."""
    declared = info.annotation
    if typing.get_origin(declared) in (typing.Union, types.UnionType):
        members = [one for one in typing.get_args(declared) if one is not type(None)]
        return members[0] if len(members) == 1 else str
    return declared


def _may_be_none(info: FieldInfo) -> bool:
    return type(None) in typing.get_args(info.annotation)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else str(value)
