"""The books of one company inside one transaction."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from qbo_emulator.money import in_home_currency
from qbo_emulator.store import fold
from qbo_emulator.switches import Switches
from qbo_emulator.tables import ENTITIES
from qbo_emulator.webhooks import journal
from qbo_emulator.webhooks.catalogue import told
from qbo_emulator.wire import Body, company_date, dumps, loads, meta_time


class Books:
    """Reads and writes objects of a company; every number it gives out is given once.

    noted: how many events were journalled for webhooks; whoever commits wakes their delivery when there are some.
    """

    def __init__(self, connection: sqlite3.Connection, realm: str, now: datetime, switches: Switches) -> None:
        self.connection = connection
        self.realm = realm
        self.now = now
        self.switches = switches
        self.noted = 0

    @property
    def today(self) -> date:
        """The company's day."""
        return company_date(self.now)

    @cached_property
    def preferences(self) -> Body:
        """The company's preferences as they stand in this transaction."""
        return self.get("Preferences", "1") or {}

    def preference(self, section: str, name: str) -> object:
        """One preference, None when it is not set."""
        return self.preferences.get(section, {}).get(name)

    def exists(self) -> bool:
        """Whether there is such a company."""
        found = self.connection.execute("SELECT 1 FROM companies WHERE realm = ?", (self.realm,)).fetchone()
        return found is not None

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What the block writes stays only when it does not raise."""
        self.connection.execute("SAVEPOINT item")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO item")
            self.connection.execute("RELEASE item")
            self.__dict__.pop("preferences", None)
            raise
        self.connection.execute("RELEASE item")

    def count_up(self, counter: str, start: int = 0) -> int:
        """The next number of a counter."""
        row = self.connection.execute(
            "INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT (realm, name) DO UPDATE SET value = value + 1 "
            "RETURNING value",
            (self.realm, counter, start + 1),
        ).fetchone()
        return int(row["value"])

    def raise_counter(self, counter: str, value: int) -> None:
        """Let the next number be at least value + 1; a counter never goes back."""
        self.connection.execute(
            "INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT (realm, name) DO UPDATE SET "
            "value = max(value, excluded.value)",
            (self.realm, counter, value),
        )

    def sum_of(self, name: str) -> Decimal | None:
        """An amount that is kept beside the books, where no client sees it; None when it was never kept."""
        row = self.connection.execute(
            "SELECT amount FROM sums WHERE realm = ? AND name = ?", (self.realm, name)
        ).fetchone()
        return None if row is None else Decimal(row["amount"])

    def keep_sum(self, name: str, amount: Decimal) -> None:
        """Keep an amount beside the books."""
        self.connection.execute("INSERT OR REPLACE INTO sums VALUES (?, ?, ?)", (self.realm, name, str(amount)))

    def get(self, kind: str, object_id: str, deleted: bool = False) -> Body | None:
        """The object as it is written, or None; deleted ones only when asked for."""
        if not (object_id.isascii() and object_id.isdigit() and len(object_id) < 19):
            return None
        row = self.connection.execute(
            "SELECT body FROM entities WHERE realm = ? AND type = ? AND id = ? AND deleted <= ?",
            (self.realm, kind, int(object_id), int(deleted)),
        ).fetchone()
        if row is None:
            return None
        body: Body = loads(row["body"])
        return body

    def find(self, types: Sequence[str], name: str) -> list[tuple[str, Body]]:
        """Objects of these types with this name, whatever its case."""
        marks = ", ".join("?" * len(types))
        rows = self.connection.execute(
            f"SELECT type, body FROM entities WHERE realm = ? AND type IN ({marks}) AND name_key = ? AND deleted = 0",  # noqa: S608 - only question marks are put in
            (self.realm, *types, fold(name)),
        ).fetchall()
        return [(str(row["type"]), loads(row["body"])) for row in rows]

    def numbered(self, kind: str, number: str) -> list[Body]:
        """Transactions of this type with this document number."""
        rows = self.connection.execute(
            "SELECT body FROM entities WHERE realm = ? AND type = ? AND doc_key = ? AND deleted = 0",
            (self.realm, kind, fold(number)),
        ).fetchall()
        return [loads(row["body"]) for row in rows]

    def all(self, kind: str, deleted: bool = False) -> list[Body]:
        """Every object of a type in the order of their ids."""
        rows = self.connection.execute(
            "SELECT body FROM entities WHERE realm = ? AND type = ? AND deleted = ? ORDER BY id",
            (self.realm, kind, int(deleted)),
        ).fetchall()
        return [loads(row["body"]) for row in rows]

    def put(self, kind: str, body: Body, quiet: bool = False, operation: str | None = None) -> None:
        """Write an object. It gets Id, SyncToken and MetaData; a quiet write (a computed balance) leaves them alone.

        operation is what a webhook calls the change; Create or Update unless it is given.
        """
        entity = ENTITIES[kind]
        stamp = meta_time(self.now)
        operation = operation or ("Update" if "Id" in body else "Create")
        if "Id" not in body:
            body["Id"] = "1" if entity.singleton else str(self.count_up(f"id:{entity.id_space}"))
            body["SyncToken"] = "0"
            body["MetaData"] = {"CreateTime": stamp, "LastUpdatedTime": stamp}
        elif not quiet:
            body["SyncToken"] = str(int(body["SyncToken"]) + 1)
            body["MetaData"] = {"CreateTime": body["MetaData"]["CreateTime"], "LastUpdatedTime": stamp}
        body["domain"], body["sparse"] = "QBO", False
        in_home_currency(body)
        values = {
            "realm": self.realm, "type": kind, "id": int(body["Id"]), "name_key": fold(body.get(entity.name_field)),
            "doc_key": fold(body.get("DocNumber")), "customer": body.get("CustomerRef", {}).get("value"),
            "active": int(body.get("Active", True)), "now": int(self.now.timestamp()), "body": dumps(body),
        }  # fmt: skip
        if quiet:
            self.connection.execute(
                "UPDATE entities SET body = :body WHERE realm = :realm AND type = :type AND id = :id", values
            )
        else:
            values["changed"] = self.count_up("changed")
            self.connection.execute(
                "INSERT INTO entities VALUES (:realm, :type, :id, :name_key, :doc_key, :customer, :active, 0, :now, "
                ":now, :changed, :body) ON CONFLICT (realm, type, id) DO UPDATE SET name_key = :name_key, "
                "doc_key = :doc_key, customer = :customer, active = :active, updated_at = :now, changed = :changed, "
                "body = :body",
                values,
            )
            self.note(kind, body["Id"], operation)
        if kind == "Preferences":
            self.__dict__.pop("preferences", None)

    def remove(self, kind: str, object_id: str, quiet: bool = False) -> None:
        """Delete an object; its number is not used again. A quiet removal (a merged name) is no event of its own."""
        self.connection.execute(
            "UPDATE entities SET deleted = 1, updated_at = ?, changed = ? WHERE realm = ? AND type = ? AND id = ?",
            (int(self.now.timestamp()), self.count_up("changed"), self.realm, kind, int(object_id)),
        )
        if not quiet:
            self.note(kind, object_id, "Delete")

    def note(self, kind: str, object_id: str, operation: str, deleted_id: str | None = None) -> None:
        """Journal the event of a change, when a webhook endpoint wants it. deleted_id: what a merge took away."""
        name = told(kind, operation) if self.subscribed else None
        if name is None or name not in self.subscribed:
            return
        journal.add(
            self.connection,
            journal.event(self.realm, name, object_id, operation, self.now, self.noted, deleted_id),
        )
        self.noted += 1

    @cached_property
    def subscribed(self) -> frozenset[str]:
        """The entities whose events a webhook endpoint wants; none without an endpoint or a connected app."""
        return journal.subscribed(self.connection, self.realm)
