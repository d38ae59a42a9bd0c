"""The order table of the product's decisions: what may be done with an order, and the sentence that says why not.

Every verb asks `require` before it changes anything, so that a form, a bulk action, the API and the command line obey
the same table. Plugins may refuse more through guards; nobody may allow more.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core.errors import Refused
from erp_core.models import Invoice, InvoiceStatus, Order, OrderState, Payment, PaymentAllocation


class Stage(StrEnum):
    """How far an order has come. Invoiced orders are told apart by what was paid."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    INVOICED = "invoiced"
    PARTLY_PAID = "partly paid"
    PAID = "paid"
    CANCELLED = "cancelled"


class Act(StrEnum):
    """What somebody wants to do."""

    EDIT = "edit"
    CONFIRM = "confirm"
    SHIP = "ship"
    INVOICE = "invoice"
    PAY = "pay"
    VOID = "void"
    REPLACE = "replace"
    CANCEL = "cancel"
    DELETE = "delete"


ALLOWED = None

_CANCELLED = "{order} is cancelled, and that is final. Create a new order instead."
_UNPAY = "Void the payment first."
_NO_INVOICE = "{order} has no invoice yet. Invoice it first."
_HAS_INVOICE = "{order} has {invoice}, so it can't be {past}. Void the invoice instead; that cancels the order."
_HAS_PAYMENT = "{order} can't be {past}: {payments} was applied to its {invoice}. " + _UNPAY

TABLE: Mapping[Act, Mapping[Stage, str | None]] = {
    Act.EDIT: {
        Stage.DRAFT: ALLOWED,
        Stage.CONFIRMED: ALLOWED,
        Stage.SHIPPED: ALLOWED,
        Stage.INVOICED: ALLOWED,
        Stage.PARTLY_PAID: _HAS_PAYMENT,
        Stage.PAID: _HAS_PAYMENT,
        Stage.CANCELLED: _CANCELLED,
    },
    Act.CONFIRM: {
        Stage.DRAFT: ALLOWED,
        Stage.CONFIRMED: "{order} is confirmed already. Ship it next.",
        Stage.SHIPPED: "{order} is shipped already, so there is nothing left to confirm. Invoice it next.",
        Stage.INVOICED: "{order} is invoiced already, so there is nothing left to confirm.",
        Stage.PARTLY_PAID: "{order} is invoiced already, so there is nothing left to confirm.",
        Stage.PAID: "{order} is paid already, so there is nothing left to confirm.",
        Stage.CANCELLED: _CANCELLED,
    },
    Act.SHIP: {
        Stage.DRAFT: "{order} is still a draft. Confirm it first.",
        Stage.CONFIRMED: ALLOWED,
        Stage.SHIPPED: "{order} is shipped already. Invoice it next.",
        Stage.INVOICED: "{order} is shipped and invoiced already.",
        Stage.PARTLY_PAID: "{order} is shipped and invoiced already.",
        Stage.PAID: "{order} is shipped and paid already.",
        Stage.CANCELLED: _CANCELLED,
    },
    Act.INVOICE: {
        Stage.DRAFT: "{order} is still a draft. Confirm and ship it first.",
        Stage.CONFIRMED: "{order} is not shipped yet. Ship it first.",
        Stage.SHIPPED: ALLOWED,
        Stage.INVOICED: "{order} is invoiced already, as {invoice}.",
        Stage.PARTLY_PAID: "{order} is invoiced already, as {invoice}.",
        Stage.PAID: "{order} is invoiced and paid already, as {invoice}.",
        Stage.CANCELLED: _CANCELLED,
    },
    Act.PAY: {
        Stage.DRAFT: _NO_INVOICE,
        Stage.CONFIRMED: _NO_INVOICE,
        Stage.SHIPPED: _NO_INVOICE,
        Stage.INVOICED: ALLOWED,
        Stage.PARTLY_PAID: ALLOWED,
        Stage.PAID: "{invoice} is paid in full already, by {payments}.",
        Stage.CANCELLED: "{order} is cancelled, so nothing is owed for it.",
    },
    Act.VOID: {
        Stage.DRAFT: "{order} has no invoice to void. Delete or cancel the order instead.",
        Stage.CONFIRMED: "{order} has no invoice to void. Delete or cancel the order instead.",
        Stage.SHIPPED: "{order} has no invoice to void. Delete or cancel the order instead.",
        Stage.INVOICED: ALLOWED,
        Stage.PARTLY_PAID: "{invoice} can't be voided: {payments} was applied to it. " + _UNPAY,
        Stage.PAID: "{invoice} can't be voided: {payments} was applied to it. " + _UNPAY,
        Stage.CANCELLED: "{order} is cancelled, so it has no invoice to void.",
    },
    Act.REPLACE: {
        Stage.DRAFT: _NO_INVOICE,
        Stage.CONFIRMED: _NO_INVOICE,
        Stage.SHIPPED: _NO_INVOICE,
        Stage.INVOICED: ALLOWED,
        Stage.PARTLY_PAID: "{invoice} can't be replaced: {payments} was applied to it. " + _UNPAY,
        Stage.PAID: "{invoice} can't be replaced: {payments} was applied to it. " + _UNPAY,
        Stage.CANCELLED: _CANCELLED,
    },
    Act.CANCEL: {
        Stage.DRAFT: ALLOWED,
        Stage.CONFIRMED: ALLOWED,
        Stage.SHIPPED: ALLOWED,
        Stage.INVOICED: _HAS_INVOICE,
        Stage.PARTLY_PAID: _HAS_PAYMENT,
        Stage.PAID: _HAS_PAYMENT,
        Stage.CANCELLED: "{order} is cancelled already.",
    },
    Act.DELETE: {
        Stage.DRAFT: ALLOWED,
        Stage.CONFIRMED: ALLOWED,
        Stage.SHIPPED: ALLOWED,
        Stage.INVOICED: _HAS_INVOICE,
        Stage.PARTLY_PAID: _HAS_PAYMENT,
        Stage.PAID: _HAS_PAYMENT,
        Stage.CANCELLED: "{order} is cancelled and stays as a record, so it can't be deleted.",
    },
}

