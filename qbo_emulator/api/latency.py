"""How long answers take: a base for each HTTP call and something for each item of a batch."""

import re
import time
from dataclasses import dataclass

DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s)")
LONGEST_SECONDS = 120.0


@dataclass(frozen=True)
class Latency:
    """Seconds for each call and for each item; a single call has one item."""

    base: float = 0.0
    item: float = 0.0

    def seconds(self, items: int) -> float:
        """How long a call with that many items takes."""
        return self.base + self.item * items

    def wait(self, items: int, since: float) -> None:
        """Keep this call until its time since the moment (of time.monotonic) has passed."""
        remaining = since + self.seconds(items) - time.monotonic()
        if remaining > 0:
            time.sleep(remaining)

    def public(self) -> dict[str, str]:
        """The latency as it is given."""
        return {"base": _text(self.base), "item": _text(self.item)}


def duration(text: object) -> float:
    """Seconds of `250ms` or `1.5s`; ValueError says what is wrong."""
    found = DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{text!r} is not a duration: write it with its unit, as 250ms or 1.5s")
    seconds = float(found[1]) / (1000 if found[2] == "ms" else 1)
    if seconds > LONGEST_SECONDS:
        raise ValueError(f"{text!r} is too long: at most {LONGEST_SECONDS:g}s")
    return seconds


def parse(text: str) -> Latency:
    """The latency of `base=250ms,item=20ms`, of which either may be left out; ValueError says what is wrong."""
    parts: dict[str, object] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        if name.strip() in parts:
            raise ValueError(f"{name.strip()} is given twice")
        parts[name.strip()] = value
    return of(parts)


def of(parts: dict[str, object]) -> Latency:
    """The latency of base and item as texts; what is left out is nothing."""
    if unknown := set(parts) - {"base", "item"}:
        raise ValueError(f"{', '.join(sorted(map(repr, unknown)))}: write base=250ms,item=20ms")
    return Latency(**{name: duration(value) for name, value in parts.items()})


def _text(seconds: float) -> str:
    return f"{round(seconds * 1000, 3):g}ms"
