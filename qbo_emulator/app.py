"""The Flask application: every path of the emulator, ids of answers, and failures on demand."""

import json
import secrets
import socket
import time
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from qbo_emulator import faults, oauth
from qbo_emulator.api import asked
from qbo_emulator.api import http as api
from qbo_emulator.control import views as control
from qbo_emulator.control.injection import LONGEST_HANG_MS, Rule
from qbo_emulator.emulator import Emulator
from qbo_emulator.screen import views as screen
from qbo_emulator.webhooks import views as webhooks
from qbo_emulator.wire import dumps, envelope_time

INTUIT_PATHS = ("/v3/", "/oauth2/", "/v2/", "/connect/", "/.well-known/")
PAGE_POLICY = "default-src 'self'; img-src data:; frame-ancestors 'none'"
CONNECTION = "qbo_emulator.connection"


def create_app(emulator: Emulator) -> Flask:
    """The application around an emulator."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    for part in (api, oauth, control, webhooks, screen):
        app.register_blueprint(part.blueprint(emulator))

    @app.before_request
    def begin() -> AnyResponse | None:
        g.started = time.monotonic()
        g.tid = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
        request.get_data()
        if not request.path.startswith(INTUIT_PATHS):
            return None
        realm, _ = _company(request.path)
        rule = emulator.faults.strike(request.method, request.path, realm)
        g.rule = rule
        return None if rule is None else _strike(emulator, rule)

    @app.after_request
    def end(response: AnyResponse) -> AnyResponse:
        response.headers["intuit_tid"] = g.get("tid", "")
        response.headers["X-Content-Type-Options"] = "nosniff"
        if response.mimetype == "text/html":
            response.headers["Content-Security-Policy"] = PAGE_POLICY
        rule = g.get("rule")
        closed = g.get("closed", False)
        if rule is not None and rule.action == "reset_after":
            closed = True
            _close()
        realm, rest = _company(request.path)
        if realm is not None:
            status = None if closed else response.status_code
            api.note(emulator, realm, rest, status, g.started, g.tid)
        return response

    @app.errorhandler(Exception)
    def failed(error: Exception) -> AnyResponse:
        if isinstance(error, HTTPException):
            if error.code == 405 and request.path.startswith("/v3/"):
                fault = faults.unsupported(f"{request.method} {request.path}")
                body = {"Fault": fault.body(), "time": envelope_time(emulator.store.now())}
                return Response(dumps(body), 400, content_type=asked.ERROR)
            return error.get_response()
        app.logger.error("An error of the emulator itself", exc_info=error)
        fault = faults.system_failure("The emulator failed; its log says where.")
        body = {"Fault": fault.body(), "time": envelope_time(emulator.store.now())}
        return Response(dumps(body), 500, content_type=asked.ERROR)

    return app


def _company(path: str) -> tuple[str | None, str]:
    """The realm in a path of the accounting API and what follows it."""
    parts = path.split("/", 4)
    if len(parts) >= 4 and parts[1:3] == ["v3", "company"]:
        return parts[3], parts[4] if len(parts) == 5 else ""
    return None, ""


def _strike(emulator: Emulator, rule: Rule) -> AnyResponse | None:
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
    return None


def _closed() -> AnyResponse:
    g.closed = True
    _close()
    return Response(status=502)


def _close() -> None:
    """Close the connection of the request at hand without an answer."""
    connection = request.environ.get(CONNECTION)
    if isinstance(connection, socket.socket):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _failure(emulator: Emulator, rule: Rule) -> AnyResponse:
    """The answer of a rule: its body, or what such a status usually carries."""
    body: Any = rule.body
    content_type = rule.content_type
    if body is None:
        now = envelope_time(emulator.store.now())
        match rule.status:
            case 401:
                body = faults.unauthorized("Token expired")
            case 403:
                body = faults.forbidden()
            case 429:
                body = faults.throttled()
            case 502 | 503 | 504:
                body, content_type = f"<html><body><h1>{rule.status}</h1></body></html>", content_type or "text/html"
            case _:
                body = {"Fault": faults.system_failure("Unexpected error").body(), "time": now}
    text = body if isinstance(body, str) else json.dumps(body)
    return Response(text, rule.status, content_type=content_type or asked.ERROR)
