"""Failures on demand: which calls they meet, how often, and what happens to them."""

import itertools
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from qbo_emulator import faults
from qbo_emulator.api.arrival import Arrival, entities_of
from qbo_emulator.failures.names import API, NAMES, TOKEN, Named
from qbo_emulator.failures.odds import Odds, number, odds

ACTIONS = ("status", "delay", "hang", "reset_before", "reset_after")
LONGEST_HANG_MS = 120_000
KINDS = frozenset(
    {"write", "get", "query", "pdf", "cdc", "batch", "token", "revoke", "consent", "jwks", "discovery", "userinfo"}
)
MATCHES = ("method", "path_glob", "realm", "kind", "entity")
ALWAYS = {"match", "times", "probability", "seed", "ms", "headers"}
WITH_ACTION = ALWAYS | {"action", "status", "body", "content_type"}
ERROR = ("code", "message", "detail", "element")
HEADER_NAME, CONTENT_TYPE = (
    re.compile(r"[!#$%&'*+.^_`|~\w-]+", re.ASCII),
    re.compile(r"[\w.+-]+/[\w.+-]+(;|$)", re.ASCII),
)
FRAMING = frozenset({"content-length", "transfer-encoding"})
WITH_NAME = ALWAYS | {"name", "items", *ERROR}


