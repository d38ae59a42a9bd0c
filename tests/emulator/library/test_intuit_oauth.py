"""Connecting, refreshing and disconnecting with intuit-oauth, with nothing but its public methods.

AuthClient is a requests session, so it plays the person's browser too.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError
from quickbooks import QuickBooks
from quickbooks.exceptions import AuthorizationException, QuickbooksException
from quickbooks.objects.company_info import CompanyInfo

from qbo_emulator.testing import RunningEmulator

CALLBACK = "http://127.0.0.1:9/callback"
DAY = 24 * 3600


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def stranger(emulator: RunningEmulator) -> Iterator[AuthClient]:
    """An app that knows the client's id and not its secret."""
    client = AuthClient("emulator-client", "not the secret", CALLBACK, emulator.discovery_url)
    yield client
    client.close()


def browse(auth: AuthClient, realm: str, button: str = "connect", state: str | None = None) -> dict[str, str]:
    """Open the consent page, choose a company, press a button, and read the address the browser is sent to."""
    url = auth.get_authorization_url([Scopes.ACCOUNTING], state)
    page = auth.get(url, timeout=10)
    assert page.status_code == 200
    assert "text/html" in page.headers["Content-Type"]
    assert realm in page.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    form = {**hidden, "realm": realm, "answer": button}
    back = auth.post(url.split("?")[0], data=form, allow_redirects=False, timeout=10)
    assert back.status_code == 302
    assert back.headers["Location"].startswith(f"{CALLBACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(back.headers["Location"]).query).items()}


def company_name(emulator: RunningEmulator, auth: AuthClient, realm: str) -> str:
    """What python-quickbooks says the company is called."""
    client = QuickBooks(auth_client=auth, refresh_token=auth.refresh_token, company_id=realm, minorversion=75)
    client.api_url_v3 = client.sandbox_api_url_v3 = emulator.api_url
    try:
        return str(CompanyInfo.get(realm, qb=client).CompanyName)
    finally:
        client.session.close()


def test_the_constructor_learns_the_addresses_from_the_discovery_document(emulator, auth):
    addresses = (
        auth.auth_endpoint, auth.token_endpoint, auth.revoke_endpoint, auth.user_info_url, auth.jwks_uri, auth.issuer_uri,
    )  # fmt: skip
    assert all(address.startswith(emulator.url) for address in addresses)
    assert len(set(addresses)) == 6


def test_a_discovery_document_that_is_not_there_is_an_error_of_the_library(emulator):
    with pytest.raises(AuthClientError) as missing:
        AuthClient("emulator-client", "emulator-secret", CALLBACK, f"{emulator.url}/.well-known/nothing")
    assert missing.value.status_code == 404


def test_a_person_connects_each_company(emulator, auth):
    for realm, name in zip(emulator.realms()[:2], ("Harbor & Pine", "Northwind Pantry"), strict=True):
        answer = browse(auth, realm)
        assert set(answer) == {"code", "state", "realmId"}
        assert (answer["state"], answer["realmId"]) == (auth.state_token, realm)
        auth.get_bearer_token(answer["code"], realm_id=answer["realmId"])
        assert (auth.expires_in, auth.x_refresh_token_expires_in, auth.realm_id) == (3600, 8726400, realm)
        assert auth.id_token is None
        assert company_name(emulator, auth, realm).startswith(name)


def test_a_person_who_refuses_is_sent_back_with_access_denied(emulator, auth):
    answer = browse(auth, emulator.realms()[0], "cancel", state="of-the-app")
    assert (answer.pop("error"), answer.pop("state")) == ("access_denied", "of-the-app")
    assert not {"code", "realmId"} & set(answer)


def test_a_code_buys_tokens_once(emulator, auth):
    code = browse(auth, emulator.realms()[0])["code"]
    auth.get_bearer_token(code)
    with pytest.raises(AuthClientError) as again:
        auth.get_bearer_token(code)
    assert again.value.status_code == 400
    assert b"invalid_grant" in again.value.content
    assert again.value.intuit_tid
    assert again.value.timestamp


def test_a_code_belongs_to_its_redirect_uri(emulator, auth):
    code = browse(auth, emulator.realms()[0])["code"]
    auth.redirect_uri = "http://127.0.0.1:9/elsewhere"
    with pytest.raises(AuthClientError, match="invalid_grant"):
        auth.get_bearer_token(code)


def test_an_invented_code_buys_nothing(auth):
    with pytest.raises(AuthClientError, match="invalid_grant"):
        auth.get_bearer_token("invented")


def test_refreshing_gives_a_new_access_token_and_after_a_day_a_new_refresh_token(emulator, auth):
    auth.get_bearer_token(browse(auth, emulator.realms()[0])["code"])
    access, refresh = auth.access_token, auth.refresh_token
    auth.refresh()
    assert auth.access_token != access
    assert auth.refresh_token == refresh
    emulator.advance(DAY + 60)
    auth.refresh()
    assert auth.refresh_token != refresh
    with pytest.raises(AuthClientError, match="Incorrect or invalid refresh token") as stale:
        auth.refresh(refresh)
    assert stale.value.status_code == 400


def test_quickbooks_refreshes_by_itself_when_it_has_no_access_token(emulator, auth):
    realm = emulator.realms()[0]
    auth.refresh_token = emulator.connection(realm)["refresh_token"]
    assert auth.access_token is None
    assert company_name(emulator, auth, realm).startswith("Harbor & Pine")
    assert auth.access_token


def test_an_expired_access_token_is_an_authorization_exception_until_refreshed(emulator, auth):
    realm = emulator.realms()[0]
    auth.get_bearer_token(browse(auth, realm)["code"])
    emulator.advance(3601)
    with pytest.raises(AuthorizationException) as expired:
        company_name(emulator, auth, realm)
    assert expired.value.error_code == 401
    auth.refresh()
    assert company_name(emulator, auth, realm)


def test_a_refresh_token_that_lay_unused_for_101_days_is_dead(emulator, auth):
    auth.get_bearer_token(browse(auth, emulator.realms()[0])["code"])
    emulator.advance(8726400 + 1)
    with pytest.raises(AuthClientError, match="invalid_grant"):
        auth.refresh()


@pytest.mark.parametrize("which", ["refresh_token", "access_token"])
def test_revoking_either_token_disconnects(emulator, auth, which):
    realm = emulator.realms()[0]
    auth.get_bearer_token(browse(auth, realm)["code"])
    assert auth.revoke(getattr(auth, which)) is True
    with pytest.raises(AuthorizationException):
        company_name(emulator, auth, realm)
    with pytest.raises(AuthClientError, match="invalid_grant"):
        auth.refresh()
    with pytest.raises(AuthClientError) as again:
        auth.revoke()
    assert again.value.status_code == 400


def test_a_wrong_secret_is_an_invalid_client(emulator, stranger):
    with pytest.raises(AuthClientError, match="invalid_client") as refused:
        stranger.refresh(emulator.connection()["refresh_token"])
    assert refused.value.status_code == 401
    with pytest.raises(AuthClientError, match="invalid_client"):
        stranger.revoke(emulator.connection()["refresh_token"])


def test_a_token_of_one_company_does_not_open_another(emulator, auth):
    first, second = emulator.realms()[:2]
    auth.get_bearer_token(browse(auth, first)["code"])
    client = QuickBooks(auth_client=auth, refresh_token=auth.refresh_token, company_id=second, minorversion=75)
    client.api_url_v3 = client.sandbox_api_url_v3 = emulator.api_url
    with pytest.raises(QuickbooksException, match="403"):
        CompanyInfo.get(second, qb=client)
    client.session.close()
