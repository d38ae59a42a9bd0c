"""The Flask application: every path of the emulator, ids of answers, and what happens to a call on its way."""

import contextlib
import json
import os
import re
import secrets
import socket
import struct
import time
from datetime import datetime

from flask import Flask, Response, g, request
from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.wrappers import Response as AnyResponse

from qbo_emulator import faults, oauth
from qbo_emulator.api import attachments, refusals, xml
from qbo_emulator.api import http as api
from qbo_emulator.api.arrival import Arrival
from qbo_emulator.api.asked import ERROR, Answer
from qbo_emulator.control import sites
from qbo_emulator.control import views as control
from qbo_emulator.control.bodies import answer as told
from qbo_emulator.emulator import Emulator
from qbo_emulator.failures.injection import LONGEST_HANG_MS, Rule
from qbo_emulator.screen import views as screen
from qbo_emulator.webhooks import views as webhooks
from qbo_emulator.wire import dumps, envelope_time

PAGE_POLICY = "default-src 'self'; img-src data:; frame-ancestors 'none'"
CONNECTION, TOO_LARGE = "qbo_emulator.connection", "qbo_emulator.too_large"
TRACE_ID = re.compile(r"[\w.:=-]{1,100}", re.ASCII)


def create_app(emulator: Emulator, host: str = "127.0.0.1") -> Flask:
    """The application around an emulator. host: the address that its server listens on."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    for part in (api, attachments, oauth, control, webhooks, screen):
        app.register_blueprint(part.blueprint(emulator))

    @app.before_request
    def begin() -> AnyResponse | None:
        g.started = time.monotonic()
        g.tid = _trace_id()
        g.rule = None
        g.age = emulator.calls.age
        g.arrival = arrival = Arrival.of(request.method, request.path, request.args, request.get_data())
        if request.environ.get(TOO_LARGE):
            return _too_large(emulator, arrival)
        if sites.sent_by_another_site(host):
            return _other_site()
        return _on_its_way(emulator, arrival) if arrival.at_intuit else None

    @app.after_request
    def end(response: AnyResponse) -> AnyResponse:
        arrival, rule, tid = g.get("arrival") or Arrival("", "", {}, b""), g.get("rule"), g.get("tid") or _trace_id()
        _settle_email(emulator, arrival, response.status_code)
        if (waits := g.get("latency")) is not None:
            waits[0].wait(waits[1], g.started)
        if rule is not None and not g.get("struck", False):
            response = _after_acting(emulator, rule, response)
        response.headers["intuit_tid"] = tid
        response.headers["X-Content-Type-Options"] = "nosniff"
        if rule is not None:
            response.headers.update(rule.headers)
        if response.mimetype == "text/html" and not arrival.realm:
            response.headers["Content-Security-Policy"] = PAGE_POLICY
        if arrival.realm is not None:
            api.gateway_headers(response, tid)
            status = None if g.get("closed", False) else response.status_code
            api.note(emulator, arrival, rule, status, g.started, tid)
        if g.get("closed", False):
            _close(reset=rule is not None and rule.action in ("reset_before", "reset_after"))
        return response

    @app.errorhandler(Exception)
    def failed(error: Exception) -> AnyResponse:
        if isinstance(error, HTTPException):
            if request.path.startswith(("/oauth2/", "/v2/oauth2/")):
                return _response(refusals.of_oauth(error.code or 500, "invalid_request"))
            return error.get_response()
        app.logger.error("An error of the emulator itself", exc_info=error)
        fault = faults.system_failure("The emulator failed; its log says where.")
        now = envelope_time(emulator.store.now())
        return _response(refusals.of_service(fault, now, request.headers.get("Accept")))

    return app


def _too_large(emulator: Emulator, arrival: Arrival) -> AnyResponse:
    """The refusal of a call that is larger than anything that is taken, in the shape of its place."""
    if arrival.realm is not None:
        fault = faults.bad_property("The request is too large")
        fault.status = 413
        now = envelope_time(emulator.store.now())
        return _response(refusals.of_service(fault, now, request.headers.get("Accept")))
    if arrival.at_intuit:
        return _response(refusals.of_oauth(413, "invalid_request"))
    return told({"error": "The request is too large."}, 413)


def _other_site() -> AnyResponse:
    """The refusal of what another site sent: as the control paths say it, or as a page."""
    if request.path.startswith("/_emulator"):
        return told({"error": sites.REFUSAL}, 403)
    return Forbidden(sites.REFUSAL).get_response()


def _trace_id() -> str:
    """The id of an answer: the one that the call brought, or a new one."""
    given = request.headers.get("intuit_tid", "")
    return given if TRACE_ID.fullmatch(given) else f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, content_type=answer.content_type)
    response.headers.update(answer.headers)
    return response


def _on_its_way(emulator: Emulator, arrival: Arrival) -> AnyResponse | None:
    """Limits and failures are settled when a call arrives; then it acts, or gets its answer here. The answer leaves when
    the latency has passed since the arrival; nothing is locked while it waits."""
    limits, latency = emulator.limits, emulator.latency
    items = None
    if arrival.kind == "batch":
        items = len(arrival.items) if latency.item or limits.settings.batch_items_count else 1
    refused, now = None, emulator.store.now()
    if arrival.realm is not None and _is_of_an_app(emulator, arrival.realm, now):
        refused = limits.arrive(arrival.realm, g.started, now, items, arrival.is_email)
        g.email_at = now if refused is None and arrival.is_email else None
    if refused is None:
        g.rule = emulator.faults.strike(arrival)
    g.latency = None if arrival.kind == "consent" else (latency, items or 1)
    if refused is not None:
        as_xml = emulator.switches.xml_refusals or xml.wanted(request.headers.get("Accept"))
        return _response(refusals.of_gateway(faults.throttled(), 429, envelope_time(now), as_xml))
    if g.rule is None:
        return None
    answer = _strike(emulator, g.rule, arrival)
    g.struck = answer is not None
    return answer


def _is_of_an_app(emulator: Emulator, realm: str, now: datetime) -> bool:
    """Whether the call at hand has a token for the company."""
    with emulator.store.transaction() as connection:
        return api.caller(connection, now)[1].realm == realm


def _settle_email(emulator: Emulator, arrival: Arrival, status: int) -> None:
    """What was not sent, or was sent before, takes nothing from the day's e-mails."""
    at, struck = g.get("email_at"), g.get("struck", False)
    if at is None or arrival.realm is None or g.age != emulator.calls.age:
        return
    if status != 200 or struck or g.get("replayed", False):
        emulator.limits.email_not_sent(arrival.realm, at)


