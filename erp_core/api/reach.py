"""What belongs to the API: endpoints that were registered as such, and addresses under /api/ where there is nothing.

A plugin's page may stand under /api/ too, because its address was given by others, such as an OAuth callback. It stays a
page: people sign in there with their cookie.
"""

from __future__ import annotations

from flask import Flask, current_app, request
from werkzeug.exceptions import HTTPException

PREFIX = "/api/"
EXTENSION = "erp_api"


def include(app: Flask, name: str) -> None:
    """From now on the blueprint, or the endpoint outside of blueprints, of this name belongs to the API."""
    app.extensions.setdefault(EXTENSION, set()).add(name)


def belongs(app: Flask, endpoint: str | None) -> bool:
    """Whether an endpoint belongs to the API; None is an address without one."""
    return endpoint is None or endpoint.partition(".")[0] in app.extensions.get(EXTENSION, ())


def is_api() -> bool:
    """Whether the current request is for the API, where programs are answered and never led to a page."""
    return request.path.startswith(PREFIX) and belongs(current_app, request.endpoint)


def leads_to_api(app: Flask, environ: dict[str, object]) -> bool:
    """The same question before there is a request."""
    if not str(environ.get("PATH_INFO", "")).startswith(PREFIX):
        return False
    try:
        endpoint, _ = app.url_map.bind_to_environ(environ).match()
    except HTTPException:
        return True
    return belongs(app, str(endpoint))
