"""The list of calls that the accounting API received."""

import threading
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

MOST_CALLS = 100_000


@dataclass(frozen=True)
class Call:
    """One HTTP call. status is None when the connection was closed without an answer, ms is how long the client waited,
    fault the name or action of the failure on demand that met it."""

    at: str
    realm: str
    method: str
    path: str
    kind: str
    status: int | None
    ms: int
    items: list[str] = field(default_factory=list)
    request_id: str | None = None
    replayed: bool = False
    intuit_tid: str = ""
    fault: str | None = None


class Calls:
    """The newest calls, oldest first; those beyond MOST_CALLS are forgotten. age: how often it began anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=MOST_CALLS)
        self.age = 0

    def add(self, call: Call, age: int | None = None) -> None:
        """Note a call, unless it arrived before the list began anew, at an earlier age."""
        with self._lock:
            if age in (None, self.age):
                self._calls.append(call)

    def public(self, most: int | None = None, since: str = "") -> list[dict[str, Any]]:
        """The calls as plain mappings, oldest first; only the newest when it is said how many, or since which moment,
        written as in Call.at."""
        with self._lock:
            newest = list(islice(reversed(self._calls), None if since else most))
        if since:
            newest = [call for call in newest if call.at >= since][:most]
        return [{**vars(call), "items": list(call.items)} for call in reversed(newest)]

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._calls.clear()

    def begin_anew(self) -> None:
        """Forget them, and those that are on their way."""
        with self._lock:
            self._calls.clear()
            self.age += 1
