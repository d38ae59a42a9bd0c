"""The control paths as a person or a test meets them: an index, small changes, lists in part, waiting."""

import time

import pytest
import requests

from qbo_emulator.app import create_app
from tests.emulator.webhook_receiver import TOKEN, Receiver


def control(emulator, method, path, **kwargs):
    return requests.request(method, f"{emulator.url}/_emulator{path}", timeout=20, **kwargs)


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.stop()


def test_the_index_names_every_control_path(emulator):
    index = control(emulator, "GET", "").json()
    rules = [rule for rule in create_app(emulator.emulator).url_map.iter_rules() if rule.rule.startswith("/_emulator")]
    for rule in rules:
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            path = rule.rule.replace("int:", "")
            assert index[f"{method} {path}"].endswith("."), (method, path)
    assert len(index) == sum(len((rule.methods or set()) - {"HEAD", "OPTIONS"}) for rule in rules)


def test_the_newest_calls_alone(emulator, qbo):
    for number in range(5):
        qbo.get(f"customer/{number + 1}")
    listed = control(emulator, "GET", "/calls").json()
    assert control(emulator, "GET", "/calls?limit=2").json() == listed[-2:]
    assert control(emulator, "GET", "/calls?limit=0").json() == []
    assert control(emulator, "GET", f"/calls?since={listed[2]['at']}").json() == listed[2:]
    for wrong in ("limit=-1", "limit=x", "since=yesterday"):
        assert control(emulator, "GET", f"/calls?{wrong}").status_code == 400


def test_one_setting_of_the_endpoint_changes_alone(emulator, receiver):
    refused = control(emulator, "POST", "/webhooks", json={"format": "legacy"})
    assert (refused.status_code, refused.json()) == (400, {"error": "url is missing"})
    emulator.webhooks(receiver.url, TOKEN, batch_size=7)
    changed = control(emulator, "POST", "/webhooks", json={"format": "legacy"})
    assert changed.status_code == 201
    assert (changed.json()["url"], changed.json()["format"], changed.json()["batch_size"]) == (
        receiver.url,
        "legacy",
        7,
    )
    with emulator.emulator.books(emulator.connection()["realm_id"]) as books:
        books.note("Customer", "1", "Update")
    emulator.flush_webhooks()
    assert emulator.drain_webhooks()
    assert receiver.received[0].signed
    assert "eventNotifications" in receiver.received[0].json()
    emulator.stop_webhooks()


def test_draining_is_done_only_when_nothing_waits(emulator, qbo, receiver):
    emulator.webhooks(receiver.url, TOKEN)
    receiver.answers(500)
    qbo.create("Customer", {"DisplayName": "Fails"})
    receiver.wait(1)
    qbo.create("Customer", {"DisplayName": "Waits behind it"})
    started = time.monotonic()
    assert control(emulator, "POST", "/webhooks/drain").json() == {"drained": False, "waiting": 2}
    assert emulator.drain_webhooks() is False
    assert time.monotonic() - started < 3
    emulator.advance(11)
    assert control(emulator, "POST", "/webhooks/drain").json() == {"drained": True, "waiting": 0}
    assert emulator.drain_webhooks() is True


def test_a_named_fault_is_shown_by_its_name(emulator):
    named, by_action = emulator.fault(name="reset"), emulator.fault(action="status", status=503)
    assert named["name"] == "reset"
    assert not {"action", "status"} & set(named)
    assert (by_action["action"], by_action["status"]) == ("status", 503)


def test_a_gateway_tells_the_time_of_the_clock(emulator, qbo):
    emulator.advance(40 * 24 * 3600)
    answer = qbo.get("customer/1")
    assert answer.status_code == 401
    assert abs(answer.json()["time"] / 1000 - emulator.now().timestamp()) < 60
    emulator.fault(name="throttled")
    emulator.fault(action="status", status=403)
    for status in (429, 403):
        answer = qbo.get("customer/1")
        assert answer.status_code == status
        assert abs(answer.json()["time"] / 1000 - emulator.now().timestamp()) < 60
