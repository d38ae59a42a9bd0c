"""What a hostile client sends, and what it must get: an answer in the right shape, never a failure of the emulator."""

import copy
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import requests

from qbo_emulator.tables.fields import Field, Kind
from tests.emulator.conftest import RawClient

BATCH = 30
OWN_FAILURE = "10000"
LONGEST_DETAIL = 2000
# What is no document at all, or one that a careless parser trips over.
RAW = {
    "nothing": b"",
    "no JSON": b"{nope",
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "NaN": b'{"Id": NaN}',
    "minus infinity": b'{"Id": -Infinity}',
    "bad UTF-8": b'{"Name": "\xff\xfe"}',
    "UTF-16": '{"Name": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"Id": 1}',
    "half a surrogate": b'{"Name": "\\ud800"}',
    "a deep list": b"[" * 100_000 + b"]" * 100_000,
    "a deep object": b'{"Line":' * 50_000 + b"1" + b"}" * 50_000,
    "a number of 5,000 digits": b'{"Id": ' + b"9" * 5000 + b"}",
    "the same member twice": b'{"Id": "1", "Id": []}',
    "XML": b"<Customer/>",
}


def wrong_with(fault: dict[str, Any]) -> str:
    """What is wrong with the shape of a Fault, in words; empty when nothing is."""
    if set(fault) != {"Error", "type"} or not fault["Error"]:
        return "a Fault has Error and type"
    for error in fault["Error"]:
        if not (isinstance(error.get("code"), str) and error.get("Message")):
            return "an error has a code and a Message"
        if error["code"] == OWN_FAILURE:
            return "a failure of the emulator itself"
        if len(error.get("Detail") or "") > LONGEST_DETAIL:
            return "a Detail repeats what was sent at full length"
    return ""


def check(answer: requests.Response) -> list[str]:
    """The codes of a refusal, none for a success; anything else ends the test."""
    assert answer.status_code == 200 or 400 <= answer.status_code < 500, (answer.status_code, answer.text[:500])
    if answer.status_code == 200:
        return []
    assert answer.headers["Content-Type"].startswith("application/json"), (answer.status_code, answer.text[:500])
    body = answer.json()
    fault = body["Fault"]
    assert not (wrong := wrong_with(fault)), (wrong, answer.text[:500])
    return [error["code"] for error in fault["Error"]]


def refused(answer: requests.Response) -> list[str]:
    """The codes of what must be refused."""
    codes = check(answer)
    assert codes, answer.text[:500]
    return codes


class Attack:
    """Operations that are sent thirty at a time, each of which must be answered in its own right."""

    def __init__(self, qbo: RawClient) -> None:
        self.qbo = qbo
        self.sent = self.refused = 0
        self.failures: list[str] = []

    def run(self, items: Iterable[dict[str, Any]]) -> None:
        """Send all of them; a batch is valid JSON, so that every item gets its own answer."""
        waiting: list[dict[str, Any]] = []
        for item in items:
            waiting.append(item)
            if len(waiting) == BATCH:
                self._flush(waiting)
                waiting = []
        if waiting:
            self._flush(waiting)
        assert not self.failures, f"{len(self.failures)} of {self.sent}, the first of them: {self.failures[:3]}"

    def _flush(self, items: Sequence[dict[str, Any]]) -> None:
        numbered = [{"bId": str(number), **item} for number, item in enumerate(items)]
        body = json.dumps({"BatchItemRequest": numbered}).encode()
        answer = self.qbo.send("batch", body)
        if answer.status_code != 200 and len(numbered) > 1:
            for item in items:
                self._flush([item])
            return
        if answer.status_code != 200:
            self.failures.append(f"{answer.status_code} for {json.dumps(items[0])[:1500]}: {answer.text[:300]}")
            return
        responses = {row["bId"]: row for row in answer.json()["BatchItemResponse"]}
        assert set(responses) == {item["bId"] for item in numbered}
        for item in numbered:
            row = responses[item["bId"]]
            self.sent += 1
            if "Fault" not in row:
                assert len(row) >= 2, (item, row)
                continue
            self.refused += 1
            if wrong := wrong_with(row["Fault"]):
                self.failures.append(f"{wrong} for {json.dumps(item)[:1500]}: {json.dumps(row)[:300]}")


def paths(fields: Iterable[Field], seen: set[int] | None = None) -> Iterator[tuple[tuple[str, Kind], ...]]:
    """Every member of a table at every level; a group of members that appears twice is walked once."""
    seen = set() if seen is None else seen
    for field in fields:
        here = ((field.name, field.kind),)
        yield here
        if field.fields and id(field.fields) not in seen:
            seen.add(id(field.fields))
            for rest in paths(field.fields, seen):
                yield here + rest


def planted(body: dict[str, Any], path: Sequence[tuple[str, Kind]], value: Any) -> dict[str, Any]:
    """A copy of the body with the value at a path; what is missing on the way is made."""
    made = copy.deepcopy(body)
    at: dict[str, Any] = made
    for name, kind in path[:-1]:
        inner = at.get(name)
        if kind is Kind.LIST:
            if not (isinstance(inner, list) and inner and isinstance(inner[0], dict)):
                at[name] = inner = [{}]
            inner = inner[0]
        elif not isinstance(inner, dict):
            at[name] = inner = {}
        at = inner
    at[path[-1][0]] = value
    return made
