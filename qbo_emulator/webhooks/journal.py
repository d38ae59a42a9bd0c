"""What is kept of webhooks in the state: the endpoint, events that were not sent yet, deliveries that failed.

An event is journalled in the transaction of its change. It moves into a delivery when that is sent for the first
time, and a delivery is removed when the endpoint took it.
"""

import json
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from qbo_emulator.webhooks.catalogue import kind_of
from qbo_emulator.webhooks.endpoint import MOST_EVENTS, Endpoint, endpoint

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SETTING = "webhook"
MOST_BYTES = 900_000
COLUMNS = "event_id, realm, entity, object_id, operation, at_ns, deleted_id"


@dataclass(frozen=True)
class Event:
    """One change. at_ns: nanoseconds since 1970 by the emulator's clock; deleted_id: what a merge took away; body: the
    JSON of the object, when it travels with the event."""

    event_id: str
    realm: str
    entity: str
    object_id: str
    operation: str
    at_ns: int
    deleted_id: str | None = None
    body: str | None = None


@dataclass(frozen=True)
class Delivery:
    """Events that travel together. state: fresh, delayed, reordered or failed; due_at by the emulator's clock."""

    id: int
    events: tuple[Event, ...]
    attempts: int
    due_at: float
    state: str


def event(
    realm: str,
    entity: str,
    object_id: str,
    operation: str,
    now: datetime,
    number: int = 0,
    deleted_id: str | None = None,
) -> Event:
    """A new event; number tells events of one moment apart by nanoseconds."""
    at_ns = (now - EPOCH) // timedelta(microseconds=1) * 1000 + number % 1000
    return Event(str(uuid.uuid4()), realm, entity, object_id, operation, at_ns, deleted_id)


def registered(connection: sqlite3.Connection) -> Endpoint | None:
    """The endpoint, if there is one."""
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (SETTING,)).fetchone()
    return None if row is None else endpoint(json.loads(row["value"]))


def subscribed(connection: sqlite3.Connection, realm: str) -> frozenset[str]:
    """The names of the entities of a company whose events somebody wants: none while no app is connected to it."""
    row = connection.execute(
        "SELECT value FROM settings WHERE name = ? AND EXISTS (SELECT 1 FROM grants WHERE realm = ? AND revoked = 0)",
        (SETTING, realm),
    ).fetchone()
    return frozenset() if row is None else frozenset(json.loads(row["value"])["entities"])


def register(connection: sqlite3.Connection, given: Endpoint) -> None:
    """Events go to this endpoint from now on; what waits goes there too."""
    connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (SETTING, json.dumps(given.kept())))


def unregister(connection: sqlite3.Connection) -> None:
    """No endpoint any more; what waits for it is forgotten."""
    connection.execute("DELETE FROM settings WHERE name = ?", (SETTING,))
    connection.execute("DELETE FROM webhook_events")
    connection.execute("DELETE FROM webhook_deliveries")


def add(connection: sqlite3.Connection, new: Event) -> None:
    """Journal an event."""
    connection.execute(
        f"INSERT INTO webhook_events ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - the columns above
        (new.event_id, new.realm, new.entity, new.object_id, new.operation, new.at_ns, new.deleted_id),
    )


def waiting(connection: sqlite3.Connection) -> tuple[int, float]:
    """How many events were not sent yet, as far as one delivery can hold them, and when the oldest one happened."""
    rows = connection.execute("SELECT at_ns FROM webhook_events ORDER BY id LIMIT ?", (MOST_EVENTS,)).fetchall()
    return len(rows), rows[0]["at_ns"] / 1e9 if rows else 0.0


def unsent(connection: sqlite3.Connection) -> int:
    """How many events were not sent yet."""
    return int(connection.execute("SELECT count(*) FROM webhook_events").fetchone()[0])


def undelivered(connection: sqlite3.Connection) -> int:
    """How many events wait in deliveries."""
    row = connection.execute("SELECT total(json_array_length(events)) FROM webhook_deliveries").fetchone()
    return int(row[0])


