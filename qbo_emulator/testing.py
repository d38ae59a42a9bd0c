"""The emulator for tests: pytest_plugins = ["qbo_emulator.testing"] and the fixture qbo_emulator."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from qbo_emulator.api import latency
from qbo_emulator.app import create_app
from qbo_emulator.emulator import Emulator
from qbo_emulator.failures.names import NAMES
from qbo_emulator.server import Server
from qbo_emulator.webhooks.endpoint import endpoint


class RunningEmulator:
    """An emulator that listens on a free port of this machine, in a thread."""

    def __init__(self, state: str | None = None, company: str = "sample", **options: Any) -> None:
        self.emulator = Emulator(state, company, **options)
        self._server = Server(create_app(self.emulator))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = self._server.url

    @property
    def discovery_url(self) -> str:
        """What intuit-oauth takes as its environment."""
        return f"{self.url}/.well-known/openid_sandbox_configuration"

    @property
    def api_url(self) -> str:
        """What python-quickbooks takes as api_url_v3."""
        return f"{self.url}/v3"

    def reset(self, company: str | None = None) -> None:
        """Everything as at the start."""
        self.emulator.reset(company)

    def fault(self, **rule: Any) -> dict[str, Any]:
        """A failure on demand, as POST /_emulator/faults takes it: by name (see fault_names) or by action."""
        return self.emulator.faults.add(rule).public()

    def faults(self) -> list[dict[str, Any]]:
        """Every rule; met says how often it struck."""
        return self.emulator.faults.public()

    def fault_names(self) -> dict[str, str]:
        """What can fail by name, and what each name means."""
        return {name: named.meaning for name, named in NAMES.items()}

    def clear_faults(self) -> None:
        """No failures any more."""
        self.emulator.faults.clear()

    def calls(self) -> list[dict[str, Any]]:
        """Every call of the accounting API, oldest first."""
        return self.emulator.calls.public()

    def clear_calls(self) -> None:
        """Forget the calls."""
        self.emulator.calls.clear()

    def connection(self, realm_id: str | None = None) -> dict[str, str]:
        """client_id, client_secret, realm_id, access_token and refresh_token of a new connection."""
        return self.emulator.connect(realm_id)

    def realms(self) -> list[str]:
        """The companies' realm ids."""
        return [realm for realm, _ in self.emulator.companies()]

    def books(self, realm_id: str) -> dict[str, Any]:
        """Everything of a company; amounts are Decimal or int."""
        return self.emulator.everything(realm_id)

    def invoices(self, realm_id: str) -> list[dict[str, Any]]:
        """The invoices of a company, in the order of their ids."""
        invoices: list[dict[str, Any]] = self.books(realm_id)["Invoice"]
        return invoices

    def advance(self, seconds: int) -> None:
        """Move the emulator's clock."""
        self.emulator.store.advance(seconds)

    def webhooks(self, url: str, verifier_token: str, **settings: Any) -> None:
        """Send events there from now on; settings as POST /_emulator/webhooks takes them, such as format="legacy"."""
        self.emulator.webhooks.register(endpoint({"url": url, "verifier_token": verifier_token, **settings}))

    def stop_webhooks(self) -> None:
        """Send no events any more, and forget those that wait."""
        self.emulator.webhooks.unregister()

    def webhook_fault(self, **rule: Any) -> None:
        """A failure of deliveries on demand, as POST /_emulator/webhooks/faults takes it."""
        self.emulator.webhooks.mishaps.add(rule)

    def hold_webhooks(self) -> None:
        """Send no events until flush_webhooks."""
        self.emulator.webhooks.hold()

    def flush_webhooks(self) -> None:
        """Send everything that waits, retries too."""
        self.emulator.webhooks.flush()

    def drain_webhooks(self, timeout: float = 10.0) -> bool:
        """Wait until every event is delivered; False when that takes longer, at once when only retries are left."""
        return self.emulator.webhooks.drain(timeout)

    def deliveries(self) -> list[dict[str, Any]]:
        """The deliveries of events, oldest first, with their attempts."""
        return self.emulator.webhooks.log.public()

    def emails(self, realm_id: str | None = None) -> list[dict[str, Any]]:
        """What was sent by e-mail, oldest first."""
        return self.emulator.emails(realm_id)

    def now(self) -> datetime:
        """The emulator's clock, in UTC."""
        return self.emulator.store.now()

    def switch(self, **values: bool | int | None) -> None:
        """Change switches until the next reset."""
        self.emulator.switches.change(values)

    def limits(self, **changes: Any) -> dict[str, Any]:
        """Change limits until the next reset, as enforce=True; the limits and what is used of them."""
        self.emulator.limits.change(changes)
        return self.emulator.limits.public(time.monotonic(), self.now())

    def forget_what_was_used(self) -> None:
        """As if nothing had been asked yet: windows, e-mails and the month's reads."""
        self.emulator.forget_what_was_used()

    def latency(self, base: str = "0ms", item: str = "0ms") -> None:
        """How long answers take from now on, as base="250ms", item="20ms"."""
        self.emulator.latency = latency.of({"base": base, "item": item})

    def stop(self) -> None:
        """Answer the calls under way, end every connection and close the state."""
        self._server.shutdown()
        self.emulator.faults.clear()
        self._server.server_close()
        self._thread.join()
        self.emulator.close()


@pytest.fixture(scope="session")
def qbo_emulator() -> Iterator[RunningEmulator]:
    """A running emulator with the sample companies; call reset() before a test that needs clean books."""
    running = RunningEmulator()
    yield running
    running.stop()


@pytest.fixture
def fresh_qbo_emulator(qbo_emulator: RunningEmulator) -> RunningEmulator:
    """The same emulator, as at its start for each test."""
    qbo_emulator.reset()
    return qbo_emulator
