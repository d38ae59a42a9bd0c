"""Endpoints and settings that no sender should meet: it goes on with the next delivery."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest
import requests

from tests.emulator.webhook_receiver import TOKEN, Receiver


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.stop()


@contextmanager
def dripping(seconds):
    """An endpoint that answers a byte at a time and never comes to its end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip():
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                ends_at = time.monotonic() + seconds
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                    while time.monotonic() < ends_at:
                        connection.sendall(b"y")
                        time.sleep(0.2)
                except OSError:
                    return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
        thread.join(seconds + 5)


def pending(emulator):
    return requests.get(f"{emulator.url}/_emulator/webhooks", timeout=10).json()["pending"]


def test_a_delivery_that_cannot_be_signed_fails_and_the_next_endpoint_gets_it(emulator, qbo, receiver):
    emulator.webhooks(receiver.url, "half of a pair: \ud800")
    qbo.create("Customer", {"DisplayName": "Not signed"})
    assert not emulator.drain_webhooks()
    (delivery,) = emulator.deliveries()
    assert (delivery["state"], delivery["attempts"][0]["error"]) == ("failed", "UnicodeEncodeError")
    assert pending(emulator)["next"][0]["attempts"] == 1
    emulator.webhooks(receiver.url, TOKEN)
    emulator.flush_webhooks()
    assert emulator.drain_webhooks()
    assert [got.signed for got in receiver.received] == [True]


@pytest.mark.parametrize("address", ["http://a..b/", "http://xn--a/", f"http://{'a' * 300}/", "http://127.0.0.1:0/"])
def test_an_address_that_nothing_can_reach_fails_and_the_next_one_gets_it(emulator, qbo, receiver, address):
    emulator.webhooks(address, TOKEN)
    qbo.create("Customer", {"DisplayName": "Not reached"})
    assert not emulator.drain_webhooks(20)
    assert [entry["state"] for entry in emulator.deliveries()] == ["failed"]
    emulator.webhooks(receiver.url, TOKEN)
    emulator.flush_webhooks()
    assert emulator.drain_webhooks()
    assert [got.signed for got in receiver.received] == [True]


def test_the_sender_goes_on_after_what_it_cannot_read(emulator, qbo, receiver):
    emulator.webhooks(receiver.url, TOKEN)
    with emulator.emulator.store.transaction() as connection:
        connection.execute("INSERT INTO webhook_deliveries VALUES (1, 'not JSON', 0, 0, 'fresh')")
    qbo.create("Customer", {"DisplayName": "Behind it"})
    assert emulator.drain_webhooks(0.5) is False
    with emulator.emulator.store.transaction() as connection:
        connection.execute("DELETE FROM webhook_deliveries")
    assert emulator.drain_webhooks()
    assert len(receiver.received) == 1


def test_an_answer_that_drips_takes_three_seconds_and_no_more(emulator, qbo):
    with dripping(6) as address:
        emulator.webhooks(address, TOKEN)
        started = time.monotonic()
        qbo.create("Customer", {"DisplayName": "Drop by drop"})
        assert not emulator.drain_webhooks()
        assert 2.9 < time.monotonic() - started < 4.5
        (attempt,) = emulator.deliveries()[0]["attempts"]
        assert attempt["error"] == "no answer within 3 seconds"
        emulator.stop_webhooks()
