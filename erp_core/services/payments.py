"""Payments: money from customers, what it pays, and what happens when it turns out not to have come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from erp_core import clock
from erp_core.errors import Refused
from erp_core.models import Actor, Customer, Instance, Invoice, InvoiceStatus, Order, Payment, PaymentAllocation
from erp_core.money import format_money
from erp_core.plugins import guards, hooks
from erp_core.services import activity, invoice_writing, numbering, ordering_rules
from erp_core.services.locking import lock, lock_all
from erp_core.services.lookup import matching
from erp_core.services.ordering_rules import Act
from erp_core.services.validation import Problems


def record_payment(
    session: Session,
    instance: Instance,
    *,
    customer_id: int,
    amount: Decimal,
    payment_date: date,
    allocations: Sequence[tuple[int, Decimal]],
    method: str = "",
    reference: str = "",
    actor: Actor,
) -> Payment:
    """Money came. Each allocation is (invoice id, amount); what is not allocated stays the customer's credit.

    Never more than an invoice's balance is applied. Balances, statuses and order states follow in the same act.
    """
    refusal = "The payment was not recorded."
    problems = Problems()
    customer = matching(session, Customer, [customer_id], tenant_id=instance.tenant_id).get(customer_id)
    if customer is None:
        problems.add("customer_id", "There is no such customer.")
    currency = customer.currency if customer is not None else instance.currency
    amount = problems.money("amount", amount, currency, name="amount", positive=True)
    payment_date = problems.day("payment_date", payment_date, name="payment date")
    method = problems.text("method", method, name="method", limit=30)
    reference = problems.text("reference", reference, name="reference", limit=60)
    parts = [
        problems.money(f"allocations.{index}.amount", part, currency, name="amount", positive=True)
        for index, (_, part) in enumerate(allocations)
    ]
    if customer is None or problems.fields:
        raise problems.error(refusal)
    invoices = _lock_invoices(session, instance, [invoice_id for invoice_id, _ in allocations])
    _check_allocations(session, problems, customer, amount, allocations, invoices)
    problems.stop(refusal)
    payment = Payment(
        tenant_id=instance.tenant_id,
        instance=instance,
        instance_id=instance.id,
        customer=customer,
        customer_id=customer.id,
        number=numbering.take(session, instance.id, "payment"),
        payment_date=payment_date,
        currency=currency,
        amount=amount,
        method=method,
        reference=reference,
    )
    session.add(payment)
    for (invoice_id, _), part in zip(allocations, parts, strict=True):
        invoice = invoices[invoice_id]
        payment.allocations.append(PaymentAllocation(invoice=invoice, invoice_id=invoice_id, amount=part))
        invoice.balance -= part
        invoice_writing.settle(invoice, invoice.order)
    session.flush()
    numbers = ", ".join(str(invoices[invoice_id].number) for invoice_id, _ in allocations)
    summary = f"{customer.name} paid {format_money(amount, currency)} ({payment.number})"
    _record(session, payment, actor, "payment_recorded", f"{summary} for {numbers}." if numbers else f"{summary}.")
    hooks.emit(session, hooks.PaymentRecorded(payment.tenant_id, payment.instance_id, payment.id))
    return payment


def void_payment(session: Session, payment: Payment, *, actor: Actor) -> Payment:
    """The money did not come after all: what it paid is owed again. The payment stays as a record."""
    invoices = _lock_invoices(session, payment.instance, [part.invoice_id for part in payment.allocations])
    lock(session, payment)
    if payment.voided_at is not None:
        raise Refused(f"Payment {payment.number} is voided already.", code="payment_voided")
    payment.voided_at = clock.now()
    for part in payment.allocations:
        invoice = invoices[part.invoice_id]
        invoice.balance += part.amount
        invoice_writing.settle(invoice, invoice.order)
    session.flush()
    amount = format_money(payment.amount, payment.currency)
    _record(session, payment, actor, "payment_voided", f"Payment {payment.number} of {amount} was voided.")
    hooks.emit(session, hooks.PaymentVoided(payment.tenant_id, payment.instance_id, payment.id))
    return payment


def _lock_invoices(session: Session, instance: Instance, invoice_ids: Sequence[int]) -> dict[int, Invoice]:
    """The tenant's invoices of this instance, locked after their orders."""
    found = matching(session, Invoice, invoice_ids, tenant_id=instance.tenant_id).values()
    mine = [invoice for invoice in found if invoice.instance_id == instance.id]
    lock_all(session, Order, [invoice.order_id for invoice in mine])
    return lock_all(session, Invoice, [invoice.id for invoice in mine])


def _check_allocations(
    session: Session,
    problems: Problems,
    customer: Customer,
    amount: Decimal,
    allocations: Sequence[tuple[int, Decimal]],
    invoices: dict[int, Invoice],
) -> None:
    """Note what is wrong with each allocation. Raises `Refused` when an invoice may not be paid at all."""
    seen: set[int] = set()
    for index, (invoice_id, part) in enumerate(allocations):
        field = f"allocations.{index}"
        invoice = invoices.get(invoice_id)
        if invoice is None:
            problems.add(f"{field}.invoice_id", "There is no such invoice.")
            continue
        if invoice_id in seen:
            problems.add(f"{field}.invoice_id", f"Invoice {invoice.number} is listed twice. Enter it once.")
            continue
        seen.add(invoice_id)
        _check_payable(session, invoice)
        if invoice.customer_id != customer.id:
            problems.add(f"{field}.invoice_id", f"Invoice {invoice.number} belongs to another customer.")
        elif part > invoice.balance:
            owed = format_money(invoice.balance, invoice.currency)
            problems.add(
                f"{field}.amount",
                f"Only {owed} is owed on invoice {invoice.number}. Apply at most that; the rest can stay as credit.",
            )
    if sum((part for _, part in allocations), Decimal(0)) > amount:
        problems.add("allocations", "More is applied to invoices than was paid. Lower one of the amounts.")


def _check_payable(session: Session, invoice: Invoice) -> None:
    if invoice.status == InvoiceStatus.VOIDED:
        raise Refused(f"Invoice {invoice.number} is voided, so nothing is owed on it.", code="invoice_voided")
    if invoice.status == InvoiceStatus.DRAFT:
        raise Refused("This invoice is still a draft. Issue it first.", code="invoice_draft")
    ordering_rules.require(session, invoice.order, Act.PAY, invoice)
    guards.check(session, guards.RecordPayment(invoice.tenant_id, invoice.instance_id, invoice.id))


def _record(session: Session, payment: Payment, actor: Actor, action: str, summary: str) -> None:
    activity.record(
        session,
        actor=actor,
        action=action,
        subject=payment,
        summary=summary,
        tenant_id=payment.tenant_id,
        instance_id=payment.instance_id,
        details={"invoices": {str(part.invoice_id): str(part.amount) for part in payment.allocations}},
    )
