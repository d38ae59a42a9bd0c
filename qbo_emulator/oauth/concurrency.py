"""Which refreshes are on their way at this moment, so that two with one token can be noticed."""

import threading
from collections import Counter


class Refreshes:
    """The refresh tokens of the calls that have arrived and were not answered yet. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: Counter[str] = Counter()

    def arrive(self, value: str) -> bool:
        """Note a call; whether another one with the same token is on its way."""
        with self._lock:
            self._values[value] += 1
            return self._values[value] > 1

    def leave(self, value: str) -> None:
        """The call was answered."""
        with self._lock:
            self._values[value] -= 1
            if not self._values[value]:
                del self._values[value]
