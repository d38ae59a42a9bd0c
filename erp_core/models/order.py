"""Orders: what a customer wants, until it is invoiced and paid."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from erp_core import clock
from erp_core.extensions import Base
from erp_core.models.party import Customer
from erp_core.models.product import Product
from erp_core.models.tax import TaxRate
from erp_core.models.tenancy import Instance, TenantScoped
from erp_core.models.types import Choice, Money, Rate, UtcDateTime


class OrderState(StrEnum):
    """draft → confirmed → shipped → invoiced → paid; cancelled is an end. `services.ordering` guards the steps."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    INVOICED = "invoiced"
    PAID = "paid"
    CANCELLED = "cancelled"


class Order(TenantScoped, Base):
    """An order of one instance. The customer is the buyer, who is billed; the seller is optional."""

    __tablename__ = "order"
    __table_args__ = (
        UniqueConstraint("instance_id", "number"),
        CheckConstraint("discount >= 0", name="discount"),
        CheckConstraint("shipping >= 0", name="shipping"),
        CheckConstraint("state IN ('draft', 'confirmed', 'shipped', 'invoiced', 'paid', 'cancelled')", name="state"),
        Index("ix_order_instance_state", "instance_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[uuid.UUID] = mapped_column(Uuid, default=uuid.uuid4, unique=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    number: Mapped[str] = mapped_column(String(40))
    state: Mapped[OrderState] = mapped_column(Choice(OrderState, 10), default=OrderState.DRAFT)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    order_date: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    memo: Mapped[str] = mapped_column(String(1000), default="")
    """What the customer reads on the invoice."""
    commission: Mapped[Decimal] = mapped_column(Money(), default=Decimal(0))
    """Tracked here; not part of what the customer pays."""
    discount: Mapped[Decimal] = mapped_column(Money(), default=Decimal(0))
    shipping: Mapped[Decimal] = mapped_column(Money(), default=Decimal(0))
    tax_rate_id: Mapped[int | None] = mapped_column(ForeignKey("tax_rate.id"))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)

    __mapper_args__ = {"version_id_col": version}

    instance: Mapped[Instance] = relationship()
    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    seller: Mapped[Customer | None] = relationship(foreign_keys=seller_id)
    tax_rate: Mapped[TaxRate | None] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(
        back_populates="order", order_by="OrderLine.position", cascade="all, delete-orphan"
    )


class OrderLine(Base):
    """One product of an order. `amount` is quantity × unit price, rounded half up to the currency's minor unit."""

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("unit_price >= 0", name="price"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    position: Mapped[int]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    description: Mapped[str] = mapped_column(String(1000), default="")
    quantity: Mapped[Decimal] = mapped_column(Rate())
    unit_price: Mapped[Decimal] = mapped_column(Rate())
    amount: Mapped[Decimal] = mapped_column(Money())
    note: Mapped[str] = mapped_column(String(200), default="")
    """Size or grade."""

    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()
