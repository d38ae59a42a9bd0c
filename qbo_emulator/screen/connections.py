"""The apps that are connected to a company, and disconnecting them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from qbo_emulator.books import Books
from qbo_emulator.oauth import tokens
from qbo_emulator.screen.desk import Desk, Page

DAY = 24 * 3600


@dataclass(frozen=True)
class Connection:
    """An app of a company: since when, how old its newest refresh token is, and when that ends. Never the token."""

    app: str
    since_at: datetime
    refreshed_at: datetime
    age: str
    left: str


def connected(books: Books) -> list[Connection]:
    """The apps that are connected to the company, by their client id."""
    rows = books.connection.execute(
        "SELECT client_id, min(authorized_at) AS since, max(refresh_issued_at) AS issued, max(authorized_at) AS last "
        "FROM grants WHERE realm = ? AND revoked = 0 GROUP BY client_id ORDER BY client_id",
        (books.realm,),
    ).fetchall()
    return [_connection(books, dict(row)) for row in rows]


def _connection(books: Books, row: dict[str, Any]) -> Connection:
    now, issued = int(books.now.timestamp()), int(row["issued"])
    rolling = tokens.ROLLING_SECONDS if books.switches.refresh_tokens_live_100_days else tokens.REFRESH_SECONDS
    left = min(issued + rolling, int(row["last"]) + tokens.HARD_SECONDS) - now
    return Connection(
        str(row["client_id"]),
        datetime.fromtimestamp(row["since"], UTC),
        datetime.fromtimestamp(issued, UTC),
        span(now - issued),
        f"ends in {span(left)} unless it is used" if left > 0 else "has ended",
    )


def span(seconds: int) -> str:
    """A length of time in words: 3 days, 5 hours, 12 minutes, less than a minute."""
    for size, word in ((DAY, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count:,} {word}{'s' if count != 1 else ''}"
    return "less than a minute"


def disconnect(books: Books, app: str) -> bool:
    """End every authorization of an app for the company, as its own call of revoke does; False when there is none."""
    row = books.connection.execute(
        "SELECT refresh_token FROM grants WHERE realm = ? AND client_id = ? AND revoked = 0 LIMIT 1",
        (books.realm, app),
    ).fetchone()
    if row is None:
        return False
    tokens.revoke(books.connection, app, str(row["refresh_token"]))
    return True


def register(pages: Blueprint, desk: Desk) -> None:
    """The page /app/<realm>/disconnect."""

    @pages.route("/app/<realm>/disconnect", methods=["GET", "POST"])
    def disconnect_app(realm: str) -> Page | Response:
        name, app = desk.company(realm), request.values.get("app", "")
        with desk.emulator.books(realm) as books:
            found = next((one for one in connected(books) if one.app == app), None)
            if found is not None and request.method == "POST":
                disconnect(books, app)
        if found is None:
            abort(404)
        if request.method == "POST":
            flash(f"{app} is disconnected from {name}. Its tokens do not work any more.")
            return redirect(url_for("screen.settings", realm=realm))
        return desk.show("disconnect.html", realm, "settings", app=found)
