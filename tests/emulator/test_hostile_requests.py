"""Odd ids, parameters, uploads, change data capture and bytes on the socket are all answered or refused."""

import json
import re
import socket
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
import requests

from qbo_emulator.tables import ENTITIES
from qbo_emulator.testing import RunningEmulator
from tests.emulator.conftest import RawClient
from tests.emulator.hostile import RAW, check, refused

MEGABYTE = 1_000_000
IDS = (
    "abc", "-1", "0", "1.5", "1e3", "9" * 400, "%00", "%ff", "1%00", "%2e%2e%2f1", "1%2F2", "..", "%20", "%27", "%F0%9F%98%80", "NaN",
    "1;2", "%C3%28",
)  # fmt: skip
QUERIES = (
    "operation=foo", "operation=", "operation=%00", "operation=delete&operation=update", "operation=void&include=void",
    "include=%00", "include=" + "x," * 2000, "minorversion=abc", "minorversion=-1", "minorversion=" + "9" * 400, "%ff=%fe", "&&&", "=",
    "requestid=%00", "requestid=" + "x" * 51, "requestid=" + "x" * 5000, "requestid=%ff", "a[]=1&a[]=2", "x" * 5000,
)  # fmt: skip
PLACES = (*(name.lower() for name in ENTITIES), "batch", "taxservice/taxcode", "upload", "nonsense")


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


@pytest.mark.parametrize("name", RAW)
def test_no_path_takes_what_is_no_document(qbo, name):
    for place in PLACES:
        codes = check(qbo.send(place, RAW[name]))
        assert codes or name in {"nothing", "the same member twice", "a byte order mark"}, place
    assert qbo.get("companyinfo/1").status_code == 200


@pytest.mark.parametrize(
    "body", [b'{"DisplayName": "' + b"x" * 17 * MEGABYTE + b'"}', b" " * 17 * MEGABYTE], ids=["text", "nothing"]
)
def test_seventeen_megabytes_are_too_much(emulator, qbo, body):
    for place in (*PLACES, "query", "cdc"):
        refused(qbo.send(place, body))
    for place in ("webhooks", "faults", "clock"):
        answer = requests.post(f"{emulator.url}/_emulator/{place}", data=body, timeout=30)
        assert (answer.status_code, set(answer.json())) in ((400, {"error"}), (413, {"error"})), place
    assert qbo.get("companyinfo/1").status_code == 200


def test_odd_ids_are_refused(qbo):
    for place in (*PLACES[: len(ENTITIES)], "nonsense"):
        for odd in IDS:
            answer = qbo.get(f"{place}/{odd}")
            if answer.status_code != 404:
                check(answer)
    for odd in IDS:
        for action in ("pdf", "send", "nonsense", "pdf/pdf"):
            for answer in (qbo.get(f"invoice/{odd}/{action}"), qbo.send(f"invoice/{odd}/{action}", b"")):
                if answer.status_code != 404:
                    refused(answer)


def test_odd_parameters_are_answered(qbo):
    body = json.dumps({"Id": "1", "SyncToken": "0", "sparse": True}).encode()
    for place in (
        "customer",
        "invoice",
        "payment",
        "batch",
        "taxservice/taxcode",
        "query",
        "cdc",
        "upload",
        "invoice/1/send",
    ):
        for odd in QUERIES:
            check(qbo.send(f"{place}?{odd}", body))
            check(qbo.session.get(qbo.url(f"{place}?{odd}"), timeout=10))


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_not_served(qbo, method):
    for place in ("customer", "customer/1", "batch", "query"):
        answer = qbo.session.request(method, qbo.url(place), json={}, timeout=10)
        assert answer.status_code < 500 or answer.status_code == 501, (place, answer.text[:300])


CHANGES = (
    "", "entities=", "entities=Customer", "changedSince=2026-01-01", "entities=Nonsense&changedSince=2026-01-01",
    "entities=,,,&changedSince=2026-01-01", "entities=Customer&changedSince=yesterday", "entities=Customer&changedSince=",
    "entities=Customer&changedSince=9999-99-99", "entities=Customer&changedSince=0000-00-00", "entities=Customer&changedSince=%00",
    "entities=Customer&changedSince=2026-01-01T25:00:00", "entities=TaxCode&changedSince=2026-01-01", "entities=%ff&changedSince=%ff",
    "entities=Customer&changedSince=-9999-01-01", "entities=Customer&changedSince=0001-01-01T00:00:00%2B14:00",
    "entities=Customer&changedSince=9999-12-31T23:59:59-14:00", "entities=" + "Customer," * 700 + "&changedSince=2026-01-01",
)  # fmt: skip


@pytest.mark.parametrize("parameters", CHANGES)
def test_odd_questions_for_changes(qbo, parameters):
    check(qbo.session.get(qbo.url(f"cdc?{parameters}"), timeout=10))


