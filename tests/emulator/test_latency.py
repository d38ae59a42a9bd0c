"""Answers take as long as they are told to, and many of them wait at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from click.testing import CliRunner

from qbo_emulator.api.latency import Latency, parse
from qbo_emulator.cli import main


def control(emulator, method, **kwargs):
    return requests.request(method, f"{emulator.url}/_emulator/latency", timeout=10, **kwargs)


def seconds(act):
    started = time.monotonic()
    act()
    return time.monotonic() - started


@pytest.mark.parametrize(
    ("text", "latency"),
    [
        ("base=250ms,item=20ms", Latency(0.25, 0.02)),
        (" item = 1.5s ", Latency(0.0, 1.5)),
        ("base=0ms", Latency()),
        ("item=5ms,base=2s", Latency(2.0, 0.005)),
    ],
)
def test_a_latency_is_written_with_units(text, latency):
    assert parse(text) == latency


@pytest.mark.parametrize("text", ["250", "base=250", "base=250m", "base=-1s", "base=1s,base=2s", "speed=1s", "base", "base=9h", "base=121s"])  # fmt: skip
def test_a_wrong_latency_is_explained_on_the_command_line(text):
    result = CliRunner().invoke(main, ["serve", "--latency", text])
    assert result.exit_code == 2
    assert "--latency" in result.output
    assert "Traceback" not in result.output


def test_a_single_call_takes_the_base_and_one_item(emulator, qbo):
    qbo.get("customer/1")
    emulator.latency(base="100ms", item="50ms")
    for act in (lambda: qbo.get("customer/1"), lambda: qbo.post("customer", {"DisplayName": "Slow"})):
        assert 0.15 <= seconds(act) < 2
    assert emulator.calls()[-1]["ms"] >= 150


def test_a_batch_takes_the_base_and_its_items(emulator, qbo):
    items = [{"bId": str(n), "Query": "SELECT * FROM Term MAXRESULTS 1"} for n in range(10)]
    emulator.latency(base="50ms", item="20ms")
    assert 0.25 <= seconds(lambda: qbo.post("batch", {"BatchItemRequest": items})) < 2


def test_tokens_and_refusals_take_their_time_too(emulator, qbo):
    emulator.latency(base="100ms")
    form = {"grant_type": "refresh_token", "refresh_token": qbo.connection["refresh_token"]}
    url = f"{emulator.url}/oauth2/v1/tokens/bearer"
    basic = ("emulator-client", "emulator-secret")
    assert seconds(lambda: requests.post(url, data=form, auth=basic, timeout=10)) >= 0.1
    emulator.limits(enforce=True, requests_per_minute=0)
    assert seconds(lambda: qbo.get("customer/1")) >= 0.1


def test_the_screen_and_the_control_paths_do_not_wait(emulator):
    emulator.latency(base="2s")
    assert seconds(lambda: requests.get(emulator.url, timeout=10)) < 1
    assert seconds(lambda: emulator.calls()) < 1


def test_three_hundred_calls_wait_at_once(emulator, qbo):
    emulator.latency(base="1s")
    headers = dict(qbo.session.headers)

    def one(_):
        return requests.get(qbo.url("customer/1"), headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(300) as pool:
        started = time.monotonic()
        statuses = list(pool.map(one, range(300)))
        taken = time.monotonic() - started
    assert set(statuses) == {200}
    assert taken < 30  # one after the other they would take five minutes


def test_a_waiting_call_holds_no_lock(emulator, qbo):
    emulator.latency(base="1s")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(qbo.post, "customer", {"DisplayName": "Waiting"})
        time.sleep(0.2)
        assert seconds(lambda: emulator.books(qbo.realm)) < 0.5
        assert "Waiting" in [row["DisplayName"] for row in emulator.books(qbo.realm)["Customer"]]
        assert not waiting.done()
        assert waiting.result(10).status_code == 200


def test_what_the_work_takes_is_part_of_the_latency(emulator, qbo):
    """The answer leaves when the latency has passed since the arrival, however long the call was kept until then."""
    emulator.latency(base="600ms")
    emulator.fault(name="slow", ms=400)
    assert 0.6 <= seconds(lambda: qbo.get("customer/1")) < 0.95


def test_latency_over_the_control_path(emulator):
    assert control(emulator, "GET").json() == {"base": "0ms", "item": "0ms"}
    assert control(emulator, "POST", json={"base": "250ms"}).json() == {"base": "250ms", "item": "0ms"}
    for wrong in ({"base": 250}, {"base": "soon"}, {"other": "1s"}):
        answer = control(emulator, "POST", json=wrong)
        assert answer.status_code == 400
        assert answer.json()["error"]
    emulator.reset()
    assert control(emulator, "GET").json() == {"base": "0ms", "item": "0ms"}
