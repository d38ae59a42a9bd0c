"""How events travel: batches, retries, order, failures on demand, and what survives."""

import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from qbo_emulator import operations
from qbo_emulator.emulator import Emulator
from qbo_emulator.tables import ENTITIES
from qbo_emulator.testing import RunningEmulator
from qbo_emulator.webhooks.delivery import RETRIES, retry_seconds
from qbo_emulator.webhooks.endpoint import endpoint
from tests.emulator.conftest import RawClient
from tests.emulator.test_crash import call, process
from tests.emulator.webhook_receiver import TOKEN, Receiver

SCHEDULE = (10, 20, 30, 300, 1200, 7200, 14_400, 21_600, 21_600, 21_600)


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture
def hook(emulator, receiver):
    """The receiver, registered with the defaults."""
    emulator.webhooks(receiver.url, TOKEN)
    return receiver


def ids(got):
    return [event["id"] for event in got.json()]


def entity_ids(got):
    return [event["intuitentityid"] for event in got.json()]


def customers(emulator, names, realm=None):
    """New customers in one transaction, so that their events are there at once. The company gets connected."""
    connection = emulator.connection(realm)
    with emulator.emulator.books(connection["realm_id"]) as books:
        return [operations.write(books, ENTITIES["Customer"], {"DisplayName": name})["Id"] for name in names]


def several(emulator, number, prefix="C"):
    return customers(emulator, [f"{prefix}{position:05}" for position in range(number)])


def pending(emulator):
    return requests.get(f"{emulator.url}/_emulator/webhooks", timeout=10).json()["pending"]


def test_events_that_come_together_travel_together_up_to_a_hundred(emulator, hook):
    created = several(emulator, 250)
    assert emulator.drain_webhooks()
    assert [len(got.json()) for got in hook.received] == [100, 100, 50]
    assert [one for got in hook.received for one in entity_ids(got)] == created
    assert len({one for got in hook.received for one in ids(got)}) == 250
    assert all(got.signed for got in hook.received)


def test_a_smaller_batch(emulator, receiver):
    emulator.webhooks(receiver.url, TOKEN, batch_size=20)
    several(emulator, 45)
    assert emulator.drain_webhooks()
    assert [len(got.json()) for got in receiver.received] == [20, 20, 5]


@pytest.mark.parametrize(
    ("settings", "deliveries"),
    [
        ({}, 1),
        ({"format": "legacy"}, 2),
        ({"format": "legacy", "mix_companies": True}, 1),
        ({"mix_companies": False}, 2),
    ],
)
def test_companies_are_mixed_as_the_format_has_it(emulator, receiver, settings, deliveries):
    emulator.webhooks(receiver.url, TOKEN, **settings)
    emulator.hold_webhooks()
    first, second = emulator.realms()[:2]
    expected = []
    for position, realm in enumerate((first, second, first, second)):
        (created,) = customers(emulator, [f"Mixed {position}"], realm)
        expected.append((realm, "customer", created, "Create"))
    emulator.flush_webhooks()
    assert emulator.drain_webhooks()
    assert len(receiver.received) == deliveries
    assert sorted(receiver.changes()) == sorted(expected)
    for realm in (first, second):
        of_company = [change for change in receiver.changes() if change[0] == realm]
        assert of_company == [change for change in expected if change[0] == realm]


def test_a_window_gathers_events(emulator, receiver):
    emulator.webhooks(receiver.url, TOKEN, window_ms=60_000)
    for position in range(3):
        customers(emulator, [f"Window {position}"])
    assert not emulator.drain_webhooks(timeout=0.2)
    assert receiver.received == []
    assert pending(emulator)["events"] == 3
    emulator.advance(61)
    assert emulator.drain_webhooks()
    assert [len(got.json()) for got in receiver.received] == [3]
    several(emulator, 100)
    receiver.wait(2)
    assert len(receiver.received[1].json()) == 100


def test_the_connection_is_kept(emulator, hook):
    for position in range(5):
        customers(emulator, [f"Kept {position}"])
        hook.wait(position + 1)
    assert len({got.connection for got in hook.received}) == 1


def test_a_failed_delivery_comes_again_as_the_schedule_says(emulator, hook):
    assert tuple(retry_seconds(attempts) for attempts in range(1, 11)) == SCHEDULE
    assert len(RETRIES) == 8
    hook.answers(*[500] * len(SCHEDULE))
    customers(emulator, ["Again"])
    hook.wait(1)
    for attempt, seconds in enumerate(SCHEDULE, 1):
        assert not emulator.drain_webhooks()
        emulator.advance(seconds - 2)
        assert not emulator.drain_webhooks()
        assert len(hook.received) == attempt, f"too early, {seconds} s after attempt {attempt}"
        emulator.advance(3)
        hook.wait(attempt + 1)
    assert emulator.drain_webhooks()
    assert len({got.raw for got in hook.received}) == 1
    (delivery,) = emulator.deliveries()
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500] * len(SCHEDULE) + [200]
    assert delivery["state"] == "delivered"
    assert pending(emulator) == {"events": 0, "deliveries": 0, "next": []}


