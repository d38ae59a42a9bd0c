"""Links: the twins in QuickBooks of records of ours."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from erp_core.toolkit import Base, Money, TenantScoped, UtcDateTime, clock


class Entity(StrEnum):
    """QuickBooks' names of what we link."""

    CUSTOMER = "Customer"
    ITEM = "Item"
    INVOICE = "Invoice"


class Link(TenantScoped, Base):
    """A record of ours and its twin in one company. Unique both ways; survives Disconnect, so that reconnecting makes no copies."""

    __tablename__ = "quickbooks_link"
    __table_args__ = (
        CheckConstraint("entity IN ('Customer', 'Item', 'Invoice')", name="entity"),
        Index("uq_quickbooks_link_local", "tenant_id", "realm_id", "entity", "local_id", unique=True),
        Index("uq_quickbooks_link_remote", "tenant_id", "realm_id", "entity", "qbo_id", unique=True),
        Index("ix_quickbooks_link_entity_local", "entity", "local_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    realm_id: Mapped[str] = mapped_column(String(30))
    entity: Mapped[Entity] = mapped_column(String(20))
    local_id: Mapped[int]
    """The id of the customer, the product or the invoice."""
    qbo_id: Mapped[str] = mapped_column(String(30))
    sync_token: Mapped[str] = mapped_column(String(20), default="0")
    name: Mapped[str] = mapped_column(String(200), default="")
    """The name there, or the number of a document; empty when QuickBooks gave none."""
    created_by_us: Mapped[bool] = mapped_column(default=False)
    """Auto-created; otherwise mapped to what was there."""
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)

    # Of documents: what was sent, and what QuickBooks answered.
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_revision: Mapped[int | None]
    """The invoice's revision that QuickBooks has."""
    sent_fingerprint: Mapped[str] = mapped_column(String(64), default="")
    sent_total: Mapped[Decimal | None] = mapped_column(Money())
    remote_total: Mapped[Decimal | None] = mapped_column(Money())
    remote_balance: Mapped[Decimal | None] = mapped_column(Money())
    verified: Mapped[bool] = mapped_column(default=False)
    """The answer was equal to what was sent, to the cent."""
    last_read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
