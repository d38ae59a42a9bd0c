"""Tenants, their instances, and the switch of each plugin in each instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core.errors import Invalid, NotFound, Refused
from erp_core.jobs import outbox
from erp_core.models import Actor, Instance, NumberSeries, Order, PluginInstance, Tenant
from erp_core.plugins import guards, registry, settings
from erp_core.plugins.contract import Plugin
from erp_core.services import activity
from erp_core.services.locking import lock
from erp_core.services.lookup import HIGHEST_ID
from erp_core.services.uniqueness import unique
from erp_core.services.validation import Problems

LONGEST_PREFIX = 12
_PREFIXES = {"order": "SO-", "invoice": "INV-", "payment": "PAY-"}


@dataclass(frozen=True)
class InstanceInput:
    """An instance as somebody typed it. Without prefixes, a new one gets SO-, INV- and PAY-, with its code if those are
    in use in the tenant, and an existing one keeps its own."""

    name: str
    code: str
    currency: str = "USD"
    timezone: str = "America/New_York"
    locale: str = "en_US"
    order_prefix: str | None = None
    invoice_prefix: str | None = None
    payment_prefix: str | None = None

    def prefixes(self) -> dict[str, str | None]:
        """The prefix of each kind of document."""
        return {"order": self.order_prefix, "invoice": self.invoice_prefix, "payment": self.payment_prefix}


def create_tenant(session: Session, name: str, *, actor: Actor) -> Tenant:
    """A new customer of the ERP, without instances."""
    problems = Problems()
    name = problems.text("name", name, name="name", limit=100, required=True)
    problems.stop("The tenant was not saved.")
    tenant = Tenant(name=name)
    session.add(tenant)
    session.flush()
    activity.record(
        session,
        actor=actor,
        action="tenant_created",
        subject=tenant,
        summary=f"Tenant {name} was created.",
        tenant_id=tenant.id,
    )
    return tenant


def create_instance(
    session: Session, tenant_id: int, data: InstanceInput, *, first_number: int = 1, actor: Actor
) -> Instance:
    """A new business unit with its three number series, which begin at `first_number`."""
    if session.get(Tenant, tenant_id) is None:
        raise NotFound("There is no such tenant.")
    data = _checked(session, tenant_id, data, None, first_number)
    instance = Instance(tenant_id=tenant_id)
    with unique(session, _code_taken(data.code), field="code"):
        _write(instance, data)
        for kind, prefix in data.prefixes().items():
            prefix = prefix if prefix is not None else _free_prefix(session, tenant_id, kind, data.code)
            instance.series.append(NumberSeries(kind=kind, prefix=prefix, next_number=first_number))
        session.add(instance)
    _record(session, instance, actor, "instance_created", f"Instance {instance.name} was created.")
    return instance


def update_instance(session: Session, instance: Instance, data: InstanceInput, *, actor: Actor) -> Instance:
    """Replace what is known of an instance. Numbers go on counting under a new prefix."""
    lock(session, instance)
    data = _checked(session, instance.tenant_id, data, instance, 1)
    if data.currency != instance.currency and _has_orders(session, instance):
        raise Refused(
            f"{instance.name} has orders, so its currency can't change. Create another instance for {data.currency}.",
            code="currency_in_use",
        )
    before = _contents(instance)
    with unique(session, _code_taken(data.code), field="code"):
        _write(instance, data)
        for series in instance.series:
            series.prefix = _given(data.prefixes()[series.kind], series.prefix)
    if _contents(instance) != before:
        _record(session, instance, actor, "instance_edited", f"Instance {instance.name} was edited.")
    return instance


def is_enabled(session: Session, plugin: str, instance_id: int) -> bool:
    """Whether a loaded plugin is switched on in this instance."""
    return registry.current().is_enabled(session, plugin, instance_id)


def switched_off(session: Session, plugin: str | None, instance_id: int | None) -> str | None:
    """Why a plugin's work waits in an instance, in a sentence; None when it may go on, or is no plugin's or instance's."""
    if plugin is None or instance_id is None:
        return None
    row = session.get(PluginInstance, (plugin, instance_id))  # the switch, whether or not the plugin is loaded
    if row is not None and row.enabled:
        return None
    loaded = registry.current().get(plugin)
    return _switched_off(loaded.title() if loaded else plugin, session.get_one(Instance, instance_id))


