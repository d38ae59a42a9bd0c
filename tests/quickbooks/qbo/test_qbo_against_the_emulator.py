"""The client against QuickBooks' own rules, as the emulator keeps them."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import requests

from plugins.quickbooks.qbo import request_id
from plugins.quickbooks.qbo.auth import OAuthApp, OAuthClient
from plugins.quickbooks.qbo.batch import BatchItem, BatchQuery, BatchWrite
from plugins.quickbooks.qbo.client import QBOClient
from plugins.quickbooks.qbo.errors import (
    QBOAppRefused,
    QBODuplicate,
    QBOError,
    QBOForbidden,
    QBOGrantInvalid,
    QBONotFound,
    QBORejected,
    QBOStale,
    QBOThrottled,
    QBOTokenRefused,
    QBOUnavailable,
    QBOUnreachable,
)
from plugins.quickbooks.qbo.money import line_amount
from plugins.quickbooks.qbo.query import Query, equals, names_in, one_of

if TYPE_CHECKING:
    from qbo_emulator.testing import RunningEmulator

pytest_plugins = ["qbo_emulator.testing"]

REDIRECT_URI = "http://127.0.0.1:8000/quickbooks/callback"
DAY = 24 * 3600


@pytest.fixture
def emulator(qbo_emulator: RunningEmulator) -> RunningEmulator:
    qbo_emulator.reset()
    return qbo_emulator


@pytest.fixture
def granted(emulator: RunningEmulator) -> dict[str, str]:
    return emulator.connection()


@pytest.fixture
def qbo(emulator: RunningEmulator, granted: dict[str, str]) -> Iterator[QBOClient]:
    with QBOClient(granted["realm_id"], granted["access_token"], api_url=emulator.url, timeout=(2, 5)) as made:
        yield made


@pytest.fixture
def oauth(emulator: RunningEmulator, granted: dict[str, str]) -> OAuthClient:
    return OAuthClient(oauth_app(emulator, granted))


def oauth_app(emulator: RunningEmulator, granted: dict[str, str], **changes: Any) -> OAuthApp:
    settings: dict[str, Any] = {
        "client_id": granted["client_id"],
        "client_secret": granted["client_secret"],
        "redirect_uri": REDIRECT_URI,
        "environment": "sandbox",
        "discovery_url": emulator.discovery_url,
    }
    return OAuthApp(**{**settings, **changes})


def new_id() -> str:
    return request_id.single("realm", "any", uuid4(), 1)


def invoice(customer_id: str, item_id: str, number: str, quantity: str = "3", price: str = "6.70") -> dict[str, Any]:
    """An invoice of one line."""
    return {
        "CustomerRef": {"value": customer_id},
        "DocNumber": number,
        "PrivateNote": f"reference {number}",
        "Line": [
            {
                "Amount": line_amount(Decimal(quantity), Decimal(price), "USD"),
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {
                    "ItemRef": {"value": item_id},
                    "Qty": Decimal(quantity),
                    "UnitPrice": Decimal(price),
                },
            }
        ],
    }


@pytest.fixture
def customer_id(qbo: QBOClient) -> str:
    return str(qbo.create("Customer", {"DisplayName": "Zoë's Granola"}, new_id())["Id"])


@pytest.fixture
def item_id(qbo: QBOClient) -> str:
    (account,) = qbo.query_all(Query("Account", (equals("Name", "Sales of Product Income"),)))
    item = {"Name": "Granola", "Type": "Service", "Sku": "GR-1", "IncomeAccountRef": {"value": account["Id"]}}
    return str(qbo.create("Item", item, new_id())["Id"])


def test_an_invoice_comes_back_equal_to_the_cent(
    qbo: QBOClient, customer_id: str, item_id: str, emulator: RunningEmulator
) -> None:
    sent = invoice(customer_id, item_id, "R-1", quantity="7.5", price="13.333")

    stored = qbo.create("Invoice", sent, new_id())
    read = qbo.read("Invoice", stored["Id"])

    assert Decimal(stored["TotalAmt"]) == Decimal("100.00")
    line = read["Line"][0]
    assert Decimal(line["Amount"]) == sent["Line"][0]["Amount"]
    assert Decimal(line["SalesItemLineDetail"]["UnitPrice"]) == Decimal("13.333")
    assert Decimal(line["SalesItemLineDetail"]["Qty"]) == Decimal("7.5")
    assert (read["DocNumber"], read["PrivateNote"], read["SyncToken"]) == ("R-1", "reference R-1", "0")
    assert [one["DocNumber"] for one in emulator.invoices(qbo.realm_id)].count("R-1") == 1


@pytest.mark.parametrize("amount", ["0.01", "0.10", "1.15", "1234567.89", "99999999.99"])
def test_no_cent_is_lost_on_the_way_there_and_back(qbo: QBOClient, customer_id: str, item_id: str, amount: str) -> None:
    stored = qbo.create("Invoice", invoice(customer_id, item_id, f"C-{amount}", "1", amount), new_id())

    assert Decimal(stored["TotalAmt"]) == Decimal(amount)
    assert not isinstance(stored["TotalAmt"], float)


def test_the_same_request_id_gives_the_same_invoice(
    qbo: QBOClient, customer_id: str, item_id: str, emulator: RunningEmulator
) -> None:
    attempt = new_id()

    first = qbo.create("Invoice", invoice(customer_id, item_id, "R-2"), attempt)
    second = qbo.create("Invoice", invoice(customer_id, item_id, "R-2"), attempt)

    assert second == first
    assert [one["DocNumber"] for one in emulator.invoices(qbo.realm_id)].count("R-2") == 1


def test_a_lost_answer_is_settled_by_the_same_request_id(
    qbo: QBOClient, customer_id: str, item_id: str, emulator: RunningEmulator
) -> None:
    attempt = new_id()
    emulator.fault(action="reset_after", times=1, match={"method": "POST", "path_glob": "*/invoice"})

    with pytest.raises(QBOUnreachable) as caught:
        qbo.create("Invoice", invoice(customer_id, item_id, "R-3"), attempt)
    settled = qbo.create("Invoice", invoice(customer_id, item_id, "R-3"), attempt)

    assert caught.value.outcome_unknown
    (booked,) = [one for one in emulator.invoices(qbo.realm_id) if one["DocNumber"] == "R-3"]
    assert settled["Id"] == booked["Id"]


def test_a_hanging_company_ends_with_the_time_out(emulator: RunningEmulator, granted: dict[str, str]) -> None:
    emulator.fault(action="hang", times=1)

    with (
        QBOClient(granted["realm_id"], granted["access_token"], api_url=emulator.url, timeout=(0.3, 0.3)) as hurried,
        pytest.raises(QBOUnreachable),
    ):
        hurried.company_info()
    emulator.clear_faults()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (429, None, QBOThrottled),
        (500, None, QBOUnavailable),
        (502, "<html>Bad Gateway</html>", QBOUnavailable),
        (503, None, QBOUnavailable),
        (401, None, QBOTokenRefused),
        (403, None, QBOForbidden),
    ],
)
def test_a_bad_day_of_intuit_is_told_apart(
    qbo: QBOClient, emulator: RunningEmulator, status: int, body: str | None, expected: type[QBOError]
) -> None:
    emulator.fault(action="status", times=1, status=status, **({"body": body} if body else {}))

    with pytest.raises(expected) as caught:
        qbo.company_info()

    assert type(caught.value) is expected
    assert caught.value.status == status


def test_a_name_that_is_taken_is_a_duplicate(qbo: QBOClient, customer_id: str) -> None:
    with pytest.raises(QBODuplicate) as caught:
        qbo.create("Customer", {"DisplayName": "zoë's granola"}, new_id())

    assert caught.value.code == "6240"
    assert caught.value.status == 400
    assert caught.value.intuit_tid


def test_a_refused_attempt_does_not_block_its_request_id(qbo: QBOClient, customer_id: str, item_id: str) -> None:
    attempt = new_id()
    with pytest.raises(QBORejected):
        qbo.create("Invoice", invoice("999999", item_id, "R-4"), attempt)

    assert qbo.create("Invoice", invoice(customer_id, item_id, "R-4"), attempt)["DocNumber"] == "R-4"


def test_an_old_sync_token_is_stale(qbo: QBOClient, customer_id: str) -> None:
    changed = qbo.update("Customer", {"Id": customer_id, "SyncToken": "0", "CompanyName": "Granola Ltd"}, new_id())

    assert (changed["CompanyName"], changed["SyncToken"]) == ("Granola Ltd", "1")
    assert changed["DisplayName"] == "Zoë's Granola", "what was not named stays"
    with pytest.raises(QBOStale) as caught:
        qbo.update("Customer", {"Id": customer_id, "SyncToken": "0", "CompanyName": "Other"}, new_id())
    assert caught.value.code == "5010"


def test_what_is_not_there_is_not_found(qbo: QBOClient) -> None:
    with pytest.raises(QBONotFound):
        qbo.read("Customer", "999999")


def test_an_unknown_member_is_refused(qbo: QBOClient) -> None:
    with pytest.raises(QBORejected) as caught:
        qbo.create("Customer", {"DisplayName": "A", "BadJson": 1}, new_id())

    assert caught.value.code == "2010"


@pytest.mark.parametrize("name", ["O'Neil & Sons", "Back\\slash", "Both \\' of them", "Quote\\\\'", "Crème brûlée"])
def test_names_with_quotes_and_backslashes_are_found(qbo: QBOClient, name: str) -> None:
    created = qbo.create("Customer", {"DisplayName": name}, new_id())
    qbo.create("Customer", {"DisplayName": "Somebody else"}, new_id())

    (query,) = names_in("Customer", "DisplayName", [name, "nobody"])
    found = list(qbo.query_all(query))

    assert [(one["Id"], one["DisplayName"]) for one in found] == [(created["Id"], name)]


def test_an_inactive_customer_is_found_only_when_asked_for(qbo: QBOClient, customer_id: str) -> None:
    gone = qbo.update("Customer", {"Id": customer_id, "SyncToken": "0", "Active": False}, new_id())["DisplayName"]

    (with_inactive,) = names_in("Customer", "DisplayName", [gone])
    (only_active,) = names_in("Customer", "DisplayName", [gone], include_inactive=False)

    assert [one["Id"] for one in qbo.query_all(with_inactive)] == [customer_id]
    assert list(qbo.query_all(only_active)) == []


def test_items_come_with_their_sku(qbo: QBOClient, item_id: str) -> None:
    (item,) = qbo.query_all(Query("Item", (one_of("Sku", ["GR-1", "GR-2"]),)))

    assert (item["Id"], item["Sku"]) == (item_id, "GR-1")


def test_more_rows_than_a_page_holds_come_once_each(qbo: QBOClient, emulator: RunningEmulator) -> None:
    for start in range(0, 1020, 30):
        results = qbo.batch(
            [
                BatchWrite(f"i{n}", "create", "Customer", {"DisplayName": f"Customer {n}"})
                for n in range(start, start + 30)
            ],
            request_id.new_batch(),
        )
        assert all(result.error is None for result in results)
    emulator.clear_calls()

    names = [row["DisplayName"] for row in qbo.query_all(Query("Customer"))]

    assert len(names) == len(set(names))
    assert {f"Customer {n}" for n in range(1020)} <= set(names)
    assert [call["kind"] for call in emulator.calls()] == ["query", "query"]


def test_the_items_of_a_batch_stand_for_themselves_and_a_replay_writes_nothing(
    qbo: QBOClient, customer_id: str, item_id: str, emulator: RunningEmulator
) -> None:
    items: list[BatchItem] = [
        BatchWrite("item1", "create", "Invoice", invoice(customer_id, item_id, "B-1")),
        BatchWrite("item2", "create", "Customer", {"DisplayName": "Zoë's Granola"}),
        BatchQuery("item3", Query("Customer", (equals("DisplayName", "Zoë's Granola"),)).page()),
        BatchWrite("item4", "update", "Customer", {"Id": customer_id, "SyncToken": "9", "CompanyName": "X"}),
    ]
    batch_id = request_id.new_batch()

    created, refused, found, stale = qbo.batch(items, batch_id)
    replayed = qbo.batch(items, batch_id)

    assert created.entity is not None
    assert created.entity["DocNumber"] == "B-1"
    assert isinstance(refused.error, QBODuplicate)
    assert [row["Id"] for row in found.rows] == [customer_id]
    assert isinstance(stale.error, QBOStale)
    assert replayed[0].entity == created.entity
    assert [one["DocNumber"] for one in emulator.invoices(qbo.realm_id)].count("B-1") == 1


def test_a_voided_invoice_stays_with_nothing_to_pay(qbo: QBOClient, customer_id: str, item_id: str) -> None:
    stored = qbo.create("Invoice", invoice(customer_id, item_id, "V-1"), new_id())

    voided = qbo.void("Invoice", stored["Id"], stored["SyncToken"], new_id())

    assert Decimal(voided["TotalAmt"]) == 0
    assert "Voided" in voided["PrivateNote"]
    with pytest.raises(QBOStale):
        qbo.void("Invoice", stored["Id"], stored["SyncToken"], new_id())


def test_an_invoice_is_voided_in_a_batch_too(qbo: QBOClient, customer_id: str, item_id: str) -> None:
    stored = qbo.create("Invoice", invoice(customer_id, item_id, "V-2"), new_id())
    void = BatchWrite("item1", "void", "Invoice", {"Id": stored["Id"], "SyncToken": stored["SyncToken"]})

    (result,) = qbo.batch([void], request_id.new_batch())

    assert result.entity is not None
    assert Decimal(result.entity["TotalAmt"]) == 0


def test_the_company_tells_its_name_and_preferences(qbo: QBOClient) -> None:
    assert qbo.company_info()["CompanyName"]
    assert "SalesFormsPrefs" in qbo.preferences()


def test_a_token_of_another_company_is_forbidden(emulator: RunningEmulator, granted: dict[str, str]) -> None:
    other = next(realm for realm in emulator.realms() if realm != granted["realm_id"])

    with QBOClient(other, granted["access_token"], api_url=emulator.url) as wrong, pytest.raises(QBOForbidden):
        wrong.company_info()


def test_an_expired_token_is_refused_until_it_is_refreshed(
    qbo: QBOClient, oauth: OAuthClient, emulator: RunningEmulator, granted: dict[str, str]
) -> None:
    emulator.advance(3601)
    with pytest.raises(QBOTokenRefused):
        qbo.company_info()

    qbo.use_token(oauth.refresh(granted["refresh_token"]).access_token)

    assert qbo.company_info()["CompanyName"]


def test_a_code_from_the_consent_page_is_exchanged_once(
    emulator: RunningEmulator, granted: dict[str, str], oauth: OAuthClient
) -> None:
    code = consent(emulator, oauth, granted["realm_id"])

    tokens = oauth.exchange(code, granted["realm_id"])

    with QBOClient(granted["realm_id"], tokens.access_token, api_url=emulator.url) as connected:
        assert connected.company_info()["CompanyName"]
    assert tokens.refresh_hard_expires_at is not None
    assert tokens.refresh_hard_expires_at > tokens.refresh_expires_at > tokens.access_expires_at
    with pytest.raises(QBOGrantInvalid):
        oauth.exchange(code, granted["realm_id"])


def consent(emulator: RunningEmulator, oauth: OAuthClient, realm_id: str) -> str:
    """Press "Connect" on the emulator's page; the code it sends back."""
    asked = parse_qs(urlsplit(oauth.authorization_url("some-state")).query)
    form = {name: values[0] for name, values in asked.items()}
    answer = requests.post(
        f"{emulator.url}/connect/oauth2",
        data={**form, "realm": realm_id, "answer": "connect"},
        allow_redirects=False,
        timeout=5,
    )
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert back["state"] == ["some-state"]
    assert back["realmId"] == [realm_id]
    return back["code"][0]


