"""The emulator as one object: its state, what it records and how it was started."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from qbo_emulator import oauth, outbox, sample
from qbo_emulator.api.calls import Calls
from qbo_emulator.api.latency import Latency
from qbo_emulator.api.limits import Limits, LimitSettings
from qbo_emulator.books import Books
from qbo_emulator.failures.injection import Faults
from qbo_emulator.store import Store
from qbo_emulator.switches import Switches
from qbo_emulator.tables import ENTITIES
from qbo_emulator.webhooks.delivery import Webhooks
from qbo_emulator.webhooks.endpoint import Endpoint

CLIENT_ID, CLIENT_SECRET = "emulator-client", "emulator-secret"


class Emulator:
    """Books, connections, faults, limits and calls. state is a file for SQLite, None keeps the books in memory.

    company names the books of a new state; a file that has some keeps them (had_books). StateError when the file cannot
    be used. redirect_uris are the registered ones; without any, every address is good. latency may be replaced at any time.
    """

    def __init__(
        self,
        state: str | None = None,
        company: str = "sample",
        client_id: str = CLIENT_ID,
        client_secret: str = CLIENT_SECRET,
        switches: Switches | None = None,
        webhook: Endpoint | None = None,
        redirect_uris: Sequence[str] = (),
        limits: LimitSettings | None = None,
        latency: Latency | None = None,
    ) -> None:
        self.store = Store(state)
        self.company = company
        self.client_id, self.client_secret = client_id, client_secret
        self.switches = switches or Switches()
        self._first_switches = replace(self.switches)
        self.redirect_uris = tuple(redirect_uris)
        self.limits = Limits(limits)
        self.latency = self._first_latency = latency or Latency()
        self.faults = Faults()
        self.calls = Calls()
        self.had_books = not self.store.is_empty()
        if not self.had_books:
            with self.store.transaction() as connection:
                sample.fill(connection, self.store.now(), company)
        with self.store.transaction() as connection:
            self.limits.restore(connection)
        self.webhooks = Webhooks(self.store, client_id, webhook)
        self.webhooks.start()

    def reset(self, company: str | None = None) -> None:
        """Everything as at the first start: books, connections, request ids, clock, faults, calls, switches, limits
        and latency."""
        if company not in (None, *sample.CHOICES):
            raise ValueError(f"company: one of {', '.join(sample.CHOICES)}")
        self.faults.clear()
        self.latency = self._first_latency
        self.switches.change(dict(vars(self._first_switches)))
        with self.store.transaction() as connection:
            self.store.clear(connection)
            sample.fill(connection, self.store.now(), company or self.company)
            self.webhooks.reset(connection)
            self.limits.reset()
            self.calls.begin_anew()

    def forget_what_was_used(self) -> None:
        """As if nothing had been asked yet: windows, e-mails and the month's reads, also those in the state."""
        with self.store.transaction() as connection:
            self.limits.forget()
            self.limits.keep(connection, self.store.now())

    @contextmanager
    def books(self, realm: str) -> Iterator[Books]:
        """The books of a company in a transaction of their own."""
        with self.store.transaction() as connection:
            books = Books(connection, realm, self.store.now(), self.switches)
            yield books
        if books.noted:
            self.webhooks.wake()

    def companies(self) -> list[tuple[str, str]]:
        """Realm id and name of every company."""
        with self.store.transaction() as connection:
            rows = connection.execute("SELECT realm, name FROM companies ORDER BY position").fetchall()
            return [(str(row["realm"]), str(row["name"])) for row in rows]

    def connect(self, realm: str | None = None) -> dict[str, str]:
        """A connection without a browser; KeyError when there is no such company."""
        realms = [known for known, _ in self.companies()]
        realm = realm or realms[0]
        if realm not in realms:
            raise KeyError(f"There is no company {realm}.")
        with self.store.transaction() as connection:
            tokens = oauth.grant(connection, self.store.now(), self.client_id, realm, oauth.ACCOUNTING)
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "realm_id": realm,
            "access_token": str(tokens["access_token"]),
            "refresh_token": str(tokens["refresh_token"]),
        }

    def everything(self, realm: str) -> dict[str, Any]:
        """All objects of a company by type, deleted ones apart; KeyError when there is no such company."""
        with self.books(realm) as books:
            if not books.exists():
                raise KeyError(f"There is no company {realm}.")
            content: dict[str, Any] = {"realm_id": realm}
            for name, entity in ENTITIES.items():
                content[name] = books.get(name, "1") if entity.singleton else books.all(name)
            content["Deleted"] = {
                name: books.all(name, deleted=True) for name, entity in ENTITIES.items() if entity.transaction
            }
            return content

    def emails(self, realm: str | None = None) -> list[dict[str, Any]]:
        """What was sent by e-mail, oldest first, of one company or of all."""
        with self.store.transaction() as connection:
            return outbox.sent(connection, realm)

    def close(self) -> None:
        """Close the state."""
        self.faults.clear()
        self.webhooks.close()
        self.store.close()
