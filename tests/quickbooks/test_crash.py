"""Workers killed with SIGKILL at named points; the assertion is about the books: nothing lost, nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import create_engine, func, select, text

from erp_core.models import Message, MessageState
from erp_core.testing import ENCRYPTION_KEY
from plugins.quickbooks.models import Attempt, Link
from plugins.quickbooks.state import SyncState
from tests.quickbooks.conftest import Shop

pytestmark = pytest.mark.timeout(180)  # real processes start slowly on a busy machine

INVOICE = {"method": "POST", "path_glob": "/v3/company/*/invoice"}


@pytest.fixture
def worker_process(
    database_url: str, erp_environ: Mapping[str, str], tmp_path: Path
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts real workers, as `erp worker` does, and leaves none behind."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        environ = {
            **os.environ,
            **erp_environ,
            "DATABASE_URL": database_url,
            "ERP_PLUGINS": "quickbooks",
            "ERP_SECRET_KEY": "only-for-tests",
            "ERP_ENCRYPTION_KEYS": ENCRYPTION_KEY,
            "ERP_DATA_DIR": str(tmp_path / "worker"),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "erp_core.cli", "worker"],
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


def until(happened: Callable[[], object], process: subprocess.Popen[bytes], within: float = 60) -> None:
    """Wait for it, as long as the process lives."""
    deadline = time.monotonic() + within
    while not happened():
        if process.poll() is not None and process.stderr:
            pytest.fail(f"The worker ended by itself: {process.stderr.read().decode()[-2000:]}")
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@contextmanager
def nobody_writes(database_url: str) -> Iterator[None]:
    """Keeps the worker from recording what it learnt."""
    engine = create_engine(database_url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("LOCK TABLE quickbooks_call_count IN ACCESS EXCLUSIVE MODE"))
        yield
        connection.rollback()
    engine.dispose()


def count(shop: Shop, model: type) -> int:
    return ask(shop, select(func.count()).select_from(model)) or 0


def arrived(shop: Shop) -> bool:
    """Whether QuickBooks has a request before it that a fault delays."""
    return any(rule["met"] for rule in requests.get(f"{shop.quickbooks.url}/_emulator/faults", timeout=10).json())


def ask(shop: Shop, query: Any) -> Any:
    """Read in a transaction that ends at once: an open one would stop the worker's process."""
    shop.session.rollback()
    answer = shop.session.scalar(query)
    shop.session.rollback()
    return answer


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def settle_after_the_lease(shop: Shop, worker, clock) -> None:
    clock.move(minutes=2)
    worker.drain()


def prepared(shop: Shop, worker):
    """An invoice whose customer and item are there already, on its way."""
    product, customer = shop.product(), shop.customer()
    shop.invoice((product, 1), customer=customer)
    worker.drain()
    return shop.invoice((product, 2), customer=customer)


def test_killed_after_quickbooks_accepted_and_before_we_recorded(
    shop: Shop, worker, clock, worker_process, database_url: str
) -> None:
    invoice = prepared(shop, worker)
    before = len(shop.remote_invoices)
    shop.quickbooks.fault(match=INVOICE, action="delay", ms=3000)
    process = worker_process()
    until(lambda: arrived(shop), process)  # from here on the worker only waits for the answer
    with nobody_writes(database_url):
        until(lambda: len(shop.remote_invoices) == before + 1, process)
        time.sleep(0.3)  # the answer is there, and waits for its record
        kill(process)
    assert shop.sync(invoice).state is SyncState.SENDING
    shop.session.rollback()

    settle_after_the_lease(shop, worker, clock)

    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert [one["DocNumber"] for one in shop.remote_invoices].count(invoice.number) == 1
    assert len(shop.remote_invoices) == before + 1
    assert shop.calls("write")[-1]["replayed"]


def test_killed_after_writing_down_and_before_the_call_arrived(shop: Shop, worker, clock, worker_process) -> None:
    invoice = prepared(shop, worker)
    before = len(shop.remote_invoices)
    shop.quickbooks.fault(match=INVOICE, action="hang", ms=20_000)
    attempts = count(shop, Attempt)
    process = worker_process()
    until(lambda: count(shop, Attempt) > attempts, process)
    kill(process)
    shop.quickbooks.clear_faults()
    assert len(shop.remote_invoices) == before

    settle_after_the_lease(shop, worker, clock)

    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert len(shop.remote_invoices) == before + 1


def test_killed_while_a_customer_is_being_created(shop: Shop, worker, clock, worker_process, database_url: str) -> None:
    invoice = shop.invoice(customer=shop.customer(name="Half Made"))
    shop.quickbooks.fault(match={"method": "POST", "path_glob": "/v3/company/*/customer"}, action="delay", ms=3000)
    process = worker_process()
    until(lambda: count(shop, Attempt) == 1, process)
    with nobody_writes(database_url):
        until(lambda: "Half Made" in [one["DisplayName"] for one in shop.books["Customer"]], process)
        time.sleep(0.3)
        kill(process)

    settle_after_the_lease(shop, worker, clock)

    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert [one["DisplayName"] for one in shop.books["Customer"]].count("Half Made") == 1
    assert len(shop.remote_invoices) == 1


def test_killed_before_anything_was_written_down(shop: Shop, worker, clock, worker_process) -> None:
    invoice = shop.invoice()
    shop.quickbooks.fault(match={"path_glob": "/v3/company/*/batch"}, action="hang", ms=20_000)
    process = worker_process()
    until(lambda: _in_flight(shop), process)
    kill(process)
    shop.quickbooks.clear_faults()

    settle_after_the_lease(shop, worker, clock)

    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert len(shop.remote_invoices) == 1
    assert count(shop, Link) == 3


def _in_flight(shop: Shop) -> bool:
    return bool(ask(shop, select(Message.state)) == MessageState.IN_FLIGHT)
