"""Declared settings of plugins: typed, validated, secrets encrypted at rest.

A plugin declares classes of `PluginSettings`, one for each scope. Scope `instance` is known to the host, which shows
it on the instance's page; any other scope, such as `connection`, is the plugin's own, keyed by its own ids.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core.errors import Invalid
from erp_core.models import PluginSetting
from erp_core.models.types import keyring


class PluginSettings(BaseModel):
    """Base of a plugin's settings. Every member needs a default: an owner that never saved gets the defaults."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scope: ClassVar[str] = "instance"


def setting(default: Any, *, title: str, help: str = "", choices: bool = False, **limits: Any) -> Any:  # noqa: A002
    """Declare one setting. With `choices`, the plugin's method `choices` names the values a person may pick."""
    return Field(default, title=title, description=help, json_schema_extra={"choices": choices}, **limits)


S = TypeVar("S", bound=PluginSettings)


def parse(declared: type[S], values: dict[str, Any]) -> S:
    """Typed settings from raw values. Raises `Invalid` with a sentence for each field."""
    try:
        return declared.model_validate(values)
    except ValidationError as error:
        fields = {str(item["loc"][0]) if item["loc"] else "": item["msg"] for item in error.errors()}
        raise Invalid("Some settings are not right.", fields=fields) from None


def read(session: Session, plugin: str, declared: type[S], scope_id: int) -> S:
    """The saved settings of one owner, or the defaults."""
    row = _row(session, plugin, declared.scope, scope_id)
    if row is None:
        return declared()
    values = json.loads(row.values)
    for name in _secrets(declared):
        if values.get(name):
            values[name] = keyring.decrypt(values[name].encode())
    return declared.model_validate(values)


def write(session: Session, plugin: str, scope_id: int, values: PluginSettings) -> None:
    """Save the settings of one owner. Whoever calls has asked the guards and records the activity."""
    data = values.model_dump(mode="json")
    for name in _secrets(type(values)):
        secret = getattr(values, name)
        data[name] = keyring.encrypt(secret.get_secret_value()).decode() if secret is not None else None
    row = _row(session, plugin, values.scope, scope_id)
    if row is None:
        row = PluginSetting(plugin=plugin, scope=values.scope, scope_id=scope_id)
        session.add(row)
    row.values = json.dumps(data, sort_keys=True)
    session.flush()


def _row(session: Session, plugin: str, scope: str, scope_id: int) -> PluginSetting | None:
    return session.scalars(
        select(PluginSetting).where(
            PluginSetting.plugin == plugin, PluginSetting.scope == scope, PluginSetting.scope_id == scope_id
        )
    ).one_or_none()


def _secrets(declared: type[PluginSettings]) -> list[str]:
    return [
        name
        for name, field in declared.model_fields.items()
        if "SecretStr" in str(field.annotation) or field.annotation is SecretStr
    ]
