"""What is sold."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String, Uuid, func
from sqlalchemy.orm import Mapped, mapped_column

from erp_core import clock
from erp_core.extensions import Base
from erp_core.models.tenancy import TenantScoped
from erp_core.models.types import Choice, Rate, UtcDateTime


class ProductKind(StrEnum):
    """Goods are counted in stock and shipped; services are not."""

    GOODS = "goods"
    SERVICE = "service"


class Product(TenantScoped, Base):
    """A product or service. SKUs are unique within the tenant, whatever their case."""

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("kind IN ('goods', 'service')", name="kind"),
        CheckConstraint("price >= 0", name="price"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[uuid.UUID] = mapped_column(Uuid, default=uuid.uuid4, unique=True)
    sku: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(String(1000), default="")
    kind: Mapped[ProductKind] = mapped_column(Choice(ProductKind, 10), default=ProductKind.GOODS)
    price: Mapped[Decimal] = mapped_column(Rate())
    cost: Mapped[Decimal] = mapped_column(Rate(), default=Decimal(0))
    taxable: Mapped[bool] = mapped_column(default=True)
    stock: Mapped[Decimal] = mapped_column(Rate(), default=Decimal(0))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)


Index("uq_product_sku", Product.tenant_id, func.lower(Product.sku), unique=True)
