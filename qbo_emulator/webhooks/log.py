"""The list of deliveries: what was sent, how often, and what the endpoint answered."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from qbo_emulator.webhooks.journal import Event

TAKEN = "delivered"
MOST_ENTRIES = 10_000
MOST_BYTES = 64 * 1024 * 1024


@dataclass
class Entry:
    """A delivery. state: delivered, failed (it is tried again), dropped, or sent by hand."""

    id: str
    at: str
    state: str
    events: list[dict[str, Any]]
    body: str
    attempts: list[dict[str, Any]] = field(default_factory=list)


class Log:
    """The newest deliveries, oldest first; beyond MOST_ENTRIES or MOST_BYTES the oldest are forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._bytes = 0
        self._counts: Counter[str] = Counter()

    def note(
        self,
        delivery_id: str,
        at: str,
        state: str,
        events: Sequence[Event] = (),
        body: bytes = b"",
        attempts: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Put attempts of a delivery on the list, and what became of it. Once delivered it stays so: a double that was
        refused is not tried again."""
        with self._lock:
            entry = self._entries.get(delivery_id)
            if entry is None:
                entry = Entry(
                    delivery_id,
                    at,
                    state,
                    [{name: value for name, value in asdict(one).items() if name != "body"} for one in events],
                    body.decode("utf-8", "replace"),
                )
                self._entries[delivery_id] = entry
                self._bytes += len(entry.body)
                self._trim()
            else:
                self._counts[entry.state] -= 1
            if entry.state != TAKEN:
                entry.state = state
            entry.attempts.extend(attempts)
            self._counts[entry.state] += 1

    def _trim(self) -> None:
        while len(self._entries) > MOST_ENTRIES or (self._bytes > MOST_BYTES and len(self._entries) > 1):
            _, oldest = self._entries.popitem(last=False)
            self._bytes -= len(oldest.body)

    def public(self, most: int | None = None) -> list[dict[str, Any]]:
        """The newest entries, oldest first."""
        with self._lock:
            entries = list(self._entries.values())
            newest = entries if most is None else entries[max(0, len(entries) - most) :]
            return [{**vars(entry), "attempts": list(entry.attempts)} for entry in newest]

    def counts(self) -> dict[str, int]:
        """How many deliveries ended in which state, forgotten ones included."""
        with self._lock:
            return {state: number for state, number in self._counts.items() if number}

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._counts.clear()
            self._bytes = 0
