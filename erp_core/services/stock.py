"""Stock of goods. What live shipped orders took is gone; an order that is cancelled or deleted puts its goods back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from sqlalchemy.orm import Session

from erp_core.models import OrderLine, Product, ProductKind
from erp_core.services.locking import lock_all


def quantities(lines: Iterable[OrderLine]) -> dict[int, Decimal]:
    """How much of each product the lines hold."""
    held: defaultdict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        held[line.product_id] += line.quantity
    return dict(held)


def difference(before: Mapping[int, Decimal], after: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """What goes back into stock when an order held `before` and holds `after` now; negative when more is taken."""
    zero = Decimal(0)
    return {product: before.get(product, zero) - after.get(product, zero) for product in {*before, *after}}


def move(session: Session, changes: Mapping[int, Decimal]) -> list[Product]:
    """Add to the stock of each product; services have none. Returns the goods that are below zero now."""
    wanted = {product_id: change for product_id, change in changes.items() if change}
    below_zero = []
    for product in lock_all(session, Product, list(wanted)).values():
        if product.kind == ProductKind.GOODS:
            product.stock += wanted[product.id]
            if product.stock < 0:
                below_zero.append(product)
    return below_zero
