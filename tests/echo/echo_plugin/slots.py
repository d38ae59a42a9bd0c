"""What we show in the host's pages, and say in its API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup
from marshmallow import fields
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from echo_plugin.models import Note
from erp_core.toolkit import (
    DASHBOARD_CARD,
    INVOICE_COLUMN,
    INVOICE_FIELD,
    INVOICE_FILTER,
    INVOICE_PANEL,
    ApiField,
    Invoice,
    ListColumn,
    ListFilter,
    SlotFill,
    fill,
)


def fills() -> Iterable[SlotFill]:
    """One fill of each kind; mypy checks that each fits its slot."""
    return [
        fill(INVOICE_COLUMN, ListColumn("Echo", cells)),
        fill(INVOICE_FILTER, ListFilter("echoed", "Echoed", echoed, tone="info", icon="megaphone")),
        fill(INVOICE_PANEL, panel),
        fill(INVOICE_FIELD, ApiField("echo", fields.String(allow_none=True), texts)),
        fill(DASHBOARD_CARD, card),
    ]


def texts(session: Session, invoices: Sequence[Invoice]) -> Mapping[int, str | None]:
    """The echoes of many invoices with one query."""
    ids = [invoice.id for invoice in invoices]
    found = {note.invoice_id: note.text for note in session.scalars(select(Note).where(Note.invoice_id.in_(ids)))}
    return {invoice_id: found.get(invoice_id) for invoice_id in ids}


def cells(session: Session, invoices: Sequence[Invoice]) -> Mapping[int, Markup]:
    """The column: Markup's format escapes what a customer may have typed."""
    return {key: Markup("<span>{}</span>").format(text or "–") for key, text in texts(session, invoices).items()}


def echoed() -> ColumnElement[bool]:
    """The filter, for the host to count and to page through."""
    return Invoice.id.in_(select(Note.invoice_id))


def panel(session: Session, invoice: Invoice) -> Markup:
    """A card on the invoice's page; nothing when there was no echo."""
    text = texts(session, [invoice])[invoice.id]
    return (
        Markup('<section class="card"><div class="card-body">Echo: {}</div></section>').format(text)
        if text
        else Markup()
    )


def card(session: Session) -> Markup:
    """A card on the dashboard. The request's session counts its own tenant's notes only."""
    number = session.scalar(select(func.count()).select_from(Note))
    return Markup('<section class="card"><div class="card-body">{} echoes</div></section>').format(number)
