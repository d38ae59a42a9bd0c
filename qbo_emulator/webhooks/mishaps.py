"""Failures of deliveries on demand: lost, doubled, out of order, late, or wrongly signed."""

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qbo_emulator.failures.odds import Odds, number, odds

ACTIONS = ("drop", "duplicate", "reorder", "delay", "wrong_signature")
LONGEST_DELAY_MS = 600_000


@dataclass
class Mishap:
    """A rule: what happens to a new delivery, and how often."""

    id: int
    action: str
    odds: Odds
    ms: int

    def public(self) -> dict[str, Any]:
        """The rule as the control paths show it."""
        return {
            "id": self.id, "action": self.action, "times": self.odds.times, "probability": self.odds.probability,
            "ms": self.ms, "met": self.odds.met,
        }  # fmt: skip


class Mishaps:
    """The rules in force. The first one that strikes decides about a delivery; retries meet none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Mishap] = []
        self._ids = itertools.count(1)

    def add(self, given: Mapping[str, Any]) -> Mishap:
        """Add a rule: action, times (1 unless a probability is given), probability with seed, ms of a delay."""
        known = {"action", "times", "probability", "seed", "ms"}
        if unknown := set(given) - known:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
        if given.get("action") not in ACTIONS:
            raise ValueError(f"action: one of {', '.join(ACTIONS)}")
        ms = number(given, "ms", 0, LONGEST_DELAY_MS)
        rule = Mishap(next(self._ids), str(given["action"]), odds(given), 1000 if ms is None else ms)
        with self._lock:
            self._rules.append(rule)
        return rule

    def strike(self) -> Mishap | None:
        """The rule that a new delivery meets, if any."""
        with self._lock:
            return next((rule for rule in self._rules if rule.odds.strike()), None)

    def public(self) -> list[dict[str, Any]]:
        """Every rule, also those that are used up."""
        with self._lock:
            return [rule.public() for rule in self._rules]

    def clear(self) -> None:
        """Forget the rules."""
        with self._lock:
            self._rules.clear()
