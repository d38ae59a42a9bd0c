"""Tables. The host imports this module and refuses a table whose name does not begin with `echo_`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from erp_core.toolkit import Base, TenantScoped, UtcDateTime, clock


class Note(TenantScoped, Base):
    """An echo of an invoice, or of what somebody said. A request sees those of its tenant only."""

    __tablename__ = "echo_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"), unique=True)
    text: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
