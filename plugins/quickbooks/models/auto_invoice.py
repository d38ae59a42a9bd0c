"""Since when an instance sends its invoices by itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from erp_core.toolkit import Base, TenantScoped, UtcDateTime


class AutoInvoice(TenantScoped, Base):
    """The moment Auto Invoice was switched on in an instance. Older invoices are never sent by themselves."""

    __tablename__ = "quickbooks_auto_invoice"

    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), primary_key=True)
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
