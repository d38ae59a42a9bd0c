"""Connecting, with Intuit's own client where it has a method for it."""

import base64
import re
from concurrent.futures import ThreadPoolExecutor
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


def page_of(emulator: RunningEmulator, **change: str) -> requests.Response:
    """The consent page of a request for authorization."""
    good = {"client_id": "emulator-client", "redirect_uri": CALLBACK, "response_type": "code",
            "scope": "com.intuit.quickbooks.accounting", "state": "s"}  # fmt: skip
    return requests.get(f"{emulator.url}/connect/oauth2", params=good | change, timeout=10)


def tokens_for(emulator: RunningEmulator, scope: str) -> dict[str, str]:
    """Tokens of a person who agreed to these scopes."""
    form = {"client_id": "emulator-client", "redirect_uri": CALLBACK, "scope": scope, "answer": "connect"}
    form["realm"] = emulator.realms()[0]
    back = requests.post(f"{emulator.url}/connect/oauth2", data=form, allow_redirects=False, timeout=10)
    assert "state" not in back.headers["Location"]
    (code,) = parse_qs(urlsplit(back.headers["Location"]).query)["code"]
    answer = token_call(emulator, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert answer.status_code == 200
    return dict(answer.json())


def test_sandbox_and_production_differ_in_userinfo_only(emulator):
    sandbox, production = (
        requests.get(f"{emulator.url}/.well-known/{name}", timeout=10).json()
        for name in ("openid_sandbox_configuration", "openid_configuration")
    )
    assert {key for key in sandbox if sandbox[key] != production[key]} == {"userinfo_endpoint"}
    assert set(sandbox) == {
        "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "revocation_endpoint", "jwks_uri",
        "response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported",
        "scopes_supported", "token_endpoint_auth_methods_supported", "claims_supported",
    }  # fmt: skip
    assert requests.get(sandbox["jwks_uri"], timeout=10).json() == {"keys": []}


def test_the_consent_page_says_what_is_asked_for_and_cannot_be_framed(emulator):
    page = page_of(emulator, scope="com.intuit.quickbooks.accounting openid email")
    assert "Read and change the accounting data of the company" in page.text
    assert "See your e-mail address" in page.text
    assert "Take payments" not in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_restricted_scopes_are_refused_in_words(emulator):
    page = page_of(emulator, scope="com.intuit.quickbooks.accounting com.intuit.quickbooks.payroll")
    assert page.status_code == 400
    assert "Invalid permissions requested" in page.text


def test_only_registered_addresses_are_good_when_some_are_registered():
    running = RunningEmulator(redirect_uris=[CALLBACK])
    try:
        assert page_of(running).status_code == 200
        for other in (CALLBACK + "/", "http://localhost:9/callback", "http://127.0.0.1:9/other"):
            page = page_of(running, redirect_uri=other)
            assert page.status_code == 400
            assert "not registered" in page.text
    finally:
        running.stop()


def test_a_code_used_twice_ends_the_connection_it_made(emulator, auth):
    code = consent(auth, emulator.realms()[0])["code"]
    auth.get_bearer_token(code)
    first = auth.refresh_token
    bystander = emulator.connection()["refresh_token"]
    assert token_call(emulator, grant_type="authorization_code", code=code, redirect_uri=CALLBACK).status_code == 400
    assert token_call(emulator, grant_type="refresh_token", refresh_token=first).json()["error"] == "invalid_grant"
    assert token_call(emulator, grant_type="refresh_token", refresh_token=bystander).status_code == 200


def test_a_switch_keeps_the_connection_of_a_code_used_twice(emulator, auth):
    emulator.switch(keep_connection_on_reused_code=True)
    code = consent(auth, emulator.realms()[0])["code"]
    auth.get_bearer_token(code)
    assert token_call(emulator, grant_type="authorization_code", code=code, redirect_uri=CALLBACK).status_code == 400
    assert token_call(emulator, grant_type="refresh_token", refresh_token=auth.refresh_token).status_code == 200


def test_a_switch_lets_the_previous_refresh_token_live_a_day(emulator, auth):
    emulator.switch(previous_refresh_token_lives_a_day=True)
    first = emulator.connection()["refresh_token"]
    emulator.advance(DAY + 60)
    second = token_call(emulator, grant_type="refresh_token", refresh_token=first).json()["refresh_token"]
    assert second != first
    late = token_call(emulator, grant_type="refresh_token", refresh_token=first)
    assert (late.status_code, late.json()["refresh_token"]) == (200, second)
    emulator.advance(DAY + 60)
    assert token_call(emulator, grant_type="refresh_token", refresh_token=first).status_code == 400


@pytest.mark.parametrize(("switched", "lives"), [(False, True), (True, False)])
def test_a_refresh_token_ends_after_101_days_or_100_by_switch(emulator, switched, lives):
    emulator.switch(refresh_tokens_live_100_days=switched)
    token = emulator.connection()["refresh_token"]
    emulator.advance(100 * DAY + 60)
    answer = token_call(emulator, grant_type="refresh_token", refresh_token=token)
    assert (answer.status_code == 200) == lives


def test_refreshing_does_not_go_beyond_five_years(emulator):
    token = emulator.connection()["refresh_token"]
    headers = {"x-include-refresh-token-hard-expires-in": "true"}
    for _ in range(18):
        emulator.advance(100 * DAY)
        answer = requests.post(
            f"{emulator.url}/oauth2/v1/tokens/bearer",
            data={"grant_type": "refresh_token", "refresh_token": token},
            auth=("emulator-client", "emulator-secret"),
            headers=headers,
            timeout=10,
        ).json()
        token = answer["refresh_token"]
    assert answer["x_refresh_token_expires_in"] == answer["x_refresh_token_hard_expires_in"] <= 25 * DAY
    emulator.advance(26 * DAY)
    late = token_call(emulator, grant_type="refresh_token", refresh_token=token)
    assert late.json() == {"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"}


def test_refreshes_at_once_with_one_token_answer_with_one_new_token(emulator):
    token = emulator.connection()["refresh_token"]
    emulator.advance(DAY - 5)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: token_call(emulator, grant_type="refresh_token", refresh_token=token), range(16))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["refresh_token"] for answer in answers} == {token}
    emulator.advance(60)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: token_call(emulator, grant_type="refresh_token", refresh_token=token), range(16))
        )
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 15]


