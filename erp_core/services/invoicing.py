"""Invoices: made from shipped orders, issued, voided, replaced.

An order has at most one live invoice. The lock on the order decides who makes it; a unique index has the last word.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from erp_core import clock
from erp_core.errors import ERPError, Refused
from erp_core.models import Actor, Invoice, InvoiceStatus, Order, OrderLine, OrderState
from erp_core.money import format_money
from erp_core.plugins import guards, hooks
from erp_core.services import activity, invoice_writing, numbering, ordering_rules
from erp_core.services.invoice_writing import due_date
from erp_core.services.locking import lock, lock_all
from erp_core.services.ordering import put_back
from erp_core.services.ordering_rules import Act
from erp_core.services.outcomes import Outcome
from erp_core.services.uniqueness import unique
from erp_core.services.validation import Problems

__all__ = [
    "Outcome",
    "delete_draft",
    "due_date",
    "invoice_order",
    "invoice_orders",
    "issue_invoice",
    "replace_invoice",
    "status",
    "void_invoice",
    "why_not_void",
]


def invoice_order(
    session: Session, order: Order, *, actor: Actor, draft: bool = False, invoice_date: date | None = None
) -> Invoice:
    """Invoice a shipped order: number, due date, `OrderInvoiced`. An order's draft is issued rather than doubled.

    With `draft`, the invoice gets no number, nobody hears of it, and the order stays shipped. Without a date, the
    invoice is of today in the instance's time zone.
    """
    lock(session, order)
    return _invoice(session, order, actor, draft, invoice_date)


def invoice_orders(
    session: Session, orders: Sequence[Order], *, actor: Actor, invoice_date: date | None = None
) -> list[Outcome]:
    """Invoice many, each in a SAVEPOINT: one that is refused never stops its neighbours, and leaves no gap in the numbers."""
    # All orders before the first number: whoever held a number and waited for an order could wait in a circle.
    lock_all(
        session,
        Order,
        [order.id for order in orders],
        selectinload(Order.lines).selectinload(OrderLine.product),
        selectinload(Order.customer),
        selectinload(Order.tax_rate),
    )
    outcomes = []
    for order in orders:
        try:
            with session.begin_nested():
                invoice = _invoice(session, order, actor, False, invoice_date)
            outcomes.append(Outcome(order, invoice))
        except ERPError as error:
            outcomes.append(Outcome(order, error=error))
    return outcomes


def issue_invoice(session: Session, invoice: Invoice, *, actor: Actor, invoice_date: date | None = None) -> Invoice:
    """Give a draft its number and date; from now on it is owed."""
    order = _lock(session, invoice)
    if invoice.status != InvoiceStatus.DRAFT:
        raise Refused(f"Invoice {invoice.number} is issued already.", code="invoice_issued")
    ordering_rules.require(session, order, Act.INVOICE, invoice)
    return _issue(session, invoice, order, actor, invoice_date)


def delete_draft(session: Session, invoice: Invoice, *, actor: Actor) -> None:
    """Remove a draft; the order stays shipped. An invoice that has a number is voided instead."""
    order = _lock(session, invoice)
    if invoice.status != InvoiceStatus.DRAFT:
        raise Refused(
            f"Invoice {invoice.number} is not a draft, so it can't be deleted. Void it instead.", code="invoice_issued"
        )
    _record(session, invoice, actor, "invoice_draft_deleted", f"The draft invoice of order {order.number} was deleted.")
    session.delete(invoice)
    session.flush()


def void_invoice(session: Session, invoice: Invoice, *, actor: Actor, reason: str = "") -> Invoice:
    """Nothing is owed any more, and the order is cancelled. Payments must be voided first, and the sentence names them."""
    reason = _checked_reason(reason)
    order = _lock(session, invoice)
    _void(session, invoice, order, Act.VOID)
    put_back(session, order)
    order.state = OrderState.CANCELLED
    session.flush()
    because = f" Reason: {reason}" if reason else ""
    summary = f"Invoice {invoice.number} was voided and order {order.number} cancelled.{because}"
    _record(session, invoice, actor, "invoice_voided", summary, reason=reason)
    hooks.emit(session, hooks.InvoiceVoided(invoice.tenant_id, invoice.instance_id, invoice.id))
    return invoice


def replace_invoice(session: Session, invoice: Invoice, *, actor: Actor, reason: str = "") -> Invoice:
    """Void an invoice and make a new one with a new number, in one act; the order stays invoiced. Returns the new one."""
    reason = _checked_reason(reason)
    order = _lock(session, invoice)
    _void(session, invoice, order, Act.REPLACE)
    session.flush()
    replacement = _new(session, order, clock.today(order.instance.timezone))
    replacement.replaces_id = invoice.id
    _number(session, replacement, order)
    because = f" Reason: {reason}" if reason else ""
    summary = f"Invoice {invoice.number} was replaced by {replacement.number}.{because}"
    _record(session, invoice, actor, "invoice_replaced", summary, reason=reason, replaced_by=replacement.id)
    _record(
        session, replacement, actor, "invoice_created", f"{_made(replacement, order)} It replaces {invoice.number}."
    )
    hooks.emit(session, hooks.InvoiceVoided(invoice.tenant_id, invoice.instance_id, invoice.id))
    hooks.emit(session, hooks.OrderInvoiced(order.tenant_id, order.instance_id, order.id, replacement.id))
    return replacement


def why_not_void(session: Session, invoice: Invoice, act: Act = Act.VOID) -> str | None:
    """The sentence that says why an invoice can't be voided (or, with that act, replaced), or None when it can.

    Asks the guards too; nothing is changed or locked. Later the answer may be another."""
    if invoice.status == InvoiceStatus.VOIDED:
        return f"Invoice {invoice.number} is voided already."
    if invoice.status == InvoiceStatus.DRAFT:
        return "A draft has no number yet. Issue it, or delete it."
    if (sentence := ordering_rules.why_not(session, invoice.order, act, invoice)) is not None:
        return sentence[0].upper() + sentence[1:]
    return guards.why_not(session, guards.VoidInvoice(invoice.tenant_id, invoice.instance_id, invoice.id))


def status(invoice: Invoice, today: date) -> str:
    """What people see: draft, sent, partial, paid, overdue or voided. Overdue is owed after the due date."""
    owed = invoice.status in (InvoiceStatus.SENT, InvoiceStatus.PARTIAL)
    return "overdue" if owed and invoice.balance > 0 and invoice.due_date < today else str(invoice.status)


def _invoice(session: Session, order: Order, actor: Actor, draft: bool, invoice_date: date | None) -> Invoice:
    existing = ordering_rules.live_invoice(session, order)
    ordering_rules.require(session, order, Act.INVOICE, existing)
    if existing is not None:
        if draft:
            raise Refused(
                f"Order {order.number} has a draft invoice already. Issue that one, or delete it.", code="draft_exists"
            )
        lock(session, existing)
        return _issue(session, existing, order, actor, invoice_date)
    day = _checked_day(invoice_date, order)
    with unique(session, f"Somebody else invoiced order {order.number} just now. Reload the page."):
        invoice = _new(session, order, day)
    if draft:
        _record(session, invoice, actor, "invoice_draft_created", f"A draft invoice of order {order.number} was made.")
        return invoice
    return _announce(session, invoice, order, actor)


def _issue(session: Session, invoice: Invoice, order: Order, actor: Actor, invoice_date: date | None) -> Invoice:
    invoice.invoice_date = _checked_day(invoice_date, order)
    invoice.due_date = due_date(invoice.invoice_date, order.customer.terms_days)
    invoice_writing.write(session, invoice, order)
    return _announce(session, invoice, order, actor)


def _announce(session: Session, invoice: Invoice, order: Order, actor: Actor) -> Invoice:
    _number(session, invoice, order)
    _record(session, invoice, actor, "invoice_created", _made(invoice, order), total=str(invoice.total))
    hooks.emit(session, hooks.OrderInvoiced(order.tenant_id, order.instance_id, order.id, invoice.id))
    return invoice


def _new(session: Session, order: Order, day: date) -> Invoice:
    """A draft that says what the order says."""
    invoice = Invoice(
        tenant_id=order.tenant_id,
        instance=order.instance,
        instance_id=order.instance_id,
        order=order,
        order_id=order.id,
        customer=order.customer,
        customer_id=order.customer_id,
        status=InvoiceStatus.DRAFT,
        invoice_date=day,
        due_date=due_date(day, order.customer.terms_days),
        revision=1,
    )
    with session.no_autoflush:
        session.add(invoice)
        invoice_writing.write(session, invoice, order)
    return invoice


def _number(session: Session, invoice: Invoice, order: Order) -> None:
    invoice.number = numbering.take(session, order.instance_id, "invoice")
    invoice.issued_at = clock.now()
    invoice_writing.settle(invoice, order)
    session.flush()


def _void(session: Session, invoice: Invoice, order: Order, act: Act) -> None:
    if invoice.status == InvoiceStatus.VOIDED:
        raise Refused(f"Invoice {invoice.number} is voided already.", code="invoice_voided")
    ordering_rules.require(session, order, act, invoice)
    guards.check(session, guards.VoidInvoice(invoice.tenant_id, invoice.instance_id, invoice.id))
    invoice.status = InvoiceStatus.VOIDED
    invoice.balance = Decimal(0)


def _lock(session: Session, invoice: Invoice) -> Order:
    """Hold the order, then its invoice."""
    order = session.scalars(select(Order).where(Order.id == invoice.order_id)).one()
    lock(session, order)
    lock(session, invoice)
    return order


def _checked_day(day: date | None, order: Order) -> date:
    problems = Problems()
    checked = problems.day("invoice_date", day or clock.today(order.instance.timezone), name="invoice date")
    problems.stop(f"Order {order.number} was not invoiced.")
    return checked


def _checked_reason(reason: str) -> str:
    problems = Problems()
    checked = problems.text("reason", reason, name="reason", limit=300)
    problems.stop("The invoice was not voided.")
    return checked


def _made(invoice: Invoice, order: Order) -> str:
    amount = format_money(invoice.total, invoice.currency)
    return f"Invoice {invoice.number} over {amount} was made from order {order.number}."


def _record(session: Session, invoice: Invoice, actor: Actor, action: str, summary: str, **details: object) -> None:
    activity.record(
        session,
        actor=actor,
        action=action,
        subject=invoice,
        summary=summary,
        tenant_id=invoice.tenant_id,
        instance_id=invoice.instance_id,
        details={"order_id": invoice.order_id, **details},
    )
