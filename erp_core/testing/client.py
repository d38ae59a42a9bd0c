"""A browser without a screen, for tests."""

from __future__ import annotations

import secrets
from contextvars import Context
from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from erp_core.extensions import db
from erp_core.models import User

WRITING = {"POST", "PUT", "PATCH", "DELETE"}


def settle() -> None:
    """Commit what the test wrote and forget what it read, so that others see the one and the test sees what they change."""
    if has_app_context():
        db.session.commit()
        db.session.expire_all()


class Client(FlaskClient):
    """Flask's test client as a person's browser: it sends the CSRF token that a form would hold.

    A test of the protection itself passes `csrf=False`. Requests run outside of the test's application context.
    """

    def login(self, user: User) -> None:
        """Sign a person in without the form."""
        identity = user.get_id()
        with self.session_transaction() as cookie:
            cookie["_user_id"] = identity
            cookie["_fresh"] = True

    def open(self, *args: Any, csrf: bool = True, **kwargs: Any) -> TestResponse:
        """Send a request. See the class for `csrf`."""
        settle()
        headers = Headers(kwargs.pop("headers", None))
        if csrf and kwargs.get("method") in WRITING and "Authorization" not in headers:
            headers.setdefault("X-CSRFToken", self.csrf_token())
        if headers:
            kwargs["headers"] = headers
        return Context().run(super().open, *args, **kwargs)

    def csrf_token(self) -> str:
        """A token as Flask-WTF puts it into forms."""
        with self.session_transaction() as cookie:
            raw = cookie.setdefault("csrf_token", secrets.token_hex(20))
        return str(URLSafeTimedSerializer(str(self.application.secret_key), salt="wtf-csrf-token").dumps(raw))
