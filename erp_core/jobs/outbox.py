"""Wishes for work, written in the transaction that gives the reason for them.

Everything takes the caller's session and never commits: an invoice and the wish to send it are committed together or
not at all. A worker (`erp_core.jobs.worker`) does the work afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, bindparam, case, exists, func, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from erp_core import clock
from erp_core.errors import Refused
from erp_core.jobs.bell import on_commit, ring_after_commit
from erp_core.jobs.claims import Claim, claim
from erp_core.models.activity import Actor
from erp_core.models.message import OPEN, WAITING, Message, MessageState, Priority, Stream

__all__ = [
    "Claim",
    "Wish",
    "claim",
    "counts",
    "drop",
    "hold",
    "hold_stream",
    "move",
    "oldest_waiting",
    "on_commit",
    "open_message",
    "open_messages",
    "put",
    "put_all",
    "release",
    "release_stream",
    "send_again",
]

# As text, because SQLAlchemy compiles its own ON CONFLICT anew each time, which takes most of a `put`.
_NEW_STREAM = text(
    "INSERT INTO outbox_stream (name, updated_at) VALUES (:name, :updated_at) ON CONFLICT (name) DO NOTHING"
).bindparams(bindparam("updated_at", type_=Stream.updated_at.type))

# DO UPDATE, because it locks the row: under DO NOTHING a worker could take the old row, read the data as they were and
# finish before the new data are committed, and the wish would be lost.
_PUT = text(
    """
    INSERT INTO outbox_message (
        tenant_id, instance_id, plugin, stream, subject, job, key, payload, priority, state, not_before_at,
        attempts, failures, alone, actor_kind, actor_name, actor_id, actor_ip, created_at
    ) VALUES (
        :tenant_id, :instance_id, :plugin, :stream, :subject, :job, :key, :payload, :priority, 'pending', :not_before_at,
        0, 0, FALSE, :actor_kind, :actor_name, :actor_id, :actor_ip, :created_at
    )
    ON CONFLICT (key) WHERE state IN ('pending', 'held') DO UPDATE SET
        stream = excluded.stream,
        payload = excluded.payload,
        plugin = excluded.plugin,
        instance_id = excluded.instance_id,
        not_before_at = CASE WHEN excluded.not_before_at < outbox_message.not_before_at
            THEN excluded.not_before_at ELSE outbox_message.not_before_at END,
        priority = CASE WHEN excluded.priority <= outbox_message.priority
            THEN excluded.priority ELSE outbox_message.priority END,
        actor_kind = CASE WHEN excluded.priority <= outbox_message.priority
            THEN excluded.actor_kind ELSE outbox_message.actor_kind END,
        actor_name = CASE WHEN excluded.priority <= outbox_message.priority
            THEN excluded.actor_name ELSE outbox_message.actor_name END,
        actor_id = CASE WHEN excluded.priority <= outbox_message.priority
            THEN excluded.actor_id ELSE outbox_message.actor_id END,
        actor_ip = CASE WHEN excluded.priority <= outbox_message.priority
            THEN excluded.actor_ip ELSE outbox_message.actor_ip END
    RETURNING *
    """
).bindparams(
    bindparam("payload", type_=Message.payload.type),
    bindparam("not_before_at", type_=Message.not_before_at.type),
    bindparam("created_at", type_=Message.created_at.type),
)


@dataclass(frozen=True)
class Wish:
    """One job that is wanted, as `put_all` takes it; the members are the arguments of `put`."""

    job: str
    stream: str
    subject: str
    payload: Mapping[str, Any]
    tenant_id: int
    actor: Actor
    instance_id: int | None = None
    plugin: str | None = None
    priority: Priority = Priority.NORMAL
    not_before: datetime | None = None

    @property
    def key(self) -> str:
        """What is wanted at most once while it waits."""
        return f"{self.job} {self.subject}"

    def values(self) -> dict[str, Any]:
        """What a message takes up from this wish."""
        return {
            "stream": self.stream,
            "payload": dict(self.payload),
            "plugin": self.plugin,
            "instance_id": self.instance_id,
            "tenant_id": self.tenant_id,
            "priority": int(self.priority),
            "not_before_at": self.not_before or clock.now(),
            "actor_kind": self.actor.kind,
            "actor_name": self.actor.name,
            "actor_id": self.actor.user_id,
            "actor_ip": self.actor.ip,
        }


def put(
    session: Session,
    job: str,
    *,
    stream: str,
    subject: str,
    payload: Mapping[str, Any],
    tenant_id: int,
    actor: Actor,
    instance_id: int | None = None,
    plugin: str | None = None,
    priority: Priority = Priority.NORMAL,
    not_before: datetime | None = None,
) -> Message:
    """Wish for a job, once: the same job on the same subject that still waits, or has failed, takes up this wish.

    The newest payload, the higher priority and the earlier time win. A held message takes up the wish and stays held.
    While the message is in flight, the wish waits behind it as a message of its own.
    """
    wish = Wish(job, stream, subject, payload, tenant_id, actor, instance_id, plugin, priority, not_before)
    return put_all(session, [wish])[0]


def put_all(session: Session, wishes: Sequence[Wish]) -> list[Message]:
    """`put` for many different subjects, each an `outbox.Wish`, with few statements. Answers their messages in order."""
    for stream in sorted({wish.stream for wish in wishes}):
        _ensure_stream(session, stream)
    failed = _lock_open(session, wishes)
    messages = []
    for wish in wishes:
        values = wish.values()
        message = _revive(session, failed.get(wish.key, []), values) or _insert_or_update(session, wish, values)
        if wish.priority == Priority.PERSON:
            message.failures, message.error = 0, None
        messages.append(message)
    _pull_forward(session, [message.id for message in messages if message.priority == Priority.PERSON])
    ring_after_commit(session)
    return messages


def _ensure_stream(session: Session, name: str) -> None:
    session.execute(_NEW_STREAM, {"name": name, "updated_at": clock.now()})


def _insert_or_update(session: Session, wish: Wish, values: Mapping[str, Any]) -> Message:
    row = {**values, "job": wish.job, "subject": wish.subject, "key": wish.key, "created_at": clock.now()}
    statement = select(Message).from_statement(_PUT)
    message: Message = session.scalars(statement, row, execution_options={"populate_existing": True}).one()
    return message


def _lock_open(session: Session, wishes: Sequence[Wish]) -> dict[str, list[Message]]:
    """The failures of these wishes by key, the newest first. What waits is locked, too.

    Everybody who locks several messages does so by subject, then from the newest, so that nobody waits in a circle."""
    rows = session.scalars(
        select(Message)
        .where(
            Message.subject.in_({wish.subject for wish in wishes}),
            Message.key.in_({wish.key for wish in wishes}),
            Message.state.in_([*WAITING, MessageState.FAILED]),
        )
        .order_by(Message.subject, Message.id.desc())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: dict[str, list[Message]] = {}
    for message in rows.all():
        if message.state == MessageState.FAILED:
            found.setdefault(message.key, []).append(message)
    return found


def _revive(session: Session, failed: Sequence[Message], values: Mapping[str, Any]) -> Message | None:
    """Let the newest failure of a wish wait again, unless a newer twin waits already; older ones are settled."""
    if not failed:
        return None
    revived: Message | None = failed[0]
    try:
        with session.begin_nested():
            for name, value in values.items():
                setattr(failed[0], name, value)
            _wait_again(failed[0])
    except IntegrityError:  # a twin waits
        revived = None
    for message in failed:
        if message is not revived:
            _drop(message, "It was sent again.")
    session.flush()
    return revived


def _wait_again(message: Message) -> None:
    message.state = MessageState.PENDING
    message.failures = 0
    message.alone = False
    message.error = message.finished_at = message.hold_reason = None


def _pull_forward(session: Session, message_ids: Collection[int]) -> None:
    """A person who waits for a message also waits for the older ones of its subject."""
    if not message_ids:
        return
    wanted = aliased(Message)
    behind = (wanted.id.in_(message_ids), wanted.subject == Message.subject, wanted.id > Message.id)
    session.execute(
        update(Message)
        .where(Message.state.in_(WAITING), Message.priority >= Priority.PERSON, exists().where(*behind))
        .values(
            priority=int(Priority.PERSON),
            not_before_at=select(wanted.not_before_at).where(*behind).correlate(Message).scalar_subquery(),
        )
    )


def send_again(session: Session, message: Message, actor: Actor, *, hold: str | None = None) -> Message:
    """Send a failed message, or one that waits for its next attempt, now and with a person's priority.

    With `hold`, the reason why nothing may be sent now, it waits until `release`: a failed message was not held when
    its plugin was switched off. Answers the message that does it, which may be a newer twin. One in flight stays as it
    is. Refused for a message that is held, done or dropped.
    """
    message = _locked(session, message)
    if message.state == MessageState.IN_FLIGHT:
        return message
    if message.state == MessageState.HELD:
        raise Refused(f"This is on hold: {message.hold_reason}", code="held")
    if message.state not in (MessageState.PENDING, MessageState.FAILED):
        raise Refused("There is nothing to send again: this is finished.", code="finished")
    again = put(
        session,
        message.job,
        stream=message.stream,
        subject=message.subject,
        payload=message.payload,
        tenant_id=message.tenant_id,
        instance_id=message.instance_id,
        plugin=message.plugin,
        priority=Priority.PERSON,
        actor=actor,
    )
    if hold is not None:
        again.state, again.hold_reason = MessageState.HELD, hold
        session.flush()
    return again


def move(session: Session, message: Message, stream: str, *, error: Mapping[str, Any] | None = None) -> None:
    """Let a message that waits, is held or has failed wait for another stream, as if it had been put there now.

    A failed one stays failed, with `error` as its cause, because its own was about the other stream. The caller has
    locked it.
    """
    if message.state not in (*WAITING, MessageState.FAILED):
        raise Refused("This is being sent right now, or is finished.", code="in_flight")
    _ensure_stream(session, stream)
    message.stream = stream
    message.failures, message.not_before_at = 0, clock.now()
    message.error = dict(error) if error is not None and message.state == MessageState.FAILED else None
    session.flush()
    ring_after_commit(session)


def hold(session: Session, *, plugin: str, instance_id: int | None, reason: str) -> int:
    """Hold what waits for a plugin in one instance, or in all (None). Answers how many wait.

    What is in flight runs on, and is held if it has to wait again.
    """
    mine = _of(plugin, instance_id)
    _lock_by_subject(session, mine)
    session.execute(update(Message).where(mine, Message.state == MessageState.IN_FLIGHT).values(hold_reason=reason))
    return _count(
        session,
        update(Message)
        .where(mine, Message.state == MessageState.PENDING)
        .values(state=MessageState.HELD, hold_reason=reason),
    )


def release(session: Session, *, plugin: str, instance_id: int | None) -> int:
    """Let what `hold` stopped wait for its turn again. Answers how many do."""
    mine = _of(plugin, instance_id)
    _lock_by_subject(session, mine)
    session.execute(update(Message).where(mine, Message.state == MessageState.IN_FLIGHT).values(hold_reason=None))
    released = _count(
        session,
        update(Message)
        .where(mine, Message.state == MessageState.HELD)
        .values(state=MessageState.PENDING, hold_reason=None),
    )
    ring_after_commit(session)
    return released


def _lock_by_subject(session: Session, which: ColumnElement[bool]) -> None:
    """Lock what an UPDATE of many is about to change, in the order of everybody else (see `_lock_open`)."""
    session.execute(
        select(Message.id)
        .where(which, Message.state.in_([*WAITING, MessageState.IN_FLIGHT]))
        .order_by(Message.subject, Message.id.desc())
        .with_for_update()
    ).all()


def _of(plugin: str, instance_id: int | None) -> ColumnElement[bool]:
    mine = Message.plugin == plugin
    return mine if instance_id is None else and_(mine, Message.instance_id == instance_id)


def hold_stream(session: Session, stream: str, reason: str, *, operator: bool = False) -> None:
    """Let no worker take this stream. A run that has begun ends by itself. An operator's hold stands beside a plugin's."""
    _ensure_stream(session, stream)
    session.execute(update(Stream).where(Stream.name == stream).values(**{_holds(operator): reason}))


def release_stream(session: Session, stream: str, *, operator: bool = False) -> None:
    """End the plugin's hold of this stream, or the operator's: workers take it when neither holds it.

    A delay that the other side asked for still holds."""
    session.execute(update(Stream).where(Stream.name == stream).values(**{_holds(operator): None}))
    ring_after_commit(session)


def _holds(operator: bool) -> str:
    return "operator_hold" if operator else "hold_reason"


def drop(session: Session, target: Message | str, reason: str) -> int:
    """Give up a message, or all of a subject, that waits, is held or has failed. Answers how many.

    Refused, and nothing is changed, when one is in flight: its effect is not known yet.
    """
    which = Message.subject == target if isinstance(target, str) else Message.id == target.id
    messages = session.scalars(
        select(Message)
        .where(which, Message.state.in_(OPEN))
        .order_by(Message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if any(message.state == MessageState.IN_FLIGHT for message in messages):
        raise Refused("This is being sent right now. Try again when it has arrived.", code="in_flight")
    for message in messages:
        _drop(message, reason)
    session.flush()
    return len(messages)


def _drop(message: Message, reason: str) -> None:
    message.state = MessageState.DROPPED
    message.hold_reason = reason
    message.finished_at = clock.now()


def open_message(session: Session, subject: str) -> Message | None:
    """The message that says where a subject stands: the one in flight, else the newest that waits or has failed."""
    return open_messages(session, [subject]).get(subject)


def open_messages(session: Session, subjects: Collection[str]) -> dict[str, Message]:
    """`open_message` of many subjects with one query; subjects without one are left out."""
    rows = session.scalars(
        select(Message)
        .where(Message.subject.in_(subjects), Message.state.in_(OPEN))
        .order_by(case((Message.state == MessageState.IN_FLIGHT, 1), else_=0), Message.id)
    )
    return {message.subject: message for message in rows}


def counts(
    session: Session,
    *,
    tenant_id: int | None = None,
    plugin: str | None = None,
    instance_id: int | None = None,
    stream: str | None = None,
) -> dict[MessageState, int]:
    """How many messages wait, are in flight, are held (by themselves or with their stream) or have failed."""
    wanted = {"tenant_id": tenant_id, "plugin": plugin, "instance_id": instance_id, "stream": stream}
    rows = session.execute(
        select(Message.state, Stream.stopped.is_not(None), func.count())
        .outerjoin(Stream, Stream.name == Message.stream)
        .where(Message.state.in_(OPEN))
        .where(*(getattr(Message, name) == value for name, value in wanted.items() if value is not None))
        .group_by(Message.state, Stream.stopped.is_not(None))
    ).tuples()
    numbers = dict.fromkeys(OPEN, 0)
    for state, stream_is_held, number in rows:
        numbers[MessageState.HELD if stream_is_held and state == MessageState.PENDING else state] += number
    return numbers


def oldest_waiting(session: Session) -> datetime | None:
    """Since when the message that is due longest waits for a worker; None when nothing is due. For health checks."""
    now = clock.now()
    return session.scalars(
        select(func.min(Message.not_before_at))
        .join(Stream, Stream.name == Message.stream)
        .where(
            Message.state == MessageState.PENDING,
            Message.not_before_at <= now,
            Stream.stopped.is_(None),
            or_(Stream.delay_until_at.is_(None), Stream.delay_until_at <= now),
        )
    ).one()


def _locked(session: Session, message: Message) -> Message:
    """The message as it stands now, locked until the transaction ends."""
    return session.scalars(
        select(Message).where(Message.id == message.id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _count(session: Session, statement: Any) -> int:
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