@pytest.mark.parametrize("status", [201, 202, 204, 302, 400, 401, 403, 404, 410, 500, 503])
def test_anything_but_200_is_no_acknowledgement(emulator, hook, status):
    hook.answers(status)
    customers(emulator, ["Again"])
    assert not emulator.drain_webhooks()
    assert [got.path for got in hook.received] == ["/hook"]
    (waiting,) = pending(emulator)["next"]
    assert (waiting["attempts"], waiting["state"]) == (1, "failed")
    assert 5 < waiting["due_in_seconds"] <= 10


def test_no_answer_within_three_seconds_is_a_failure_and_delays_no_write(emulator, hook, qbo):
    hook.answers("hang")
    started = time.monotonic()
    qbo.create("Customer", {"DisplayName": "Slow endpoint"})
    hook.wait(1)
    for position in range(20):
        qbo.create("Customer", {"DisplayName": f"Meanwhile {position}"})
    assert time.monotonic() - started < 2
    assert not emulator.drain_webhooks()
    assert 2.9 < time.monotonic() - started < 5
    (attempt,) = emulator.deliveries()[0]["attempts"]
    assert (attempt["status"], attempt["error"]) == (None, "no answer within 3 seconds")
    emulator.advance(11)
    assert emulator.drain_webhooks()
    assert sum(len(got.json()) for got in hook.received[1:]) == 21


def test_nobody_listens(emulator, receiver):
    receiver.stop()
    emulator.webhooks(receiver.url, TOKEN)
    customers(emulator, ["Nobody"])
    assert not emulator.drain_webhooks()
    (attempt,) = emulator.deliveries()[0]["attempts"]
    assert attempt["error"] == "ConnectionError"
    assert pending(emulator)["deliveries"] == 1


def test_a_failed_delivery_holds_back_the_later_ones(emulator, hook):
    hook.answers(500)
    first = customers(emulator, ["First"])
    hook.wait(1)
    later = customers(emulator, ["Second"]) + customers(emulator, ["Third"])
    assert not emulator.drain_webhooks()
    assert len(hook.received) == 1
    assert pending(emulator)["events"] == 2
    emulator.advance(11)
    assert emulator.drain_webhooks()
    assert [entity_ids(got) for got in hook.received] == [first, first, later]


def test_without_blocking_the_later_ones_pass(emulator, receiver):
    emulator.webhooks(receiver.url, TOKEN, head_of_line_blocking=False)
    receiver.answers(500)
    first = customers(emulator, ["First"])
    receiver.wait(1)
    second = customers(emulator, ["Second"])
    assert not emulator.drain_webhooks()
    assert [entity_ids(got) for got in receiver.received] == [first, second]
    emulator.advance(11)
    assert emulator.drain_webhooks()
    assert [entity_ids(got) for got in receiver.received] == [first, second, first]


def test_hold_and_flush(emulator, hook):
    hook.answers(500)
    customers(emulator, ["Failed"])
    hook.wait(1)
    assert not emulator.drain_webhooks()
    assert requests.post(f"{emulator.url}/_emulator/webhooks/hold", timeout=5).json() == {"held": True}
    customers(emulator, ["Held"])
    emulator.advance(100)
    assert not emulator.drain_webhooks(timeout=0.2)
    assert len(hook.received) == 1
    assert requests.post(f"{emulator.url}/_emulator/webhooks/flush", timeout=5).json() == {"held": False}
    assert emulator.drain_webhooks()
    assert len(hook.received) == 3


def test_a_dropped_delivery_never_comes(emulator, receiver):
    emulator.webhooks(receiver.url, TOKEN, batch_size=1)
    emulator.webhook_fault(action="drop", times=2)
    created = several(emulator, 5)
    assert emulator.drain_webhooks()
    emulator.advance(100_000)
    assert emulator.drain_webhooks()
    assert [one for got in receiver.received for one in entity_ids(got)] == created[2:]
    log = emulator.deliveries()
    assert [entry["state"] for entry in log] == ["dropped"] * 2 + ["delivered"] * 3
    assert [entry["events"][0]["object_id"] for entry in log] == created
    assert log[0]["attempts"] == []
    assert created[0] in log[0]["body"]


def test_a_duplicated_delivery_comes_twice_with_the_same_ids(emulator, hook):
    emulator.webhook_fault(action="duplicate")
    customers(emulator, ["Twice"])
    assert emulator.drain_webhooks()
    customers(emulator, ["Once"])
    assert emulator.drain_webhooks()
    assert [got.raw for got in hook.received[:2]] == [hook.received[0].raw] * 2
    assert len(hook.received) == 3
    assert [len(entry["attempts"]) for entry in emulator.deliveries()] == [2, 1]


