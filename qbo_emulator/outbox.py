"""The e-mails that were sent, which nobody receives: they are kept here to be looked at."""

import json
import sqlite3
from datetime import datetime
from typing import Any

from qbo_emulator.wire import loads

MOST_EMAILS = 10_000


def add(connection: sqlite3.Connection, realm: str, now: datetime, email: dict[str, Any]) -> None:
    """Keep an e-mail; beyond MOST_EMAILS the oldest are forgotten."""
    row = connection.execute(
        "INSERT INTO emails (realm, at, body) VALUES (?, ?, ?) RETURNING id",
        (realm, now.timestamp(), json.dumps(email)),
    ).fetchone()
    connection.execute("DELETE FROM emails WHERE id <= ?", (int(row["id"]) - MOST_EMAILS,))


def sent(connection: sqlite3.Connection, realm: str | None = None) -> list[dict[str, Any]]:
    """The e-mails of a company, or of all, oldest first."""
    rows = connection.execute(
        "SELECT realm, body FROM emails WHERE ? IS NULL OR realm = ? ORDER BY id", (realm, realm)
    ).fetchall()
    return [{"realm_id": str(row["realm"]), **loads(row["body"])} for row in rows]
