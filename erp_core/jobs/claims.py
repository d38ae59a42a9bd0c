"""The worker's side of the outbox: who holds a stream, which messages it took, and how they come back.

A stream is held by one run at a time, by a lease in the database. A message that was taken carries a fencing token,
`attempts`, so that a slow worker whose lease ran out can't settle what another one does now. Nothing here commits.
Leases are compared with the clock of the machine: machines that share a database keep their clocks within seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from erp_core import clock
from erp_core.jobs.outcome import LeaseLost
from erp_core.models.message import WAITING, Message, MessageState, Stream

LEASE = timedelta(seconds=30)
_TRIES = 20


@dataclass(frozen=True)
class Claim:
    """Due messages of one stream, one job and one priority, taken together; detached, as they stood when taken."""

    stream: str
    holder: str
    job: str
    messages: tuple[Message, ...]


def claim(
    session: Session, holder: str, jobs: Collection[str], limit: int, *, lease: timedelta = LEASE
) -> Claim | None:
    """Take one idle stream and up to `limit` of its due messages; None when nothing is due.

    A person's messages go before the backlog, of any stream. Only jobs in `jobs` are taken. The holder must be new
    with each claim. Messages of a run belong to different subjects.
    """
    now = clock.now()
    head = _due(now, jobs, Message.stream == Stream.name).order_by(Message.priority, Message.id).limit(1)
    head_priority = head.with_only_columns(Message.priority).correlate(Stream).scalar_subquery()
    # SELECT, then UPDATE by key: an UPDATE ... WHERE name IN (SELECT ... LIMIT 1) may run its SELECT more than once.
    stream = session.scalars(
        select(Stream)
        .where(
            Stream.holder.is_(None),
            Stream.stopped.is_(None),
            or_(Stream.delay_until_at.is_(None), Stream.delay_until_at <= now),
            head_priority.is_not(None),
        )
        .order_by(head_priority, Stream.updated_at, Stream.name)
        .limit(1)
        .with_for_update(skip_locked=True, of=Stream)
        .execution_options(populate_existing=True)
    ).first()
    if stream is None:
        return None
    messages = _take(session, stream, jobs, limit, now)
    if not messages:
        return None
    stream.holder = holder
    stream.lease_until_at = now + lease
    stream.delay_until_at = stream.delay_reason = None
    stream.updated_at = now
    _drop_superseded(session, messages)
    session.flush()
    for message in messages:
        session.expunge(message)
    return Claim(stream.name, holder, messages[0].job, tuple(messages))


def _due(now: datetime, jobs: Collection[str], *which: ColumnElement[bool]) -> Any:
    """Messages whose time and turn have come."""
    other = aliased(Message)
    older_first = exists().where(
        other.subject == Message.subject,
        other.id != Message.id,
        or_(
            other.state == MessageState.IN_FLIGHT,
            and_(other.id < Message.id, other.state.in_(WAITING)),
        ),
    )
    return select(Message).where(
        Message.state == MessageState.PENDING,
        *which,
        Message.not_before_at <= now,
        Message.job.in_(jobs),
        ~older_first,
    )


def _take(session: Session, stream: Stream, jobs: Collection[str], limit: int, now: datetime) -> list[Message]:
    """Mark the first due messages of one job and priority as in flight. One that failed unexpectedly goes alone."""
    due = _due(now, jobs, Message.stream == stream.name).order_by(Message.priority, Message.id)
    first: Message | None = session.scalars(due.limit(1)).first()
    if first is None:
        return []
    alike = due.where(Message.job == first.job, Message.priority == first.priority)
    alike = alike.where(Message.id == first.id) if first.alone else alike.where(Message.alone.is_(False)).limit(limit)
    # A row that `put` has locked is skipped: what it will say is not known yet.
    rows = session.scalars(
        alike.with_for_update(skip_locked=True, of=Message).execution_options(populate_existing=True)
    )
    messages = list(rows)
    for message in messages:
        message.state = MessageState.IN_FLIGHT
        message.attempts += 1
        message.started_at = now
    return messages


def _drop_superseded(session: Session, messages: Collection[Message]) -> None:
    """A failure whose wish was repeated while it was failing is settled by the repetition."""
    session.execute(
        update(Message)
        .where(
            Message.subject.in_({message.subject for message in messages}),
            Message.key.in_({message.key for message in messages}),
            Message.state == MessageState.FAILED,
        )
        .values(state=MessageState.DROPPED, hold_reason="It was sent again.", finished_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def renew(session: Session, stream: str, holder: str, lease: timedelta = LEASE) -> bool:
    """Hold the stream for another lease. False: it is no longer ours."""
    return _changed(
        session,
        update(Stream).where(Stream.name == stream, Stream.holder == holder).values(lease_until_at=clock.now() + lease),
    )


def keep(session: Session, stream: str, holder: str) -> bool:
    """Whether the stream is still this holder's. If it is, nobody takes it over before the transaction ends."""
    mine = select(Stream.name).where(Stream.name == stream, Stream.holder == holder)
    return session.scalar(mine.with_for_update(read=True)) is not None


