"""Codes and tokens: what an app is given for a company, how long it lasts and how it ends."""

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qbo_emulator.oauth.scopes import ACCOUNTING
from qbo_emulator.switches import Switches

ACCESS_SECONDS = 3600
REFRESH_SECONDS = 8_726_400
ROLLING_SECONDS = 100 * 24 * 3600
ROTATION_SECONDS = 24 * 3600
GRACE_SECONDS = 24 * 3600
HARD_SECONDS = 157_680_000
CODE_SECONDS = 600
INCORRECT = "Incorrect or invalid refresh token"

Tokens = dict[str, Any]


class TokenError(Exception):
    """An answer of the token endpoint that is not 200."""

    def __init__(self, status: int, error: str, description: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.description = description


@dataclass(frozen=True)
class Access:
    """What an access token opens: a company and scopes; realm None and the reason when it opens nothing."""

    realm: str | None
    scopes: frozenset[str] = frozenset()
    reason: str = ""


def grant(connection: sqlite3.Connection, now: datetime, client_id: str, realm: str, scope: str = ACCOUNTING) -> Tokens:
    """A new authorization of a company for an app, with its first tokens."""
    return _tokens(connection, _authorize(connection, now, client_id, realm, scope), int(now.timestamp()))


def _authorize(connection: sqlite3.Connection, now: datetime, client_id: str, realm: str, scope: str) -> sqlite3.Row:
    seconds = int(now.timestamp())
    row: sqlite3.Row = connection.execute(
        "INSERT INTO grants (client_id, realm, scope, authorized_at, refresh_token, refresh_issued_at, revoked) "
        "VALUES (?, ?, ?, ?, ?, ?, 0) RETURNING *",
        (client_id, realm, scope, seconds, _refresh_value(), seconds),
    ).fetchone()
    return row


def _refresh_value() -> str:
    return f"RT1-{secrets.token_hex(20)}"


def _tokens(connection: sqlite3.Connection, row: sqlite3.Row, seconds: int) -> Tokens:
    token = secrets.token_urlsafe(48)
    connection.execute("DELETE FROM access_tokens WHERE grant_id = ? AND expires_at < ?", (row["id"], seconds - 86400))
    connection.execute("INSERT INTO access_tokens VALUES (?, ?, ?)", (token, row["id"], seconds + ACCESS_SECONDS))
    hard = row["authorized_at"] + HARD_SECONDS - seconds
    return {
        "token_type": "bearer",
        "access_token": token,
        "expires_in": ACCESS_SECONDS,
        "refresh_token": row["refresh_token"],
        "x_refresh_token_expires_in": min(row["refresh_issued_at"] + REFRESH_SECONDS - seconds, hard),
        "x_refresh_token_hard_expires_in": hard,
    }


def new_code(
    connection: sqlite3.Connection, now: datetime, client_id: str, realm: str, redirect_uri: str, scope: str
) -> str:
    """An authorization code for what a person agreed to."""
    code = f"AB1{secrets.token_hex(22)}"
    connection.execute(
        "INSERT INTO codes (code, client_id, realm, redirect_uri, scope, expires_at, used) VALUES (?, ?, ?, ?, ?, ?, 0)",
        (code, client_id, realm, redirect_uri, scope, int(now.timestamp()) + CODE_SECONDS),
    )
    return code


def exchange(
    connection: sqlite3.Connection, now: datetime, client_id: str, code: str, redirect_uri: str, switches: Switches
) -> Tokens | TokenError:
    """Tokens for an authorization code, once. A second time ends what the first one gave, unless a switch says no."""
    row = connection.execute("SELECT * FROM codes WHERE code = ? AND client_id = ?", (code, client_id)).fetchone()
    if row is not None and row["used"] and not switches.keep_connection_on_reused_code:
        connection.execute("UPDATE grants SET revoked = 1 WHERE id = ?", (row["grant_id"],))
    if row is None or row["used"] or row["expires_at"] < now.timestamp():
        return TokenError(400, "invalid_grant", "Invalid authorization code")
    if row["redirect_uri"] != redirect_uri:
        return TokenError(400, "invalid_grant", "Invalid redirect uri")
    granted = _authorize(connection, now, client_id, row["realm"], row["scope"])
    connection.execute("UPDATE codes SET used = 1, grant_id = ? WHERE code = ?", (granted["id"], code))
    return _tokens(connection, granted, int(now.timestamp()))


def refresh(
    connection: sqlite3.Connection, now: datetime, client_id: str, value: str, switches: Switches
) -> Tokens | TokenError:
    """New tokens; the refresh token stays the same for 24 hours and is then replaced. The old one is dead at once,
    unless a switch gives it a day."""
    seconds = int(now.timestamp())
    row = _by_refresh_token(connection, client_id, value, seconds, switches)
    rolling = ROLLING_SECONDS if switches.refresh_tokens_live_100_days else REFRESH_SECONDS
    if row is None or seconds >= row["refresh_issued_at"] + rolling or seconds >= row["authorized_at"] + HARD_SECONDS:
        return TokenError(400, "invalid_grant", INCORRECT)
    if row["refresh_token"] == value and seconds >= row["refresh_issued_at"] + ROTATION_SECONDS:
        row = connection.execute(
            "UPDATE grants SET refresh_token = ?, refresh_issued_at = ?, previous_token = ? WHERE id = ? RETURNING *",
            (_refresh_value(), seconds, value, row["id"]),
        ).fetchone()
    return _tokens(connection, row, seconds)


def _by_refresh_token(
    connection: sqlite3.Connection, client_id: str, value: str, seconds: int, switches: Switches
) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM grants WHERE refresh_token = ? AND client_id = ? AND revoked = 0", (value, client_id)
    ).fetchone()
    if row is None and switches.previous_refresh_token_lives_a_day:
        row = connection.execute(
            "SELECT * FROM grants WHERE previous_token = ? AND client_id = ? AND revoked = 0 AND refresh_issued_at > ?",
            (value, client_id, seconds - GRACE_SECONDS),
        ).fetchone()
    return row


def compromised(connection: sqlite3.Connection, value: str) -> None:
    """End the connection that this refresh token belongs to."""
    connection.execute("UPDATE grants SET revoked = 1 WHERE refresh_token = ?", (value,))


def revoke(connection: sqlite3.Connection, client_id: str, token: str) -> None:
    """Disconnect the company of a refresh or access token from the app."""
    row = connection.execute(
        "SELECT realm FROM grants WHERE revoked = 0 AND client_id = ? AND (refresh_token = ? OR id = "
        "(SELECT grant_id FROM access_tokens WHERE token = ?))",
        (client_id, token, token),
    ).fetchone()
    if row is None:
        raise TokenError(400, "invalid_request")
    connection.execute("UPDATE grants SET revoked = 1 WHERE client_id = ? AND realm = ?", (client_id, row["realm"]))


def access(connection: sqlite3.Connection, now: datetime, token: str) -> Access:
    """What an access token opens."""
    row = connection.execute(
        "SELECT expires_at, realm, scope, revoked FROM access_tokens JOIN grants ON grants.id = grant_id "
        "WHERE token = ?",
        (token,),
    ).fetchone()
    if row is None:
        short = len(token) < 20
        return Access(None, reason="Malformed bearer token: too short or too long" if short else "Token is not valid")
    if row["revoked"]:
        return Access(None, reason="Token revoked")
    if row["expires_at"] <= now.timestamp():
        return Access(None, reason=f"Token expired: {token[:4]}...")
    return Access(str(row["realm"]), frozenset(row["scope"].split()))
