"""What leaves for QuickBooks, byte for byte, and what a caller gets back."""

from __future__ import annotations

import json
import logging
import socket
import time
from decimal import Decimal
from pathlib import Path

import pytest

from plugins.quickbooks.qbo import payload
from plugins.quickbooks.qbo.batch import BatchQuery, BatchWrite
from plugins.quickbooks.qbo.client import QBOClient
from plugins.quickbooks.qbo.errors import (
    QBODuplicate,
    QBOError,
    QBOStale,
    QBOThrottled,
    QBOTokenRefused,
    QBOUnavailable,
    QBOUnreachable,
)
from plugins.quickbooks.qbo.query import Query
from plugins.quickbooks.qbo.wire import CallRecord
from tests.quickbooks.qbo.far_end import REALM, TOKEN, Server

COMPANY = f"/v3/company/{REALM}"
INVOICE = {
    "CustomerRef": {"value": "1"},
    "DocNumber": "1001",
    "Line": [
        {
            "Amount": Decimal("20.10"),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "2"}, "Qty": Decimal("3"), "UnitPrice": Decimal("6.70")},
        }
    ],
}
DUPLICATE = {
    "Fault": {
        "Error": [{"Message": "Duplicate Name Exists Error", "Detail": "…", "code": "6240"}],
        "type": "ValidationFault",
    }
}


def test_an_invoice_leaves_with_exactly_the_members_that_were_set(qbo: QBOClient, server: Server) -> None:
    server.will_answer({"Invoice": {"Id": "130", "SyncToken": "0"}})

    stored = qbo.create("Invoice", INVOICE, "request-1")

    (request,) = server.received
    assert (request.method, request.path) == ("POST", f"{COMPANY}/invoice")
    assert request.query == {"minorversion": "75", "requestid": "request-1"}
    assert request.body.decode() == payload.to_json(INVOICE)
    assert b'"Amount":20.10' in request.body
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"
    assert stored == {"Id": "130", "SyncToken": "0"}


def test_characters_outside_ascii_leave_as_utf_8(qbo: QBOClient, server: Server) -> None:
    server.will_answer({"Customer": {"Id": "1"}})
    server.will_answer({"QueryResponse": {}})

    qbo.create("Customer", {"DisplayName": "Zoë Łukasz"}, "r")
    qbo.query("SELECT * FROM Customer WHERE DisplayName = 'Zoë Łukasz'")

    assert server.received[0].json() == {"DisplayName": "Zoë Łukasz"}
    assert server.received[1].body.decode().endswith("'Zoë Łukasz'")


def test_an_update_is_sparse_and_names_the_state_it_changes(qbo: QBOClient, server: Server) -> None:
    server.will_answer({"Customer": {"Id": "7", "SyncToken": "3"}})

    qbo.update("Customer", {"Id": "7", "SyncToken": "2", "CompanyName": "Acme"}, "r")

    (request,) = server.received
    assert request.path == f"{COMPANY}/customer"
    assert request.json() == {"Id": "7", "SyncToken": "2", "CompanyName": "Acme", "sparse": True}
    assert request.query["requestid"] == "r"


@pytest.mark.parametrize(
    ("entity", "query", "body"),
    [
        ("Invoice", {"operation": "void"}, {"Id": "7", "SyncToken": "2"}),
        ("Payment", {"operation": "update", "include": "void"}, {"Id": "7", "SyncToken": "2", "sparse": True}),
    ],
)
def test_a_void_is_written_as_intuit_wants_it_for_that_entity(
    qbo: QBOClient, server: Server, entity: str, query: dict[str, str], body: dict[str, object]
) -> None:
    server.will_answer({entity: {"Id": "7"}})

    qbo.void(entity, "7", "2", "r")

    (request,) = server.received
    assert request.query == {**query, "minorversion": "75", "requestid": "r"}
    assert request.json() == body


