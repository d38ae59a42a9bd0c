"""The accounting API over HTTP: who may call, what is called, and the envelope of the answer."""

import time
from typing import TYPE_CHECKING

from flask import Blueprint, Response, g, request

from qbo_emulator import faults, oauth
from qbo_emulator.api import request_ids, routes
from qbo_emulator.api.asked import ERROR, Answer, Asked
from qbo_emulator.control.calls import Call
from qbo_emulator.wire import Body, dumps, envelope_time

if TYPE_CHECKING:
    from qbo_emulator.books import Books
    from qbo_emulator.emulator import Emulator


def refused(fault: faults.Fault, books_time: str) -> Answer:
    """A fault in its envelope."""
    body: Body = {"Fault": fault.body()}
    if fault.with_time:
        body["time"] = books_time
    return Answer(dumps(body), fault.status, ERROR)


def kind_of(method: str, rest: str) -> str:
    """The kind of a call: write, get, query, pdf, cdc or batch."""
    parts = rest.lower().strip("/").split("/")
    if parts[0] in ("query", "batch", "cdc"):
        return parts[0]
    if parts[-1] == "pdf":
        return "pdf"
    return "get" if method in ("GET", "HEAD") else "write"


class Api:
    """Answers the calls of one emulator."""

    def __init__(self, emulator: "Emulator") -> None:
        self.emulator = emulator

    def answer(self, realm: str, rest: str) -> Answer:
        """The answer to the call at hand; what it wrote is committed."""
        if (denied := self._denied(realm)) is not None:
            return denied
        now = envelope_time(self.emulator.store.now())
        try:
            with self.emulator.books(realm) as books:
                return self._run(books, rest.strip("/").split("/"), now)
        except faults.Fault as fault:
            return refused(fault, now)

    def _run(self, books: "Books", parts: list[str], now: str) -> Answer:
        asked = Asked(books, parts, request.args, request.get_data(), request.content_type or "", request.host_url, now)
        act = routes.handler(request.method, parts)
        request_id = request.args.get("requestid", "") if request.method == "POST" else ""
        if not request_id or parts[0].lower() == "query":
            return act(asked)
        request_ids.check(request_id, parts[0].lower() == "batch")
        if (earlier := request_ids.replay(books, request_id)) is not None:
            return earlier
        answer = act(asked)
        request_ids.keep(books, request_id, answer)
        return answer

    def _denied(self, realm: str) -> Answer | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        with self.emulator.store.transaction() as connection:
            granted, reason = oauth.access(connection, self.emulator.store.now(), token.strip())
        if scheme.lower() != "bearer" or granted is None:
            body = faults.unauthorized(reason if scheme.lower() == "bearer" else "Malformed bearer token")
            challenge = {"WWW-Authenticate": 'Bearer realm="Intuit", error="invalid_token"'}
            return Answer(dumps(body), 401, ERROR, headers=challenge)
        if granted != realm:
            return Answer(dumps(faults.forbidden()), 403, ERROR)
        return None


def blueprint(emulator: "Emulator") -> Blueprint:
    """The paths below /v3/company."""
    api = Api(emulator)
    pages = Blueprint("api", __name__)

    @pages.before_request
    def start() -> None:
        g.started = time.monotonic()

    @pages.route("/v3/company/<realm>/", defaults={"rest": ""}, methods=["GET", "POST"])
    @pages.route("/v3/company/<realm>/<path:rest>", methods=["GET", "POST"])
    def call(realm: str, rest: str) -> Response:
        answer = api.answer(realm, rest)
        g.items, g.replayed = answer.items, answer.replayed
        response = Response(answer.body, answer.status, content_type=answer.content_type)
        response.headers.update(answer.headers)
        if answer.status == 200:
            taken = int((time.monotonic() - g.started) * 1000)
            response.headers["QBO-Version"] = "1988.128"
            response.headers["Service-Time"] = f"total={taken}, db={taken}"
            response.headers["Expires"] = "0"
            response.headers["Cache-Control"] = "max-age=0, no-cache, no-store, must-revalidate, private"
        return response

    return pages


def note(emulator: "Emulator", realm: str, rest: str, status: int | None, started: float, tid: str) -> None:
    """Put the call at hand on the list of calls."""
    emulator.calls.add(
        Call(
            at=emulator.store.now().isoformat(timespec="milliseconds"),
            realm=realm,
            method=request.method,
            path=request.path,
            kind=kind_of(request.method, rest),
            status=status,
            ms=int((time.monotonic() - started) * 1000),
            items=list(g.get("items", [])),
            request_id=request.args.get("requestid") or None,
            replayed=bool(g.get("replayed", False)),
            intuit_tid=tid,
        )
    )
