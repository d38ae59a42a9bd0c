"""Who a program acts for: the person of its bearer token, and nobody else.

Cookies are taken away from API requests before anything reads them, so a page of another site that makes a browser
send one achieves nothing, and no CSRF token is needed here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Request, current_app, g, request
from flask_limiter.util import get_remote_address
from flask_login import current_user

from erp_core.api.problems import Unauthenticated
from erp_core.api.reach import is_api, leads_to_api
from erp_core.extensions import db, limiter
from erp_core.models import User
from erp_core.services import accounts

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SCHEME = "bearer"


class Refusal(Unauthenticated):
    """A token is missing or opens nothing; the answer says how to sign in."""

    def __init__(self, message: str, *, code: str, presented: bool) -> None:
        super().__init__(message, code=code)
        error = f', error="invalid_token", error_description="{code}"' if presented else ""
        self.headers = {"WWW-Authenticate": f'Bearer realm="ERP"{error}'}


class WithoutCookies:
    """Takes the cookies away from requests to the API."""

    def __init__(self, app: Flask) -> None:
        self._app, self._answer = app, app.wsgi_app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if leads_to_api(self._app, environ):
            environ.pop("HTTP_COOKIE", None)
        return self._answer(environ, start_response)


def user_of_request(_request: Request) -> User | None:
    """The person whose token an API request carries; Flask-Login asks when there is no cookie. Pages take no tokens."""
    if not is_api():
        return None
    scheme, _, raw = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME or not raw.strip():
        return None
    try:
        user = accounts.user_of_token(db.session(), raw.strip())
    except accounts.TokenRefused as refused:
        g.refusal = Refusal(refused.message, code=refused.code, presented=True)
        return None
    g.token_digest = hashlib.sha256(raw.strip().encode()).hexdigest()
    return user


def check() -> None:
    """Before every request to the API: no token, no answer, and not too many of them."""
    if not is_api() or request.routing_exception is not None:
        return
    known = current_user.is_authenticated
    _count()
    if not known and not getattr(current_app.view_functions.get(request.endpoint or ""), "public", False):
        raise g.get("refusal") or Refusal(
            "Send your API token in the header Authorization: Bearer erp_… An administrator of your company can make one.",
            code="token_missing",
            presented=False,
        )


def _caller() -> str:
    """Whose allowance is used: the token's; without a good one the address's, so that nobody guesses for long."""
    return str(g.get("token_digest") or get_remote_address())


def _allowance() -> str:
    return str(current_app.config["API_RATE_LIMIT"])


@limiter.shared_limit(_allowance, scope="api", key_func=_caller)
def _count() -> None:
    """Count this request towards the allowance of its token; Flask-Limiter raises 429 when it is spent."""
