"""Orders: created, edited, confirmed, cancelled, deleted. `ordering_rules` says when."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from erp_core import clock
from erp_core.errors import Conflict
from erp_core.models import Actor, Instance, Invoice, InvoiceStatus, Order, OrderLine, OrderState
from erp_core.money import format_money
from erp_core.plugins import guards, hooks
from erp_core.services import activity, invoice_writing, numbering, order_input, ordering_rules, stock
from erp_core.services.locking import lock
from erp_core.services.order_input import LineInput, OrderInput
from erp_core.services.ordering_rules import Act
from erp_core.services.totals import Totals, totals

__all__ = [
    "LineInput",
    "OrderInput",
    "Totals",
    "cancel_order",
    "confirm_order",
    "create_order",
    "delete_order",
    "edit_order",
    "totals",
]

TAKES_STOCK = (OrderState.SHIPPED, OrderState.INVOICED, OrderState.PAID)


def create_order(session: Session, instance: Instance, data: OrderInput, *, actor: Actor) -> Order:
    """A new draft with the next number. Raises `Invalid` with a sentence for each field that is wrong."""
    order = Order(tenant_id=instance.tenant_id, instance=instance, instance_id=instance.id, state=OrderState.DRAFT)
    order.order_date = clock.today(instance.timezone)
    with session.no_autoflush:
        _fill(session, order, data, "The order was not created.")
    order.number = numbering.take(session, instance.id, "order")
    session.add(order)
    session.flush()
    _record(session, order, actor, "order_created", f"Order {order.number} for {order.customer.name} was created.")
    return order


def edit_order(session: Session, order: Order, data: OrderInput, *, actor: Actor, version: int | None = None) -> Order:
    """Replace what the order says, and rewrite its live invoice in the same act.

    `version` is the version that the person saw: `Conflict` when somebody saved meanwhile. The invoice's revision
    rises, and `InvoiceChanged` is announced, only when what the customer owes or reads changed.
    """
    lock(session, order)
    if version is not None and version != order.version:
        raise Conflict(
            f"Somebody else saved order {order.number} while you were editing it, so your changes were not saved. "
            "Reload the page and make them again."
        )
    invoice = _locked_invoice(session, order)
    ordering_rules.require(session, order, Act.EDIT, invoice)
    guards.check(session, guards.EditOrder(order.tenant_id, order.instance_id, order.id))
    before, held = _contents(order), stock.quantities(order.lines)
    with session.no_autoflush:
        _fill(session, order, data, f"Order {order.number} was not saved.", invoice)
    session.flush()
    after = _contents(order)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return order
    order.updated_at = clock.now()  # raises the version also when only lines changed
    if order.state in TAKES_STOCK:
        stock.move(session, stock.difference(held, stock.quantities(order.lines)))
    session.flush()
    _record(session, order, actor, "order_edited", f"Order {order.number} was edited.", changed=changed)
    if invoice is not None:
        _rewrite(session, invoice, order, actor)
    return order


def confirm_order(session: Session, order: Order, *, actor: Actor) -> Order:
    """A draft becomes an order that can be shipped."""
    lock(session, order)
    ordering_rules.require(session, order, Act.CONFIRM)
    order.state = OrderState.CONFIRMED
    session.flush()
    _record(session, order, actor, "order_confirmed", f"Order {order.number} was confirmed.")
    return order


def cancel_order(session: Session, order: Order, *, actor: Actor) -> Order:
    """End an order that has no invoice; a draft invoice goes with it, and shipped goods go back into stock."""
    _prepare_to_end(session, order, Act.CANCEL)
    guards.check(session, guards.CancelOrder(order.tenant_id, order.instance_id, order.id))
    put_back(session, order)
    order.state = OrderState.CANCELLED
    session.flush()
    _record(session, order, actor, "order_cancelled", f"Order {order.number} was cancelled.")
    return order


def delete_order(session: Session, order: Order, *, actor: Actor) -> None:
    """Remove an order that has no invoice; its number is not given out again."""
    _prepare_to_end(session, order, Act.DELETE)
    guards.check(session, guards.DeleteOrder(order.tenant_id, order.instance_id, order.id))
    put_back(session, order)
    _record(session, order, actor, "order_deleted", f"Order {order.number} for {order.customer.name} was deleted.")
    session.delete(order)
    session.flush()


def put_back(session: Session, order: Order) -> None:
    """Return the goods of a shipped order to stock; the caller ends the order."""
    if order.state in TAKES_STOCK:
        stock.move(session, stock.quantities(order.lines))


def _prepare_to_end(session: Session, order: Order, act: Act) -> None:
    lock(session, order)
    invoice = _locked_invoice(session, order)
    ordering_rules.require(session, order, act, invoice)
    if invoice is not None:  # the table lets nothing but a draft come here
        session.delete(invoice)
        session.flush()


def _locked_invoice(session: Session, order: Order) -> Invoice | None:
    invoice = ordering_rules.live_invoice(session, order)
    if invoice is not None:
        lock(session, invoice)
    return invoice


def _rewrite(session: Session, invoice: Invoice, order: Order, actor: Actor) -> None:
    if not invoice_writing.write(session, invoice, order):
        return
    invoice.revision += 1
    if invoice.status == InvoiceStatus.DRAFT:
        return  # nobody has seen it yet
    invoice_writing.settle(invoice, order)
    session.flush()
    activity.record(
        session,
        actor=actor,
        action="invoice_edited",
        subject=invoice,
        summary=f"Invoice {invoice.number} was rewritten because order {order.number} was edited. "
        f"It is now {format_money(invoice.total, invoice.currency)}.",
        tenant_id=invoice.tenant_id,
        instance_id=invoice.instance_id,
        details={"revision": invoice.revision, "total": str(invoice.total)},
    )
    hooks.emit(session, hooks.InvoiceChanged(invoice.tenant_id, invoice.instance_id, invoice.id))


def _fill(session: Session, order: Order, data: OrderInput, refusal: str, invoice: Invoice | None = None) -> None:
    checked = order_input.check(session, order, data, refusal, invoice)
    order.customer, order.customer_id = checked.customer, checked.customer.id
    order.seller, order.seller_id = checked.seller, checked.seller.id if checked.seller else None
    order.tax_rate, order.tax_rate_id = checked.tax_rate, checked.tax_rate.id if checked.tax_rate else None
    order.currency = checked.customer.currency
    order.order_date, order.memo = checked.order_date, checked.memo
    order.commission, order.discount, order.shipping = checked.commission, checked.discount, checked.shipping
    del order.lines[len(checked.lines) :]
    for index, wanted in enumerate(checked.lines):
        if index == len(order.lines):
            order.lines.append(OrderLine())
        line = order.lines[index]
        line.position = index + 1
        line.product, line.product_id = wanted.product, wanted.product.id
        line.quantity, line.unit_price, line.amount = wanted.quantity, wanted.unit_price, wanted.amount
        line.description, line.note = wanted.description, wanted.note


def _contents(order: Order) -> dict[str, Any]:
    """What a person can edit, to see what changed."""
    return {
        "customer": order.customer_id,
        "seller": order.seller_id,
        "order_date": order.order_date,
        "memo": order.memo,
        "commission": order.commission,
        "discount": order.discount,
        "shipping": order.shipping,
        "tax_rate": order.tax_rate_id,
        "lines": [
            (line.product_id, line.quantity, line.unit_price, line.description, line.note) for line in order.lines
        ],
    }


def _record(session: Session, order: Order, actor: Actor, action: str, summary: str, **details: Any) -> None:
    activity.record(
        session,
        actor=actor,
        action=action,
        subject=order,
        summary=summary,
        tenant_id=order.tenant_id,
        instance_id=order.instance_id,
        details=details,
    )