def test_reordered_deliveries_change_places_and_lose_nothing(emulator, receiver):
    emulator.webhooks(receiver.url, TOKEN, batch_size=5)
    emulator.webhook_fault(action="reorder", times=1, seed=7)
    created = several(emulator, 15)
    assert emulator.drain_webhooks()
    arrived = [entity_ids(got) for got in receiver.received]
    assert [sorted(batch, key=int) for batch in arrived] == [created[5:10], created[:5], created[10:]]
    assert arrived[1] != created[:5]
    emulator.webhook_fault(action="reorder", times=1)
    (alone,) = customers(emulator, ["Alone"])
    assert emulator.drain_webhooks()
    assert entity_ids(receiver.received[-1]) == [alone]


def test_a_delayed_delivery_comes_later(emulator, hook):
    emulator.webhook_fault(action="delay", ms=30_000)
    first = customers(emulator, ["Late"])
    deadline = time.monotonic() + 5
    while not pending(emulator)["deliveries"] and time.monotonic() < deadline:
        time.sleep(0.01)
    second = customers(emulator, ["On time"])
    hook.wait(1)
    assert not emulator.drain_webhooks(timeout=0.1)
    emulator.advance(31)
    assert emulator.drain_webhooks()
    assert [entity_ids(got) for got in hook.received] == [second, first]


def test_a_wrong_signature_is_made_good_by_the_retry(emulator, hook):
    emulator.webhook_fault(action="wrong_signature")
    hook.answers(403)
    customers(emulator, ["Forged"])
    assert not emulator.drain_webhooks()
    emulator.advance(11)
    assert emulator.drain_webhooks()
    assert [got.signed for got in hook.received] == [False, True]