@pytest.mark.parametrize(
    "body",
    [
        {"BatchItemRequest": None}, {"BatchItemRequest": {}}, {"BatchItemRequest": "x"}, {"BatchItemRequest": [[]]},
        {"BatchItemRequest": [None]}, {"BatchItemRequest": [{}]}, {"BatchItemRequest": [{"bId": []}]}, {"Nonsense": []},
        {"BatchItemRequest": [{"bId": "1"}, {"bId": "1"}]}, {"BatchItemRequest": [{"bId": "1", "Query": {}}]},
        {"BatchItemRequest": [{"bId": "1", "operation": "create"}]}, {"BatchItemRequest": [{"bId": "x" * 5000}]},
        {"BatchItemRequest": [{"bId": "1", "operation": "create", "Customer": {}, "Vendor": {}}]},
        {"BatchItemRequest": [{"bId": "1", "operation": "create", "BatchItemRequest": []}]},
        {"BatchItemRequest": [{"bId": "1", "optionsData": [], "operation": "update", "Payment": {}}]},
        {"BatchItemRequest": [{"bId": "1", "Query": "select", "operation": "delete", "Customer": {"Id": "1"}}]},
        {"BatchItemRequest": [{"bId": str(n), "Query": "select * from Customer"} for n in range(31)]},
    ],
)  # fmt: skip
def test_odd_batches(qbo, body):
    answer = qbo.post("batch", body)
    if not check(answer):
        for row in answer.json()["BatchItemResponse"]:
            assert "10000" not in json.dumps(row.get("Fault", {}))


BOUNDARY = b"--b\r\nContent-Disposition: form-data; name="
METADATA = BOUNDARY + b'"file_metadata_01"\r\nContent-Type: application/json\r\n\r\n%s\r\n'
CONTENT = BOUNDARY + b'"file_content_01"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n%s\r\n'
END = b"--b--\r\n"
UPLOADS = {
    "nothing": b"",
    "no part": END,
    "no end": CONTENT % b"x",
    "metadata alone": METADATA % b"{}" + END,
    "content alone": CONTENT % b"x" + END,
    "metadata that is no JSON": METADATA % b"{nope" + CONTENT % b"x" + END,
    "metadata that is a list": METADATA % b"[]" + CONTENT % b"x" + END,
    "metadata of wrong types": METADATA % b'{"FileName": [], "AttachableRef": {}, "Size": {}}' + CONTENT % b"x" + END,
    "references of wrong types": METADATA % b'{"AttachableRef": [{"EntityRef": []}]}' + CONTENT % b"x" + END,
    "a reference to nothing": METADATA
    % b'{"FileName": "a.png", "AttachableRef": [{"EntityRef": {"type": "Nonsense", "value": "\\u0000"}}]}'
    + CONTENT % b"x"
    + END,
    "deep metadata": METADATA % (b"[" * 50_000) + CONTENT % b"x" + END,
    "bad UTF-8": METADATA % b'{"FileName": "\xff"}' + CONTENT % b"x" + END,
    "bad base64": METADATA % b"{}"
    + CONTENT.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") % b"!!!"
    + END,
    "a name with a path": METADATA % b'{"FileName": "../../etc/passwd"}' + CONTENT % b"x" + END,
    "no headers": b"--b\r\n\r\n\r\n" + END,
    "a header of a megabyte": b"--b\r\nX: " + b"x" * MEGABYTE + b"\r\n\r\n\r\n" + END,
    "a thousand parts": (CONTENT % b"x") * 1000 + END,
    "an unknown part": BOUNDARY + b'"nonsense"\r\n\r\nx\r\n' + END,
}


@pytest.mark.parametrize("name", UPLOADS)
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=b", "multipart/form-data", "text/plain", ""])
def test_odd_uploads(qbo, name, kind):
    answer = qbo.session.post(qbo.url("upload"), data=UPLOADS[name], headers={"Content-Type": kind}, timeout=30)
    if not check(answer):
        for row in answer.json()["AttachableResponse"]:
            assert "10000" not in json.dumps(row.get("Fault", {}))


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer \xff\xfe", "Bearer " + "x" * 8000, "bearer a b c", "Digest x=1"]
)  # fmt: skip
def test_odd_authorizations_are_401(emulator, value):
    address = f"{emulator.api_url}/company/{emulator.realms()[0]}/customer/1"
    answer = requests.get(address, headers={"Authorization": value.encode("latin-1")}, timeout=10)
    assert answer.status_code == 401


def talk(emulator, sent: bytes, seconds: float = 5, shut: bool = True) -> bytes:
    """Send bytes, say that there are no more, and read everything that comes back."""
    address = urlsplit(emulator.url)
    with socket.create_connection((address.hostname, address.port), timeout=seconds) as connection:
        connection.sendall(sent)
        if shut:
            connection.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while part := connection.recv(65536):
                got += part
        except (TimeoutError, ConnectionError):
            pass
        return got


def head(qbo, *lines: str, place: str = "customer", method: str = "POST") -> bytes:
    """The first lines of a request with a good token."""
    path = urlsplit(qbo.url(place)).path
    fixed = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {qbo.connection['access_token']}"]
    return "\r\n".join([*fixed, "Content-Type: application/json", *lines, "", ""]).encode("latin-1")


