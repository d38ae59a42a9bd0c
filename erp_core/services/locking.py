"""Row locks, so that two people at once don't lose an update.

Whoever locks more than one row locks orders before invoices before payments, and each kind by rising id; that way
nobody ever waits in a circle. SQLite has no row locks and needs none: its writers wait for each other at the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session
from sqlalchemy.orm.interfaces import ORMOption

from erp_core.errors import Conflict
from erp_core.models import Customer, Instance, Invoice, Order, Payment, Product, TaxRate, User

Lockable = Customer | Instance | Invoice | Order | Payment | Product | TaxRate | User
T = TypeVar("T", Customer, Invoice, Order, Payment, Product)

CHUNK = 500


def lock(session: Session, record: Lockable) -> None:
    """Hold the record's row until the transaction ends, and read it anew. Raises `Conflict` when it is gone."""
    session.flush()
    try:
        session.refresh(record, with_for_update={"key_share": True})
    except InvalidRequestError:
        raise Conflict("Somebody deleted this record meanwhile. Reload the page.") from None


def lock_all(session: Session, model: type[T], ids: Sequence[int], *options: ORMOption) -> dict[int, T]:
    """Hold the rows with these ids, by rising id, and read them anew. Ids that don't exist are left out."""
    ordered = sorted(set(ids))
    locked: dict[int, T] = {}
    for start in range(0, len(ordered), CHUNK):
        rows = session.scalars(
            select(model)
            .where(model.id.in_(ordered[start : start + CHUNK]))
            .order_by(model.id)
            .with_for_update(key_share=True)
            .options(*options)
            .execution_options(populate_existing=True)
        )
        locked.update((row.id, row) for row in rows)
    return locked
