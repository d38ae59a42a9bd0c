"""Invoices: what a customer owes."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from erp_core import clock
from erp_core.extensions import Base
from erp_core.models.order import Order
from erp_core.models.party import Customer
from erp_core.models.product import Product
from erp_core.models.tenancy import Instance, TenantScoped
from erp_core.models.types import Choice, Money, Rate, UtcDateTime


class InvoiceStatus(StrEnum):
    """What is stored. Overdue is not: it follows from the due date, the balance and today (`services.invoicing`)."""

    DRAFT = "draft"
    SENT = "sent"
    PARTIAL = "partial"
    PAID = "paid"
    VOIDED = "voided"


class Invoice(TenantScoped, Base):
    """An invoice of one order. `total` = lines − discount + shipping + tax; `balance` = total − payments."""

    __tablename__ = "invoice"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'sent', 'partial', 'paid', 'voided')", name="status"),
        CheckConstraint("(number IS NULL) = (status = 'draft')", name="drafts_have_no_number"),
        CheckConstraint("total >= 0 AND balance >= 0 AND balance <= total", name="balance"),
        Index("uq_invoice_instance_number", "instance_id", "number", unique=True),
        Index(
            "uq_invoice_live_order",
            "order_id",
            unique=True,
            postgresql_where=text("status <> 'voided'"),
            sqlite_where=text("status <> 'voided'"),
        ),
        Index("ix_invoice_instance_status", "instance_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[uuid.UUID] = mapped_column(Uuid, default=uuid.uuid4, unique=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    number: Mapped[str | None] = mapped_column(String(40))
    status: Mapped[InvoiceStatus] = mapped_column(Choice(InvoiceStatus, 10), default=InvoiceStatus.SENT)
    invoice_date: Mapped[date]
    due_date: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    memo: Mapped[str] = mapped_column(String(1000), default="")
    subtotal: Mapped[Decimal] = mapped_column(Money(), default=Decimal(0))
    discount: Mapped[Decimal] = mapped_column(Money(), default=Decimal(0))
    shipping: Mapped[Decimal] = mapped_column(Money(), default=Decimal(0))
    tax: Mapped[Decimal] = mapped_column(Money(), default=Decimal(0))
    total: Mapped[Decimal] = mapped_column(Money(), default=Decimal(0))
    balance: Mapped[Decimal] = mapped_column(Money(), default=Decimal(0))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"))
    """The voided invoice that this one replaces."""
    revision: Mapped[int] = mapped_column(default=1)
    """Rises with each edit of what the customer owes or reads; what was sent elsewhere remembers the revision it sent."""
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it got its number and was owed; None for a draft."""
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)

    __mapper_args__ = {"version_id_col": version}

    instance: Mapped[Instance] = relationship()
    order: Mapped[Order] = relationship()
    customer: Mapped[Customer] = relationship()
    lines: Mapped[list[InvoiceLine]] = relationship(
        back_populates="invoice", order_by="InvoiceLine.position", cascade="all, delete-orphan"
    )
    tax_lines: Mapped[list[InvoiceTaxLine]] = relationship(
        back_populates="invoice", order_by="InvoiceTaxLine.id", cascade="all, delete-orphan"
    )


class InvoiceLine(Base):
    """One product on an invoice. `amount` is quantity × unit price, rounded half up to the currency's minor unit."""

    __tablename__ = "invoice_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), index=True)
    position: Mapped[int]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    description: Mapped[str] = mapped_column(String(1000), default="")
    quantity: Mapped[Decimal] = mapped_column(Rate())
    unit_price: Mapped[Decimal] = mapped_column(Rate())
    amount: Mapped[Decimal] = mapped_column(Money())
    taxable: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(200), default="")

    invoice: Mapped[Invoice] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()


class InvoiceTaxLine(Base):
    """Tax of one rate on an invoice."""

    __tablename__ = "invoice_tax_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    percent: Mapped[Decimal] = mapped_column(Rate())
    taxable_amount: Mapped[Decimal] = mapped_column(Money())
    amount: Mapped[Decimal] = mapped_column(Money())

    invoice: Mapped[Invoice] = relationship(back_populates="tax_lines")
