"""The outbox's tables: what is wished for, who holds a stream, and when schedules run next.

The row is the truth. A message is written in the transaction that gives the reason for it, and no engine, queue or
process may know of a wish that does not stand here.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, Enum, ForeignKey, Index, String, func, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from erp_core import clock
from erp_core.extensions import Base
from erp_core.models.activity import Actor
from erp_core.models.tenancy import TenantScoped
from erp_core.models.types import UtcDateTime


class MessageState(StrEnum):
    """Where a message stands. A held message waits for a person to release its plugin, instance or stream."""

    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    DONE = "done"
    FAILED = "failed"
    HELD = "held"
    DROPPED = "dropped"


WAITING = (MessageState.PENDING, MessageState.HELD)
OPEN = (*WAITING, MessageState.IN_FLIGHT, MessageState.FAILED)


class Priority(IntEnum):
    """Who goes first within a stream: the lower number."""

    PERSON = 10
    NORMAL = 50
    BACKGROUND = 90


class Stream(Base):
    """A line of messages that one worker at a time works through, such as all those of one connection."""

    __tablename__ = "outbox_stream"
    __table_args__ = (CheckConstraint("(holder IS NULL) = (lease_until_at IS NULL)", name="lease"),)

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    holder: Mapped[str | None] = mapped_column(String(100))
    """The run that works on it now; nobody else may until `lease_until_at`."""
    lease_until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delay_until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Nothing of this stream is sent before, because the other side asked us to slow down or does not answer."""
    delay_reason: Mapped[str | None] = mapped_column(String(300))
    hold_reason: Mapped[str | None] = mapped_column(String(300))
    """Why a plugin stopped the whole stream, such as a connection that ended; None when it does not."""
    operator_hold: Mapped[str | None] = mapped_column(String(300))
    """Why the server's operator stopped it. Only the operator lets it go on, whatever plugins do meanwhile."""
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    """When a worker took it last; streams that waited longest go first."""

    @hybrid_property
    def stopped(self) -> str | None:
        """Why no worker takes this stream; None when it runs."""
        return self.operator_hold or self.hold_reason

    @stopped.inplace.expression
    @classmethod
    def _stopped(cls) -> ColumnElement[str | None]:
        return func.coalesce(cls.operator_hold, cls.hold_reason)


class Message(TenantScoped, Base):
    """A job that is wanted. `key` is wanted at most once while it waits; messages on one subject run in order of id."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'in_flight', 'done', 'failed', 'held', 'dropped')", name="state"),
        CheckConstraint("attempts >= 0 AND failures >= 0", name="counters"),
        CheckConstraint("state <> 'held' OR hold_reason IS NOT NULL", name="held_has_reason"),
        Index(
            "uq_outbox_message_waiting_key",
            "key",
            unique=True,
            postgresql_where=text("state IN ('pending', 'held')"),
            sqlite_where=text("state IN ('pending', 'held')"),
        ),
        Index("ix_outbox_message_claim", "state", "stream", "priority", "id"),
        Index("ix_outbox_message_subject", "subject", "state"),
        Index("ix_outbox_message_count", "state", "tenant_id", "plugin", "instance_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(String(80))
    """For example `quickbooks:connection:3`."""
    subject: Mapped[str] = mapped_column(String(120))
    """For example `quickbooks:invoice:17`."""
    job: Mapped[str] = mapped_column(String(80))
    """For example `quickbooks.push_invoice`."""
    key: Mapped[str] = mapped_column(String(201))
    """Job and subject: what is wanted once while it waits."""
    plugin: Mapped[str | None] = mapped_column(String(40))
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("instance.id"))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    priority: Mapped[int] = mapped_column(default=Priority.NORMAL)
    state: Mapped[MessageState] = mapped_column(
        Enum(MessageState, native_enum=False, length=10, values_callable=lambda states: [s.value for s in states]),
        default=MessageState.PENDING,
    )
    not_before_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    """Due from this moment on; in the past for a message that only waits for its turn."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Rises with each claim: the fencing token of the worker that holds the message."""
    failures: Mapped[int] = mapped_column(default=0)
    """Failures that count towards giving up."""
    alone: Mapped[bool] = mapped_column(default=False)
    """An unexpected error struck its run, so it runs by itself: one bad message must not fail its neighbours."""
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The last cause, as `Cause.to_json` writes it."""
    hold_reason: Mapped[str | None] = mapped_column(String(300))
    """Why it is held, or will be when it comes back from its flight; for a dropped message, why it was dropped."""
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_name: Mapped[str] = mapped_column(String(100))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    actor_ip: Mapped[str | None] = mapped_column(String(45))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    line: Mapped[Stream | None] = relationship(
        primaryjoin=lambda: foreign(Message.stream) == Stream.name, viewonly=True
    )
    """The state of its stream: held, or delayed until when and why."""

    @property
    def actor(self) -> Actor:
        """Who wished it."""
        return Actor(name=self.actor_name, user_id=self.actor_id, ip=self.actor_ip)

    def __repr__(self) -> str:
        return f"<Message {self.id} {self.key} {self.state}>"


class ScheduleTurn(Base):
    """When a schedule runs next; its lock lets one process at a time run it."""

    __tablename__ = "outbox_schedule"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    next_run_at: Mapped[datetime] = mapped_column(UtcDateTime)