@dataclass
class Rule:
    """One kind of failure: which calls it meets, how often, and what happens to them."""

    id: int
    action: str
    odds: Odds
    match: Mapping[str, str] = field(default_factory=dict)
    status: int = 500
    body: Any = None
    content_type: str | None = None
    ms: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None
    items: int | None = None
    error: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> Named | None:
        """What its name stands for, when it has one."""
        return None if self.name is None else NAMES[self.name]

    def matches(self, arrival: Arrival) -> bool:
        """Whether a call is one of those that this rule is for."""
        match = self.match
        return (
            self._in_place(arrival)
            and match.get("method") in (None, arrival.method)
            and match.get("realm") in (None, arrival.realm)
            and match.get("kind") in (None, arrival.kind)
            and ("path_glob" not in match or fnmatchcase(arrival.path, match["path_glob"]))
            and ("entity" not in match or match["entity"] in arrival.entities)
            and self._can_show(arrival)
        )

    def _can_show(self, arrival: Arrival) -> bool:
        """Whether a batch has items that it can happen to; everything else is said by the kind of call."""
        if arrival.kind != "batch":
            return True
        match self.action:
            case "partial_batch":
                return bool(arrival.items)
            case "item_fault":
                return bool(self.refused_items(arrival.items))
        return True

    def _in_place(self, arrival: Arrival) -> bool:
        named = self.named
        if named is None:
            return True
        if named.kinds is not None and arrival.kind not in named.kinds:
            return False
        if "path_glob" in self.match or "kind" in self.match:
            return True
        return (named.place == API and arrival.realm is not None) or (named.place == TOKEN and arrival.kind == TOKEN)

    def fault(self) -> faults.Fault:
        """The refusal of the service that it stands for."""
        named = self.named
        if named is None or named.fault is None:
            return faults.system_failure("Unexpected error")
        return named.fault(self.error)

    def executed(self, items: int) -> int:
        """How many items of a batch are executed before it times out."""
        return min(items, (items + 1) // 2 if self.items is None else self.items)

    def refused_items(self, items: list[Any]) -> frozenset[int]:
        """The places of the writes in a batch that are refused."""
        entity = self.match.get("entity")
        writes = [
            place
            for place, item in enumerate(items)
            if isinstance(item, Mapping) and "Query" not in item and entity in (None, *entities_of(item))
        ]
        return frozenset(writes[: self.items])

    def public(self) -> dict[str, Any]:
        """The rule as the control paths show it; what a named one does is said by its name."""
        what = {"name": self.name} if self.name else {"action": self.action, "status": self.status}
        return {
            "id": self.id, **what, "match": {name: self.match.get(name) for name in MATCHES},
            "times": self.odds.times, "probability": self.odds.probability, "ms": self.ms, "items": self.items,
            "met": self.odds.met,
        }  # fmt: skip


def _text(name: str, value: object) -> str:
    """A text that was given; ValueError when it is none."""
    if not isinstance(value, str):
        raise ValueError(f"{name}: a text")  # noqa: TRY004 - one error for all bad rules
    return value


def _match(given: Mapping[str, Any]) -> dict[str, str]:
    match = given.get("match", {})
    if not isinstance(match, Mapping) or set(match) - set(MATCHES):
        raise ValueError(f"match: {', '.join(MATCHES)}")
    found = {name: _text(f"match.{name}", value) for name, value in match.items() if value not in (None, "")}
    if "method" in found:
        found["method"] = found["method"].upper()
    for name in ("kind", "entity"):
        if name in found:
            found[name] = found[name].lower()
    if found.get("kind", "write") not in KINDS:
        raise ValueError(f"match.kind: one of {', '.join(sorted(KINDS))}")
    return found


def _headers(given: Mapping[str, Any]) -> dict[str, str]:
    headers = given.get("headers") or {}
    if not isinstance(headers, Mapping):
        raise ValueError("headers: names and their values")  # noqa: TRY004 - one error for all bad rules
    found = {str(name): str(value) for name, value in headers.items()}
    for name, value in found.items():
        if not HEADER_NAME.fullmatch(name) or name.lower() in FRAMING or not _printable(value):
            raise ValueError("headers: names and their values in printable ASCII; not the length of the answer")
    return found


def _content_type(given: Mapping[str, Any]) -> str | None:
    value = given.get("content_type")
    if value is not None and not (isinstance(value, str) and CONTENT_TYPE.match(value) and _printable(value)):
        raise ValueError("content_type: as text/html or application/json;charset=utf-8")
    return value


def _printable(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _error(given: Mapping[str, Any]) -> dict[str, str]:
    """code, message, detail and element as texts; a code may be a number."""
    found = {name: given[name] for name in ERROR if given.get(name) is not None}
    if isinstance(found.get("code"), int):
        found["code"] = str(found["code"])
    return {name: _text(name, value) for name, value in found.items()}


class Faults:
    """The rules that are in force; the first one that strikes decides."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._ids = itertools.count(1)
        self._released = threading.Event()

    def add(self, given: Mapping[str, Any]) -> Rule:
        """Add a rule as `POST /_emulator/faults` describes it; ValueError says what is wrong with it."""
        known = WITH_NAME if "name" in given else WITH_ACTION
        if unknown := set(given) - known:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
        named = NAMES.get(str(given["name"])) if "name" in given else None
        if named is None and "name" in given:
            raise ValueError(f"name: one of {', '.join(NAMES)}")
        if named is None and given.get("action") not in ACTIONS:
            raise ValueError(f"action: one of {', '.join(ACTIONS)}")
        rule = Rule(
            id=next(self._ids),
            action=named.action if named else str(given["action"]),
            odds=odds(given),
            match=_match(given),
            status=number(given, "status", 200, 599) or 500,
            body=given.get("body"),
            content_type=_content_type(given),
            ms=number(given, "ms", 0, LONGEST_HANG_MS) or (named.ms if named else 0),
            headers=_headers(given),
            name=str(given["name"]) if named else None,
            items=number(given, "items", 0, 1000),
            error=_error(given),
        )
        with self._lock:
            self._rules.append(rule)
        return rule

    def strike(self, arrival: Arrival) -> Rule | None:
        """The rule that this call meets, if any."""
        if not self._rules:
            return None
        with self._lock:
            return next((rule for rule in self._rules if rule.matches(arrival) and rule.odds.strike()), None)

    def give_back(self, rule: Rule) -> None:
        """Take back that a call met a rule: it was answered otherwise before the rule could show."""
        with self._lock:
            rule.odds.give_back()

    def wait(self, ms: int) -> None:
        """Keep a call waiting; clear() lets it go."""
        self._released.wait(ms / 1000)

    def public(self) -> list[dict[str, Any]]:
        """Every rule, also those that are used up."""
        with self._lock:
            return [rule.public() for rule in self._rules]

    def remove(self, rule_id: int) -> bool:
        """Forget one rule; whether there was one."""
        with self._lock:
            left = [rule for rule in self._rules if rule.id != rule_id]
            found, self._rules = len(left) < len(self._rules), left
            return found

    def clear(self) -> None:
        """Forget the rules and let waiting calls go."""
        with self._lock:
            self._rules.clear()
            self._released.set()
            self._released = threading.Event()
