"""Which apps are connected to a company, and what disconnecting one does."""

import re

import pytest
from intuitlib.client import AuthClient
from intuitlib.exceptions import AuthClientError

from tests.emulator.bookkeeper import Bookkeeper
from tests.emulator.conftest import RawClient
from tests.emulator.test_webhooks import hook, receiver  # noqa: F401 - fixtures

DISCONNECT = "/disconnect?app=emulator-client"


@pytest.fixture
def person(emulator, qbo):
    someone = Bookkeeper(emulator, qbo.realm)
    yield someone
    someone.close()


def test_settings_say_since_when_an_app_is_connected_and_how_old_its_refresh_token_is(emulator, qbo, person, auth):
    shown = person.open("/settings").text
    since = f"{emulator.now():%Y-%m-%d}"
    assert f"emulator-client {since}" in shown
    assert re.search("less than a minute old ends in 10[01] days unless it is used", shown)
    assert "connected to emulator-client" in person.open().text
    emulator.advance(26 * 3600)
    assert "1 day old" in person.open("/settings").text
    auth.refresh(qbo.connection["refresh_token"])
    after = person.open("/settings")
    assert "less than a minute old" in after.text
    assert f"emulator-client {since}" in after.text
    for secret in (qbo.connection["refresh_token"], auth.refresh_token, auth.access_token):
        assert secret not in after.answer.text


def test_disconnecting_says_what_it_means_and_ends_every_token(emulator, qbo, person, auth):
    asked = person.open(DISCONNECT).text
    for words in ("401", "invalid_grant", "No webhooks tell", "Nothing in the books changes"):
        assert words in asked
    other = RawClient(emulator, emulator.realms()[1])
    second = RawClient(emulator, qbo.realm)
    assert qbo.get("customer/1").status_code == 200
    done = person.press(DISCONNECT, "Disconnect")
    assert "emulator-client is disconnected from Harbor & Pine Provisions LLC." in done.said
    assert "No app is connected" in done.text
    for client in (qbo, second):
        refused = client.get("customer/1")
        assert refused.status_code == 401
        assert "Token revoked" in refused.text
    with pytest.raises(AuthClientError) as failed:
        auth.refresh(qbo.connection["refresh_token"])
    assert "invalid_grant" in str(failed.value.content)
    assert other.get("customer/1").status_code == 200
    other.session.close()
    second.session.close()


def test_a_disconnected_company_is_not_told_of_and_can_be_connected_again(emulator, qbo, person, hook):  # noqa: F811 - the fixture
    person.press(DISCONNECT, "Disconnect")
    person.press("/customers/new", "Save customer", DisplayName="Unheard")
    assert emulator.drain_webhooks()
    assert hook.received == []
    again = RawClient(emulator, qbo.realm)
    assert again.first("Customer", "WHERE DisplayName = 'Unheard'")["Active"] is True
    assert "emulator-client" in person.open("/settings").text
    again.session.close()


def test_an_app_that_is_not_connected_cannot_be_disconnected(emulator, person):
    person.open("/disconnect?app=another", status=404)
    assert person.session.post(f"{person.base}/disconnect", data={"app": ""}, timeout=20).status_code == 404
    person.press(DISCONNECT, "Disconnect")
    person.open(DISCONNECT, status=404)


def test_the_page_of_consent_says_where_to_disconnect(emulator, person, auth: AuthClient):
    query = "client_id=emulator-client&redirect_uri=http://127.0.0.1:9/cb&scope=com.intuit.quickbooks.accounting"
    text = person.open(f"{emulator.url}/connect/oauth2?{query}&response_type=code").text
    assert "disconnect it at any time in the company's Settings" in text
