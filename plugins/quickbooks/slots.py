"""What the plugin shows in the host's pages: badge, panels, columns, filters, buttons, and a member of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import g, render_template
from markupsafe import Markup
from marshmallow import Schema, fields
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp_core.toolkit import (
    INSTANCE_PANEL,
    INVOICE_BANNER,
    INVOICE_BULK,
    INVOICE_COLUMN,
    INVOICE_FIELD,
    INVOICE_FILTER,
    INVOICE_PANEL,
    INVOICE_STATUS,
    ORDER_ACTIONS,
    ORDER_PANEL,
    ApiField,
    BulkAction,
    Cause,
    Instance,
    Invoice,
    InvoiceStatus,
    ListColumn,
    ListFilter,
    Message,
    MessageState,
    Order,
    OrderState,
    SlotFill,
    current_tenant_id,
    fill,
    may,
    registry,
)
from plugins.quickbooks.models import Connection, Entity, Link
from plugins.quickbooks.readiness import instance_checks
from plugins.quickbooks.send import JOB
from plugins.quickbooks.server import server
from plugins.quickbooks.settings import PLUGIN, connection_settings, instance_settings
from plugins.quickbooks.state import MOVING, InvoiceSync, SyncState, describe, in_states


def fills() -> list[SlotFill]:
    """Everything, in one list."""
    return [
        fill(INVOICE_STATUS, invoice_badge),
        fill(INVOICE_PANEL, invoice_panel),
        fill(INVOICE_COLUMN, ListColumn("QuickBooks", badges), order=50),
        fill(INVOICE_COLUMN, ListColumn("QBO number", numbers), order=51),
        *(fill(INVOICE_FILTER, chip, order=50 + place) for place, chip in enumerate(CHIPS)),
        fill(INVOICE_BULK, SEND),
        fill(INVOICE_BANNER, banner),
        fill(INVOICE_FIELD, ApiField("quickbooks", fields.Nested(QuickBooksSchema, dump_only=True), api_values)),
        fill(ORDER_PANEL, order_panel),
        fill(ORDER_ACTIONS, order_actions),
        fill(INSTANCE_PANEL, instance_panel),
    ]


SEND = BulkAction(
    key="quickbooks-send",
    label="Send to QuickBooks",
    endpoint="quickbooks.send",
    permission="quickbooks.send",
    icon="send",
    shortcut="s",
)

CHIPS = (
    ListFilter(
        "quickbooks-needs-you",
        "Needs you",
        lambda: in_states(SyncState.FAILED_USER),
        tone="danger",
        icon="exclamation-circle",
        hide_when_empty=True,
    ),
    ListFilter(
        "quickbooks-needs-setup",
        "Needs setup",
        lambda: in_states(SyncState.BLOCKED),
        tone="warning",
        icon="wrench",
        hide_when_empty=True,
    ),
    ListFilter(
        "quickbooks-waiting",
        "Waiting",
        lambda: in_states(*MOVING, SyncState.PAUSED),
        tone="info",
        icon="clock",
        hide_when_empty=True,
    ),
    ListFilter(
        "quickbooks-differs",
        "Changed or differs",
        lambda: in_states(SyncState.DIFFERS, SyncState.CHANGED),
        tone="warning",
        icon="plus-slash-minus",
        hide_when_empty=True,
    ),
    ListFilter("quickbooks-off", "Not sent", lambda: in_states(SyncState.OFF), icon="dash-circle"),
    ListFilter(
        "quickbooks-sent",
        "In QuickBooks",
        lambda: in_states(SyncState.SENT, SyncState.VERIFIED, SyncState.DIFFERS, SyncState.CHANGED),
        tone="success",
        icon="check2-all",
    ),
)


# ------------------------------------------------------------------------------------------------ invoices


def badges(session: Session, invoices: Sequence[Invoice]) -> Mapping[int, Markup]:
    """The badge of each invoice of a list."""
    found = _described(session, invoices)
    return {invoice.id: _badge(found[invoice.id], f"quickbooks-{invoice.id}") for invoice in invoices}


def numbers(session: Session, invoices: Sequence[Invoice]) -> Mapping[int, Markup]:
    """The number in QuickBooks of each invoice of a list, as a link to it."""
    found = _described(session, invoices)
    return {invoice.id: _number(found[invoice.id]) for invoice in invoices}


def _described(session: Session, invoices: Sequence[Invoice]) -> dict[int, InvoiceSync]:
    """What both columns of a list need of the same rows, asked once for a request."""
    ids = tuple(invoice.id for invoice in invoices)
    kept: tuple[tuple[int, ...], dict[int, InvoiceSync]] | None = g.get("quickbooks_described")
    if kept is None or kept[0] != ids:
        kept = g.quickbooks_described = (ids, describe(session, invoices))
    return kept[1]


def invoice_badge(session: Session, invoice: Invoice) -> Markup:
    """The badge beside the status of an invoice."""
    return _badge(describe(session, [invoice])[invoice.id], "quickbooks-status", back="invoice")


def invoice_panel(session: Session, invoice: Invoice) -> Markup:
    """The card on an invoice's page: what happened, why, what to do, what happens next."""
    sync = describe(session, [invoice])[invoice.id]
    return _render("quickbooks/invoice_panel.html", sync=sync, url=_remote_url(sync), may_send=may("quickbooks.send"))


