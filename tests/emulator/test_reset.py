"""A reset in the middle of calls: none of them leaves anything in the new books or on the new list."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.emulator.conftest import RawClient


def call_in_the_background(send):
    """Let a call go on its way; its status, or None when it got no answer, is in the list when the thread has ended."""
    statuses = []

    def run():
        try:
            statuses.append(send().status_code)
        except requests.ConnectionError:
            statuses.append(None)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, statuses


def test_a_call_that_hung_during_a_reset_is_not_on_the_list_after_it(emulator, qbo):
    emulator.fault(name="hang")
    thread, statuses = call_in_the_background(lambda: qbo.get("customer/1"))
    time.sleep(0.3)
    emulator.reset()
    thread.join(10)
    time.sleep(0.1)
    assert statuses == [None]
    assert emulator.calls() == []


def test_no_write_gets_past_a_reset(emulator):
    """Writers go on until their token is void; what they wrote before that is gone with the old books."""
    for _ in range(5):
        clients = [RawClient(emulator) for _ in range(6)]

        def write(client, number):
            for position in itertools.count():
                if client.post("customer", {"DisplayName": f"Ghost {number}-{position}"}).status_code != 200:
                    return

        with ThreadPoolExecutor(len(clients)) as writers:
            for number, client in enumerate(clients):
                writers.submit(write, client, number)
            time.sleep(0.2)
            emulator.reset()
        names = [row["DisplayName"] for row in emulator.books(clients[0].realm)["Customer"]]
        assert [name for name in names if name.startswith("Ghost")] == []
        for client in clients:
            client.session.close()
