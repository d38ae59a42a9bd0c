"""Invoices in the API, with the members that plugins add."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields, post_dump
from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload, selectinload

from erp_core import clock
from erp_core.access import current_actor, current_tenant_id
from erp_core.api.bodies import Body
from erp_core.api.endpoints import RECORD, Endpoints
from erp_core.api.exact import Digits, Moment, Text
from erp_core.api.instances import InstanceRef, in_instance, tenant_instances
from erp_core.extensions import db
from erp_core.models import Invoice as InvoiceRecord
from erp_core.models import InvoiceLine as LineRecord
from erp_core.models import InvoiceStatus
from erp_core.plugins import registry
from erp_core.plugins.slots import INVOICE_FIELD
from erp_core.services import invoicing, lists
from erp_core.services.listing import ListSpec
from erp_core.services.lookup import find

blueprint = Endpoints("invoices", "Invoices", "What customers owe.")

ALL_PARTS = (
    selectinload(InvoiceRecord.lines).joinedload(LineRecord.product),
    selectinload(InvoiceRecord.tax_lines),
    joinedload(InvoiceRecord.instance),
    joinedload(InvoiceRecord.customer),
    joinedload(InvoiceRecord.order),
)
"""What an answer reads of an invoice, so that a page of invoices takes a handful of statements."""


class InvoiceLine(Schema):
    """One product on an invoice."""

    product_id = fields.Integer(required=True)
    sku = fields.String(attribute="product.sku", required=True)
    description = fields.String(required=True)
    note = fields.String(required=True)
    quantity = Digits(required=True)
    unit_price = Digits(lambda line: line.invoice.currency, required=True)
    amount = Digits(lambda line: line.invoice.currency, required=True)
    taxable = fields.Boolean(required=True)


class TaxLine(Schema):
    """Tax of one rate."""

    name = fields.String(required=True)
    percent = Digits(required=True)
    taxable_amount = Digits(lambda line: line.invoice.currency, required=True)
    amount = Digits(lambda line: line.invoice.currency, required=True)


def _currency(record: Any) -> str:
    return str(record.currency)


class Invoice(Schema):
    """An invoice. Plugins add members of their own, such as what became of it in the books."""

    id = fields.Integer(required=True)
    uuid = fields.UUID(required=True)
    number = fields.String(required=True, allow_none=True, metadata={"description": "null while it is a draft."})
    status = fields.Function(
        lambda invoice: invoicing.status(invoice, clock.today(invoice.instance.timezone)),
        required=True,
        metadata={"type": "string", "enum": [*(str(status) for status in InvoiceStatus), "overdue"]},
    )
    instance = fields.String(attribute="instance.code", required=True)
    instance_id = fields.Integer(required=True)
    order_id = fields.Integer(required=True)
    order_number = fields.String(attribute="order.number", required=True)
    customer_id = fields.Integer(required=True)
    customer_name = fields.String(attribute="customer.name", required=True)
    invoice_date = fields.Date(required=True)
    due_date = fields.Date(required=True)
    currency = fields.String(required=True)
    memo = fields.String(required=True)
    lines = fields.List(fields.Nested(InvoiceLine), required=True)
    tax_lines = fields.List(fields.Nested(TaxLine), required=True)
    subtotal = Digits(_currency, required=True)
    discount = Digits(_currency, required=True)
    shipping = Digits(_currency, required=True)
    tax = Digits(_currency, required=True)
    total = Digits(_currency, required=True)
    balance = Digits(_currency, required=True, metadata={"description": "What is still owed."})
    replaces_id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "The voided invoice that this one replaces."}
    )
    created_at = Moment(required=True)
    updated_at = Moment(required=True)

    @post_dump(pass_collection=True, pass_original=True)
    def _add_members(self, data: Any, original: Any, many: bool, **_: Any) -> Any:
        """Ask each plugin once for all invoices of the answer."""
        rows: Sequence[InvoiceRecord] = original if many else [original]
        dumped: Sequence[dict[str, Any]] = data if many else [data]
        session = db.session()
        loaded = registry.current()
        # Of every loaded plugin, so that the shape of an answer does not change with a switch.
        for member in (fill for plugin in loaded.plugins for fill in loaded.fills_of(plugin, INVOICE_FIELD)):
            values = member.values(session, rows)
            for row, answer in zip(rows, dumped, strict=True):
                answer[member.name] = member.schema.serialize(member.name, {member.name: values.get(row.id)})
        return data


class Void(Body):
    """Why an invoice is voided."""

    reason = Text(300, metadata={"description": "Stands in the activity log."})


def _all_invoices() -> ListSpec[InvoiceRecord]:
    return lists.invoices(tenant_instances())


@blueprint.lists(
    "/invoices",
    Invoice,
    _all_invoices,
    shape=lists.invoices([]),
    statuses=("draft", "open", "overdue", "paid", "voided"),
    options=ALL_PARTS[:3],
    more={"instance": InstanceRef()},
)
def list_invoices(instance: str | None = None) -> list[ColumnElement[bool]]:
    """List invoices, newest first"""
    return in_instance(InvoiceRecord.instance_id, instance)


@blueprint.reads(f"/invoices/{RECORD}", Invoice)
def read_invoice(record_id: int) -> InvoiceRecord:
    """Read an invoice"""
    return find(db.session(), InvoiceRecord, record_id, tenant_id=current_tenant_id())


@blueprint.writes(
    f"/invoices/{RECORD}/void",
    Void,
    Invoice,
    permission="invoices.write",
    example={"reason": "The customer cancelled."},
)
def void_invoice(data: dict[str, Any], record_id: int) -> InvoiceRecord:
    """Void an invoice

    Nothing is owed any more, and its order is cancelled. Payments must be voided first."""
    session = db.session()
    invoice = find(session, InvoiceRecord, record_id, tenant_id=current_tenant_id())
    return invoicing.void_invoice(session, invoice, actor=current_actor(), reason=data.get("reason", ""))
