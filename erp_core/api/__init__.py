"""The REST API: bearer tokens, JSON, problem details, and an OpenAPI document at /api/openapi.json."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Blueprint
from werkzeug.exceptions import HTTPException

from erp_core.api import (
    authentication,
    customers,
    document,
    idempotency,
    instances,
    invoices,
    orders,
    payments,
    problems,
    products,
    reach,
)
from erp_core.api.reach import is_api
from erp_core.config import Config
from erp_core.errors import ERPError
from erp_core.extensions import api, csrf, login_manager
from erp_core.jobs.schedules import Schedule

__all__ = ["SCHEDULES", "init_app", "is_api", "register"]

SCHEDULES = (Schedule("api.forget_old_answers", idempotency.forget_old, seconds=3600),)
"""What the API wants to run by the clock."""


def init_app(app: Flask) -> None:
    """Register the API. The error handlers of pages must be registered before."""
    config: Config = app.config["ERP"]
    app.config["API_RATE_LIMIT"] = f"{config.api_rate_limit} per minute"
    app.wsgi_app = authentication.WithoutCookies(app)  # type: ignore[method-assign]
    login_manager.request_loader(authentication.user_of_request)
    app.before_request(authentication.check)
    page = app.error_handler_spec[None][None].get(HTTPException)
    document.configure(app)
    api.init_app(app)  # registers a handler of its own, which ours replaces
    problems.answer_errors(app, {HTTPException: page, ERPError: None})
    for part in (customers, products, orders, invoices, payments, instances):
        register(app, part.blueprint)
    document.describe(app)
    document.describe_plugins()


def register(app: Flask, blueprint: Blueprint) -> None:
    """Add endpoints, of the host or of a plugin; their paths begin with /api/.

    They need no CSRF token, because cookies sign nobody in there.
    """
    api.register_blueprint(blueprint)
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(f"{blueprint.name}.") and not rule.rule.startswith(reach.PREFIX):
            raise ValueError(f"The endpoint {rule.endpoint} is at {rule.rule}, but endpoints must be under /api/.")
    csrf.exempt(blueprint)
    reach.include(app, blueprint.name)
