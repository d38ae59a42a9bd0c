"""Shipping: the goods leave, and stock goes down."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session, selectinload

from erp_core.errors import ERPError
from erp_core.models import Actor, Order, OrderState, Product
from erp_core.services import activity, ordering_rules, stock
from erp_core.services.locking import lock, lock_all
from erp_core.services.ordering_rules import Act
from erp_core.services.outcomes import Outcome

__all__ = ["Outcome", "ship_order", "ship_orders"]


def ship_order(session: Session, order: Order, *, actor: Actor) -> Order:
    """A confirmed order leaves. Stock may go below zero: what left has left, and the log says what is missing."""
    lock(session, order)
    return _ship(session, order, actor)


def ship_orders(session: Session, orders: Sequence[Order], *, actor: Actor) -> list[Outcome]:
    """Ship many, each in a SAVEPOINT: one that is refused never stops its neighbours. Outcomes come in the order given."""
    locked = lock_all(session, Order, [order.id for order in orders], selectinload(Order.lines))
    # All products first: two bulk actions that share products in different order would wait for each other.
    lock_all(session, Product, [line.product_id for order in locked.values() for line in order.lines])
    outcomes = []
    for order in orders:
        try:
            with session.begin_nested():
                _ship(session, order, actor)
            outcomes.append(Outcome(order))
        except ERPError as error:
            outcomes.append(Outcome(order, error=error))
    return outcomes


def _ship(session: Session, order: Order, actor: Actor) -> Order:
    ordering_rules.require(session, order, Act.SHIP)
    below_zero = stock.move(session, stock.difference({}, stock.quantities(order.lines)))
    order.state = OrderState.SHIPPED
    session.flush()
    missing = f" Stock is below zero now: {', '.join(product.sku for product in below_zero)}." if below_zero else ""
    activity.record(
        session,
        actor=actor,
        action="order_shipped",
        subject=order,
        summary=f"Order {order.number} was shipped.{missing}",
        tenant_id=order.tenant_id,
        instance_id=order.instance_id,
        details={"below_zero": {product.sku: str(product.stock) for product in below_zero}} if below_zero else None,
    )
    return order
