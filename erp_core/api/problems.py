"""Errors as problem details (RFC 9457): one shape for every refusal under /api/, whoever raised it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

import structlog
from flask import Flask, Response, json, request
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException, InternalServerError

from erp_core.api.reach import is_api
from erp_core.errors import ERPError, NotFound

CONTENT_TYPE = "application/problem+json"

log = structlog.get_logger(__name__)


class Unauthenticated(ERPError):
    """No bearer token, or one that opens nothing."""

    status = 401
    title = "Sign in with a token"


class Malformed(ERPError):
    """The body can't be read at all."""

    status = 400
    title = "Unreadable request"


class UnsupportedType(ERPError):
    """The body is not JSON."""

    status = 415
    title = "Send JSON"


class Problem(Schema):
    """Why a request was refused."""

    type = fields.String(required=True, metadata={"description": "Names the kind of problem for good."})
    title = fields.String(required=True, metadata={"description": "The kind of problem in a few words."})
    status = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    detail = fields.String(required=True, metadata={"description": "What happened and what to do, for a person."})
    instance = fields.String(required=True, metadata={"description": "The path of the request."})
    code = fields.String(required=True, metadata={"description": "A word for programs."})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "What is wrong with each member, such as `lines.0.quantity`."},
    )


SENTENCES: Mapping[int, tuple[str, str]] = {
    400: ("Unreadable request", "The request can't be understood. Check its address and its body."),
    404: ("Not found", "There is nothing at this address. The OpenAPI document is at /api/openapi.json."),
    405: ("Not this way", "This address does not answer to this method."),
    413: ("Too large", "The body is larger than 1 MiB. Send less at a time."),
    415: ("Send JSON", "Send the body as JSON, with the header Content-Type: application/json."),
    429: ("Too many requests", "Too many requests in a short time. Wait as long as Retry-After says, then go on."),
    500: ("Our mistake", "Something went wrong on our side, and nothing was changed. Try again later."),
}
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


def as_problem(error: ERPError) -> dict[str, Any]:
    """An error of ours as the members of a problem document."""
    code = "not_found" if isinstance(error, NotFound) and error.code == "notfound" else error.code
    members = _members(error.status, error.title, error.message, code)
    return members | ({"errors": error.fields} if error.fields else {})


def answer(error: Exception) -> Response:
    """The problem document for an error. What is not an error of ours says nothing about the cause."""
    if isinstance(error, ERPError):
        return _respond(as_problem(error), getattr(error, "headers", {}))
    if not isinstance(error, HTTPException):
        log.error("api_failed", path=request.path, exc_info=error)
        error = InternalServerError()
    status = error.code or 500
    title, detail = SENTENCES.get(status, (HTTPStatus(status).phrase, error.description or HTTPStatus(status).phrase))
    code = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("'", "")
    headers = {name: value for name, value in error.get_headers() if name in KEPT_HEADERS}
    return _respond(_members(status, title, detail, code), headers)


def answer_errors(app: Flask, own: Mapping[type[Exception], Callable[[Any], Any] | None]) -> None:
    """From now on errors of the API are problem documents; elsewhere the handlers registered so far answer as before.

    `own` names the kinds of errors that need a handler in any case, with the one for other paths.
    """
    registered = cast(dict[int | None, dict[type[Exception], Any]], app.error_handler_spec[None])
    registered[None].update(
        {kind: page for kind, page in own.items() if page is not None or kind not in registered[None]}
    )
    for handlers in registered.values():
        for kind, page in handlers.items():
            handlers[kind] = _by_path(page)


def _by_path(page: Callable[[Any], Any] | None) -> Callable[[Exception], Any]:
    def handle(error: Exception) -> Any:
        if is_api():
            return answer(error)
        if page is not None:
            return page(error)
        if isinstance(error, HTTPException):
            return error
        raise error

    return handle


def _members(status: int, title: str, detail: str, code: str) -> dict[str, Any]:
    return {
        "type": f"urn:erp:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "code": code,
    }


def _respond(members: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    response = Response(json.dumps(members), status=members["status"], content_type=CONTENT_TYPE)
    response.headers.extend(headers)
    return response
