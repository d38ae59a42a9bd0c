"""The accounting API over HTTP: who may call, what is called, and the envelope of the answer."""

import sqlite3
import time
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, Response, g, request
from werkzeug.wrappers import Response as AnyResponse

from qbo_emulator import faults, oauth
from qbo_emulator.api import batch, multipart, refusals, request_ids, routes, xml
from qbo_emulator.api.arrival import READS, Arrival
from qbo_emulator.api.asked import Answer, Asked, Injected
from qbo_emulator.api.calls import Call
from qbo_emulator.api.multipart import Part
from qbo_emulator.books import Books
from qbo_emulator.failures.injection import Rule
from qbo_emulator.wire import envelope_time

if TYPE_CHECKING:
    from qbo_emulator.emulator import Emulator

METERED = READS | {"batch"}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class Api:
    """Answers the calls of one emulator."""

    def __init__(self, emulator: "Emulator") -> None:
        self.emulator = emulator

    def answer(self, realm: str, arrival: Arrival, injected: Injected) -> Answer:
        """The answer to the call at hand; what it wrote is committed."""
        now = envelope_time(self.emulator.store.now())
        parts = arrival.rest.strip("/").split("/")
        files = _files(arrival) if parts[0].lower() == "upload" else ()
        try:
            # One transaction: nothing that was authorized before a reset is done after it.
            with self.emulator.books(realm) as books:
                if (denied := self._denied(books, now)) is not None:
                    return denied
                if not self._may_read(arrival):
                    return refusals.of_gateway(faults.throttled(), 429, now, self.as_xml())
                asked = Asked(
                    books, parts, request.args, arrival.raw, request.content_type or "",
                    request.host_url, now, request.headers.get("Accept"), injected, self._read, files=files,
                )  # fmt: skip
                answer = _run(asked)
                self._keep_reads(arrival, books.connection)
        except faults.Fault as fault:
            with self.emulator.store.transaction() as connection:
                self._keep_reads(arrival, connection)
            return refusals.of_service(fault, now, request.headers.get("Accept"))
        if answer.replayed and answer.status == 200:
            answer.items = [batch.kind(item) for item in arrival.items if isinstance(item, dict)]
        if injected.stop_after is not None and answer.status == 200:
            injected.applied = True
            timeout = refusals.page(504)
            timeout.items, timeout.replayed = answer.items, answer.replayed
            return timeout
        return answer

    def as_xml(self) -> bool:
        """Whether the gateway refuses the call at hand with XML."""
        return self.emulator.switches.xml_refusals or xml.wanted(request.headers.get("Accept"))

    def _read(self) -> bool:
        return self.emulator.limits.read(self.emulator.store.now())

    def _keep_reads(self, arrival: Arrival, connection: sqlite3.Connection) -> None:
        """A restart gives no reads back, whatever became of them."""
        if self.emulator.limits.settings.read_allowance is not None and arrival.kind in METERED:
            self.emulator.limits.keep(connection, self.emulator.store.now())

    def _may_read(self, arrival: Arrival) -> bool:
        """Count a read; a batch of nothing but queries is refused when there are no reads left at all."""
        if arrival.kind in READS:
            return self._read()
        if arrival.kind != "batch" or self.emulator.limits.settings.read_allowance is None or not arrival.items:
            return True
        only_queries = all(isinstance(item, dict) and "Query" in item for item in arrival.items)
        return not only_queries or self.emulator.limits.reads_left(self.emulator.store.now())

    def _denied(self, books: Books, now: str) -> Answer | None:
        scheme, access = caller(books.connection, books.now)
        if scheme != "bearer" or access.realm is None:
            reason = access.reason if scheme == "bearer" else "Malformed bearer token"
            return refusals.of_gateway(faults.unauthorized(reason), 401, now, self.as_xml())
        if access.realm != books.realm or oauth.ACCOUNTING not in access.scopes:
            return refusals.of_gateway(faults.forbidden(), 403, now, self.as_xml())
        return None


