"""Calls counted, because Intuit meters them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from erp_core.toolkit import Base, TenantScoped, clock


class CallCount(TenantScoped, Base):
    """How many calls of one kind (write, get, query, batch, …) one connection made on one day in UTC; items of batches count."""

    __tablename__ = "quickbooks_call_count"

    connection_id: Mapped[int] = mapped_column(ForeignKey("quickbooks_connection.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    calls: Mapped[int] = mapped_column(default=0)


def count_call(session: Session, connection_id: int, tenant_id: int, kind: str, calls: int = 1) -> None:
    """Count calls of one kind in the caller's transaction, correctly also when several processes count at once."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = {
        "connection_id": connection_id,
        "tenant_id": tenant_id,
        "day": clock.now().date(),
        "kind": kind,
        "calls": calls,
    }
    session.execute(
        insert(CallCount)
        .values(row)
        .on_conflict_do_update(index_elements=["connection_id", "day", "kind"], set_={"calls": CallCount.calls + calls})
    )
