"""Payments in the API."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload

from erp_core import clock
from erp_core.access import current_actor
from erp_core.api.bodies import Body
from erp_core.api.endpoints import Endpoints
from erp_core.api.exact import Day, Digits, Id, Many, Moment, Nested, Number, Text
from erp_core.api.instances import InstanceRef, chosen_instance, in_instance
from erp_core.api.references import customer_id
from erp_core.extensions import db
from erp_core.models import Payment as PaymentRecord
from erp_core.services import lists, payments

MOST_ALLOCATIONS = 200

blueprint = Endpoints("payments", "Payments", "Money from customers.")


class NewAllocation(Body):
    """The part of a payment that pays one invoice."""

    invoice_id = Id(required=True)
    amount = Number(required=True)


class NewPayment(Body):
    """A payment to be recorded. Name the customer by `customer_id` or by `account_code`."""

    instance = InstanceRef()
    customer_id = Id()
    account_code = Text(30, least=1)
    amount = Number(required=True)
    payment_date = Day(metadata={"description": "Today in the instance's time zone if not said."})
    method = Text(30)
    reference = Text(60)
    allocations = Many(
        Nested(NewAllocation),
        most=MOST_ALLOCATIONS,
        metadata={"description": "What is not allocated stays the customer's credit."},
    )


class Allocation(Schema):
    """The part of a payment that pays one invoice."""

    invoice_id = fields.Integer(required=True)
    amount = Digits(lambda part: part.payment.currency, required=True)


class Payment(Schema):
    """A payment."""

    id = fields.Integer(required=True)
    uuid = fields.UUID(required=True)
    number = fields.String(required=True)
    instance = fields.String(attribute="instance.code", required=True)
    instance_id = fields.Integer(required=True)
    customer_id = fields.Integer(required=True)
    customer_name = fields.String(attribute="customer.name", required=True)
    payment_date = fields.Date(required=True)
    currency = fields.String(required=True)
    amount = Digits(lambda payment: payment.currency, required=True)
    method = fields.String(required=True)
    reference = fields.String(required=True)
    allocations = fields.List(fields.Nested(Allocation), required=True)
    voided_at = Moment(required=True, allow_none=True)
    created_at = Moment(required=True)


EXAMPLE = {
    "instance": "MAIN",
    "customer_id": 7,
    "amount": "55.50",
    "payment_date": "2026-11-21",
    "method": "Bank transfer",
    "reference": "RF18 5390",
    "allocations": [{"invoice_id": 31, "amount": "55.50"}],
}


@blueprint.writes("/payments", NewPayment, Payment, permission="payments.write", status=201, example=EXAMPLE)
def record_payment(data: dict[str, Any]) -> PaymentRecord:
    """Record a payment"""
    instance = chosen_instance(data.get("instance"))
    return payments.record_payment(
        db.session(),
        instance,
        customer_id=customer_id(data),
        amount=data["amount"],
        payment_date=data.get("payment_date") or clock.today(instance.timezone),
        allocations=[(part["invoice_id"], part["amount"]) for part in data.get("allocations", [])],
        method=data.get("method", ""),
        reference=data.get("reference", ""),
        actor=current_actor(),
    )


@blueprint.lists(
    "/payments",
    Payment,
    lists.payments,
    statuses=("received", "voided"),
    options=(joinedload(PaymentRecord.instance),),
    more={"instance": InstanceRef()},
)
def list_payments(instance: str | None = None) -> list[ColumnElement[bool]]:
    """List payments, newest first"""
    return in_instance(PaymentRecord.instance_id, instance)
