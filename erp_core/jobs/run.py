"""One claimed set of messages, and how a job function settles them."""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from erp_core import clock
from erp_core.jobs import claims
from erp_core.jobs.claims import Claim
from erp_core.jobs.outcome import Cause, Interrupted, LeaseLost, NeedsAttention, RetryLater
from erp_core.models.message import Message

log = logging.getLogger(__name__)

SessionFactory = Callable[[], Session]

MOST_FAILURES = 8
"""So many counted failures, and a person must act."""

_FIRST_BACKOFF = timedelta(minutes=1)
_LONGEST_BACKOFF = timedelta(hours=1)


def backoff(failures: int, chance: random.Random) -> timedelta:
    """How long to wait after that many counted failures: 1, 2, 4 … 60 minutes, and up to a quarter more."""
    doubled: timedelta = min(_FIRST_BACKOFF * 2 ** (failures - 1), _LONGEST_BACKOFF)
    return doubled * (1 + chance.random() / 4)


class Run:
    """Due messages of one stream, one job and one priority, each of another subject, for a job function to settle.

    A plain return finishes all that are not settled; NeedsAttention or RetryLater apply to all that are not settled.
    No transaction may be open while the network answers.
    """

    def __init__(self, claim: Claim, session_factory: SessionFactory, lease: timedelta, chance: random.Random) -> None:
        self.stream = claim.stream
        self.job = claim.job
        self.messages = claim.messages
        self.holder = claim.holder
        self._session_factory = session_factory
        self._tokens = {message.id: message.attempts for message in claim.messages}
        self._unsettled = {message.id: message for message in claim.messages}
        self._chance = chance
        self._lease = lease
        self._held_until = clock.now() + lease
        self._interrupted = False

    # What a job function uses

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A fresh session, committed at the end of the block and rolled back if the block raises."""
        with self._session_factory() as session, session.begin():
            yield session

    @contextmanager
    def recording(self) -> Iterator[Session]:
        """Like `transaction`, for what only the holder of the stream may write down about the other side.

        LeaseLost, before the block runs, when another worker took the stream over.
        """
        with self.transaction() as session:
            if not claims.keep(session, self.stream, self.holder):
                raise LeaseLost(f"The stream {self.stream} is no longer ours.")
            yield session

    @contextmanager
    def finish(self, message: Message) -> Iterator[Session]:
        """Record the result in this session; the message is done in the same transaction.

        LeaseLost, before the block runs, when another worker took the message over.
        """
        with self._settling(message) as session:
            claims.finish(session, message.id, self._tokens[message.id])
            yield session

    @contextmanager
    def failing(self, message: Message, error: NeedsAttention) -> Iterator[Session]:
        """Like `fail`, and what the block writes into the session is committed with it."""
        with self._settling(message) as session:
            self._fail(session, [message], error.cause)
            yield session

    @contextmanager
    def retrying(self, message: Message, error: RetryLater) -> Iterator[Session]:
        """Like `retry`, and what the block writes into the session is committed with it."""
        with self._settling(message) as session:
            self._retry(session, [message], error)
            yield session

    def fail(self, message: Message, error: NeedsAttention) -> None:
        """A person must act on this message; the others of the run go on."""
        with self.failing(message, error):
            pass

    def retry(self, message: Message, error: RetryLater) -> None:
        """This message is tried later; the others of the run go on."""
        with self.retrying(message, error):
            pass

    def check(self) -> None:
        """Call before each use of the network: LeaseLost when the stream is no longer surely ours, Interrupted when the
        worker is being stopped. Let both pass through."""
        if clock.now() >= self._held_until:
            raise LeaseLost(f"The lease of {self.stream} ran out.")
        if self._interrupted:
            raise Interrupted

    # What the worker uses

    def renew(self) -> bool:
        """Hold the stream for another lease. False when it is lost."""
        until = clock.now() + self._lease
        with self.transaction() as session:
            held = claims.renew(session, self.stream, self.holder, self._lease)
        self._held_until = until if held else clock.now()
        return held

    def interrupt(self) -> None:
        """Ask the job function to stop at its next check."""
        self._interrupted = True

    def conclude(self, session: Session, outcome: Exception | None) -> None:
        """Settle the rest as the job function ended and let the stream go. LeaseLost when it is no longer ours."""
        if not claims.free(session, self.stream, self.holder):
            raise LeaseLost(f"The lease of {self.stream} ran out.")
        rest = list(self._unsettled.values())
        match outcome:
            case None:
                for message in rest:
                    claims.finish(session, message.id, self._tokens[message.id])
            case NeedsAttention(cause=cause):
                self._fail(session, rest, cause)
            case RetryLater():
                self._retry(session, rest, outcome)
            case Interrupted():
                claims.give_back(session, self._tokens_of(rest))
            case _:
                self._failed_unexpectedly(session, rest, outcome)

    @contextmanager
    def _settling(self, message: Message) -> Iterator[Session]:
        if message.id not in self._unsettled:
            raise ValueError(f"Message {message.id} is settled, or not of this run.")
        with self.transaction() as session:
            yield session
        del self._unsettled[message.id]

    def _tokens_of(self, messages: Collection[Message]) -> Mapping[int, int]:
        return {message.id: self._tokens[message.id] for message in messages}

    def _fail(self, session: Session, messages: Collection[Message], cause: Cause) -> None:
        for message in messages:
            claims.fail(session, message.id, self._tokens[message.id], cause.to_json())

    def _retry(self, session: Session, messages: Collection[Message], error: RetryLater) -> None:
        due = clock.now() + error.after
        if error.delays_stream:
            claims.delay(session, self.stream, due, error.cause.headline if error.cause else None)
        if error.counted:
            self._count_failure(session, messages, error.cause or _our_mistake(error), due, alone=False)
            return

        def prepare(row: Message) -> None:
            row.not_before_at = clock.now() if error.delays_stream else due
            row.error = error.cause.to_json() if error.cause else row.error

        claims.give_back(session, self._tokens_of(messages), prepare)

    def _failed_unexpectedly(self, session: Session, messages: Collection[Message], error: Exception) -> None:
        cause = _our_mistake(error)
        log.error("%s failed unexpectedly, reference %s", self, cause.details["reference"], exc_info=error)
        self._count_failure(session, messages, cause, clock.now(), alone=True)

    def _count_failure(
        self, session: Session, messages: Collection[Message], cause: Cause, earliest: datetime, *, alone: bool
    ) -> None:
        again = [message for message in messages if message.failures + 1 < MOST_FAILURES]
        self._fail(session, [message for message in messages if message not in again], cause)

        def prepare(row: Message) -> None:
            row.failures += 1
            row.alone = alone or row.alone
            row.error = cause.to_json()
            row.not_before_at = max(earliest, clock.now() + backoff(row.failures, self._chance))

        claims.give_back(session, self._tokens_of(again), prepare)

    def __repr__(self) -> str:
        return f"<Run of {self.job}: {len(self.messages)} messages of {self.stream}>"


def _our_mistake(error: Exception) -> Cause:
    """The text of an unexpected exception may hold secrets: only its type is kept, with a reference into the log."""
    return Cause(
        code="internal",
        headline="We made a mistake",
        body="An error in this program stopped the work. It is not your fault, and your records are unchanged. "
        "Send it again; if that does not help, give the reference below to support.",
        next="It is tried again by itself a few times. Nothing is sent twice.",
        details={"error": type(error).__name__, "reference": uuid.uuid4().hex[:8]},
    )