def banner(session: Session) -> Markup:
    """What needs a person, grouped by cause; nothing when nothing does."""
    groups = session.execute(
        select(
            Message.error["code"].as_string().label("cause"),
            func.count(),
            func.count(Message.error["headline"].as_string().distinct()),
            func.max(Message.id),
        )
        .where(
            Message.tenant_id == current_tenant_id(),
            Message.plugin == PLUGIN,
            Message.job == JOB,
            Message.state == MessageState.FAILED,
        )
        .group_by("cause")
        .order_by(func.count().desc())
    ).all()
    if not groups:
        return Markup("")
    newest = {
        message.id: message
        for message in session.scalars(select(Message).where(Message.id.in_([row[3] for row in groups])))
    }
    causes = [
        (count, reasons, Cause.from_json(newest[newest_id].error or {})) for _, count, reasons, newest_id in groups
    ]
    return _render("quickbooks/banner.html", causes=causes)


class CauseSchema(Schema):
    """Why an invoice needs a person or waits."""

    code = fields.String()
    headline = fields.String()
    body = fields.String()
    next = fields.String()


class QuickBooksSchema(Schema):
    """Where an invoice stands with QuickBooks."""

    state = fields.String()
    id = fields.String(allow_none=True)
    doc_number = fields.String(allow_none=True)
    error = fields.Nested(CauseSchema, allow_none=True)


def api_values(session: Session, invoices: Sequence[Invoice]) -> Mapping[int, Any]:
    """The member `quickbooks` of invoices in the REST API."""
    return {
        invoice_id: {
            "state": sync.state.value,
            "id": sync.qbo_id,
            "doc_number": sync.doc_number,
            "error": sync.error,
        }
        for invoice_id, sync in describe(session, invoices).items()
    }


# ------------------------------------------------------------------------------------------------ orders


def order_panel(session: Session, order: Order) -> Markup:
    """The card on an order's page: its invoice there, and which item each line is."""
    settings = instance_settings(session, order.instance_id)
    connection = session.get(Connection, settings.connection_id) if settings.connection_id else None
    if connection is None:
        return Markup("")
    invoice = _invoice_of(session, order)
    links = {
        link.local_id: link
        for link in session.scalars(
            select(Link).where(
                Link.tenant_id == order.tenant_id,
                Link.realm_id == connection.realm_id,
                Link.entity == Entity.ITEM,
                Link.local_id.in_([line.product_id for line in order.lines]),
            )
        )
    }
    creates = connection_settings(session, connection.id).auto_create_products
    sync = describe(session, [invoice])[invoice.id] if invoice is not None else None
    return _render(
        "quickbooks/order_panel.html",
        order=order,
        connection=connection,
        invoice=invoice,
        sync=sync,
        url=_remote_url(sync) if sync else "",
        lines=[(line, _item_look(links.get(line.product_id), creates)) for line in order.lines],
        may_send=may("quickbooks.send"),
    )


