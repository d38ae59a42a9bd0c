"""Orders in the API: created, confirmed, shipped, invoiced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields, post_dump
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload, selectinload

from erp_core.access import current_actor, current_tenant_id
from erp_core.api.bodies import Body, Nothing
from erp_core.api.endpoints import RECORD, Endpoints
from erp_core.api.exact import Choice, Day, Digits, Id, Many, Moment, Nested, Number, Text, write_number
from erp_core.api.instances import InstanceRef, chosen_instance, in_instance
from erp_core.api.invoices import Invoice
from erp_core.api.problems import Problem, as_problem
from erp_core.api.references import customer_id, product_ids
from erp_core.errors import NotFound
from erp_core.extensions import db
from erp_core.models import Invoice as InvoiceRecord
from erp_core.models import InvoiceStatus, OrderState
from erp_core.models import Order as OrderRecord
from erp_core.models import OrderLine as LineRecord
from erp_core.money import minor_units
from erp_core.services import fulfilment, invoicing, lists, ordering
from erp_core.services.lookup import find, matching
from erp_core.services.order_input import MOST_LINES, LineInput, OrderInput
from erp_core.services.totals import totals

MOST_ORDERS = 500

blueprint = Endpoints("orders", "Orders", "What customers want.")


class NewLine(Body):
    """One product. Name it by `product_id` or by `sku`."""

    product_id = Id()
    sku = Text(60, least=1)
    quantity = Number(required=True)
    unit_price = Number(metadata={"description": "The product's price if not said."})
    description = Text(1000)
    note = Text(200, metadata={"description": "Size or grade."})


class NewOrder(Body):
    """An order to be created. Name the customer by `customer_id` or by `account_code`."""

    instance = InstanceRef()
    customer_id = Id()
    account_code = Text(30, least=1)
    lines = Many(Nested(NewLine), least=1, most=MOST_LINES, required=True)
    order_date = Day(metadata={"description": "Today in the instance's time zone if not said."})
    memo = Text(1000, metadata={"description": "What the customer reads on the invoice."})
    commission = Number(metadata={"description": "Tracked only; not part of what the customer pays."})
    discount = Number()
    shipping = Number()
    seller_id = Id(allow_none=True)
    tax_rate_id = Id(allow_none=True)


class OrderLine(Schema):
    """One product of an order."""

    product_id = fields.Integer(required=True)
    sku = fields.String(attribute="product.sku", required=True)
    description = fields.String(required=True)
    note = fields.String(required=True)
    quantity = Digits(required=True)
    unit_price = Digits(lambda line: line.order.currency, required=True)
    amount = Digits(lambda line: line.order.currency, required=True)


def _currency(order: OrderRecord) -> str:
    return order.currency


class Order(Schema):
    """An order."""

    id = fields.Integer(required=True)
    uuid = fields.UUID(required=True)
    number = fields.String(required=True)
    state = Choice(OrderState, required=True)
    instance = fields.String(attribute="instance.code", required=True)
    instance_id = fields.Integer(required=True)
    customer_id = fields.Integer(required=True)
    customer_name = fields.String(attribute="customer.name", required=True)
    seller_id = fields.Integer(required=True, allow_none=True)
    tax_rate_id = fields.Integer(required=True, allow_none=True)
    order_date = fields.Date(required=True)
    currency = fields.String(required=True)
    memo = fields.String(required=True)
    lines = fields.List(fields.Nested(OrderLine), required=True)
    commission = Digits(_currency, required=True)
    subtotal = Digits(required=True)
    discount = Digits(_currency, required=True)
    shipping = Digits(_currency, required=True)
    tax = Digits(required=True)
    total = Digits(required=True)
    invoice_id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Its live invoice; null if there is none."}
    )
    created_at = Moment(required=True)
    updated_at = Moment(required=True)

    @post_dump(pass_collection=True, pass_original=True)
    def _add_invoices(self, data: Any, original: Any, many: bool, **_: Any) -> Any:
        """Name the live invoice of each order, with one statement for all."""
        rows: Sequence[OrderRecord] = original if many else [original]
        live = select(InvoiceRecord.order_id, InvoiceRecord.id).where(
            InvoiceRecord.order_id.in_([row.id for row in rows]), InvoiceRecord.status != InvoiceStatus.VOIDED
        )
        invoices = dict(db.session().execute(live).tuples().all())
        for row, answer in zip(rows, data if many else [data], strict=True):
            sums = totals(row)
            for name in ("subtotal", "tax", "total"):
                answer[name] = write_number(getattr(sums, name), minor_units(row.currency))
            answer["invoice_id"] = invoices.get(row.id)
        return data


class ManyOrders(Body):
    """Orders to be invoiced."""

    ids = Many(Id(), least=1, most=MOST_ORDERS, required=True)


class InvoiceOutcome(Schema):
    """What became of one order: an invoice, or the problem."""

    order_id = fields.Integer(required=True)
    invoice = fields.Nested(Invoice, metadata={"description": "If it was invoiced."})
    problem = fields.Nested(Problem, metadata={"description": "If it was refused."})


class InvoiceOutcomes(Schema):
    """What became of each order, in the order of the request."""

    data = fields.List(fields.Nested(InvoiceOutcome), required=True)


EXAMPLE = {
    "instance": "MAIN",
    "account_code": "GVM",
    "lines": [{"sku": "GRAN-500", "quantity": "3"}, {"sku": "TRAIL-500", "quantity": "1", "unit_price": "12.00"}],
    "memo": "Thank you for your order.",
    "shipping": "5.00",
}


@blueprint.writes("/orders", NewOrder, Order, permission="orders.write", status=201, example=EXAMPLE)
def create_order(data: dict[str, Any]) -> OrderRecord:
    """Create an order as a draft"""
    instance = chosen_instance(data.pop("instance", None))
    buyer = customer_id(data)
    lines = data.pop("lines")
    inputs = [
        LineInput(
            product_id=product_id, **{name: value for name, value in line.items() if name not in ("product_id", "sku")}
        )
        for product_id, line in zip(product_ids(lines), lines, strict=True)
    ]
    rest = {name: value for name, value in data.items() if name not in ("customer_id", "account_code")}
    wanted = OrderInput(customer_id=buyer, lines=inputs, **rest)
    return ordering.create_order(db.session(), instance, wanted, actor=current_actor())


@blueprint.lists(
    "/orders",
    Order,
    lists.orders,
    statuses=tuple(OrderState),
    options=(
        selectinload(OrderRecord.lines).joinedload(LineRecord.product),
        joinedload(OrderRecord.instance),
        joinedload(OrderRecord.tax_rate),
    ),
    more={"instance": InstanceRef()},
)
def list_orders(instance: str | None = None) -> list[ColumnElement[bool]]:
    """List orders, newest first"""
    return in_instance(OrderRecord.instance_id, instance)


@blueprint.reads(f"/orders/{RECORD}", Order)
def read_order(record_id: int) -> OrderRecord:
    """Read an order"""
    return _order(record_id)


@blueprint.writes(f"/orders/{RECORD}/confirm", Nothing, Order, permission="orders.write")
def confirm_order(_data: dict[str, Any], record_id: int) -> OrderRecord:
    """Confirm a draft, so that it can be shipped"""
    return ordering.confirm_order(db.session(), _order(record_id), actor=current_actor())


@blueprint.writes(f"/orders/{RECORD}/ship", Nothing, Order, permission="orders.write")
def ship_order(_data: dict[str, Any], record_id: int) -> OrderRecord:
    """Ship a confirmed order"""
    return fulfilment.ship_order(db.session(), _order(record_id), actor=current_actor())


@blueprint.writes(f"/orders/{RECORD}/invoice", Nothing, Invoice, permission="invoices.write", status=201)
def invoice_order(_data: dict[str, Any], record_id: int) -> InvoiceRecord:
    """Invoice a shipped order; answers the invoice"""
    return invoicing.invoice_order(db.session(), _order(record_id), actor=current_actor())


def _dump_outcomes(outcomes: Sequence[tuple[int, InvoiceRecord | dict[str, Any]]]) -> dict[str, Any]:
    """Dump all invoices at once, so that each plugin is asked once."""
    made = [result for _, result in outcomes if isinstance(result, InvoiceRecord)]
    invoices = {answer["id"]: answer for answer in Invoice(many=True).dump(made)}
    return {
        "data": [
            {"order_id": order_id, "invoice": invoices[result.id]}
            if isinstance(result, InvoiceRecord)
            else {"order_id": order_id, "problem": result}
            for order_id, result in outcomes
        ]
    }


@blueprint.writes(
    "/orders/invoice",
    ManyOrders,
    InvoiceOutcomes,
    permission="invoices.write",
    dump=_dump_outcomes,
    example={"ids": [17, 18, 21]},
)
def invoice_orders(data: dict[str, Any]) -> list[tuple[int, InvoiceRecord | dict[str, Any]]]:
    """Invoice many shipped orders at once

    One that is refused never stops its neighbours; each order has its own outcome. An id that stands twice counts once."""
    session = db.session()
    ids = list(dict.fromkeys(data["ids"]))
    found = matching(session, OrderRecord, ids, tenant_id=current_tenant_id())
    done = invoicing.invoice_orders(
        session, [found[order_id] for order_id in ids if order_id in found], actor=current_actor()
    )
    results = {outcome.order.id: outcome.invoice or as_problem(outcome.error or _unknown()) for outcome in done}
    return [(order_id, results.get(order_id) or as_problem(_unknown())) for order_id in ids]


def _order(record_id: int) -> OrderRecord:
    return find(db.session(), OrderRecord, record_id, tenant_id=current_tenant_id())


def _unknown() -> NotFound:
    return NotFound("There is no such order.")