def _strike(emulator: Emulator, rule: Rule, arrival: Arrival) -> AnyResponse | None:
    """What a rule does before the call acts; None lets it act."""
    match rule.action:
        case "delay":
            emulator.faults.wait(rule.ms)
        case "hang":
            emulator.faults.wait(rule.ms or LONGEST_HANG_MS)
            return _closed()
        case "reset_before":
            return _closed()
        case "status":
            return _failure(emulator, rule)
        case "answer":
            return _named(emulator, rule)
        case "fault" | "item_fault" if arrival.realm is None:
            return _response(refusals.of_oauth(rule.fault().status, "server_error"))
    return None


def _after_acting(emulator: Emulator, rule: Rule, response: AnyResponse) -> AnyResponse:
    """What a rule does to the answer of a call that has acted."""
    match rule.action:
        case "reset_after":
            return _closed()
        case "hang_after":
            emulator.faults.wait(rule.ms or LONGEST_HANG_MS)
            return _closed()
        case "answer_after":
            return _named(emulator, rule) or response
        case "truncate":
            content = response.get_data()
            response.set_data(content[: len(content) // 2])
    return response


def _named(emulator: Emulator, rule: Rule) -> AnyResponse | None:
    """The answer that the name of a rule stands for."""
    named = rule.named
    if named is None or named.answer is None:
        return None
    return _response(named.answer(envelope_time(emulator.store.now())))


def _closed() -> AnyResponse:
    """No answer: the connection is closed when everything is noted."""
    g.closed = True
    return Response(status=502)


def _close(reset: bool) -> None:
    """Close the connection of the request at hand; with a reset its client learns that on the spot."""
    connection = request.environ.get(CONNECTION)
    if not isinstance(connection, socket.socket):
        return
    with contextlib.suppress(OSError):
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(connection.detach())
        else:
            connection.shutdown(socket.SHUT_RDWR)


def _failure(emulator: Emulator, rule: Rule) -> AnyResponse:
    """The answer of a rule: its body, or what such a status usually carries."""
    if rule.body is not None:
        text = rule.body if isinstance(rule.body, str) else json.dumps(rule.body)
        return Response(text, rule.status, content_type=rule.content_type or ERROR)
    answer = _usual(rule.status, envelope_time(emulator.store.now()))
    return Response(answer.body, rule.status, content_type=rule.content_type or answer.content_type)


def _usual(status: int, now: str) -> Answer:
    match status:
        case 401:
            return refusals.of_gateway(faults.unauthorized("Token expired"), status, now)
        case 403:
            return refusals.of_gateway(faults.forbidden(), status, now)
        case 429:
            return refusals.of_gateway(faults.throttled(), status, now)
        case 502 | 503 | 504:
            return Answer(f"<html><body><h1>{status}</h1></body></html>", status, "text/html")
    return Answer(dumps({"Fault": faults.system_failure("Unexpected error").body(), "time": now}), status, ERROR)
