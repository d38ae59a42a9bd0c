"""Name lists of a company, read once when it is connected, because reading costs money."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from erp_core.toolkit import Base, TenantScoped


class Account(TenantScoped, Base):
    """An account of a company's chart of accounts."""

    __tablename__ = "quickbooks_account"
    __table_args__ = (UniqueConstraint("connection_id", "qbo_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("quickbooks_connection.id"))
    qbo_id: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(300))
    type: Mapped[str] = mapped_column(String(60))
    """QuickBooks' AccountType, such as `Income`."""
    subtype: Mapped[str] = mapped_column(String(60), default="")
    active: Mapped[bool] = mapped_column(default=True)


class Term(TenantScoped, Base):
    """Terms of payment."""

    __tablename__ = "quickbooks_term"
    __table_args__ = (UniqueConstraint("connection_id", "qbo_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("quickbooks_connection.id"))
    qbo_id: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(60))
    due_days: Mapped[int | None]
    """Days until payment is due; None for terms that name a day of the month."""
    active: Mapped[bool] = mapped_column(default=True)
