"""Slots: named places in the host's pages and answers that plugins fill.

A slot says what kind of thing belongs there, so mypy checks every fill. Fills of plugins that are enabled in none of
the tenant's instances are not asked. All functions get the request's session, which sees one tenant only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from markupsafe import Markup
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from erp_core.models import Instance, Invoice, Order

T = TypeVar("T")


@dataclass(frozen=True)
class Slot(Generic[T]):
    """A named place. `about` tells plugin authors what belongs there."""

    name: str
    about: str


@dataclass(frozen=True)
class SlotFill:
    """What a plugin puts into a slot; lower `order` comes first."""

    slot: Slot[Any]
    value: Any
    order: int = 50


def fill(slot: Slot[T], value: T, *, order: int = 50) -> SlotFill:
    """Declare a fill; the types of slot and value must agree."""
    return SlotFill(slot, value, order)


@dataclass(frozen=True)
class ListColumn:
    """A column of a list. `cells` gets all rows of the page at once and answers HTML by row id."""

    title: str
    cells: Callable[[Session, Sequence[Any]], Mapping[int, Markup]]


@dataclass(frozen=True)
class ListFilter:
    """A filter chip of a list. `condition` is put into the WHERE clause; the host counts the rows."""

    key: str
    label: str
    condition: Callable[[], ColumnElement[bool]]
    tone: str = "secondary"
    """Bootstrap colour of the chip: danger, warning, info, success, secondary."""
    icon: str = ""
    hide_when_empty: bool = False


@dataclass(frozen=True)
class BulkAction:
    """A button on the ticked rows of a list. The endpoint gets a POST with `ids`, CSRF token included."""

    key: str
    label: str
    endpoint: str
    permission: str
    icon: str = ""
    shortcut: str = ""


@dataclass(frozen=True)
class ApiField:
    """A member of a record in the REST API. `schema` is its JSON schema as a marshmallow field."""

    name: str
    schema: Any
    values: Callable[[Session, Sequence[Any]], Mapping[int, Any]]


ForInvoice = Callable[[Session, Invoice], Markup]
ForOrder = Callable[[Session, Order], Markup]

INVOICE_STATUS: Slot[ForInvoice] = Slot("invoice.status", "A badge beside the status on an invoice's page.")
INVOICE_PANEL: Slot[ForInvoice] = Slot("invoice.panel", "A card on an invoice's page.")
INVOICE_COLUMN: Slot[ListColumn] = Slot("invoice.column", "A column of the invoice list.")
INVOICE_FILTER: Slot[ListFilter] = Slot("invoice.filter", "A filter chip of the invoice list.")
INVOICE_BULK: Slot[BulkAction] = Slot("invoice.bulk", "A button on ticked invoices.")
INVOICE_BANNER: Slot[Callable[[Session], Markup]] = Slot(
    "invoice.banner", "A banner above the invoice list, or nothing."
)
INVOICE_FIELD: Slot[ApiField] = Slot(
    "invoice.field", "A member of an invoice in the REST API, there also where the plugin is off."
)
ORDER_PANEL: Slot[ForOrder] = Slot("order.panel", "A card on an order's page.")
ORDER_ACTIONS: Slot[ForOrder] = Slot("order.actions", "Buttons on an order's page, as forms.")
INSTANCE_PANEL: Slot[Callable[[Session, Instance], Markup]] = Slot(
    "instance.panel", "What a plugin has to say above its settings on an instance's page."
)
DASHBOARD_CARD: Slot[Callable[[Session], Markup]] = Slot("dashboard.card", "A card on the dashboard.")

ALL: tuple[Slot[Any], ...] = (
    INVOICE_STATUS,
    INVOICE_PANEL,
    INVOICE_COLUMN,
    INVOICE_FILTER,
    INVOICE_BULK,
    INVOICE_BANNER,
    INVOICE_FIELD,
    ORDER_PANEL,
    ORDER_ACTIONS,
    INSTANCE_PANEL,
    DASHBOARD_CARD,
)


@dataclass(frozen=True)
class MenuItem:
    """An entry of the navigation. `visible` is asked for each page; `area` is `main` or `settings`."""

    label: str
    endpoint: str
    icon: str = "plug"
    permission: str = "erp.view"
    area: str = "settings"
    visible: Callable[[], bool] = field(default=lambda: True)
