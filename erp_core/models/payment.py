"""Payments, and what they pay."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from erp_core import clock
from erp_core.extensions import Base
from erp_core.models.invoice import Invoice
from erp_core.models.party import Customer
from erp_core.models.tenancy import Instance, TenantScoped
from erp_core.models.types import Money, UtcDateTime


class Payment(TenantScoped, Base):
    """Money from a customer. What is not allocated to an invoice is the customer's credit."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("instance_id", "number"),
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_payment_instance", "instance_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[uuid.UUID] = mapped_column(Uuid, default=uuid.uuid4, unique=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    number: Mapped[str] = mapped_column(String(40))
    payment_date: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[Decimal] = mapped_column(Money())
    method: Mapped[str] = mapped_column(String(30), default="")
    reference: Mapped[str] = mapped_column(String(60), default="")
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    instance: Mapped[Instance] = relationship()
    customer: Mapped[Customer] = relationship()
    allocations: Mapped[list[PaymentAllocation]] = relationship(
        back_populates="payment", order_by="PaymentAllocation.id", cascade="all, delete-orphan"
    )


class PaymentAllocation(Base):
    """The part of a payment that pays one invoice."""

    __tablename__ = "payment_allocation"
    __table_args__ = (UniqueConstraint("payment_id", "invoice_id"), CheckConstraint("amount > 0", name="amount"))

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), index=True)
    amount: Mapped[Decimal] = mapped_column(Money())

    payment: Mapped[Payment] = relationship(back_populates="allocations")
    invoice: Mapped[Invoice] = relationship()
