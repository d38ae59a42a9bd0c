"""Connecting, with Intuit's own client where it has a method for it."""

import base64
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError

from qbo_emulator.testing import RunningEmulator
from tests.emulator.conftest import RawClient

CALLBACK = "http://127.0.0.1:9/callback"
DAY = 24 * 3600


def consent(auth: AuthClient, realm: str, answer: str = "connect") -> dict[str, str]:
    """Open the consent page, press a button, and read the address the browser is sent to."""
    url = auth.get_authorization_url([Scopes.ACCOUNTING], "state-1")
    page = requests.get(url, timeout=10)
    assert page.status_code == 200
    assert realm in page.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    form = {**hidden, "realm": realm, "answer": answer}
    back = requests.post(url.split("?")[0], data=form, allow_redirects=False, timeout=10)
    assert back.status_code == 302
    assert back.headers["Location"].startswith(f"{CALLBACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(back.headers["Location"]).query).items()}


def token_call(emulator: RunningEmulator, credentials: str = "emulator-client:emulator-secret", **form: str):
    headers = {"Authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}
    return requests.post(f"{emulator.url}/oauth2/v1/tokens/bearer", data=form, headers=headers, timeout=10)


@pytest.mark.parametrize("name", ["openid_configuration", "openid_sandbox_configuration"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_discovery_names_addresses_of_the_host_that_was_asked(emulator, name, slash):
    document = requests.get(f"{emulator.url}/.well-known/{name}{slash}", timeout=10).json()
    addresses = [value for key, value in document.items() if key.endswith(("_endpoint", "_uri"))]
    assert len(addresses) == 5
    assert all(address.startswith(emulator.url) for address in addresses)


def test_a_person_connects_and_the_app_gets_tokens_for_that_company(emulator, auth):
    realm = emulator.realms()[1]
    answer = consent(auth, realm)
    assert answer["state"] == "state-1"
    assert answer["realmId"] == realm
    auth.get_bearer_token(answer["code"], realm_id=realm)
    assert auth.expires_in == 3600
    assert auth.x_refresh_token_expires_in == 8726400
    url = f"{emulator.api_url}/company/{realm}/companyinfo/{realm}"
    info = requests.get(url, headers={"Authorization": f"Bearer {auth.access_token}"}, timeout=10)
    assert info.json()["CompanyInfo"]["CompanyName"] == "Northwind Pantry Inc"


def test_a_person_who_cancels_is_sent_back_with_access_denied(emulator, auth):
    assert consent(auth, emulator.realms()[0], "cancel") == {"error": "access_denied", "state": "state-1"}


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "somebody"},
        {"redirect_uri": "http://x/back?with=query"},
        {"redirect_uri": "javascript:alert(1)"},
        {"scope": "everything"},
        {"scope": ""},
    ],
)
def test_a_wrong_request_for_consent_is_explained_and_goes_nowhere(emulator, change):
    good = {"client_id": "emulator-client", "redirect_uri": CALLBACK, "scope": "com.intuit.quickbooks.accounting"}
    page = requests.get(f"{emulator.url}/connect/oauth2", params=good | change, allow_redirects=False, timeout=10)
    assert page.status_code == 400
    assert "cannot be connected" in page.text


def test_a_code_works_once_and_only_with_its_redirect_uri(emulator, auth):
    code = consent(auth, emulator.realms()[0])["code"]
    wrong = token_call(emulator, grant_type="authorization_code", code=code, redirect_uri="http://elsewhere/")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    auth.get_bearer_token(code)
    with pytest.raises(AuthClientError) as again:
        auth.get_bearer_token(code)
    assert again.value.status_code == 400
    assert b"invalid_grant" in again.value.content
    assert again.value.intuit_tid


def test_a_code_expires(emulator, auth):
    code = consent(auth, emulator.realms()[0])["code"]
    emulator.advance(3600)
    with pytest.raises(AuthClientError):
        auth.get_bearer_token(code)


def test_the_refresh_token_stays_for_a_day_and_is_then_replaced(emulator, auth):
    first = emulator.connection()["refresh_token"]
    auth.refresh(first)
    assert auth.refresh_token == first
    emulator.advance(DAY + 60)
    auth.refresh(first)
    assert auth.refresh_token != first
    assert auth.x_refresh_token_expires_in == 8726400
    with pytest.raises(AuthClientError) as stale:
        auth.refresh(first)
    assert stale.value.status_code == 400
    assert b"Incorrect or invalid refresh token" in stale.value.content


def test_the_life_of_a_refresh_token_counts_down_from_its_issue(emulator, auth):
    token = emulator.connection()["refresh_token"]
    emulator.advance(1000)
    auth.refresh(token)
    assert 8726400 - 1010 <= auth.x_refresh_token_expires_in <= 8726400 - 1000
    emulator.advance(8726400)
    with pytest.raises(AuthClientError):
        auth.refresh(token)


def test_the_hard_expiry_is_told_to_those_who_ask_for_it(emulator):
    token = emulator.connection()["refresh_token"]
    plain = token_call(emulator, grant_type="refresh_token", refresh_token=token).json()
    assert "x_refresh_token_hard_expires_in" not in plain
    headers = {"x-include-refresh-token-hard-expires-in": "true"}
    answer = requests.post(
        f"{emulator.url}/oauth2/v1/tokens/bearer",
        data={"grant_type": "refresh_token", "refresh_token": token},
        auth=("emulator-client", "emulator-secret"),
        headers=headers,
        timeout=10,
    )
    assert 0 < answer.json()["x_refresh_token_hard_expires_in"] <= 157_680_000


def test_an_access_token_lives_an_hour(emulator, qbo):
    assert qbo.get("preferences").status_code == 200
    emulator.advance(3601)
    assert qbo.get("preferences").status_code == 401


@pytest.mark.parametrize("which", ["refresh_token", "access_token"])
def test_revoking_a_token_disconnects_the_company(emulator, auth, qbo, which):
    auth.revoke(qbo.connection[which])
    assert qbo.get("preferences").status_code == 401
    with pytest.raises(AuthClientError):
        auth.refresh(qbo.connection["refresh_token"])
    with pytest.raises(AuthClientError):
        auth.revoke(qbo.connection[which])


def test_revoking_one_company_leaves_the_other_connected(emulator, auth, qbo):
    other = RawClient(emulator, emulator.realms()[1])
    auth.revoke(qbo.connection["refresh_token"])
    assert other.get("preferences").status_code == 200
    other.session.close()


def test_wrong_credentials_are_an_invalid_client(emulator):
    token = emulator.connection()["refresh_token"]
    for credentials in ("emulator-client:wrong", "wrong:emulator-secret", "nothing"):
        answer = token_call(emulator, credentials, grant_type="refresh_token", refresh_token=token)
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_other_grants_are_refused(emulator):
    assert token_call(emulator, grant_type="password").json() == {"error": "unsupported_grant_type"}
    assert token_call(emulator).json() == {"error": "invalid_request"}
