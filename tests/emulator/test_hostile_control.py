"""The paths that steer the emulator, and those that hand out tokens, explain what they do not take."""

import re

import pytest
import requests

from qbo_emulator.app import create_app
from tests.emulator.hostile import RAW


def test_every_control_path_explains_what_it_does_not_take(emulator):
    with requests.Session() as session:
        for rule in create_app(emulator.emulator).url_map.iter_rules():
            if (
                not rule.rule.startswith("/_emulator")
                or "POST" not in (rule.methods or ())
                or rule.rule.endswith("/drain")
            ):
                continue
            address = emulator.url + re.sub(r"<[^>]*>", "nothing", rule.rule)
            for body in RAW.values():
                answer = session.post(address, data=body, timeout=10)
                assert answer.status_code < 500, (rule.rule, body[:50], answer.text[:300])
                if answer.status_code >= 400:
                    assert answer.json()["error"], (rule.rule, body[:50])
            for value in (
                None,
                [],
                {},
                "x",
                -1,
                10**30,
                True,
                "\u0000",
                "file:///etc/passwd",
                "http://[",
                "http://x:99999",
            ):
                for name in (
                    "url",
                    "name",
                    "action",
                    "advance_seconds",
                    "company",
                    "realm_id",
                    "match",
                    "times",
                    "unicode",
                    "events",
                ):
                    answer = session.post(address, json={name: value}, timeout=10)
                    assert answer.status_code < 500, (rule.rule, name, value, answer.text[:300])
    emulator.stop_webhooks()


@pytest.mark.parametrize("path", ["/oauth2/v1/tokens/bearer", "/v2/oauth2/tokens/revoke", "/connect/oauth2"])
def test_the_token_endpoints_refuse_nonsense(emulator, path):
    for kind in (
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=b",
    ):
        for body in RAW.values():
            for auth in (None, ("emulator-client", "emulator-secret")):
                headers = {"Content-Type": kind}
                answer = requests.post(emulator.url + path, data=body, headers=headers, auth=auth, timeout=10)
                assert 400 <= answer.status_code < 500, (kind, body[:50], answer.text[:300])
