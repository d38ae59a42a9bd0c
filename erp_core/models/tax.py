"""Tax rates that a tenant charges by itself."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from erp_core.extensions import Base
from erp_core.models.tenancy import TenantScoped
from erp_core.models.types import Rate


class TaxRate(TenantScoped, Base):
    """A named percentage, such as 8.875, on the taxable lines of a document."""

    __tablename__ = "tax_rate"
    __table_args__ = (UniqueConstraint("tenant_id", "name"), CheckConstraint("percent >= 0", name="percent"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    percent: Mapped[Decimal] = mapped_column(Rate())
    active: Mapped[bool] = mapped_column(default=True)
