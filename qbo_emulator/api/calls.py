"""The list of calls that the accounting API received."""

import threading
from collections import deque
from dataclasses import asdict, dataclass, field
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
    """The newest calls, oldest first; those beyond MOST_CALLS are forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=MOST_CALLS)

    def add(self, call: Call) -> None:
        """Note a call."""
        with self._lock:
            self._calls.append(call)

    def public(self) -> list[dict[str, Any]]:
        """Every call as a plain mapping."""
        with self._lock:
            return [asdict(call) for call in self._calls]

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._calls.clear()