def test_money_is_read_as_decimal(qbo: QBOClient, server: Server) -> None:
    server.will_answer(b'{"Invoice":{"Id":"1","TotalAmt":20.10,"Balance":0,"ExchangeRate":1.000001}}')

    invoice = qbo.read("Invoice", "1")

    assert server.received[0].path == f"{COMPANY}/invoice/1"
    assert str(invoice["TotalAmt"]) == "20.10"
    assert isinstance(invoice["ExchangeRate"], Decimal)
    assert Decimal(invoice["Balance"]) == 0


def test_company_and_preferences_are_read_from_their_own_addresses(qbo: QBOClient, server: Server) -> None:
    server.will_answer({"CompanyInfo": {"CompanyName": "Sample"}})
    server.will_answer({"Preferences": {"SalesFormsPrefs": {}}})

    assert qbo.company_info()["CompanyName"] == "Sample"
    assert qbo.preferences() == {"SalesFormsPrefs": {}}
    assert [request.path for request in server.received] == [
        f"{COMPANY}/companyinfo/{REALM}",
        f"{COMPANY}/preferences",
    ]


def test_a_query_that_finds_nothing_is_an_empty_list(qbo: QBOClient, server: Server) -> None:
    server.will_answer({"QueryResponse": {}, "time": "…"})

    assert qbo.query("SELECT * FROM Customer") == []
    (request,) = server.received
    assert request.headers["content-type"] == "application/text"


def test_all_rows_are_fetched_by_the_thousand(qbo: QBOClient, server: Server) -> None:
    server.will_answer({"QueryResponse": {"Customer": [{"Id": str(n)} for n in range(1000)], "maxResults": 1000}})
    server.will_answer({"QueryResponse": {"Customer": [{"Id": "1000"}], "startPosition": 1001, "maxResults": 1}})

    rows = list(qbo.query_all(Query("Customer")))

    assert [row["Id"] for row in rows] == [str(n) for n in range(1001)]
    assert [request.body.decode()[-37:] for request in server.received] == [
        " ORDERBY Id STARTPOSITION 1 MAXRESULTS 1000"[-37:],
        " ORDERBY Id STARTPOSITION 1001 MAXRESULTS 1000"[-37:],
    ]


def test_the_items_of_a_batch_succeed_and_fail_for_themselves(qbo: QBOClient, server: Server) -> None:
    server.will_answer(
        {
            "BatchItemResponse": [
                {"bId": "item2", "Fault": DUPLICATE["Fault"]},
                {"bId": "item1", "Invoice": {"Id": "5"}},
                {"bId": "item3", "QueryResponse": {"Customer": [{"Id": "9"}]}},
                {"bId": "item4", "QueryResponse": {}},
            ]
        }
    )

    results = qbo.batch(
        [
            BatchWrite("item1", "create", "Invoice", {"DocNumber": "1"}),
            BatchWrite("item2", "update", "Customer", {"Id": "1", "SyncToken": "0", "DisplayName": "A"}),
            BatchQuery("item3", "SELECT * FROM Customer"),
            BatchQuery("item4", "SELECT * FROM Item"),
            BatchWrite("item5", "void", "Invoice", {"Id": "2", "SyncToken": "1"}),
        ],
        "batch-1",
    )

    (request,) = server.received
    assert request.path == f"{COMPANY}/batch"
    assert request.query["requestid"] == "batch-1"
    assert request.json() == {
        "BatchItemRequest": [
            {"bId": "item1", "operation": "create", "Invoice": {"DocNumber": "1"}},
            {
                "bId": "item2",
                "operation": "update",
                "Customer": {"Id": "1", "SyncToken": "0", "DisplayName": "A", "sparse": True},
            },
            {"bId": "item3", "Query": "SELECT * FROM Customer"},
            {"bId": "item4", "Query": "SELECT * FROM Item"},
            {
                "bId": "item5",
                "operation": "update",
                "optionsData": "void",
                "Invoice": {"Id": "2", "SyncToken": "1", "sparse": True},
            },
        ]
    }
    created, refused, found, empty, left_out = results
    assert created.entity == {"Id": "5"}
    assert isinstance(refused.error, QBODuplicate)
    assert refused.error.intuit_tid == "1-abc"
    assert found.rows == ({"Id": "9"},)
    assert (empty.rows, empty.error) == ((), None)
    assert isinstance(left_out.error, QBOUnavailable)
    assert left_out.error.outcome_unknown


