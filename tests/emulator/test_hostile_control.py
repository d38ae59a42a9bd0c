"""The paths that steer the emulator, and those that hand out tokens, explain what they do not take."""

import json
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


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "status", "content_type": 5}, {"action": "status", "content_type": "a\nb"},
        {"action": "status", "content_type": "\u4e2d"}, {"action": "status", "content_type": ""},
        {"action": "status", "content_type": "no slash"}, {"action": "status", "body": "\ud800"},
        {"action": "status", "body": {"\ud800": 1}}, {"name": "refusal", "message": "\ud800"},
        {"name": "refusal", "message": ["x"]}, {"name": "refusal", "code": {"a": 1}},
        {"action": "status", "headers": {"": "x"}}, {"action": "status", "headers": {"a b": "x"}},
        {"action": "status", "headers": {"a:b": "x"}}, {"action": "status", "headers": {"Content-Length": "999"}},
        {"action": "status", "headers": {"Transfer-Encoding": "chunked"}}, {"action": "status", "match": []},
        {"action": "status", "match": "x"}, {"action": "status", "match": {"method": 5}}, {"action": ["status"]},
        {"name": ["reset"]}, {"name": None}, {"action": "status", "seed": [1]}, {"action": "status", "seed": {}},
    ],
)  # fmt: skip
def test_a_rule_that_would_break_an_answer_is_refused(emulator, qbo, rule):
    data = json.dumps(rule)
    answer = requests.post(f"{emulator.url}/_emulator/faults", data=data, timeout=10)
    assert answer.status_code == 400, (rule, answer.text)
    assert answer.json()["error"]
    assert qbo.get("customer/1").status_code == 200


def test_half_a_surrogate_pair_is_refused_everywhere(emulator):
    with requests.Session() as session:
        for rule in create_app(emulator.emulator).url_map.iter_rules():
            if rule.rule.startswith("/_emulator") and "POST" in (rule.methods or ()) and "<" not in rule.rule:
                for body in ({"url": "\ud800"}, {"deep": [{"\udfff": 1}]}):
                    data = json.dumps(body)
                    answer = session.post(emulator.url + rule.rule, data=data, timeout=10)
                    if answer.status_code != 200:
                        assert "half of a surrogate pair" in answer.json()["error"], rule.rule
                    else:
                        assert rule.rule in ("/_emulator/webhooks/hold", "/_emulator/webhooks/flush")


@pytest.mark.parametrize("seconds", [10**30, 10**12])
def test_a_retention_that_no_clock_can_count_is_refused(emulator, qbo, seconds):
    answer = requests.post(f"{emulator.url}/_emulator/switches", json={"request_id_retention": seconds}, timeout=10)
    assert answer.status_code == 400
    assert qbo.create("Customer", {"DisplayName": "Still fine"}, requestid="r")