def caller(connection: sqlite3.Connection, now: datetime) -> tuple[str, oauth.Access]:
    """How the call at hand says who it comes from, in lower case, and what that opens."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower(), oauth.access(connection, now, token.strip())


def injected_by(rule: Rule | None, arrival: Arrival) -> Injected:
    """What a rule does inside the service."""
    match None if rule is None else rule.action:
        case "fault":
            return Injected(rule.fault() if rule else None)
        case "item_fault":
            items = rule.refused_items(arrival.items) if rule and arrival.kind == "batch" else None
            return Injected(rule.fault() if rule else None, items)
        case "partial_batch":
            return Injected(stop_after=rule.executed(len(arrival.items)) if rule else None)
    return Injected()


def _files(arrival: Arrival) -> Sequence[tuple[str, Part]] | faults.Fault:
    """What is uploaded; a refusal waits until it is known who calls."""
    try:
        return multipart.read(request.content_type or "", arrival.raw)
    except faults.Fault as fault:
        return fault


def _run(asked: Asked) -> Answer:
    act = routes.handler(request.method, asked.parts)
    request_id = request.args.get("requestid", "") if request.method == "POST" else ""
    if not request_id or asked.parts[0].lower() == "query":
        return _act(act, asked)
    return request_ids.once(asked, request_id, lambda again: _act(act, again))


def _act(act: routes.Handler, asked: Asked) -> Answer:
    asked.injected.refuse()
    return act(asked)


def blueprint(emulator: "Emulator") -> Blueprint:
    """The paths below /v3/company."""
    api = Api(emulator)
    pages = Blueprint("api", __name__)

    @pages.route("/v3/company/<realm>", methods=METHODS, strict_slashes=False, provide_automatic_options=False)
    @pages.route("/v3/company/<realm>/<path:rest>", methods=METHODS, provide_automatic_options=False)
    def call(realm: str, rest: str = "") -> Response:
        acting_since = time.monotonic()
        injected = injected_by(g.rule, g.arrival)
        answer = api.answer(realm, g.arrival, injected)
        if g.rule is not None and injected.missed:
            emulator.faults.give_back(g.rule)
            g.rule = None
        g.items, g.replayed = answer.items, answer.replayed
        content = answer.body if answer.draw is None else answer.draw()
        response = Response(content, answer.status, content_type=answer.content_type)
        response.headers.update(answer.headers)
        if answer.status == 200:
            taken = int((time.monotonic() - acting_since) * 1000)
            response.headers["QBO-Version"] = "1988.128"
            response.headers["Service-Time"] = f"total={taken}, db={taken}"
            response.headers["Expires"] = "0"
            response.headers["Cache-Control"] = "max-age=0, no-cache, no-store, must-revalidate, private"
        return response

    return pages


def gateway_headers(response: AnyResponse, tid: str) -> None:
    """The headers that the real gateway puts on every answer of the accounting API."""
    response.headers["X-Spanid"] = str(uuid.uuid4())
    response.headers["X-Amzn-Trace-Id"] = f"Root={tid}"
    response.headers["Strict-Transport-Security"] = "max-age=31536000"
    response.headers["X-Xss-Protection"] = "1; mode=block"


def note(
    emulator: "Emulator", arrival: Arrival, rule: Rule | None, status: int | None, started: float, tid: str
) -> None:
    """Put the call at hand on the list of calls, unless a reset came in between."""
    emulator.calls.add(
        Call(
            at=emulator.store.now().isoformat(timespec="milliseconds"),
            realm=arrival.realm or "",
            method=arrival.method,
            path=arrival.path,
            kind=arrival.kind,
            status=status,
            ms=int((time.monotonic() - started) * 1000),
            items=list(g.get("items", [])),
            request_id=arrival.args.get("requestid") or None,
            replayed=bool(g.get("replayed", False)),
            intuit_tid=tid,
            fault=None if rule is None else rule.name or rule.action,
        ),
        g.age,
    )