def test_a_fault_about_the_whole_batch_is_raised(qbo: QBOClient, server: Server) -> None:
    server.will_answer(DUPLICATE, status=400)

    with pytest.raises(QBODuplicate):
        qbo.batch([BatchQuery("1", "SELECT * FROM Item")], "b")


@pytest.mark.parametrize("count", [0, 31])
def test_a_batch_of_no_or_too_many_items_is_not_sent(qbo: QBOClient, server: Server, count: int) -> None:
    with pytest.raises(ValueError, match="1 to 30 items"):
        qbo.batch([BatchQuery(str(n), "SELECT * FROM Item") for n in range(count)], "b")
    assert server.received == []


def test_ids_that_quickbooks_would_refuse_are_not_sent(qbo: QBOClient, server: Server) -> None:
    item = BatchQuery("1", "SELECT * FROM Item")
    with pytest.raises(ValueError, match="1 to 50"):
        qbo.create("Invoice", INVOICE, "x" * 51)
    with pytest.raises(ValueError, match="1 to 50"):
        qbo.create("Invoice", INVOICE, "")
    with pytest.raises(ValueError, match="1 to 36"):
        qbo.batch([item], "x" * 37)
    with pytest.raises(ValueError, match="1 to 10"):
        qbo.batch([BatchQuery("x" * 11, "…")], "b")
    with pytest.raises(ValueError, match="same id"):
        qbo.batch([item, item], "b")
    with pytest.raises(ValueError, match="SyncToken"):
        qbo.update("Invoice", {"Id": "1"}, "r")
    with pytest.raises(ValueError, match="no Id"):
        qbo.create("Invoice", {"Id": "1"}, "r")
    with pytest.raises(ValueError, match="name of an entity"):
        qbo.read("invoice/1?x=", "2")
    assert server.received == []


def test_an_answer_without_the_record_leaves_the_effect_unknown(qbo: QBOClient, server: Server) -> None:
    server.will_answer({"time": "…"})

    with pytest.raises(QBOUnavailable) as caught:
        qbo.create("Invoice", INVOICE, "r")

    assert caught.value.outcome_unknown


def test_a_fault_under_http_200_is_an_error(qbo: QBOClient, server: Server) -> None:
    server.will_answer({"Fault": {"Error": [{"Message": "Stale Object Error", "code": "5010"}]}})

    with pytest.raises(QBOStale):
        qbo.update("Invoice", {"Id": "1", "SyncToken": "0"}, "r")


def test_every_call_is_reported_with_its_kind(qbo: QBOClient, server: Server, calls: list[CallRecord]) -> None:
    server.will_answer({"Invoice": {}})
    server.will_answer({"Invoice": {}})
    server.will_answer({"QueryResponse": {}})
    server.will_answer({"BatchItemResponse": []})
    server.will_answer(DUPLICATE, status=400)
    server.will("reset")

    qbo.create("Invoice", INVOICE, "r")
    qbo.read("Invoice", "1")
    qbo.query("SELECT * FROM Item")
    qbo.batch([BatchQuery("1", "SELECT * FROM Item"), BatchWrite("2", "create", "Item", {"Name": "x"})], "b")
    for _ in range(2):
        with pytest.raises(QBOError):
            qbo.create("Customer", {"DisplayName": "x"}, "r")

    assert [(call.kind, call.method, call.status, call.items) for call in calls] == [
        ("write", "POST", 200, ()),
        ("get", "GET", 200, ()),
        ("query", "POST", 200, ()),
        ("batch", "POST", 200, ("query", "write")),
        ("write", "POST", 400, ()),
        ("write", "POST", None, ()),
    ]
    assert calls[0].path == f"{COMPANY}/invoice"
    assert calls[0].intuit_tid == "1-abc"
    assert calls[0].ms > 0


