"""What stands around every page: the left navigation, the settings' tabs, the instances and who can help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for
from flask_login import current_user
from sqlalchemy import select

from erp_core import clock
from erp_core.access import current_instance, may, signed_in
from erp_core.extensions import db
from erp_core.models import Instance, Role, User
from erp_core.plugins import registry
from erp_core.plugins.slots import MenuItem

MAIN = (
    MenuItem("Dashboard", "main.dashboard", "speedometer2", area="main"),
    MenuItem("Orders", "orders.index", "bag", area="main"),
    MenuItem("Fulfilment", "fulfilment.index", "truck", area="main"),
    MenuItem("Invoices", "invoices.index", "receipt", area="main"),
    MenuItem("Customers", "customers.index", "people", area="main"),
    MenuItem("Products", "products.index", "box-seam", area="main"),
    MenuItem("Payments", "payments.index", "cash-coin", area="main"),
    MenuItem("Activity", "activity.index", "clock-history", area="main"),
)
SETTINGS = (
    MenuItem("Instances", "settings.index", "shop"),
    MenuItem("People", "settings.people", "person-badge"),
    MenuItem("API tokens", "settings.tokens", "key"),
    MenuItem("Tax rates", "settings.taxes", "percent"),
)


@dataclass(frozen=True)
class Entry:
    """A link of the navigation as it is shown now."""

    label: str
    url: str
    icon: str
    current: bool


def init_app(app: Flask) -> None:
    """Hand the navigation to every template."""
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    return {
        "menu": menu,
        "settings_menu": settings_menu,
        "instances": instances,
        "chosen_instance": chosen_instance,
        "may": may,
        "helpers": administrators,
        "now": clock.now,
    }


def _entry(item: MenuItem, *, prefixes: tuple[str, ...] = ()) -> Entry:
    here = request.endpoint or ""
    current = here == item.endpoint or here.startswith(prefixes)
    return Entry(item.label, url_for(item.endpoint), item.icon, current)


def _plugin_items(area: str) -> list[MenuItem]:
    return [item for item in registry.current().menu if item.area == area and may(item.permission) and item.visible()]


def _section(item: MenuItem) -> tuple[str, ...]:
    """An entry stays marked on all pages of its blueprint."""
    return (item.endpoint.rpartition(".")[0] + ".",)


def menu() -> list[Entry]:
    """The left navigation of this person."""
    if not current_user.is_authenticated:
        return []
    if signed_in().role == Role.HOST:
        return [_entry(MenuItem("Server", "host.index", "hdd-stack"), prefixes=("host.",))]
    settings = settings_items()
    inside = tuple(prefix for item in settings for prefix in _section(item))
    return [
        *(_entry(item, prefixes=_section(item)) for item in (*MAIN, *_plugin_items("main"))),
        _entry(MenuItem("Settings", "settings.index", "gear"), prefixes=inside),
    ]


def settings_items() -> list[MenuItem]:
    """The pages under Settings, of the host and of plugins."""
    return [*SETTINGS, *_plugin_items("settings")]


def settings_menu() -> list[Entry]:
    """The tabs of the settings pages."""
    alone: dict[str, tuple[str, ...]] = {
        item.endpoint: ("settings.instance", "settings.new_instance") for item in SETTINGS[:1]
    }
    alone["settings.people"] = ("settings.add_person", "settings.new_password")
    alone["settings.tokens"] = ("settings.new_token",)
    alone["settings.taxes"] = ("settings.add_tax",)
    return [
        _entry(item, prefixes=alone.get(item.endpoint, () if item in SETTINGS else _section(item)))
        for item in settings_items()
    ]


def instances() -> list[Instance]:
    """The instances of the person's tenant, by name; none for the host's administrator."""
    if not current_user.is_authenticated or signed_in().tenant_id is None:
        return []
    return list(
        db.session.scalars(
            select(Instance).where(Instance.tenant_id == signed_in().tenant_id).order_by(Instance.name, Instance.id)
        )
    )


def chosen_instance() -> Instance | None:
    """The instance chosen in the top bar; None means all of them."""
    return current_instance() if current_user.is_authenticated else None


def administrators() -> str:
    """Whom to ask, such as "Ana, Ben"."""
    names = db.session.scalars(
        select(User.name)
        .where(User.tenant_id == signed_in().tenant_id, User.role == Role.ADMINISTRATOR, User.active)
        .order_by(User.name)
        .limit(4)
    )
    return ", ".join(names) or "the administrator of your company"