def test_a_switch_takes_refreshes_at_once_for_a_theft(emulator):
    emulator.switch(revoke_on_concurrent_refresh=True)
    token = emulator.connection()["refresh_token"]
    assert token_call(emulator, grant_type="refresh_token", refresh_token=token).status_code == 200
    assert token_call(emulator, grant_type="refresh_token", refresh_token=token).status_code == 200
    emulator.latency(base="500ms")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: token_call(emulator, grant_type="refresh_token", refresh_token=token), range(2)))
    emulator.latency()
    assert token_call(emulator, grant_type="refresh_token", refresh_token=token).json()["error"] == "invalid_grant"


def test_the_client_may_say_who_it_is_in_the_form(emulator):
    token = emulator.connection()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "emulator-client"}
    url = f"{emulator.url}/oauth2/v1/tokens/bearer"
    assert requests.post(url, data=form | {"client_secret": "emulator-secret"}, timeout=10).status_code == 200
    for wrong in ({"client_secret": "no"}, {}):
        answer = requests.post(url, data=form | wrong, timeout=10)
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x", "redirect_uri": "http://x/"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({}, "invalid_request"),
    ],
)
def test_refusals_of_the_token_endpoint(emulator, form, error):
    answer = token_call(emulator, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.headers["intuit_tid"].startswith("1-")
    assert answer.headers["Date"]


def test_a_token_request_that_is_no_form_is_refused(emulator):
    body = {"grant_type": "refresh_token", "refresh_token": emulator.connection()["refresh_token"]}
    url, basic = f"{emulator.url}/oauth2/v1/tokens/bearer", ("emulator-client", "emulator-secret")
    answer = requests.post(url, json=body, auth=basic, timeout=10)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    answer = requests.get(url, params=body, auth=basic, timeout=10)
    assert (answer.status_code, answer.json()) == (405, {"error": "invalid_request"})
    assert token_call(emulator, grant_type="refresh_token", refresh_token="x" * 1_000_000).status_code in (400, 413)


def test_revoking_answers_nothing_and_an_unknown_token_is_400(emulator):
    token = emulator.connection()["refresh_token"]
    url, basic = f"{emulator.url}/v2/oauth2/tokens/revoke", ("emulator-client", "emulator-secret")
    assert requests.post(url, json={"token": token}, auth=("emulator-client", "no"), timeout=10).status_code == 401
    answer = requests.post(url, json={"token": token}, auth=basic, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")
    for body in ({"token": token}, {"token": "unknown"}, {}, []):
        answer = requests.post(url, json=body, auth=basic, timeout=10)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_who_connected_is_told_to_those_who_asked(emulator, auth):
    tokens = tokens_for(emulator, "com.intuit.quickbooks.accounting openid profile email phone address")
    assert "id_token" not in tokens
    person = auth.get_user_info(tokens["access_token"]).json()
    assert set(person) == {
        "sub", "email", "emailVerified", "givenName", "familyName", "phoneNumber", "phoneNumberVerified", "address",
    }  # fmt: skip
    less = auth.get_user_info(tokens_for(emulator, "openid email")["access_token"]).json()
    assert (set(less), less["sub"]) == ({"sub", "email", "emailVerified"}, person["sub"])


def test_who_connected_is_not_told_without_the_scope_or_a_token(emulator, auth):
    for path in ("/v1/openid_connect/userinfo", "/sandbox/v1/openid_connect/userinfo"):
        headers = {"Authorization": f"Bearer {emulator.connection()['access_token']}"}
        assert requests.get(emulator.url + path, headers=headers, timeout=10).status_code == 403
        assert requests.get(emulator.url + path, timeout=10).status_code == 401
    with pytest.raises(AuthClientError):
        auth.get_user_info("nothing-of-ours-nothing-of-ours")


def test_a_token_without_the_accounting_scope_opens_no_books(emulator):
    token = tokens_for(emulator, "openid email")["access_token"]
    url = f"{emulator.api_url}/company/{emulator.realms()[0]}/customer/1"
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    answer = requests.get(url, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["fault"]["error"][0]["code"]) == (403, "3100")
