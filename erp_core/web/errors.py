"""Error pages in plain words, and errors of the product shown where the person is."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from flask import Flask, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from erp_core.errors import Conflict, ERPError, Invalid, Refused
from erp_core.extensions import db

log = structlog.get_logger(__name__)

TEXTS = {
    400: (
        "That request was not understood",
        "Something in the address or the form is not right. Go back and try again.",
    ),
    401: ("Please sign in", "You need to sign in to see this page."),
    403: ("You may not do this", "Ask an administrator of your company."),
    404: ("There is nothing here", "The page or the record does not exist, or it belongs to somebody else."),
    405: ("That does not work this way", "Open the page from the navigation and use its buttons."),
    413: ("That is too large", "A form may carry 1 MB at most. Nothing was saved."),
    429: ("Too many tries", "Wait a minute, then try again."),
    500: (
        "Something went wrong on our side",
        "Nothing was saved. Try again; if it stays like this, tell the person who runs this server the time it happened.",
    ),
}


def init_app(app: Flask) -> None:
    """Register the pages. The API answers for itself."""
    app.register_error_handler(ERPError, _product_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _crash)


def page(status: int, title: str, text: str) -> ResponseReturnValue:
    """An error page, or a short JSON answer for scripts of our pages."""
    if request.accept_mimetypes.best == "application/json":
        return jsonify(title=title, detail=text), status
    return render_template("erp/error.html", status=status, error_title=title, text=text), status


def back(fallback: str) -> str:
    """The page of ours that the person came from, else the fallback."""
    return own_path(request.referrer, same_host=True) or fallback


def own_path(address: str | None, *, same_host: bool = False) -> str:
    """The address if it is a path of this application, else nothing: nobody is led to another host."""
    if not address:
        return ""
    if any(ord(character) < 33 or character == "\\" for character in address):
        return ""
    parts = urlsplit(address)
    if same_host and parts.netloc == request.host and parts.scheme in {"http", "https"}:
        address = parts.path + (f"?{parts.query}" if parts.query else "")
        parts = urlsplit(address)
    if parts.scheme or parts.netloc or not address.startswith("/") or address.startswith("//"):
        return ""
    return address


def _product_error(error: ERPError) -> ResponseReturnValue:
    """After a POST the person stays where they are and reads the sentence there; nothing was changed."""
    db.session.rollback()
    if request.method == "POST" and isinstance(error, Refused | Conflict | Invalid):
        flash(error.message, "danger")
        return redirect(back(url_for("main.dashboard")))
    return page(error.status, error.title, error.message)


def _csrf_error(_error: CSRFError) -> ResponseReturnValue:
    db.session.rollback()
    return page(
        400,
        "This form has expired",
        "You may have signed in again since you opened it. Go back, reload the page and send the form once more. "
        "Nothing was saved.",
    )


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    db.session.rollback()
    title, text = TEXTS.get(error.code, (error.name, "Go back and try again."))
    answer = page(error.code, title, text)
    if error.code == 405 and isinstance(answer, tuple) and (allowed := getattr(error, "valid_methods", None)):
        return answer[0], error.code, {"Allow": ", ".join(allowed)}
    return answer


def _crash(error: Exception) -> ResponseReturnValue:
    """The trace goes to the log, never to the page."""
    db.session.rollback()
    log.error("request_failed", path=request.path, method=request.method, exc_info=error)
    return page(500, *TEXTS[500])
