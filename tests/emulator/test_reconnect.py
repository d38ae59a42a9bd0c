"""The address that leads a person whose connection has ended for good back to the consent page."""

import re
from urllib.parse import parse_qs, urlsplit

import requests

from qbo_emulator.testing import RunningEmulator

PATH = "/app/connect/oauth2/request"


def test_it_leads_to_consent_for_that_company_and_the_registered_address():
    running = RunningEmulator(redirect_uris=("http://app.example/callback", "http://app.example/other"))
    try:
        realm = running.realms()[1]
        asked = {"appId": "emulator-client", "realmId": realm, "mode": "reconnect"}
        page = requests.get(running.url + PATH, params=asked, timeout=10)
        assert (page.status_code, urlsplit(page.url).path) == (200, "/connect/oauth2")
        given = parse_qs(urlsplit(page.url).query)
        assert given["redirect_uri"] == ["http://app.example/callback"]
        assert re.findall(r'value="(\d{10,})"', page.text)[0] == realm
        for wrong in ({"appId": "nobody"}, {"realmId": "1"}):
            refused = requests.get(running.url + PATH, params=asked | wrong, timeout=10)
            assert refused.status_code == 400
            assert "cannot be connected" in refused.text
    finally:
        running.stop()


def test_without_a_registered_address_it_says_what_is_missing(emulator):
    asked = {"appId": "emulator-client", "realmId": emulator.realms()[0], "mode": "reconnect"}
    page = requests.get(emulator.url + PATH, params=asked, timeout=10)
    assert page.status_code == 400
    assert "--redirect-uri" in page.text
