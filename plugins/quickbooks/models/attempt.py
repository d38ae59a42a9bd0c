"""Attempts: what is about to be written to QuickBooks, kept before the call, so that an answer that never came is no riddle."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from erp_core.toolkit import Base, TenantScoped, UtcDateTime, clock
from plugins.quickbooks.models.link import Entity


class Operation(StrEnum):
    """What a call does to the record."""

    CREATE = "create"
    UPDATE = "update"


class Outcome(StrEnum):
    """What is known about a call."""

    OPEN = "open"
    """Written down; the call may have been made."""
    UNKNOWN = "unknown"
    """The call was made and no usable answer came."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """A definite no, or the proof that nothing was written."""


UNDECIDED = (Outcome.OPEN, Outcome.UNKNOWN)


class Attempt(TenantScoped, Base):
    """One write to one record. At most one of a record is undecided; while it is, only the same request, byte for byte, may be sent.

    The request id follows from realm, entity, uuid and generation. The generation rises only after a definite refusal
    or when a person asks for a new record, never after an unknown outcome."""

    __tablename__ = "quickbooks_attempt"
    __table_args__ = (
        CheckConstraint("outcome IN ('open', 'unknown', 'accepted', 'refused')", name="outcome"),
        CheckConstraint("operation IN ('create', 'update')", name="operation"),
        Index("ix_quickbooks_attempt_record", "tenant_id", "realm_id", "entity", "local_id", "id"),
        Index(
            "uq_quickbooks_attempt_undecided",
            "tenant_id",
            "realm_id",
            "entity",
            "local_id",
            unique=True,
            postgresql_where=text("outcome IN ('open', 'unknown')"),
            sqlite_where=text("outcome IN ('open', 'unknown')"),
        ),
        Index("ix_quickbooks_attempt_request", "realm_id", "request_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("quickbooks_connection.id"), index=True)
    realm_id: Mapped[str] = mapped_column(String(30))
    entity: Mapped[Entity] = mapped_column(String(20))
    operation: Mapped[Operation] = mapped_column(String(10), default=Operation.CREATE)
    local_id: Mapped[int]
    local_uuid: Mapped[uuid.UUID] = mapped_column(Uuid)
    generation: Mapped[int] = mapped_column(default=1)
    request_id: Mapped[str] = mapped_column(String(50))
    payload: Mapped[str] = mapped_column(Text)
    """JSON with exact numbers, the body of the call."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the payload."""
    revision: Mapped[int] = mapped_column(default=1)
    """The invoice's revision that the payload was made from."""
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    """The first time it was sent; the age of a doubt counts from here."""
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[Outcome] = mapped_column(String(10), default=Outcome.OPEN)
    status: Mapped[int | None]
    code: Mapped[str] = mapped_column(String(30), default="")
    intuit_tid: Mapped[str] = mapped_column(String(100), default="")
    actor: Mapped[str] = mapped_column(String(100), default="")
