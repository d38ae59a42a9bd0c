"""Writing an order into its invoice, and what follows from what was paid. Used by the verbs of orders, invoices and payments."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from erp_core.models import Invoice, InvoiceLine, InvoiceStatus, InvoiceTaxLine, Order, OrderState
from erp_core.services.totals import totals


def due_date(invoice_date: date, terms_days: int) -> date:
    """When an invoice is due; terms of 0 days are due on receipt."""
    return invoice_date + timedelta(days=terms_days)


def write(session: Session, invoice: Invoice, order: Order) -> bool:
    """Make the invoice say what the order says. Returns whether what the customer owes or reads changed.

    Only for invoices that nobody has paid anything on, which the order table sees to: all of it is owed.
    """
    before = _contents(invoice)
    if invoice.customer_id != order.customer_id:
        invoice.customer = order.customer
        invoice.customer_id = order.customer_id
        invoice.due_date = due_date(invoice.invoice_date, order.customer.terms_days)
    sums = totals(order)
    invoice.currency = order.currency
    invoice.memo = order.memo
    invoice.subtotal, invoice.discount, invoice.shipping = sums.subtotal, sums.discount, sums.shipping
    invoice.tax, invoice.total, invoice.balance = sums.tax, sums.total, sums.total
    _write_lines(invoice, order)
    parts = [(part.name, part.percent, part.taxable_amount, part.amount) for part in sums.tax_parts]
    if parts != [(part.name, part.percent, part.taxable_amount, part.amount) for part in invoice.tax_lines]:
        invoice.tax_lines = [
            InvoiceTaxLine(name=name, percent=percent, taxable_amount=base, amount=amount)
            for name, percent, base, amount in parts
        ]
    session.flush()
    return _contents(invoice) != before


def settle(invoice: Invoice, order: Order) -> None:
    """Let status and order state follow the balance of an invoice that is owed."""
    if invoice.balance == 0:
        invoice.status, order.state = InvoiceStatus.PAID, OrderState.PAID
    else:
        invoice.status = InvoiceStatus.SENT if invoice.balance == invoice.total else InvoiceStatus.PARTIAL
        order.state = OrderState.INVOICED


def _write_lines(invoice: Invoice, order: Order) -> None:
    """Rewrite the lines in place: a line keeps its id as long as the invoice has a line in its position."""
    del invoice.lines[len(order.lines) :]
    for index, ordered in enumerate(order.lines):
        if index == len(invoice.lines):
            invoice.lines.append(InvoiceLine())
        line = invoice.lines[index]
        line.position = index + 1
        line.product, line.product_id = ordered.product, ordered.product_id
        line.description = ordered.description
        line.quantity = ordered.quantity
        line.unit_price = ordered.unit_price
        line.amount = ordered.amount
        line.taxable = ordered.product.taxable and not order.customer.tax_exempt
        line.note = ordered.note


def _contents(invoice: Invoice) -> tuple[Any, ...]:
    return (
        invoice.customer_id,
        invoice.due_date,
        invoice.currency,
        invoice.memo,
        invoice.discount,
        invoice.shipping,
        invoice.total,
        [(part.name, part.percent, part.taxable_amount, part.amount) for part in invoice.tax_lines],
        [
            (line.product_id, line.description, line.quantity, line.unit_price, line.amount, line.taxable, line.note)
            for line in invoice.lines
        ],
    )