def _item_look(link: Link | None, creates: bool) -> tuple[str, str, str]:
    """Words, tone and icon of a line's item."""
    if link is None and creates:
        return "Found or created when sent", "secondary", "clock"
    if link is None:
        return "Needs mapping", "warning", "wrench"
    return ("Auto-created", "success", "plus-circle") if link.created_by_us else ("Mapped", "success", "link-45deg")


def order_actions(session: Session, order: Order) -> Markup:
    """Create invoice in QuickBooks: invoices and sends in one click. Nothing where it can't help."""
    if not (may("quickbooks.send") and may("invoices.write")):
        return Markup("")
    if not registry().is_enabled(session, PLUGIN, order.instance_id):
        return Markup("")
    if instance_settings(session, order.instance_id).connection_id is None:
        return Markup("")
    invoice = _invoice_of(session, order)
    label = "Create invoice in QuickBooks"
    if invoice is not None and invoice.status != InvoiceStatus.DRAFT:
        label = describe(session, [invoice])[invoice.id].send_label
    elif order.state != OrderState.SHIPPED:
        label = ""
    return _render("quickbooks/order_actions.html", order=order, label=label) if label else Markup("")


def _invoice_of(session: Session, order: Order) -> Invoice | None:
    return session.scalars(
        select(Invoice).where(Invoice.order_id == order.id, Invoice.status != InvoiceStatus.VOIDED)
    ).one_or_none()


# ------------------------------------------------------------------------------------------------ instances


def instance_panel(session: Session, instance: Instance) -> Markup:
    """What the switches mean, and the readiness list."""
    settings = instance_settings(session, instance.id)
    older = session.scalar(
        select(func.count()).select_from(Invoice).where(Invoice.instance_id == instance.id, in_states(SyncState.OFF))
    )
    return _render(
        "quickbooks/instance_panel.html",
        instance=instance,
        settings=settings,
        enabled=registry().is_enabled(session, PLUGIN, instance.id),
        checks=instance_checks(session, settings, instance.tenant_id),
        companies=session.scalar(
            select(func.count()).select_from(Connection).where(Connection.tenant_id == instance.tenant_id)
        ),
        older=older,
    )


# ------------------------------------------------------------------------------------------------ pieces


def _badge(sync: InvoiceSync, element_id: str, back: str = "") -> Markup:
    if sync.state is SyncState.NOT_APPLICABLE:
        return Markup("–")
    return _render(
        "quickbooks/badge.html",
        sync=sync,
        element_id=element_id,
        url=_remote_url(sync),
        may_send=may("quickbooks.send"),
        spin=sync.state is SyncState.SENDING,
        back=back,
    )


def _number(sync: InvoiceSync) -> Markup:
    if sync.qbo_id is None:
        return Markup("")
    text = sync.doc_number or "no number"
    return Markup('<a href="{}" target="_blank" rel="noopener">{}</a>').format(_remote_url(sync), text)


def _remote_url(sync: InvoiceSync) -> str:
    """Where a person opens the invoice in QuickBooks; empty while it is not there."""
    if sync.qbo_id is None:
        return ""
    return server().invoice_url.format(id=sync.qbo_id, realm=sync.realm_id)


def _render(template: str, **values: Any) -> Markup:
    return Markup(render_template(template, **values))  # noqa: S704  # a template of ours escapes what it shows
