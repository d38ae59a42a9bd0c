"""Takes due messages from the outbox and runs their jobs, several streams at once.

The row is the truth: any number of workers, in any number of processes, is correct, because the lease decides who
works on a stream. An engine (`erp_core.jobs.embedded`) only rings the bell.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from erp_core.jobs import claims
from erp_core.jobs.claims import LEASE
from erp_core.jobs.outcome import Cause, Interrupted, LeaseLost, NeedsAttention, RetryLater
from erp_core.jobs.run import MOST_FAILURES, Run, SessionFactory

__all__ = [
    "MOST_FAILURES",
    "Cause",
    "Interrupted",
    "JobFunction",
    "LeaseLost",
    "NeedsAttention",
    "RetryLater",
    "Run",
    "Worker",
]

log = logging.getLogger(__name__)

JobFunction = Callable[[Run], None]
"""What does a job: it settles the messages of a `Run`, or raises `NeedsAttention` or `RetryLater` for all of them."""
T = TypeVar("T")

_TRIES = 10


class Worker:
    """Runs jobs by name. `streams` at once, each in a thread of its own; `batch` messages at most in one run.

    Sessions of the factory must keep their objects after a commit (`expire_on_commit=False`) and belong to nobody else.
    """

    def __init__(
        self,
        session_factory: SessionFactory,
        jobs: Mapping[str, JobFunction],
        *,
        streams: int = 8,
        batch: int = 1000,
        lease: timedelta = LEASE,
        renew: timedelta = timedelta(seconds=10),
        holder: str | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self.session_factory = session_factory
        self.holder = holder or f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._jobs = dict(jobs)
        self._streams = streams
        self._batch = batch
        self._lease = lease
        self._renew = renew
        self._chance = chance or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._bell = threading.Condition()
        self._rung = False
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._runs: set[Run] = set()

    def run_once(self) -> int:
        """Take one idle stream's due messages and run them in this thread. Answers how many; 0 when nothing is due."""
        run = self._claim()
        if run is None:
            return 0
        self._perform(run)
        return len(run.messages)

    def drain(self, limit: int | None = None) -> int:
        """Run what is due, in this thread, until nothing is or `limit` messages were taken. Answers how many."""
        taken = 0
        while (limit is None or taken < limit) and (number := self.run_once()):
            taken += number
        return taken

    def start(self) -> None:
        """Serve up to `streams` streams at once, each time the bell rings."""
        if self._threads:
            return
        self._stop = threading.Event()
        for number in range(1, self._streams + 1):
            thread = threading.Thread(target=self._serve, args=(self._stop,), name=f"outbox-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def ring(self) -> None:
        """Look for due messages now. Quick, from any thread."""
        with self._bell:
            self._rung = True
            self._bell.notify()

    def stop(self, within: timedelta = timedelta(seconds=20)) -> None:
        """Take nothing more, let runs end at their next check, and after `within` give back what still hangs.

        What was given back while its call hung is settled by whoever takes it next, as after a crash.
        """
        self._stop.set()
        with self._bell:
            self._bell.notify_all()
            for run in self._runs:
                run.interrupt()
        deadline = time.monotonic() + within.total_seconds()
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._threads.clear()
        with self._bell:
            hanging = list(self._runs)
        for run in hanging:
            log.warning("%s did not end in time and is given back.", run)
            self._conclude(run, Interrupted())

    def _serve(self, stop: threading.Event) -> None:
        while self._woken(stop):
            try:
                while not stop.is_set() and (run := self._claim()) is not None:
                    self.ring()  # another stream may be due; another thread looks
                    self._perform(run, stop)
            except Exception:  # the database is away: the next ring tries again
                log.exception("The worker could not go on; it tries again at the next ring.")

    def _woken(self, stop: threading.Event) -> bool:
        with self._bell:
            self._bell.wait_for(lambda: self._rung or stop.is_set())
            self._rung = False
        return not stop.is_set()

    def _claim(self) -> Run | None:
        with self._transaction() as session:
            lapsed = claims.lapsed(session)
            claim = None if lapsed else self._take(session)
        if lapsed:
            for stream in lapsed:
                self._recover(stream)
            with self._transaction() as session:
                claim = self._take(session)
        return None if claim is None else Run(claim, self.session_factory, self._lease, self._chance)

    def _take(self, session: Session) -> claims.Claim | None:
        holder = f"{self.holder}:{uuid.uuid4().hex[:8]}"
        return claims.claim(session, holder, self._jobs.keys(), self._batch, lease=self._lease)

    def _recover(self, stream: str) -> None:
        if number := self._patiently(lambda session: claims.recover(session, stream)):
            log.warning("The lease of %s ran out; %d messages wait again.", stream, number)

    def _perform(self, run: Run, stop: threading.Event | None = None) -> None:
        with self._bell:
            self._runs.add(run)
            if stop is not None and stop.is_set():
                run.interrupt()
        outcome: Exception | None = None
        try:
            with self._renewing(run):
                self._jobs[run.job](run)
        except Exception as error:  # noqa: BLE001 - whatever a job raises is an outcome; `conclude` records it
            outcome = error
        except BaseException:
            outcome = Interrupted()
            raise
        finally:
            try:
                self._conclude(run, outcome)
            finally:
                with self._bell:
                    self._runs.discard(run)

    def _conclude(self, run: Run, outcome: Exception | None) -> None:
        if not isinstance(outcome, LeaseLost):
            try:
                self._patiently(lambda session: run.conclude(session, outcome))
                return
            except LeaseLost:
                pass
        log.warning("%s lost its lease; whoever holds it now goes on.", run)

    @contextmanager
    def _renewing(self, run: Run) -> Iterator[None]:
        ended = threading.Event()

        def renew() -> None:
            while not ended.wait(self._renew.total_seconds()):
                try:
                    if not run.renew():
                        return
                except DBAPIError:
                    log.exception("The lease of %s could not be renewed; trying again.", run.stream)

        thread = threading.Thread(target=renew, name=f"lease-{run.stream}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with self.session_factory() as session, session.begin():
            yield session

    def _patiently(self, work: Callable[[Session], T]) -> T:
        """Run it in a transaction that gives way: where it and a person's transaction wait for each other, ours is
        the one that ends and begins again, before PostgreSQL picks a victim (after a second)."""
        for _ in range(_TRIES - 1):
            try:
                with self._transaction() as session:
                    if session.get_bind().dialect.name == "postgresql":
                        session.execute(text("SET LOCAL lock_timeout = '500ms'"))
                    return work(session)
            except DBAPIError as error:
                log.info("A settlement gives way and is tried again: %s", type(error.orig).__name__)
                time.sleep(self._chance.random() / 10)
        with self._transaction() as session:
            return work(session)
