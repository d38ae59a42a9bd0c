"""A page of another site, open in the same browser, changes nothing here."""

from contextlib import contextmanager

import pytest
import requests

from qbo_emulator.app import create_app
from qbo_emulator.emulator import Emulator
from tests.emulator.test_crash import process

EVERYWHERE = "0.0.0.0"  # noqa: S104 - what a container listens on
ELSEWHERE = {"Origin": "http://elsewhere.example"}
CONSENT = {
    "client_id": "emulator-client", "redirect_uri": "http://elsewhere.example/cb", "answer": "connect",
    "scope": "com.intuit.quickbooks.accounting", "realm": "9341450000000001",
}  # fmt: skip


@contextmanager
def client(host):
    """The application as it is when the server listens on an address."""
    emulator = Emulator(company="empty")
    try:
        yield create_app(emulator, host).test_client()
    finally:
        emulator.close()


@pytest.mark.parametrize(
    "headers",
    [
        ELSEWHERE, {"Origin": "null"}, {"Origin": "http://["}, {"Origin": "http://127.0.0.1:1"}, {"Origin": "file://"},
        {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://elsewhere.example", "Host": "elsewhere.example"},
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/_emulator/reset", "/_emulator/webhooks", "/connect/oauth2", "/app/{}/settings/switches"]
)
def test_what_another_site_sends_is_refused(emulator, qbo, headers, path):
    kept = qbo.create("Customer", {"DisplayName": "Still here"})
    body = CONSENT if path == "/connect/oauth2" else '{"url": "http://elsewhere.example/"}'
    address = emulator.url + path.format(qbo.realm)
    answer = requests.post(address, data=body, headers=headers, allow_redirects=False, timeout=10)
    assert answer.status_code == 403
    if path.startswith("/_emulator"):
        assert "another site" in answer.json()["error"]
    assert qbo.get(f"customer/{kept['Id']}").status_code == 200
    assert requests.get(f"{emulator.url}/_emulator/webhooks", timeout=10).json()["endpoint"] is None


def test_deleting_is_refused_and_reading_is_not(emulator):
    emulator.fault(action="delay", match={"path_glob": "*/nothing"})
    assert requests.delete(f"{emulator.url}/_emulator/faults", headers=ELSEWHERE, timeout=10).status_code == 403
    assert len(requests.get(f"{emulator.url}/_emulator/faults", headers=ELSEWHERE, timeout=10).json()) == 1
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    page = {name: CONSENT[name] for name in ("client_id", "redirect_uri", "scope")}
    answer = requests.get(f"{emulator.url}/connect/oauth2", params=page, headers=linked, timeout=10)
    assert answer.status_code == 200


def test_its_own_pages_and_programs_are_taken(emulator):
    for headers in ({}, {"Origin": emulator.url, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        assert requests.post(f"{emulator.url}/_emulator/reset", headers=headers, timeout=10).status_code == 200
    named = emulator.url.replace("127.0.0.1", "localhost")
    headers = {"Origin": named, "Host": named.removeprefix("http://")}
    assert requests.post(f"{emulator.url}/_emulator/reset", headers=headers, timeout=10).status_code == 200


def test_calls_of_the_api_may_carry_an_origin(qbo):
    answer = qbo.session.post(qbo.url("customer"), json={"DisplayName": "A script"}, headers=ELSEWHERE, timeout=10)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("listens", "name", "status"),
    [(EVERYWHERE, "emulator", 200), ("::", "emulator", 200), ("emulator", "emulator", 200), ("127.0.0.1", "emulator", 403)],
)  # fmt: skip
def test_its_name_is_a_loopback_address_or_the_one_it_listens_on(listens, name, status):
    with client(listens) as browser:
        headers = {"Origin": f"http://{name}:8100", "Host": f"{name}:8100"}
        assert browser.post("/_emulator/reset", headers=headers).status_code == status


def test_the_command_line_says_where_it_listens(tmp_path):
    with process(tmp_path / "books.db", "--host", EVERYWHERE) as (_, url):
        headers = {"Origin": "http://emulator:8100", "Host": "emulator:8100"}
        assert requests.post(f"{url}/_emulator/reset", headers=headers, timeout=10).status_code == 200


@pytest.mark.parametrize("address", ["http://x/a\r\nSet-Cookie: a=b", "http://x/a b", "http://x/\x00", " http://x/"])
def test_a_redirect_address_that_no_header_can_hold_is_refused(emulator, qbo, address):
    given = {**CONSENT, "redirect_uri": address, "realm": qbo.realm}
    for method in ("GET", "POST"):
        sent = {"params": given} if method == "GET" else {"data": given}
        answer = requests.request(method, f"{emulator.url}/connect/oauth2", allow_redirects=False, timeout=10, **sent)
        assert answer.status_code == 400, answer.text