def set_plugin_enabled(session: Session, instance: Instance, plugin_name: str, enabled: bool, *, actor: Actor) -> None:
    """Switch a plugin on or off in an instance. Off holds its waiting messages, on releases them; none is lost."""
    plugin = registry.current().get(plugin_name)
    if plugin is None:
        raise NotFound(f"The plugin {plugin_name} is not loaded. The server's ERP_PLUGINS names the loaded ones.")
    lock(session, instance)
    row = session.get(PluginInstance, (plugin_name, instance.id), populate_existing=True)
    if (row is not None and row.enabled) == enabled:
        return
    guards.check(session, guards.SwitchPlugin(instance.tenant_id, instance.id, plugin_name, enabled))
    if row is None:
        row = PluginInstance(plugin=plugin_name, instance_id=instance.id)
        session.add(row)
    row.enabled = enabled
    session.flush()
    if enabled:
        outbox.release(session, plugin=plugin_name, instance_id=instance.id)
    else:
        reason = _switched_off(plugin.title(), instance)
        outbox.hold(session, plugin=plugin_name, instance_id=instance.id, reason=reason)
    word = "on" if enabled else "off"
    _record(
        session,
        instance,
        actor,
        "plugin_enabled" if enabled else "plugin_disabled",
        f"{plugin.title()} was switched {word} in {instance.name}.",
        plugin=plugin_name,
    )


def switch_off_everywhere(session: Session, *, actor: Actor) -> list[str]:
    """Switch every plugin off in every instance, also those that are not loaded, and hold what waits for them.

    No guard is asked: this disarms a copied database. Answers the names of all plugins that were ever switched on.
    """
    rows = session.scalars(select(PluginInstance).order_by(PluginInstance.plugin, PluginInstance.instance_id)).all()
    names = list(dict.fromkeys(row.plugin for row in rows))
    for row in rows:
        if row.enabled:
            row.enabled = False
            instance = session.get_one(Instance, row.instance_id)
            summary = f"{row.plugin} was switched off in {instance.name}, because this database is a copy."
            _record(session, instance, actor, "plugin_disabled", summary, plugin=row.plugin)
    for name in names:
        outbox.hold(session, plugin=name, instance_id=None, reason="This database is a copy. Nothing leaves it.")
    session.flush()
    return names


def save_plugin_settings(
    session: Session, instance: Instance, plugin_name: str, enabled: bool, values: Mapping[str, Any], *, actor: Actor
) -> None:
    """Save a plugin's switch and its settings in an instance, together or not at all.

    Raises `Invalid` with a sentence for each setting that is wrong, and `Refused` when the plugin says no. The log
    keeps what changed, without secrets.
    """
    plugin = registry.current().get(plugin_name)
    declared = registry.current().instance_settings(plugin) if plugin is not None else None
    if plugin is None or declared is None:
        raise NotFound(f"The plugin {plugin_name} has no settings for instances.")
    lock(session, instance)
    before = settings.read(session, plugin_name, declared, instance.id)
    after = settings.parse(declared, dict(values))
    _check_choices(session, plugin, instance, before, after)
    intention = guards.SaveSettings(instance.tenant_id, instance.id, plugin_name, enabled, before, after)
    guards.check(session, intention)
    settings.write(session, plugin_name, instance.id, after)
    set_plugin_enabled(session, instance, plugin_name, enabled, actor=actor)
    if changed := _changed(before, after):
        _record(
            session,
            instance,
            actor,
            "settings_changed",
            f"The settings of {plugin.title()} in {instance.name} were changed.",
            plugin=plugin_name,
            changed=changed,
        )


def _check_choices(
    session: Session,
    plugin: Plugin,
    instance: Instance,
    before: settings.PluginSettings,
    after: settings.PluginSettings,
) -> None:
    """What was picked must have been offered, unless it was saved before."""
    wrong = {}
    for name, field in type(after).model_fields.items():
        offers = isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("choices")
        value = getattr(after, name)
        if not offers or value is None or value in ("", getattr(before, name)):
            continue
        if str(value) not in {choice for choice, _ in plugin.choices(session, instance, name)}:
            wrong[name] = "Choose one of the list."
    if wrong:
        raise Invalid("Some settings are not right.", fields=wrong)


