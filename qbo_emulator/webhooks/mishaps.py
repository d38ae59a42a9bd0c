"""Failures of deliveries on demand: lost, doubled, out of order, late, or wrongly signed."""

import itertools
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ACTIONS = ("drop", "duplicate", "reorder", "delay", "wrong_signature")
LONGEST_DELAY_MS = 600_000


@dataclass
class Mishap:
    """A rule. times counts down; without it the probability decides for each new delivery."""

    id: int
    action: str
    times: int | None
    probability: float | None
    ms: int
    dice: random.Random = field(repr=False)
    met: int = 0

    def strikes(self) -> bool:
        """Whether it happens to this delivery."""
        if self.times is not None and self.met >= self.times:
            return False
        if self.probability is not None and self.dice.random() >= self.probability:
            return False
        self.met += 1
        return True

    def public(self) -> dict[str, Any]:
        """The rule as the control paths show it."""
        return {
            "id": self.id, "action": self.action, "times": self.times, "probability": self.probability, "ms": self.ms,
            "met": self.met,
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
        times, probability = given.get("times"), given.get("probability")
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
            raise ValueError("times: a whole number from 1")
        if probability is not None and (
            isinstance(probability, bool) or not isinstance(probability, (int, float)) or not 0 <= probability <= 1
        ):
            raise ValueError("probability: a number from 0 to 1")
        ms = given.get("ms", 1000)
        if isinstance(ms, bool) or not isinstance(ms, int) or not 0 <= ms <= LONGEST_DELAY_MS:
            raise ValueError(f"ms: a whole number from 0 to {LONGEST_DELAY_MS}")
        seed = given.get("seed")
        if seed is not None and not isinstance(seed, (int, str)):
            raise ValueError("seed: a number or a text")
        rule = Mishap(
            id=next(self._ids),
            action=str(given["action"]),
            times=1 if times is None and probability is None else times,
            probability=probability,
            ms=ms,
            dice=random.Random(seed),  # noqa: S311 - repeatable on purpose
        )
        with self._lock:
            self._rules.append(rule)
        return rule

    def strike(self) -> Mishap | None:
        """The rule that a new delivery meets, if any."""
        with self._lock:
            return next((rule for rule in self._rules if rule.strikes()), None)

    def public(self) -> list[dict[str, Any]]:
        """Every rule, also those that are used up."""
        with self._lock:
            return [rule.public() for rule in self._rules]

    def clear(self) -> None:
        """Forget the rules."""
        with self._lock:
            self._rules.clear()