def free(session: Session, stream: str, holder: str) -> bool:
    """Let the stream go. False: it was no longer ours."""
    return _changed(
        session,
        update(Stream).where(Stream.name == stream, Stream.holder == holder).values(holder=None, lease_until_at=None),
    )


def delay(session: Session, stream: str, until: datetime, reason: str | None) -> None:
    """Send nothing of this stream before that moment."""
    session.execute(
        update(Stream)
        .where(Stream.name == stream, or_(Stream.delay_until_at.is_(None), Stream.delay_until_at < until))
        .values(delay_until_at=until, delay_reason=reason)
    )


def lapsed(session: Session) -> list[str]:
    """Streams whose holder has let its lease run out: it died, or hangs."""
    return list(
        session.scalars(select(Stream.name).where(Stream.holder.is_not(None), Stream.lease_until_at < clock.now()))
    )


def recover(session: Session, name: str) -> int:
    """Free a stream whose lease ran out; its messages in flight wait again. Answers how many, 0 if others did it."""
    stream = session.scalars(
        select(Stream)
        .where(Stream.name == name, Stream.holder.is_not(None), Stream.lease_until_at < clock.now())
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).first()
    if stream is None:
        return 0
    tokens: dict[int, int] = dict(
        session.execute(
            select(Message.id, Message.attempts)
            .where(Message.state == MessageState.IN_FLIGHT, Message.stream == name)
            .with_for_update()
        )
        .tuples()
        .all()
    )
    stream.holder = stream.lease_until_at = None
    give_back(session, tokens)
    return len(tokens)


def finish(session: Session, message_id: int, attempts: int) -> None:
    """The message is done. LeaseLost when this claim of it is no longer the current one."""
    _settle(session, message_id, attempts, state=MessageState.DONE, error=None)


def fail(session: Session, message_id: int, attempts: int, error: Mapping[str, Any]) -> None:
    """The message needs a person. LeaseLost when this claim of it is no longer the current one."""
    _settle(session, message_id, attempts, state=MessageState.FAILED, error=dict(error))


def _settle(session: Session, message_id: int, attempts: int, **values: Any) -> None:
    mine = and_(Message.id == message_id, Message.attempts == attempts, Message.state == MessageState.IN_FLIGHT)
    statement = update(Message).where(mine).values(finished_at=clock.now(), hold_reason=None, **values)
    if not _changed(session, statement):
        raise LeaseLost(f"Message {message_id} is no longer ours.")


def give_back(
    session: Session, tokens: Mapping[int, int], prepare: Callable[[Message], None] = lambda message: None
) -> None:
    """Let messages in flight (id → fencing token) wait again, each as `prepare` leaves it.

    A twin that was wished meanwhile is folded into the older row, which keeps its place in the order of its subject.
    Something that was held during the flight is held now. LeaseLost when a claim is no longer the current one.
    """
    for attempt in range(_TRIES if tokens else 0):
        rows = _in_flight(session, tokens)
        twins = session.scalars(
            select(Message)
            .where(Message.key.in_([row.key for row in rows]), Message.state.in_(WAITING))
            .order_by(Message.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        newest = {twin.key: twin for twin in twins}
        try:
            with session.begin_nested():
                for row in rows:
                    row.not_before_at = clock.now()
                    prepare(row)
                    if (twin := newest.get(row.key)) is not None:
                        _fold(row, twin)
                session.flush(list(newest.values()))  # the twins leave the unique index first
                for row in rows:
                    row.state = MessageState.HELD if row.hold_reason else MessageState.PENDING
            return
        except IntegrityError:  # a twin was committed since we looked
            if attempt == _TRIES - 1:
                raise


def _fold(row: Message, twin: Message) -> None:
    row.stream, row.payload = twin.stream, twin.payload
    row.plugin, row.instance_id = twin.plugin, twin.instance_id
    row.not_before_at = min(row.not_before_at, twin.not_before_at)
    row.hold_reason = twin.hold_reason or row.hold_reason
    if twin.priority <= row.priority:
        row.priority = twin.priority
        row.actor_kind, row.actor_name = twin.actor_kind, twin.actor_name
        row.actor_id, row.actor_ip = twin.actor_id, twin.actor_ip
    twin.state = MessageState.DROPPED
    twin.hold_reason = f"Folded into message {row.id}, which wished the same."
    twin.finished_at = clock.now()


def _in_flight(session: Session, tokens: Mapping[int, int]) -> list[Message]:
    rows = session.scalars(
        select(Message)
        .where(Message.id.in_(list(tokens)), Message.state == MessageState.IN_FLIGHT)
        .order_by(Message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if {row.id: row.attempts for row in rows} != dict(tokens):
        raise LeaseLost("Messages of this run are no longer ours.")
    return list(rows)


def _changed(session: Session, statement: Any) -> bool:
    result = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount > 0