def _switched_off(title: str, instance: Instance) -> str:
    return f"{title} is switched off in {instance.name}."


def _changed(before: settings.PluginSettings, after: settings.PluginSettings) -> dict[str, list[Any]]:
    """Before and after of each setting that changed. pydantic writes stars instead of secrets."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return {name: [old[name], new[name]] for name in new if getattr(before, name) != getattr(after, name)}


def _checked(
    session: Session, tenant_id: int, data: InstanceInput, instance: Instance | None, first_number: int
) -> InstanceInput:
    problems = Problems()
    name = problems.text("name", data.name, name="name", limit=100, required=True)
    code = problems.text("code", data.code, name="code", limit=10, required=True).upper()
    if not code.replace("-", "").isalnum() or not code.isascii():
        problems.add("code", "The code can have letters, digits and hyphens only.")
    currency = problems.currency("currency", data.currency)
    timezone = problems.text("timezone", data.timezone, name="time zone", limit=50, required=True)
    if not _is_timezone(timezone):
        problems.add("timezone", f"{timezone} is not a time zone. It looks like America/New_York.")
    locale = problems.text("locale", data.locale, name="locale", limit=10, required=True)
    if not _is_locale(locale):
        problems.add("locale", f"{locale} is not a locale. It looks like en_US.")
    problems.whole("first_number", first_number, name="first number", least=1, most=HIGHEST_ID - 1)
    prefixes = [_prefix(problems, kind, prefix) for kind, prefix in data.prefixes().items()]
    taken = select(Instance.id).where(Instance.tenant_id == tenant_id, Instance.code == code)
    if instance is not None:
        taken = taken.where(Instance.id != instance.id)
    if not problems.fields and session.scalar(taken) is not None:
        problems.add("code", _code_taken(code))
    problems.stop("The instance was not saved.")
    return InstanceInput(name, code, currency, timezone, locale, *prefixes)


def _prefix(problems: Problems, kind: str, prefix: str | None) -> str | None:
    if prefix is None:
        return None
    field = f"{kind}_prefix"
    prefix = problems.text(field, prefix, name=f"prefix of {kind}s", limit=LONGEST_PREFIX)
    if prefix[-1:].isdigit():  # INV-1 and 042, INV- and 1042 would be the same number
        problems.add(field, "A prefix can't end with a digit, or two numbers could look the same. Add a hyphen.")
    return prefix


def _free_prefix(session: Session, tenant_id: int, kind: str, code: str) -> str:
    """The usual prefix, or one with the code in it when another instance of the tenant has the usual one."""
    usual = _PREFIXES[kind]
    used = (
        select(NumberSeries.id)
        .join(Instance)
        .where(Instance.tenant_id == tenant_id, NumberSeries.kind == kind, NumberSeries.prefix == usual)
        .limit(1)
    )
    if session.scalar(used) is None:
        return usual
    return f"{usual}{code[: LONGEST_PREFIX - len(usual) - 1]}-"


def _write(instance: Instance, data: InstanceInput) -> None:
    instance.name, instance.code, instance.currency = data.name, data.code, data.currency
    instance.timezone, instance.locale = data.timezone, data.locale


def _contents(instance: Instance) -> tuple[str, ...]:
    prefixes = [series.prefix for series in instance.series]
    return (instance.name, instance.code, instance.currency, instance.timezone, instance.locale, *prefixes)


def _given(value: str | None, otherwise: str) -> str:
    return otherwise if value is None else value


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_locale(name: str) -> bool:
    try:
        Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _has_orders(session: Session, instance: Instance) -> bool:
    return session.scalar(select(Order.id).where(Order.instance_id == instance.id).limit(1)) is not None


def _code_taken(code: str) -> str:
    return f"There is an instance with the code {code} already. Choose another code."


def _record(session: Session, instance: Instance, actor: Actor, action: str, summary: str, **details: object) -> None:
    activity.record(
        session,
        actor=actor,
        action=action,
        subject=instance,
        summary=summary,
        tenant_id=instance.tenant_id,
        instance_id=instance.id,
        details=details,
    )
