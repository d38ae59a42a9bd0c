"""A client, and the far end of the network that it talks to."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from plugins.quickbooks.qbo.client import QBOClient
from plugins.quickbooks.qbo.wire import CallRecord
from tests.quickbooks.qbo.far_end import REALM, TOKEN, Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def calls() -> list[CallRecord]:
    """What the client reported of its calls."""
    return []


@pytest.fixture
def qbo(server: Server, calls: list[CallRecord]) -> Iterator[QBOClient]:
    with QBOClient(REALM, TOKEN, api_url=server.url, timeout=(1, 1), on_call=calls.append) as made:
        yield made
