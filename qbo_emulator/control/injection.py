"""Failures on demand: which calls they meet, how often, and what happens to them."""

import itertools
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

ACTIONS = ("status", "delay", "hang", "reset_before", "reset_after")
LONGEST_HANG_MS = 120_000


@dataclass
class Rule:
    """One kind of failure. times counts down; without it the probability decides each time."""

    id: int
    action: str
    method: str | None = None
    path_glob: str | None = None
    realm: str | None = None
    times: int | None = None
    probability: float | None = None
    status: int = 500
    body: Any = None
    content_type: str | None = None
    ms: int = 0
    met: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def matches(self, method: str, path: str, realm: str | None) -> bool:
        """Whether a call is one of those that this rule is for."""
        return (
            (self.method is None or self.method == method)
            and (self.path_glob is None or fnmatchcase(path, self.path_glob))
            and (self.realm is None or self.realm == realm)
        )

    def strikes(self) -> bool:
        """Whether it happens this time."""
        if self.times is not None and self.met >= self.times:
            return False
        if self.probability is not None and self.dice.random() >= self.probability:
            return False
        self.met += 1
        return True

    def public(self) -> dict[str, Any]:
        """The rule as the control paths show it."""
        return {
            "id": self.id, "match": {"method": self.method, "path_glob": self.path_glob, "realm": self.realm},
            "times": self.times, "probability": self.probability, "action": self.action, "status": self.status,
            "ms": self.ms, "met": self.met,
        }  # fmt: skip


def _number(given: Mapping[str, Any], name: str, low: float, high: float, whole: bool = True) -> Any:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not low <= value <= high:
        raise ValueError(f"{name}: a number from {low:g} to {high:g}")
    return value


class Faults:
    """The rules that are in force; the first one that strikes decides."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._ids = itertools.count(1)
        self._released = threading.Event()

    def add(self, given: Mapping[str, Any]) -> Rule:
        """Add a rule as `POST /_emulator/faults` describes it; ValueError says what is wrong with it."""
        known = {"match", "times", "probability", "seed", "action", "status", "body", "content_type", "ms"}
        if unknown := set(given) - known:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
        match = given.get("match") or {}
        if not isinstance(match, Mapping) or set(match) - {"method", "path_glob", "realm"}:
            raise ValueError("match: method, path_glob and realm")
        if given.get("action") not in ACTIONS:
            raise ValueError(f"action: one of {', '.join(ACTIONS)}")
        times = _number(given, "times", 1, 10**9)
        probability = _number(given, "probability", 0, 1, whole=False)
        rule = Rule(
            id=next(self._ids),
            action=str(given["action"]),
            method=str(match["method"]).upper() if match.get("method") else None,
            path_glob=str(match["path_glob"]) if match.get("path_glob") else None,
            realm=str(match["realm"]) if match.get("realm") else None,
            times=1 if times is None and probability is None else times,
            probability=probability,
            status=_number(given, "status", 200, 599) or 500,
            body=given.get("body"),
            content_type=given.get("content_type"),
            ms=_number(given, "ms", 0, LONGEST_HANG_MS) or 0,
            dice=random.Random(given.get("seed")),  # noqa: S311 - repeatable on purpose
        )
        with self._lock:
            self._rules.append(rule)
        return rule

    def strike(self, method: str, path: str, realm: str | None) -> Rule | None:
        """The rule that this call meets, if any."""
        with self._lock:
            return next((rule for rule in self._rules if rule.matches(method, path, realm) and rule.strikes()), None)

    def wait(self, ms: int) -> None:
        """Keep a call waiting; clear() lets it go."""
        self._released.wait(ms / 1000)

    def public(self) -> list[dict[str, Any]]:
        """Every rule, also those that are used up."""
        with self._lock:
            return [rule.public() for rule in self._rules]

    def clear(self) -> None:
        """Forget the rules and let waiting calls go."""
        with self._lock:
            self._rules.clear()
            self._released.set()
            self._released = threading.Event()