def test_counting_that_fails_does_not_lose_the_answer(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    def broken(record: CallRecord) -> None:
        raise RuntimeError("no disk")

    server.will_answer({"Invoice": {"Id": "1"}})
    with QBOClient(REALM, TOKEN, api_url=server.url, on_call=broken) as client:
        assert client.create("Invoice", INVOICE, "r") == {"Id": "1"}
    assert "could not be counted" in caplog.text


def test_the_connection_is_kept_open_between_calls(qbo: QBOClient, server: Server) -> None:
    for _ in range(3):
        server.will_answer({"QueryResponse": {}})
        qbo.query("SELECT * FROM Item")

    assert len({request.connection for request in server.received}) == 1


def test_a_connection_that_was_closed_meanwhile_is_made_anew(qbo: QBOClient, server: Server) -> None:
    server.will("close")
    server.will_answer({"Invoice": {"Id": "1"}})

    with pytest.raises(QBOUnavailable):
        qbo.query("SELECT * FROM Item")
    time.sleep(0.1)

    assert qbo.create("Invoice", INVOICE, "r") == {"Id": "1"}
    assert len({request.connection for request in server.received}) == 2


def test_a_new_token_is_used_on_the_same_connection(qbo: QBOClient, server: Server) -> None:
    server.will_answer({"QueryResponse": {}})
    server.will_answer({"QueryResponse": {}})

    qbo.query("SELECT * FROM Item")
    qbo.use_token("fresh")
    qbo.query("SELECT * FROM Item")

    assert server.received[1].headers["authorization"] == "Bearer fresh"
    assert server.received[0].connection == server.received[1].connection


def test_silence_ends_with_the_time_out_and_an_unknown_effect(server: Server) -> None:
    server.will("silence")
    started = time.monotonic()

    with (
        QBOClient(REALM, TOKEN, api_url=server.url, timeout=(0.3, 0.3)) as client,
        pytest.raises(QBOUnreachable) as caught,
    ):
        client.create("Invoice", INVOICE, "r")

    assert time.monotonic() - started < 3
    assert caught.value.outcome_unknown
    assert not caught.value.counts_as_attempt


def test_a_socket_that_never_accepts_ends_with_the_time_out_and_nothing_sent() -> None:
    with socket.socket() as listening, socket.socket() as first:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        first.connect(address)
        fillers = [socket.socket() for _ in range(4)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(address)
            url = f"http://127.0.0.1:{address[1]}"
            with (
                QBOClient(REALM, TOKEN, api_url=url, timeout=(0.3, 0.3)) as client,
                pytest.raises(QBOUnreachable) as caught,
            ):
                client.query("SELECT * FROM Item")
        finally:
            for filler in fillers:
                filler.close()

    assert not caught.value.outcome_unknown


@pytest.mark.parametrize("how", ["reset", "half"])
def test_a_broken_connection_leaves_the_effect_unknown(qbo: QBOClient, server: Server, how: str) -> None:
    server.will(how)

    with pytest.raises(QBOUnreachable) as caught:
        qbo.create("Invoice", INVOICE, "r")

    assert caught.value.outcome_unknown
    assert len(server.received) == 1, "nothing is repeated here"


def test_a_refused_connection_is_known_to_have_had_no_effect() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with QBOClient(REALM, TOKEN, api_url=url) as client, pytest.raises(QBOUnreachable) as caught:
            client.create("Invoice", INVOICE, "r")

    assert not caught.value.outcome_unknown


def test_a_redirect_is_not_followed(qbo: QBOClient, server: Server) -> None:
    server.will_answer(b"", status=302, Location=f"{server.url}/elsewhere")

    with pytest.raises(QBOUnavailable):
        qbo.create("Invoice", INVOICE, "r")

    assert len(server.received) == 1


def test_a_netrc_entry_does_not_replace_the_token(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.will_answer({"QueryResponse": {}})

    with QBOClient(REALM, TOKEN, api_url=server.url) as client:
        client._wire.session.trust_env = True  # as for Intuit's own address
        client.query("SELECT * FROM Item")

    assert server.received[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("url", ["http://example.com", "http://10.0.0.1:80", "ftp://127.0.0.1", "127.0.0.1:8100"])
def test_a_token_never_crosses_a_network_in_the_clear(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        QBOClient(REALM, TOKEN, api_url=url)


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://[::1]:1/", "http://127.0.0.1:1/v3", "https://example.com"]
)
def test_this_machine_and_https_are_fine(url: str) -> None:
    QBOClient(REALM, TOKEN, api_url=url).close()


@pytest.mark.parametrize(
    ("environment", "host"),
    [("sandbox", "sandbox-quickbooks.api.intuit.com"), ("production", "quickbooks.api.intuit.com")],
)
def test_each_environment_has_its_own_host(environment: str, host: str) -> None:
    with QBOClient(REALM, TOKEN, environment=environment) as client:  # type: ignore[arg-type]  # a parameter of the test
        assert client._wire.company_url("x") == f"https://{host}/v3/company/{REALM}/x"


@pytest.mark.parametrize(("realm", "token"), [("12/34", TOKEN), ("", TOKEN), (REALM, "two\nlines"), (REALM, "")])
def test_what_could_change_a_request_is_refused(realm: str, token: str) -> None:
    with pytest.raises(ValueError, match=r"realm id|access token") as caught:
        QBOClient(realm, token)
    assert "two" not in str(caught.value)


@pytest.fixture
def failing(qbo: QBOClient, server: Server) -> list[QBOError]:
    """One client through every kind of failure."""
    server.will_answer({"fault": {"error": [{"detail": f"Token expired: {TOKEN}", "code": "3200"}]}}, status=401)
    server.will_answer(f"<html>{TOKEN}</html>".encode(), status=502)
    server.will_answer({"Fault": {"Error": [{"Message": TOKEN, "code": "2010"}]}}, status=400)
    server.will_answer(f"{TOKEN}".encode(), status=429)
    server.will("reset")
    server.will("silence")
    caught = []
    for _ in range(6):
        with pytest.raises(QBOError) as error:
            qbo.create("Invoice", INVOICE, "r")
        caught.append(error.value)
    return caught


def test_a_failing_run_shows_the_token_nowhere(
    caplog: pytest.LogCaptureFixture, failing: list[QBOError], qbo: QBOClient
) -> None:
    logging.getLogger("test").warning("client %r failed", qbo, exc_info=failing[-1])

    for error in failing:
        for text in (str(error), repr(error), str(error.__dict__)):
            assert TOKEN not in text
        assert error.__context__ is None, "requests' own exception holds the request, and so the token"
    assert TOKEN not in repr(qbo)
    assert TOKEN not in caplog.text
    assert {type(error) for error in failing} >= {QBOTokenRefused, QBOUnavailable, QBOThrottled, QBOUnreachable}


def test_the_debug_log_holds_no_token(caplog: pytest.LogCaptureFixture, qbo: QBOClient, server: Server) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3")
    server.will_answer({"Invoice": {"Id": "1"}})

    qbo.create("Invoice", INVOICE, "r")

    assert caplog.records, "urllib3 logs each request"
    assert all(TOKEN not in json.dumps([record.getMessage(), str(record.args)]) for record in caplog.records)
