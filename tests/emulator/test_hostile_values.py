"""Every member of every entity takes whatever is put into it, or refuses it with a fault."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from intuitlib.client import AuthClient

from qbo_emulator.tables import ENTITIES
from qbo_emulator.testing import RunningEmulator
from tests.emulator.conftest import RawClient
from tests.emulator.hostile import Attack, paths, planted
from tests.emulator.library.cases import CASES, Kit
from tests.emulator.library.conftest import connect

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


@pytest.fixture(scope="module")
def emulator(qbo_emulator: RunningEmulator) -> RunningEmulator:
    """Books as at the start, once: what was refused has left nothing behind, and what was taken harms no other test here."""
    qbo_emulator.reset()
    return qbo_emulator


@pytest.fixture(scope="module")
def qbo(emulator: RunningEmulator) -> Iterator[RawClient]:
    """Raw HTTP to the first company."""
    client = RawClient(emulator)
    yield client
    client.session.close()


@pytest.fixture(scope="module")
def bodies(emulator: RunningEmulator, qbo: RawClient) -> Iterator[dict[str, dict[str, Any]]]:
    """A body for each entity that would be accepted."""
    with pytest.MonkeyPatch.context() as patch, AuthClient("x", "x", "http://x/", emulator.discovery_url) as auth:
        patch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        library = connect(emulator, auth, qbo.realm)
        kit = Kit(library)
        made = {case.entity: json.loads(case.make(kit).to_json()) for case in CASES}
        library.session.close()
        yield made | SPECIAL


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
