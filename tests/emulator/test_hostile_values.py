"""Every member of every entity takes whatever is put into it, or refuses it with a fault."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from quickbooks import QuickBooks

from qbo_emulator.tables import ENTITIES
from tests.emulator.conftest import RawClient
from tests.emulator.hostile import Attack, check, paths, planted
from tests.emulator.library.cases import CASES, Kit

VALUES: tuple[Any, ...] = (
    [], {}, [[]], [None], {"value": {}}, True, "", " ", "x\u0000y", "\u20ac\u2028", 10**30, -1, 0.1 + 1e-9, "1e999999999", "NaN",
    "9999-99-99", "x" * 70_000,
)  # fmt: skip
SPECIAL = {
    "CompanyInfo": {"Id": "1", "SyncToken": "0", "CompanyName": "x"},
    "Preferences": {"Id": "1", "SyncToken": "0"},
    "CompanyCurrency": {"Code": "SEK"},
    "ExchangeRate": {"SourceCurrencyCode": "EUR", "TargetCurrencyCode": "USD", "Rate": 2, "AsOfDate": "2026-03-02"},
    "TaxCode": {"Name": "x"},
    "TaxRate": {"Name": "x"},
    "RecurringTransaction": {"Invoice": {}},
}
NOT_WRITTEN = {"TaxCode", "TaxRate", "RecurringTransaction", "CompanyCurrency", "ExchangeRate"}  # in this company
IDS: tuple[Any, ...] = (
    "abc",
    "-1",
    "0",
    "1.5",
    "1e3",
    10**40,
    "9" * 400,
    [],
    {},
    True,
    None,
    "",
    " ",
    "\u0000",
    "1 OR 1=1",
    "'",
    "\u0661",
)


@pytest.fixture
def bodies(library: QuickBooks) -> dict[str, dict[str, Any]]:
    """A body for each entity that would be accepted."""
    kit = Kit(library)
    return {case.entity: json.loads(case.make(kit).to_json()) for case in CASES} | SPECIAL


def alive(qbo: RawClient) -> None:
    """The emulator still serves, and its books still add up to something that can be read."""
    assert qbo.get("companyinfo/1").status_code == 200
    for entity in ENTITIES:
        assert qbo.query(f"SELECT * FROM {entity} MAXRESULTS 1000").status_code == 200, entity


def test_there_is_a_body_for_every_entity(bodies):
    assert set(ENTITIES) <= set(bodies)


def test_every_member_of_every_entity_with_every_kind_of_wrong_value(qbo, bodies):
    attack = Attack(qbo)

    def items() -> Iterator[dict[str, Any]]:
        turn = 0
        for name, entity in ENTITIES.items():
            for path in paths(entity.fields):
                # Four of the values in turn: each kind of member meets every one of them many times over.
                for offset in range(4):
                    value = VALUES[(turn + offset) % len(VALUES)]
                    yield {"operation": "create", name: planted(bodies[name], path, value)}
                turn += 4

    attack.run(items())
    assert attack.sent > 7_000
    assert attack.refused > attack.sent / 4
    alive(qbo)


@pytest.mark.parametrize("sparse", [True, False])
def test_every_member_of_what_is_in_the_books_with_a_wrong_value(qbo, bodies, sparse):
    taken = 0
    for position, (name, entity) in enumerate(ENTITIES.items()):
        if name in NOT_WRITTEN:
            continue
        now = qbo.first(name) if entity.singleton else qbo.create(name, bodies[name])
        for turn, path in enumerate(paths(entity.fields), start=position):
            value = VALUES[turn % len(VALUES)]
            known = {member: now[member] for member in ("Id", "SyncToken") if member in now}
            body = planted({} if sparse else {**bodies[name], **known}, path, value) | {**known, "sparse": sparse}
            answer = qbo.post(name.lower(), body)
            if not check(answer):
                now, taken = answer.json()[name], taken + 1
    assert taken > 100
    alive(qbo)


@pytest.mark.parametrize("operation", ["create", "update", "delete", "void", "query", "", None, 1, [], {}, "x" * 1000])
def test_every_entity_with_every_operation_on_every_odd_id(qbo, bodies, operation):
    attack = Attack(qbo)

    def items() -> Iterator[dict[str, Any]]:
        for name in ENTITIES:
            for odd in IDS:
                for body in ({"Id": odd, "SyncToken": "0"}, {"Id": "1", "SyncToken": odd}):
                    yield {"operation": operation, name: {**bodies[name], **body}}

    attack.run(items())
    alive(qbo)


@pytest.mark.parametrize("inside", [None, [], "x", 1, True, {}, [{}], {"": ""}, {"x": None}, {"Id": None}])
def test_every_entity_with_something_else_where_its_body_should_be(qbo, inside):
    attack = Attack(qbo)
    operations = ("create", "update", "delete")
    attack.run({"operation": operation, name: inside} for name in ENTITIES for operation in operations)
    for name in ENTITIES:
        answer = qbo.post(name.lower(), inside)
        assert answer.status_code in (200, 400), (name, answer.text[:300])
