"""The sender: a thread that takes events from the journal and posts them to the endpoint."""

import logging
import sqlite3
import threading
import time
from dataclasses import dataclass
from typing import Any

import requests

from qbo_emulator.store import Store
from qbo_emulator.webhooks import journal, payloads
from qbo_emulator.webhooks.endpoint import Endpoint
from qbo_emulator.webhooks.journal import Delivery
from qbo_emulator.webhooks.log import Log
from qbo_emulator.webhooks.mishaps import Mishap, Mishaps
from qbo_emulator.webhooks.post import SECONDS, Outcome, post, session

LOGGER = logging.getLogger(__name__)
# Seconds until the next attempt, by how many failed; the last one for ever after.
RETRIES = (10, 20, 30, 300, 1200, 7200, 14_400, 21_600)
REORDER_SECONDS = 0.25
LONGEST_PAUSE = 3600.0
PAUSE_AFTER_FAILURE = 1.0


@dataclass(frozen=True)
class Pause:
    """Nothing to send for so many seconds. settled: all that could be delivered was."""

    seconds: float | None
    settled: bool


@dataclass(frozen=True)
class Sending:
    """A delivery on its way, and the failure on demand that it meets. age: how many resets there were before it."""

    delivery: Delivery
    endpoint: Endpoint
    age: int
    mishap: Mishap | None = None


def retry_seconds(attempts: int) -> int:
    """How long to wait after so many failed attempts."""
    return RETRIES[min(attempts, len(RETRIES)) - 1]


