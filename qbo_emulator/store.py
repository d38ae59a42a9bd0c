"""The state of the emulator in one SQLite database: books, connections, request ids and the clock.

One connection and one lock: a transaction runs alone, and it is committed before its answer leaves.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS companies (realm TEXT PRIMARY KEY, name TEXT NOT NULL, position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS counters (
    realm TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (realm, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entities (
    realm TEXT NOT NULL, type TEXT NOT NULL, id INTEGER NOT NULL,
    name_key TEXT, doc_key TEXT, customer TEXT, active INTEGER NOT NULL, deleted INTEGER NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, changed INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (realm, type, id)
);
CREATE INDEX IF NOT EXISTS entities_name ON entities (realm, type, name_key);
CREATE INDEX IF NOT EXISTS entities_doc ON entities (realm, type, doc_key);
CREATE INDEX IF NOT EXISTS entities_customer ON entities (realm, type, customer);
CREATE INDEX IF NOT EXISTS entities_changed ON entities (realm, type, changed);
CREATE INDEX IF NOT EXISTS entities_updated ON entities (realm, type, updated_at);
CREATE TABLE IF NOT EXISTS applied_items (
    realm TEXT NOT NULL, type TEXT NOT NULL, id INTEGER NOT NULL, item TEXT NOT NULL,
    account TEXT NOT NULL, pieces TEXT NOT NULL, value TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS applied_items_document ON applied_items (realm, type, id);
CREATE TABLE IF NOT EXISTS sums (
    realm TEXT NOT NULL, name TEXT NOT NULL, amount TEXT NOT NULL, PRIMARY KEY (realm, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS request_ids (
    realm TEXT NOT NULL, request_id TEXT NOT NULL, answer TEXT NOT NULL, status INTEGER NOT NULL DEFAULT 200,
    kept_at INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (realm, request_id)
);
CREATE TABLE IF NOT EXISTS webhook_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, realm TEXT NOT NULL, entity TEXT NOT NULL,
    object_id TEXT NOT NULL, operation TEXT NOT NULL, at_ns INTEGER NOT NULL, deleted_id TEXT
);
CREATE TABLE IF NOT EXISTS webhook_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, events TEXT NOT NULL, attempts INTEGER NOT NULL, due_at REAL NOT NULL,
    state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS emails (
    id INTEGER PRIMARY KEY AUTOINCREMENT, realm TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    realm TEXT NOT NULL, id INTEGER NOT NULL, key TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (realm, id)
);
CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY, client_id TEXT NOT NULL, realm TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    scope TEXT NOT NULL, expires_at INTEGER NOT NULL, used INTEGER NOT NULL, grant_id INTEGER
);
CREATE TABLE IF NOT EXISTS grants (
    id INTEGER PRIMARY KEY, client_id TEXT NOT NULL, realm TEXT NOT NULL, scope TEXT NOT NULL,
    authorized_at INTEGER NOT NULL, refresh_token TEXT NOT NULL UNIQUE, refresh_issued_at INTEGER NOT NULL,
    revoked INTEGER NOT NULL, previous_token TEXT
);
CREATE TABLE IF NOT EXISTS access_tokens (
    token TEXT PRIMARY KEY, grant_id INTEGER NOT NULL REFERENCES grants (id), expires_at INTEGER NOT NULL
);
"""
LATER_COLUMNS = (
    ("request_ids", "status", "INTEGER NOT NULL DEFAULT 200"),
    ("request_ids", "kept_at", "INTEGER NOT NULL DEFAULT 0"),
    ("codes", "grant_id", "INTEGER"),
    ("grants", "previous_token", "TEXT"),
)
TABLES = (
    "settings", "companies", "counters", "entities", "applied_items", "sums", "request_ids", "webhook_events",
    "webhook_deliveries", "emails", "files", "access_tokens", "codes", "grants",
)  # fmt: skip


# What calendars, signatures and times on the wire can hold, with room on both sides.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
SECONDS_FOR_A_LOCK = 2.0


def fold(text: str | None) -> str | None:
    """The form in which names are compared: without case and surrounding space."""
    return None if text is None else str(text).strip().casefold()


def _moved(seconds: int) -> timedelta:
    """A clock that is so many seconds from the real one; ValueError when it is outside its bounds."""
    try:
        moved = timedelta(seconds=seconds)
        if EARLIEST <= datetime.now(UTC) + moved <= LATEST:
            return moved
    except OverflowError:
        pass
    raise ValueError(f"advance_seconds: the clock goes from {EARLIEST:%Y} to {LATEST:%Y}")


def _nothing() -> None:
    """Nobody waits for the clock."""


def _unusable(path: str | None, error: sqlite3.Error) -> "StateError":
    if "locked" in str(error):
        return StateError(f"{path} is in use by another emulator. Stop that one, or choose another file.")
    return StateError(f"{path} cannot be used: {error}. Choose a new file, in a folder that exists.")


class StateError(Exception):
    """The file of the state cannot be used; its text says why and what to do."""


class Store:
    """The database. path None keeps everything in memory; StateError when the file cannot be used. on_clock_moved is
    called after the clock was moved."""

    def __init__(self, path: str | None = None) -> None:
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(
                path or ":memory:", timeout=SECONDS_FOR_A_LOCK, check_same_thread=False, isolation_level=None
            )
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
        try:
            self._open()
        except sqlite3.Error as error:
            self._connection.close()
            raise _unusable(path, error) from error
        self._advanced = self._kept_clock()
        self.on_clock_moved: Callable[[], None] = _nothing

    def _open(self) -> None:
        self._connection.row_factory = sqlite3.Row
        self._connection.create_function("fold", 1, fold, deterministic=True)
        # Nobody else may open the file, for two clocks and two senders of webhooks would work on it. A process that
        # is killed gives it free.
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(f"BEGIN EXCLUSIVE;{SCHEMA}COMMIT;")
        self._add_columns()
        self._connection.execute("SELECT realm, name, position FROM companies")  # a file of something else fails here

    def _add_columns(self) -> None:
        """Give a file of an earlier version the columns that came later."""
        for table, column, kind in LATER_COLUMNS:
            known = {row["name"] for row in self._connection.execute(f"PRAGMA table_info({table})")}
            if column not in known:
                self._connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")

    def _kept_clock(self) -> timedelta:
        """How far the clock was moved; not at all when that cannot be used any more."""
        try:
            return _moved(int(self._setting("clock_seconds") or 0))
        except ValueError:
            return timedelta()

    def _setting(self, name: str) -> str | None:
        row = self._connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row["value"])

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The database for the time of the block, alone; committed at its end, rolled back when it raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # Some failures, such as a full disk, have rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def now(self) -> datetime:
        """The time of the emulator, in UTC: the real one plus what was advanced."""
        return datetime.now(UTC) + self._advanced

    def advance(self, seconds: int) -> datetime:
        """Move the clock forward (or back) and answer the new time; ValueError when it would leave its bounds."""
        with self._lock:
            moved = _moved(int(self._advanced.total_seconds()) + seconds)
            with self.transaction() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO settings VALUES ('clock_seconds', ?)", (str(int(moved.total_seconds())),)
                )
            self._advanced = moved
        self.on_clock_moved()
        return self.now()

    def clear(self, connection: sqlite3.Connection) -> None:
        """Forget everything in this transaction, the clock too."""
        for table in TABLES:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the list above
        self._advanced = timedelta()

    def is_empty(self) -> bool:
        """Whether there is no company yet."""
        with self._lock:
            return self._connection.execute("SELECT 1 FROM companies").fetchone() is None

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._connection.close()
