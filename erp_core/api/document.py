"""The OpenAPI document at /api/openapi.json: written from what the endpoints declare."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify

from erp_core.access import public
from erp_core.api.problems import CONTENT_TYPE, SENTENCES, Problem
from erp_core.api.reach import include
from erp_core.extensions import api
from erp_core.plugins import registry
from erp_core.plugins.slots import INVOICE_FIELD

VERSION = "1"
PATH = "/api/openapi.json"
ENDPOINT = "api_document"
ABOUT = """The ERP for programs: customers, products, orders, invoices and payments of one tenant.

Send the token of a person as `Authorization: Bearer erp_…`; a program may do what that person may do.

Money and quantities are strings such as `"18.50"`, in answers always and in requests preferably; JSON numbers are read
exactly as written. Dates are plain (`2026-11-21`), moments are in UTC. Members that we don't know are refused.

Every write takes an `Idempotency-Key`, so that a program may repeat what it got no answer to.

Errors are problem details (RFC 9457, `application/problem+json`): `detail` is a sentence for a person, `code` a word for
programs, `errors` says what is wrong with each member. A refused request has changed nothing."""
OTHER_SENTENCES = {
    401: ("Sign in with a token", "This API token has expired. Create a new one.", "token_expired"),
    403: (
        "Not allowed",
        "You are not allowed to create and void invoices. Ask an administrator of your company.",
        "forbidden",
    ),
    409: ("Not possible now", "Order ORD-1042 is a draft. Confirm it first.", "refused"),
    422: ("Please check your input", "The order was not created. Enter at least one line.", "invalid"),
}
RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
SIGN_IN = {"WWW-Authenticate": {"description": "How to sign in (RFC 6750).", "schema": {"type": "string"}}}


def configure(app: Flask) -> None:
    """Say what the document needs before the endpoints are registered."""
    app.config.update(API_TITLE="ERP", API_VERSION=VERSION, OPENAPI_VERSION="3.1.0")
    app.config["API_SPEC_OPTIONS"] = {
        "info": {"description": ABOUT},
        "servers": [{"url": "/", "description": "This server"}],
        "security": [{"token": []}],
    }
    api.DEFAULT_ERROR_RESPONSE_NAME = None  # every status is named


def describe(app: Flask) -> None:
    """Describe how to sign in and every problem, and serve the document."""
    api.spec.components.security_scheme(
        "token", {"type": "http", "scheme": "bearer", "description": "An API token, which begins with `erp_`."}
    )
    for status in (400, 401, 403, 404, 409, 413, 415, 422, 429, 500):
        api.spec.components.response(f"Problem{status}", _problem(status))
    app.add_url_rule(PATH, ENDPOINT, document)
    include(app, ENDPOINT)


def describe_plugins() -> None:
    """Add the members that plugins give to an invoice; the registry's plugins are known by now."""
    loaded = registry.current()
    properties = api.spec.components.schemas["Invoice"]["properties"]
    for plugin in loaded.plugins:
        for member in loaded.fills_of(plugin, INVOICE_FIELD):
            described = api.ma_plugin.converter.field2property(member.schema)
            properties[member.name] = {"description": plugin.title()} | described


@public
def document() -> Response:
    """The OpenAPI document, which anybody may read."""
    return jsonify(api.spec.to_dict())


def _problem(status: int) -> dict[str, Any]:
    phrase = HTTPStatus(status).phrase
    if status in OTHER_SENTENCES:
        title, detail, code = OTHER_SENTENCES[status]
    else:
        title, detail = SENTENCES[status]
        code = phrase.lower().replace(" ", "_")
    example: dict[str, Any] = {
        "type": f"urn:erp:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": "/api/orders",
        "code": code,
    }
    if status == 422:
        example["errors"] = {"lines": "Enter at least one line."}
    headers = {429: RETRY_AFTER, 401: SIGN_IN}.get(status)
    return {
        "description": phrase,
        "content": {CONTENT_TYPE: {"schema": Problem, "example": example}},
        **({"headers": headers} if headers else {}),
    }