class Webhooks:
    """Registers the endpoint and delivers to it. first: the endpoint of the first start, also after a reset.

    A write never waits for a delivery: it journals its events and wakes the thread after its commit.
    """

    def __init__(self, store: Store, client_id: str, first: Endpoint | None = None) -> None:
        self._store = store
        self._source = payloads.source(client_id)
        self._first = first
        self.mishaps = Mishaps()
        self.log = Log()
        self._condition = threading.Condition()
        self._called = False
        self._paused: Pause | None = None
        self._stopping = False
        self._held = False
        self._flushing = False
        self._resets = 0
        self._thread: threading.Thread | None = None
        store.on_clock_moved = self.wake

    def start(self) -> None:
        """Begin with the endpoint of the first start, or with the one in the state."""
        with self._store.transaction() as connection:
            if self._first is not None:
                journal.register(connection, self._first)
            known = journal.registered(connection)
        if known is not None:
            self._begin()

    def reset(self, connection: sqlite3.Connection) -> None:
        """Forget all but the endpoint of the first start, in this transaction, whose tables are empty."""
        self.mishaps.clear()
        self.log.clear()
        self._held = self._flushing = False
        self._resets += 1
        if self._first is not None:
            journal.register(connection, self._first)
        self.wake()

    def register(self, endpoint: Endpoint) -> None:
        """Send events to this endpoint from now on."""
        with self._store.transaction() as connection:
            journal.register(connection, endpoint)
        self._begin()
        self.wake()

    def unregister(self) -> None:
        """No endpoint any more; what waits is forgotten, and changes are not journalled."""
        with self._store.transaction() as connection:
            journal.unregister(connection)
        self._held = False
        self.wake()

    def registered(self) -> Endpoint | None:
        """The endpoint, if there is one."""
        with self._store.transaction() as connection:
            return journal.registered(connection)

    def wake(self) -> None:
        """Look for something to send."""
        with self._condition:
            self._called = True
            self._condition.notify_all()

    def hold(self) -> None:
        """Send nothing until flush."""
        self._held = True
        self.wake()

    def flush(self) -> None:
        """End a hold and send everything that waits, without windows, delays and the pauses between attempts."""
        with self._store.transaction() as connection:
            journal.hurry(connection)
            self._held, self._flushing = False, journal.waiting(connection)[0] > 0
        self.wake()

    def drain(self, timeout: float = 10.0) -> bool:
        """Wait until everything is delivered; False when that takes longer, and at once when there is nothing left but
        failed deliveries that wait for their next attempt, and what waits behind them."""
        deadline = time.monotonic() + timeout
        with self._condition:
            while self._thread is not None and (self._called or self._paused is None or not self._paused.settled):
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._condition.wait(left)
        return not self.waiting()

    def waiting(self) -> int:
        """How many events are not delivered yet."""
        with self._store.transaction() as connection:
            return journal.unsent(connection) + journal.undelivered(connection)

    def public(self) -> dict[str, Any]:
        """The endpoint, what waits, and what became of the newest deliveries."""
        with self._store.transaction() as connection:
            endpoint = journal.registered(connection)
            events = journal.unsent(connection)
            number, kept = journal.count(connection), journal.deliveries(connection, 100)
        waiting = [
            {"id": str(one.id), "events": len(one.events), "attempts": one.attempts, "state": one.state,
             "due_in_seconds": round(max(0.0, one.due_at - self._store.now().timestamp()), 3)}
            for one in kept
        ]  # fmt: skip
        return {
            "endpoint": None if endpoint is None else endpoint.public(),
            "held": self._held,
            "pending": {"events": events, "deliveries": number, "next": waiting},
            "totals": self.log.counts(),
            "deliveries": self.log.public(20),
        }

    def close(self) -> None:
        """Stop sending. An attempt under way ends first; what waits stays in the state."""
        self._stopping = True
        self.wake()
        if self._thread is not None:
            self._thread.join(SECONDS + 2)

    def _begin(self) -> None:
        with self._condition:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        """Send until the end; nothing but close() ends it."""
        with session() as opened:
            while not self._stopping:
                try:
                    self._send_next(opened)
                except Exception:
                    LOGGER.exception("The sender of webhooks could not go on. It tries again.")
                    self._wait(Pause(PAUSE_AFTER_FAILURE, settled=False))

    def _send_next(self, opened: requests.Session) -> None:
        step = self._next()
        if isinstance(step, Pause):
            self._wait(step)
        elif step is not None:
            outcomes = [self._post(opened, step)]
            if step.mishap is not None and step.mishap.action == "duplicate":
                outcomes.append(self._post(opened, step))
            if not self._stopping and step.age == self._resets:
                self._settle(step.delivery, outcomes)

    def _wait(self, pause: Pause) -> None:
        with self._condition:
            if not self._called:
                self._paused = pause
                self._condition.notify_all()
                self._condition.wait(pause.seconds)
            self._called, self._paused = False, None

    def _next(self) -> Sending | Pause | None:
        """What to send now, how long there is nothing to send, or None to look again."""
        with self._store.transaction() as connection:
            endpoint = journal.registered(connection)
            if endpoint is None:
                return Pause(None, settled=True)
            now = self._store.now().timestamp()
            events, oldest = journal.waiting(connection)
            if self._held:
                return Pause(None, settled=not events and not journal.count(connection))
            failed = journal.deliveries(connection, 1, state="failed") if endpoint.head_of_line_blocking else []
            if failed and failed[0].due_at > now:
                self._flushing = False
                return Pause(min(failed[0].due_at - now, LONGEST_PAUSE), settled=True)
            due = failed or journal.deliveries(connection, 1, due_at=now)
            if due:
                return Sending(due[0], endpoint, self._resets)
            window_ends = oldest + endpoint.window_ms / 1000
            ready = self._flushing or not endpoint.window_ms or window_ends <= now or events >= endpoint.batch_size
            if events and ready:
                return self._fresh(connection, endpoint, now)
            self._flushing = False
            due_at, first = journal.next_due(connection)
            if events:
                due_at = window_ends if due_at is None else min(due_at, window_ends)
            seconds = None if due_at is None else min(max(due_at - now, 0.001), LONGEST_PAUSE)
            return Pause(seconds, settled=not events and not first)

    def _fresh(self, connection: sqlite3.Connection, endpoint: Endpoint, now: float) -> Sending | None:
        """A delivery of the oldest events, with what happens to it on demand."""
        events = journal.take(connection, endpoint.batch_size, endpoint.mixes, endpoint.push_entities)
        mishap = self.mishaps.strike()
        action = None if mishap is None else mishap.action
        if mishap is not None and action == "delay":
            journal.keep(connection, events, now + mishap.ms / 1000, "delayed")
            return None
        if mishap is not None and action == "reorder":
            mishap.odds.dice.shuffle(events)
            if not journal.deliveries(connection, 1, state="reordered"):
                journal.keep(connection, events, now + REORDER_SECONDS, "reordered")
                return None
        delivery = journal.keep(connection, events, now)
        if action == "drop":
            journal.done(connection, delivery.id)
            raw = payloads.body(endpoint, events, self._source)
            self.log.note(str(delivery.id), self._at(), "dropped", events, raw)
            return None
        return Sending(delivery, endpoint, self._resets, mishap)

    def _post(self, opened: requests.Session, sending: Sending) -> Outcome:
        endpoint, delivery = sending.endpoint, sending.delivery
        key = endpoint.verifier_token
        if sending.mishap is not None and sending.mishap.action == "wrong_signature":
            key = f"not {key}"
        at, raw = self._at(), b""
        try:
            raw = payloads.body(endpoint, delivery.events, self._source)
            headers = {"Content-Type": endpoint.content_type, "intuit-signature": payloads.signature(key, raw)}
            outcome = post(opened, endpoint.url, raw, headers)
        except Exception as failure:
            LOGGER.exception("A delivery could not be made. It is tried again as one that failed.")
            outcome = Outcome(None, type(failure).__name__, 0)
        if sending.age == self._resets:
            state = "delivered" if outcome.taken else "failed"
            self.log.note(str(delivery.id), at, state, delivery.events, raw, [outcome.public(at)])
        return outcome

    def _settle(self, delivery: Delivery, outcomes: list[Outcome]) -> None:
        with self._store.transaction() as connection:
            if any(outcome.taken for outcome in outcomes):
                journal.done(connection, delivery.id)
            else:
                attempts = delivery.attempts + 1
                due_at = self._store.now().timestamp() + retry_seconds(attempts)
                journal.failed(connection, delivery.id, attempts, due_at)
            if delivery.state == "fresh":
                journal.hurry(connection, "reordered")

    def _at(self) -> str:
        return self._store.now().isoformat(timespec="milliseconds")
