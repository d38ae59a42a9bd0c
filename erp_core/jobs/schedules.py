"""Work that comes round: once in each interval, however many processes ask."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from erp_core import clock
from erp_core.jobs.run import SessionFactory
from erp_core.models.message import ScheduleTurn

log = logging.getLogger(__name__)

_LONGEST_LOOK = 30.0

_NEW_TURN = text(
    "INSERT INTO outbox_schedule (name, next_run_at) VALUES (:name, :next_run_at) ON CONFLICT (name) DO NOTHING"
).bindparams(bindparam("next_run_at", type_=ScheduleTurn.next_run_at.type))


@dataclass(frozen=True)
class Schedule:
    """A function that runs every so many seconds in a transaction of its own.

    It must not use the network: what needs it goes into the outbox. If it raises, everything it wrote is rolled back
    and it runs again after the interval.
    """

    name: str
    """Unique, for example `quickbooks.sweep`."""
    function: Callable[[Session], None]
    seconds: float

    @property
    def look_every(self) -> float:
        """How often an engine calls `run_if_due`, in seconds."""
        return min(self.seconds, _LONGEST_LOOK)


def run_if_due(session_factory: SessionFactory, schedule: Schedule) -> bool:
    """Run the schedule if its interval has passed and no other process runs it. True if it ran, also if it failed.

    The turn and what the function writes are committed together, so a process that dies loses or repeats nothing.
    """
    _ensure_turn(session_factory, schedule)
    try:
        with session_factory() as session, session.begin():
            if not _take_turn(session, schedule):
                return False
            schedule.function(session)
    except Exception:
        log.exception("The schedule %s failed; it runs again in %s seconds.", schedule.name, schedule.seconds)
        with session_factory() as session, session.begin():
            _take_turn(session, schedule)
    return True


def _ensure_turn(session_factory: SessionFactory, schedule: Schedule) -> None:
    with session_factory() as session, session.begin():
        if session.get(ScheduleTurn, schedule.name) is None:
            session.execute(_NEW_TURN, {"name": schedule.name, "next_run_at": clock.now()})


def _take_turn(session: Session, schedule: Schedule) -> bool:
    # A timer that fires a moment early must not wait a whole interval more.
    early = timedelta(seconds=min(1.0, schedule.look_every / 4))
    turn = session.scalars(
        select(ScheduleTurn)
        .where(ScheduleTurn.name == schedule.name, ScheduleTurn.next_run_at <= clock.now() + early)
        .with_for_update(skip_locked=True)
    ).first()
    if turn is None:
        return False
    interval = timedelta(seconds=schedule.seconds)
    turn.next_run_at = max(turn.next_run_at, clock.now() - early) + interval
    session.flush()
    return True
