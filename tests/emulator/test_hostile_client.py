"""Whatever is sent, the answer is a fault of QuickBooks, never a failure of the emulator."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbo_emulator.tables import BY_PATH
from qbo_emulator.testing import RunningEmulator
from tests.emulator.conftest import RawClient, error_of

DEEP = 200_000
BODIES = {
    "empty": b"",
    "no JSON": b"{nope",
    "a trailing comma": b'{"DisplayName": "x",}',
    "a list": b"[]",
    "a string": b'"x"',
    "a number": b"1",
    "null": b"null",
    "NaN": b'{"Balance": NaN}',
    "two documents": b"{} {}",
    "a long number": b'{"Line": ' + b"9" * 5000 + b"}",
    "an exponent": b'{"DisplayName": "x", "Taxable": 1e999999999999999999999}',
    "a surrogate": b'{"DisplayName": "\\ud800"}',
    "a surrogate in a name": b'{"\\ud800": 1}',
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a deep line": b'{"Line": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "10 MB of text": b'{"DisplayName": "' + b"x" * 10_000_000 + b'"}',
    "10 MB of nothing": b" " * 10_000_000,
    "an unknown name of 1 MB": b'{"' + b"x" * 1_000_000 + b'": 1}',
    "XML": b"<Customer><DisplayName>x</DisplayName></Customer>",
    "a null byte": b'{"DisplayName": "a\\u0000b"}',
}


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


@pytest.mark.parametrize("path", ["customer", "invoice", "batch", "preferences", "companyinfo"])
@pytest.mark.parametrize("name", BODIES)
def test_bad_bodies(qbo, path, name):
    error = error_of(qbo.send(path, BODIES[name]))
    assert error["code"] in {"2010", "2020", "2040", "2050"}
    assert len(error["Detail"]) < 2000
    assert qbo.get("customer/1").status_code == 200


@pytest.mark.parametrize("path", ["customer", "batch", "query"])
def test_bad_utf_8_is_500_unsupported_operation(qbo, path):
    error = error_of(qbo.send(path, b'{"DisplayName": "\xff\xfe"}'))
    assert error["code"] == "500"
    assert error["Detail"] == (
        "Operation MalformedByteSequenceException: Invalid byte 1 of 1-byte UTF-8 sequence is not supported."
    )


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM Customer WHERE DisplayName = '" + "x" * 200_000 + "'",
        "SELECT * FROM Customer WHERE DisplayName LIKE '" + "%x" * 40_000 + "'",
        "SELECT * FROM Customer WHERE DisplayName LIKE '" + "x" * 5_000 + "'",
        "SELECT * FROM Customer WHERE Id IN (" + ",".join(["'1'"] * 20_000) + ")",
        "SELECT * FROM Customer WHERE " + " AND ".join(["Id = '1'"] * 2_000),
        "SELECT * FROM Customer WHERE Id = '" + "9" * 400 + "' AND Nothing = 1",
        "SELECT " + ",".join(["Nothing"] * 9_000) + " FROM Customer",
        "SELECT * FROM Customer STARTPOSITION 99999999999999999999999",
        "SELECT * FROM Customer WHERE DisplayName = 'x'; DROP TABLE entities",
        "SELECT * FROM Customer WHERE Balance = '1e9999999999999999999'",
        "SELECT * FROM Customer WHERE MetaData.CreateTime > '0001-01-01' AND Line = '1'",
        "(" * 50_000,
    ],
)
def test_bad_statements(qbo, statement):
    assert error_of(qbo.query(statement))["code"] in {"4000", "4001"}
    batch = qbo.post("batch", {"BatchItemRequest": [{"bId": "1", "Query": statement}]})
    assert "Fault" in batch.json()["BatchItemResponse"][0]


def test_quotes_in_a_value_stay_a_value(qbo):
    before = len(qbo.rows("SELECT * FROM Customer"))
    for value in ("x' OR 1=1 --", 'x" OR ""="', "'; DROP TABLE entities; --", "%", "\\"):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        assert qbo.rows(f"SELECT * FROM Customer WHERE DisplayName = '{escaped}'") == []
    assert len(qbo.rows("SELECT * FROM Customer")) == before > 0


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.just("1"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "Id", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
members = st.sampled_from(
    [
        "Id", "SyncToken", "sparse", "DisplayName", "Active", "Line", "CustomerRef", "BillAddr", "Name", "Type",
        "TxnTaxDetail", "DocNumber", "TxnDate", "DueDate", "Deposit", "CustomField", "MetaData", "UnitPrice",
        "AccountType", "DueDays", "ParentRef", "LinkedTxn", "SalesTermRef", "Nonsense", "PrimaryEmailAddr",
        "SalesFormsPrefs", "AccountingInfoPrefs", "NameValue", "QtyOnHand", "AcctNum", "EmailStatus",
    ]
)  # fmt: skip
line_members = st.sampled_from(
    ["Id", "LineNum", "Amount", "DetailType", "Description", "SalesItemLineDetail", "DiscountLineDetail", "LinkedTxn"]
)
lines = st.fixed_dictionaries(
    {"DetailType": st.sampled_from(["SalesItemLineDetail", "DescriptionOnly", "DiscountLineDetail"]), "Amount": values},
    optional={
        "SalesItemLineDetail": st.dictionaries(
            st.sampled_from(["ItemRef", "Qty", "UnitPrice", "TaxCodeRef", "ServiceDate", "MarkupInfo"]),
            values | st.just({"value": "1"}), max_size=4,
        ),
        "DiscountLineDetail": st.dictionaries(
            st.sampled_from(["PercentBased", "DiscountPercent", "DiscountAccountRef", "Discount"]), values, max_size=3
        ),
        "Id": values, "LineNum": values, "Description": values,
    },
)  # fmt: skip


@settings(max_examples=250, suppress_health_check=list(HealthCheck))
@given(path=st.sampled_from(sorted(BY_PATH)),
       body=st.dictionaries(members, values | st.lists(lines, max_size=3), max_size=6),
       operation=st.sampled_from(["", "delete", "void", "update"]))  # fmt: skip
def test_no_body_makes_the_emulator_fail(qbo, path, body, operation):
    answer = qbo.send(f"{path}?operation={operation}", json.dumps(body).encode())
    assert answer.status_code in (200, 400), answer.text


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(body=st.lists(lines | values, max_size=4), more=st.dictionaries(members, values, max_size=3))
def test_no_lines_make_the_emulator_fail(qbo, body, more):
    invoice = {"CustomerRef": {"value": "1"}, **more, "Line": body}
    answer = qbo.send("invoice", json.dumps(invoice).encode())
    assert answer.status_code in (200, 400), answer.text


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(
    words=st.lists(
        st.sampled_from(
            ["SELECT", "*", "FROM", "Customer", "WHERE", "Id", "=", "'1'", "AND", "IN", "(", ")", ",", "LIKE", "'%'",
             "ORDERBY", "DESC", "STARTPOSITION", "MAXRESULTS", "1", "-1", "1.5", "count(*)", "true", "Balance", ">", "\\"]
        ),
        max_size=14,
    )
)  # fmt: skip
def test_no_statement_makes_the_emulator_fail(qbo, words):
    assert qbo.query(" ".join(words)).status_code in (200, 400)
    assert qbo.query("SELECT * FROM Customer " + " ".join(words)).status_code in (200, 400)


def test_raw_nonsense_on_the_socket_leaves_the_server_alive(emulator, qbo):
    address = urlsplit(emulator.url)
    for sent in (
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /v3/company/1/customer HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /v3/company/1/customer HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST /v3/company/1/customer HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
    ):
        with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
            connection.sendall(sent)
            connection.settimeout(5)
            connection.recv(1000)
    assert qbo.get("customer/1").status_code == 200


@pytest.mark.parametrize("path", ["/v3/company/%00/customer/1", "/v3/company//customer", "/app/%ff", "/connect/oauth2"])
def test_odd_addresses(emulator, path):
    assert requests.get(emulator.url + path, timeout=10).status_code < 500