BODY = b'{"DisplayName": "From the socket"}'
LIES = {
    "a length that is too long": (("Content-Length: 500",), BODY),
    "a length that is too short": (("Content-Length: 5",), BODY),
    "a negative length": (("Content-Length: -5",), BODY),
    "a length that is no number": (("Content-Length: five",), BODY),
    "a length of other digits": (("Content-Length: \u00b2",), BODY),
    "an enormous length": (("Content-Length: 99999999999999",), BODY),
    "two lengths": (("Content-Length: 5", f"Content-Length: {len(BODY)}"), BODY),
    "a length and chunks": ((f"Content-Length: {len(BODY)}", "Transfer-Encoding: chunked"), BODY),
    "chunks that are none": (("Transfer-Encoding: chunked",), b"zz\r\n" + BODY),
    "a negative chunk": (("Transfer-Encoding: chunked",), b"-1\r\n" + BODY),
    "an enormous chunk": (("Transfer-Encoding: chunked",), b"ffffffffffff\r\n" + BODY),
    "a chunk without an end": (("Transfer-Encoding: chunked",), b"5\r\nhello"),
    "chunks without a last one": (("Transfer-Encoding: chunked",), b"2\r\n{}\r\n"),
    "an unknown transfer encoding": (("Transfer-Encoding: gzip",), BODY),
    "an unknown content encoding": (("Content-Encoding: gzip", f"Content-Length: {len(BODY)}"), BODY),
    "an unknown character set": (("Content-Type: application/json; charset=nonsense", "Content-Length: 2"), b"{}"),
    "a header without a colon": (("nonsense", "Content-Length: 2"), b"{}"),
    "a header with an empty name": ((": x", "Content-Length: 2"), b"{}"),
    "a header of 70,000 characters": (("X-Long: " + "x" * 70_000, "Content-Length: 2"), b"{}"),
    "five hundred headers": ((*(f"X-{n}: x" for n in range(500)), "Content-Length: 2"), b"{}"),
    "a null byte in a header": (("X-Null: a\0b", "Content-Length: 2"), b"{}"),
    "an expectation": (("Expect: 100-continue", f"Content-Length: {len(BODY)}"), BODY),
    "an unknown expectation": (("Expect: nonsense", "Content-Length: 2"), b"{}"),
}


@pytest.mark.parametrize("name", LIES)
def test_lies_in_headers_harm_nobody(emulator, qbo, name):
    lines, body = LIES[name]
    got = talk(emulator, head(qbo, *lines) + body)
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", got)]
    assert all(status < 500 or status == 501 for status in statuses), got[:500]
    assert b'"10000"' not in got
    assert qbo.get("companyinfo/1").status_code == 200


@pytest.mark.parametrize("name", ["a length that is too long", "a chunk without an end", "chunks without a last one"])
def test_half_a_request_changes_nothing(emulator, qbo, name):
    lines, _ = LIES[name]
    body = json.dumps({"DisplayName": f"Half of {name}"}).encode()
    talk(emulator, head(qbo, *lines) + (body if "length" in name else b"%x\r\n%s\r\n" % (len(body), body)))
    assert qbo.rows(f"SELECT * FROM Customer WHERE DisplayName = 'Half of {name}'") == []


@pytest.mark.parametrize(
    "sent",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n\r\n\r\n",
     b"GET http://[ HTTP/1.1\r\n\r\n", b"GET //// HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET /%zz HTTP/1.1\r\nHost: \xff\r\n\r\n",
     b"POST /v3/company/1/batch HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close, x\r\n\r\n" * 3],
)  # fmt: skip
def test_other_protocols_leave_it_serving(emulator, qbo, sent):
    assert b'"10000"' not in talk(emulator, sent)
    assert qbo.get("companyinfo/1").status_code == 200


def test_requests_in_a_row_on_one_connection_are_answered_in_a_row(emulator, qbo):
    body = b'{"DisplayName": "Second in a row"}'
    two = head(qbo, "Content-Length: 2") + b"{}" + head(qbo, f"Content-Length: {len(body)}", "Connection: close") + body
    got = talk(emulator, two, shut=False)
    assert re.findall(rb"HTTP/1\.1 (\d{3}) ", got) == [b"400", b"200"]


def test_a_statement_in_the_address_may_be_anything(qbo):
    for statement in ("", "\x00", "select", "\u20ac", "'" * 3000, "select * from Customer where DisplayName = '\ud83d\ude00'".encode(
        "utf-16", "surrogatepass").decode("utf-16"), "%" * 3000):  # fmt: skip
        check(qbo.session.get(qbo.url(f"query?query={quote(statement)}"), timeout=10))
    check(qbo.session.get(qbo.url("query?query=%ff%fe"), timeout=10))
    check(qbo.session.get(qbo.url("query?query=select+*+from+Customer&query=x"), timeout=10))