def take(connection: sqlite3.Connection, most: int, mixed: bool, with_bodies: bool = False) -> list[Event]:
    """The oldest events leave the journal; those of one company only, unless mixed. With bodies they stay below a
    megabyte together, and an object that is larger alone goes without."""
    where = "" if mixed else "WHERE realm = (SELECT realm FROM webhook_events ORDER BY id LIMIT 1)"
    rows = connection.execute(
        f"SELECT id, {COLUMNS} FROM webhook_events {where} ORDER BY id LIMIT ?",  # noqa: S608 - texts from here
        (most,),
    ).fetchall()
    taken: list[Event] = []
    size = 0
    for row in rows:
        one = Event(*tuple(row)[1:])
        if with_bodies:
            one = replace(one, body=_body(connection, one))
            size += len(one.body or "")
            if size > MOST_BYTES and taken:
                break
        taken.append(one)
    connection.executemany("DELETE FROM webhook_events WHERE id = ?", [(row["id"],) for row in rows[: len(taken)]])
    return taken


def _body(connection: sqlite3.Connection, one: Event) -> str | None:
    row = connection.execute(
        "SELECT body FROM entities WHERE realm = ? AND type = ? AND id = ? AND deleted = 0",
        (one.realm, kind_of(one.entity), int(one.object_id)),
    ).fetchone()
    return None if row is None or len(row["body"]) > MOST_BYTES else str(row["body"])


def keep(
    connection: sqlite3.Connection, events: Sequence[Event], due_at: float, state: str = "fresh", attempts: int = 0
) -> Delivery:
    """Make a delivery of events."""
    content = json.dumps([asdict(one) for one in events])
    row = connection.execute(
        "INSERT INTO webhook_deliveries (events, attempts, due_at, state) VALUES (?, ?, ?, ?) RETURNING id",
        (content, attempts, due_at, state),
    ).fetchone()
    return Delivery(int(row["id"]), tuple(events), attempts, due_at, state)


def deliveries(
    connection: sqlite3.Connection, most: int, due_at: float | None = None, state: str = ""
) -> list[Delivery]:
    """The oldest deliveries that wait: those due by a moment, those in a state, or all."""
    rows = connection.execute(
        "SELECT * FROM webhook_deliveries WHERE (? IS NULL OR due_at <= ?) AND (? = '' OR state = ?) "
        "ORDER BY id LIMIT ?",
        (due_at, due_at, state, state, most),
    ).fetchall()
    return [
        Delivery(
            int(row["id"]),
            tuple(Event(**one) for one in json.loads(row["events"])),
            int(row["attempts"]),
            float(row["due_at"]),
            str(row["state"]),
        )
        for row in rows
    ]


def next_due(connection: sqlite3.Connection) -> tuple[float | None, bool]:
    """When the next delivery is due, and whether one waits for its first attempt."""
    row = connection.execute(
        "SELECT min(due_at) AS due_at, max(attempts = 0) AS first FROM webhook_deliveries"
    ).fetchone()
    return row["due_at"], bool(row["first"])


def count(connection: sqlite3.Connection) -> int:
    """How many deliveries wait."""
    return int(connection.execute("SELECT count(*) FROM webhook_deliveries").fetchone()[0])


def done(connection: sqlite3.Connection, delivery_id: int) -> None:
    """The endpoint took it."""
    connection.execute("DELETE FROM webhook_deliveries WHERE id = ?", (delivery_id,))


def failed(connection: sqlite3.Connection, delivery_id: int, attempts: int, due_at: float) -> None:
    """The endpoint did not take it; the next attempt is due at a moment."""
    connection.execute(
        "UPDATE webhook_deliveries SET attempts = ?, due_at = ?, state = 'failed' WHERE id = ?",
        (attempts, due_at, delivery_id),
    )


def hurry(connection: sqlite3.Connection, state: str = "") -> None:
    """Deliveries in a state, or all, are due at once."""
    connection.execute("UPDATE webhook_deliveries SET due_at = 0 WHERE ? = '' OR state = ?", (state, state))
