"""Writing exactly once: what will be sent is written down and committed, then sent, then settled.

A write whose outcome is unknown stays undecided. Only the same request, with the same id and byte for byte the same
payload, may be sent for that record until an answer or a definite refusal settles it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from erp_core.toolkit import Actor, Run, clock
from plugins.quickbooks.models import UNDECIDED, Attempt, Connection, Entity, Operation, Outcome
from plugins.quickbooks.push.remote import NoSignIn, Remote
from plugins.quickbooks.qbo import payload as exact
from plugins.quickbooks.qbo import request_id
from plugins.quickbooks.qbo.errors import QBODuplicate, QBOError, QBORejected, QBOStale

REPLAY_WITHIN = timedelta(hours=24)
"""So long QuickBooks surely remembers a request id; an older doubt is settled by looking first."""


@dataclass(frozen=True)
class Write:
    """A record of ours that is to be written in QuickBooks."""

    entity: Entity
    local_id: int
    local_uuid: uuid.UUID
    payload: Mapping[str, Any]
    operation: Operation = Operation.CREATE
    revision: int = 1


def undecided(
    session: Session, connection: Connection, entity: Entity, local_ids: Collection[int]
) -> dict[int, Attempt]:
    """The writes whose outcome is not known, by the id of our record."""
    found = session.scalars(
        select(Attempt).where(
            Attempt.tenant_id == connection.tenant_id,
            Attempt.realm_id == connection.realm_id,
            Attempt.entity == entity,
            Attempt.local_id.in_(local_ids),
            Attempt.outcome.in_(UNDECIDED),
        )
    )
    return {attempt.local_id: attempt for attempt in found}


def elsewhere(session: Session, connection: Connection, entity: Entity, local_ids: Collection[int]) -> dict[int, str]:
    """The realms of other companies of this tenant in which a write of these records is undecided."""
    found = session.execute(
        select(Attempt.local_id, Attempt.realm_id).where(
            Attempt.tenant_id == connection.tenant_id,
            Attempt.realm_id != connection.realm_id,
            Attempt.entity == entity,
            Attempt.local_id.in_(local_ids),
            Attempt.outcome.in_(UNDECIDED),
        )
    ).tuples()
    return dict(found.all())


def newest(
    session: Session, connection: Connection, entity: Entity, local_id: int, *outcomes: Outcome
) -> Attempt | None:
    """The last write of a record, with one of these outcomes if any are named."""
    query = select(Attempt).where(
        Attempt.tenant_id == connection.tenant_id,
        Attempt.realm_id == connection.realm_id,
        Attempt.entity == entity,
        Attempt.local_id == local_id,
    )
    if outcomes:
        query = query.where(Attempt.outcome.in_(outcomes))
    return session.scalars(query.order_by(Attempt.id.desc()).limit(1)).first()


def begin(session: Session, connection: Connection, write: Write, actor: Actor) -> Attempt:
    """Write down what will be sent; commit before the call. The record must have no undecided write."""
    last = newest(session, connection, write.entity, write.local_id)
    generation = _next_generation(last, write.operation)
    attempt = Attempt(
        tenant_id=connection.tenant_id,
        connection_id=connection.id,
        realm_id=connection.realm_id,
        entity=write.entity,
        operation=write.operation,
        local_id=write.local_id,
        local_uuid=write.local_uuid,
        generation=generation,
        request_id=request_id.single(connection.realm_id, write.entity, write.local_uuid, generation),
        payload=exact.to_json(write.payload),
        fingerprint=exact.fingerprint(write.payload),
        revision=write.revision,
        outcome=Outcome.OPEN,
        actor=actor.name,
    )
    session.add(attempt)
    session.flush()
    return attempt


def _next_generation(last: Attempt | None, operation: Operation) -> int:
    """A refusal wrote nothing, so a new id is safe; each update is a write of its own. Anything else keeps its id."""
    if last is None:
        return 1
    new = last.outcome == Outcome.REFUSED or operation == Operation.UPDATE
    return last.generation + 1 if new else last.generation


def is_young(attempt: Attempt) -> bool:
    """Whether the doubt is young enough to be settled by sending the same request again."""
    return clock.now() - attempt.sent_at < REPLAY_WITHIN


def payload_of(attempt: Attempt) -> dict[str, Any]:
    """What was, or will be, sent."""
    sent: dict[str, Any] = exact.from_json(attempt.payload)
    return sent


def perform(run: Run, remote: Remote, attempt: Attempt, *, again: bool) -> dict[str, Any]:
    """Send what was written down; the record as QuickBooks stored it. The caller records that with `settle`.

    `again`: it may have been sent before. When the call fails, what that says about the write is recorded here, but
    for one answer that says nothing: see `needs_a_look`. LeaseLost when another worker took the write over meanwhile.
    """
    payload = payload_of(attempt)
    try:
        if attempt.operation == Operation.UPDATE:
            return remote.call(lambda client: client.update(attempt.entity, payload, attempt.request_id))
        return remote.call(lambda client: client.create(attempt.entity, payload, attempt.request_id))
    except QBOError as error:
        if not (again and needs_a_look(error)):
            nothing_written = isinstance(error, QBORejected) or not (error.outcome_unknown or again)
            failed(run, attempt, error, Outcome.REFUSED if nothing_written else Outcome.UNKNOWN)
        raise
    except NoSignIn:
        if not again:
            with run.recording() as session:
                settle(session, attempt, Outcome.REFUSED, code="not_sent")
        raise


def needs_a_look(error: QBOError) -> bool:
    """Whether an error of a repeated write may be about what the first sending wrote: its name, number or version."""
    return isinstance(error, QBODuplicate | QBOStale)


def failed(run: Run, attempt: Attempt, error: QBOError, outcome: Outcome) -> None:
    """Record what an error says about a write. LeaseLost when this run may not decide that any more."""
    with run.recording() as session:
        settle(session, attempt, outcome, status=error.status, code=error.code, intuit_tid=error.intuit_tid)


def settle(
    session: Session,
    attempt: Attempt,
    outcome: Outcome,
    *,
    status: int | None = None,
    code: str = "",
    intuit_tid: str = "",
) -> None:
    """Record what is known about an undecided write, in a transaction that only the run of its stream can have.

    ValueError when it is decided: a later word about an earlier sending must not undo that."""
    known = {"status": status, "code": code[:30], "intuit_tid": intuit_tid[:100]}
    settled_at = None if outcome in UNDECIDED else clock.now()
    changed = session.execute(
        update(Attempt)
        .where(Attempt.id == attempt.id, Attempt.outcome.in_(UNDECIDED))
        .values(outcome=outcome, settled_at=settled_at, **known)
        .execution_options(synchronize_session=False)
    )
    if not cast("CursorResult[Any]", changed).rowcount:
        raise ValueError(f"Attempt {attempt.id} is decided already.")