def test_a_refresh_token_is_replaced_after_a_day_and_the_old_one_dies(
    emulator: RunningEmulator, granted: dict[str, str], oauth: OAuthClient
) -> None:
    same = oauth.refresh(granted["refresh_token"])
    emulator.advance(DAY + 60)
    rotated = oauth.refresh(granted["refresh_token"])

    assert same.refresh_token == granted["refresh_token"]
    assert rotated.refresh_token != granted["refresh_token"]
    with pytest.raises(QBOGrantInvalid):
        oauth.refresh(granted["refresh_token"])
    assert oauth.refresh(rotated.refresh_token).refresh_token == rotated.refresh_token


def test_a_revoked_connection_has_ended(qbo: QBOClient, oauth: OAuthClient, granted: dict[str, str]) -> None:
    oauth.revoke(granted["refresh_token"])

    with pytest.raises(QBOTokenRefused):
        qbo.company_info()
    with pytest.raises(QBOGrantInvalid):
        oauth.refresh(granted["refresh_token"])
    with pytest.raises(QBORejected):
        oauth.revoke(granted["refresh_token"])


def test_a_wrong_client_secret_is_told_apart_from_a_dead_connection(
    emulator: RunningEmulator, granted: dict[str, str]
) -> None:
    wrong = OAuthClient(oauth_app(emulator, granted, client_secret="guessed"))

    with pytest.raises(QBOAppRefused):
        wrong.refresh(granted["refresh_token"])


def test_a_run_with_failures_logs_no_secret(
    qbo: QBOClient,
    oauth: OAuthClient,
    emulator: RunningEmulator,
    granted: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    emulator.advance(3601)
    with pytest.raises(QBOTokenRefused) as refused:
        qbo.company_info()
    tokens = oauth.refresh(granted["refresh_token"])
    oauth.revoke(tokens.refresh_token)
    with pytest.raises(QBOGrantInvalid) as dead:
        oauth.refresh(tokens.refresh_token)
    logging.getLogger("test").error("%r %r %r %r", refused.value, dead.value, tokens, oauth, exc_info=dead.value)

    for secret in (granted["access_token"], granted["refresh_token"], granted["client_secret"], tokens.access_token):
        assert secret not in caplog.text


def test_an_emulator_that_is_gone_had_no_effect(granted: dict[str, str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with QBOClient(granted["realm_id"], "t", api_url=url) as lost, pytest.raises(QBOUnreachable) as caught:
            lost.company_info()

    assert not caught.value.outcome_unknown