def test_by_probability_a_seed_makes_the_same_storm_again(emulator, receiver):
    def storm():
        emulator.reset()
        receiver.clear()
        emulator.webhooks(receiver.url, TOKEN, batch_size=1)
        emulator.webhook_fault(action="drop", probability=0.3, seed=11)
        emulator.webhook_fault(action="duplicate", probability=0.3, seed=12)
        several(emulator, 200)
        assert emulator.drain_webhooks()
        return [one for got in receiver.received for one in entity_ids(got)]

    first = storm()
    assert storm() == first
    times = Counter(Counter(first).values())
    assert 30 < 200 - len(set(first)) < 90
    assert 20 < times[2] < 80
    assert set(times) == {1, 2}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"action": "explode"},
        {"action": "drop", "times": 0},
        {"action": "drop", "times": True},
        {"action": "drop", "probability": 2},
        {"action": "delay", "ms": -1},
        {"action": "drop", "seed": [1]},
        {"action": "drop", "match": {}},
    ],
)
def test_a_failure_that_makes_no_sense_is_refused(emulator, wrong):
    answer = requests.post(f"{emulator.url}/_emulator/webhooks/faults", json=wrong, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_failures_by_the_control_path(emulator, hook):
    url = f"{emulator.url}/_emulator/webhooks/faults"
    assert requests.post(url, json={"action": "drop", "times": 2}, timeout=5).status_code == 201
    customers(emulator, ["Dropped"])
    assert emulator.drain_webhooks()
    (rule,) = requests.get(url, timeout=5).json()
    assert (rule["action"], rule["times"], rule["met"]) == ("drop", 2, 1)
    assert requests.delete(url, timeout=5).status_code == 204
    customers(emulator, ["Heard"])
    assert emulator.drain_webhooks()
    assert len(hook.received) == 1


def test_what_was_not_delivered_survives_a_restart(tmp_path, receiver):
    state = str(tmp_path / "state.sqlite")
    running = RunningEmulator(state)
    running.webhooks(receiver.url, TOKEN)
    receiver.answers(500)
    first = customers(running, ["Failed"])
    receiver.wait(1)
    assert not running.drain_webhooks()
    second = customers(running, ["Waiting"])
    running.stop()
    assert len(receiver.received) == 1
    running = RunningEmulator(state)
    try:
        running.advance(11)
        assert running.drain_webhooks()
        assert [entity_ids(got) for got in receiver.received] == [first, first, second]
        assert receiver.received[0].raw == receiver.received[1].raw
        assert all(got.signed for got in receiver.received)
        assert pending(running) == {"events": 0, "deliveries": 0, "next": []}
    finally:
        running.stop()


def test_a_delivery_under_way_at_a_reset_is_forgotten(emulator, hook):
    hook.answers("hang")
    customers(emulator, ["Before"])
    hook.wait(1)
    emulator.reset()
    hook.released.set()
    emulator.webhooks(hook.url, TOKEN)
    (created,) = customers(emulator, ["After"])
    assert emulator.drain_webhooks()
    assert entity_ids(hook.received[-1]) == [created]
    assert [entry["events"][0]["object_id"] for entry in emulator.deliveries()] == [created]


def test_stopping_does_not_wait_for_a_retry(receiver):
    running = RunningEmulator()
    running.webhooks(receiver.url, TOKEN)
    receiver.answers(500)
    customers(running, ["Failed"])
    receiver.wait(1)
    assert not running.drain_webhooks()
    started = time.monotonic()
    running.stop()
    assert time.monotonic() - started < 2


def test_an_endpoint_of_the_start_is_there_again_after_a_reset(receiver):
    emulator = Emulator(webhook=endpoint({"url": receiver.url, "verifier_token": TOKEN}))
    try:
        for name in ("Before", "After"):
            with emulator.books(emulator.connect()["realm_id"]) as books:
                operations.write(books, ENTITIES["Customer"], {"DisplayName": name})
            assert emulator.webhooks.drain()
            emulator.reset()
        assert [len(got.json()) for got in receiver.received] == [1, 1]
    finally:
        emulator.close()


def test_a_delivery_while_the_books_are_written_by_many(emulator, hook):
    clients = [RawClient(emulator) for _ in range(3)]

    def write(client):
        return [client.create("Customer", {"DisplayName": f"{id(client)} {n}"})["Id"] for n in range(40)]

    with ThreadPoolExecutor(3) as pool:
        created = [one for part in pool.map(write, clients) for one in part]
    assert emulator.drain_webhooks()
    arrived = [one for got in hook.received for one in entity_ids(got)]
    assert Counter(arrived) == Counter(created)
    assert arrived == sorted(arrived, key=int)
    for client in clients:
        client.session.close()


def test_ten_thousand_events_are_delivered_quickly_and_leave_nothing_behind(emulator, hook):
    started = time.monotonic()
    created = several(emulator, 10_000)
    assert emulator.drain_webhooks(60)
    taken = time.monotonic() - started
    assert [one for got in hook.received for one in entity_ids(got)] == created
    assert taken < 30
    assert pending(emulator) == {"events": 0, "deliveries": 0, "next": []}
    with emulator.emulator.store.transaction() as connection:
        for table in ("webhook_events", "webhook_deliveries"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0


def test_the_command_line_registers_and_a_killed_process_loses_no_event(tmp_path, receiver):
    state = tmp_path / "books.db"
    receiver.answers(500)
    options = ("--webhook-url", receiver.url, "--webhook-verifier-token", TOKEN, "--webhook-format", "legacy")
    with process(state, *options) as (running, url):
        connection = requests.post(f"{url}/_emulator/connections", timeout=10).json()
        created = call(url, connection, "POST", "customer", {"DisplayName": "Survivor"}).json()["Customer"]["Id"]
        receiver.wait(1)
        call(url, connection, "POST", "customer", {"DisplayName": "Second"})
        running.kill()
        running.wait(10)
    with process(state) as (_, url):
        requests.post(f"{url}/_emulator/clock", json={"advance_seconds": 11}, timeout=10)
        receiver.wait(3)
    assert [got.changes()[0][2] for got in receiver.received[:2]] == [created, created]
    assert receiver.received[0].raw == receiver.received[1].raw
    assert all(got.signed and isinstance(got.json(), dict) for got in receiver.received)


def test_the_command_line_refuses_an_address_that_is_none(tmp_path):
    command = [sys.executable, "-c", "from qbo_emulator.cli import main; main()", "serve", "--webhook-url", "nowhere"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert refused.returncode == 1
    assert "--webhook-url: url: an address that starts with http://" in refused.stderr


def test_a_delivery_that_was_taken_once_is_delivered_whatever_its_double_meets(emulator, hook):
    emulator.webhook_fault(action="duplicate")
    hook.answers(200, 500)
    customers(emulator, ["Twice"])
    assert emulator.drain_webhooks()
    (delivery,) = emulator.deliveries()
    assert ([attempt["status"] for attempt in delivery["attempts"]], delivery["state"]) == ([200, 500], "delivered")
    shown = requests.get(f"{emulator.url}/_emulator/webhooks", timeout=10).json()
    assert (shown["totals"], shown["pending"]["deliveries"]) == ({"delivered": 1}, 0)


def test_a_flush_that_failed_does_not_open_the_windows_of_later_events(emulator, receiver):
    emulator.webhooks(receiver.url, TOKEN, window_ms=60_000)
    receiver.answers(500)
    customers(emulator, ["Flushed"])
    emulator.flush_webhooks()
    assert not emulator.drain_webhooks()
    emulator.advance(11)
    receiver.wait(2)
    customers(emulator, ["Waits for its window"])
    assert not emulator.drain_webhooks(0.3)
    assert len(receiver.received) == 2
