"""The activity log: who did what, to which record, from where and when. Append-only, enforced by triggers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from erp_core import clock
from erp_core.extensions import Base
from erp_core.models.tenancy import TenantScoped
from erp_core.models.types import UtcDateTime


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, or a machine with a name that people understand, such as "Auto Invoice"."""

    name: str
    user_id: int | None = None
    ip: str | None = None

    @property
    def kind(self) -> str:
        """`person` or `machine`."""
        return "machine" if self.user_id is None else "person"


class Activity(TenantScoped, Base):
    """One thing that happened. Rows are never changed or deleted."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("ix_activity_subject", "subject_type", "subject_id", "id"),
        Index("ix_activity_tenant_newest", "tenant_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("instance.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_name: Mapped[str] = mapped_column(String(100))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    ip: Mapped[str | None] = mapped_column(String(45))
    action: Mapped[str] = mapped_column(String(60))
    """A word for machines, such as `invoice_created`."""
    subject_type: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int]
    summary: Mapped[str] = mapped_column(String(500))
    """A sentence for people."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