_PAST = {Act.EDIT: "edited", Act.CANCEL: "cancelled", Act.DELETE: "deleted"}


def live_invoice(session: Session, order: Order) -> Invoice | None:
    """The order's one invoice that is not voided; a draft counts."""
    return session.scalars(
        select(Invoice).where(Invoice.order_id == order.id, Invoice.status != InvoiceStatus.VOIDED)
    ).one_or_none()


def stage(order: Order, invoice: Invoice | None) -> Stage:
    """How far the order has come. An invoice over nothing is settled at once, yet nobody paid: it can still be edited."""
    if order.state not in (OrderState.INVOICED, OrderState.PAID):
        return Stage(order.state)
    if invoice is None or invoice.balance == invoice.total:
        return Stage.INVOICED
    return Stage.PARTLY_PAID if invoice.balance else Stage.PAID


def why_not(session: Session, order: Order, act: Act, invoice: Invoice | None = None) -> str | None:
    """The sentence that says why the table forbids this, or None when it is allowed. Pass the live invoice if at hand."""
    invoice = invoice or live_invoice(session, order)
    now = stage(order, invoice)
    sentence = TABLE[act][now]
    if sentence is None:
        return None
    return sentence.format(
        order=f"Order {order.number}",
        invoice=f"invoice {invoice.number}" if invoice is not None else "invoice",
        payments=_payments(session, invoice) if invoice is not None and "{payments}" in sentence else "",
        past=_PAST.get(act, act.value),
    )


def require(session: Session, order: Order, act: Act, invoice: Invoice | None = None) -> None:
    """Raise `Refused` unless the table allows this. The order must be locked by the caller."""
    if (sentence := why_not(session, order, act, invoice)) is not None:
        raise Refused(sentence[0].upper() + sentence[1:], code=f"order_{act.value}_refused")


def _payments(session: Session, invoice: Invoice) -> str:
    numbers = session.scalars(
        select(Payment.number)
        .join(PaymentAllocation)
        .where(PaymentAllocation.invoice_id == invoice.id, Payment.voided_at.is_(None))
        .order_by(Payment.id)
    ).all()
    if not numbers:
        return "a payment"
    return f"payment {numbers[0]}" + (f" (and {len(numbers) - 1} more)" if len(numbers) > 1 else "")
