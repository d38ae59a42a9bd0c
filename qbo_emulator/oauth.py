"""OAuth 2.0: discovery, consent, tokens with rotation, revocation."""

import base64
import binascii
import secrets
import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from qbo_emulator.wire import dumps, loads

if TYPE_CHECKING:
    from qbo_emulator.emulator import Emulator

ACCOUNTING = "com.intuit.quickbooks.accounting"
SCOPES = {ACCOUNTING, "com.intuit.quickbooks.payment", "openid", "profile", "email", "phone", "address"}
ACCESS_SECONDS = 3600
REFRESH_SECONDS = 8_726_400
ROTATION_SECONDS = 24 * 3600
HARD_SECONDS = 157_680_000
CODE_SECONDS = 600
INCORRECT = "Incorrect or invalid refresh token"


class TokenError(Exception):
    """An answer of the token endpoint that is not 200."""

    def __init__(self, status: int, error: str, description: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error} | ({"error_description": description} if description else {})


def grant(connection: sqlite3.Connection, now: datetime, client_id: str, realm: str, scope: str) -> dict[str, Any]:
    """A new authorization of a company for an app, with its first tokens."""
    seconds = int(now.timestamp())
    row = connection.execute(
        "INSERT INTO grants (client_id, realm, scope, authorized_at, refresh_token, refresh_issued_at, revoked) "
        "VALUES (?, ?, ?, ?, ?, ?, 0) RETURNING *",
        (client_id, realm, scope, seconds, _refresh_value(), seconds),
    ).fetchone()
    return _tokens(connection, row, seconds)


def _refresh_value() -> str:
    return f"RT1-{secrets.token_hex(20)}"


def _tokens(connection: sqlite3.Connection, row: sqlite3.Row, seconds: int) -> dict[str, Any]:
    token = secrets.token_urlsafe(48)
    connection.execute("DELETE FROM access_tokens WHERE grant_id = ? AND expires_at < ?", (row["id"], seconds - 86400))
    connection.execute("INSERT INTO access_tokens VALUES (?, ?, ?)", (token, row["id"], seconds + ACCESS_SECONDS))
    return {
        "token_type": "bearer",
        "access_token": token,
        "expires_in": ACCESS_SECONDS,
        "refresh_token": row["refresh_token"],
        "x_refresh_token_expires_in": row["refresh_issued_at"] + REFRESH_SECONDS - seconds,
        "x_refresh_token_hard_expires_in": row["authorized_at"] + HARD_SECONDS - seconds,
    }


def exchange(
    connection: sqlite3.Connection, now: datetime, client_id: str, code: str, redirect_uri: str
) -> dict[str, Any]:
    """Tokens for an authorization code, once."""
    row = connection.execute("SELECT * FROM codes WHERE code = ?", (code,)).fetchone()
    if row is None or row["used"] or row["client_id"] != client_id or row["expires_at"] < now.timestamp():
        raise TokenError(400, "invalid_grant", "Invalid authorization code")
    if row["redirect_uri"] != redirect_uri:
        raise TokenError(400, "invalid_grant", "Invalid redirect uri")
    connection.execute("UPDATE codes SET used = 1 WHERE code = ?", (code,))
    return grant(connection, now, client_id, row["realm"], row["scope"])


def refresh(connection: sqlite3.Connection, now: datetime, client_id: str, value: str) -> dict[str, Any]:
    """New tokens; the refresh token stays the same for 24 hours and is then replaced, the old one being dead."""
    seconds = int(now.timestamp())
    row = connection.execute(
        "SELECT * FROM grants WHERE refresh_token = ? AND client_id = ? AND revoked = 0", (value, client_id)
    ).fetchone()
    if (
        row is None
        or seconds >= row["refresh_issued_at"] + REFRESH_SECONDS
        or seconds >= row["authorized_at"] + HARD_SECONDS
    ):
        raise TokenError(400, "invalid_grant", INCORRECT)
    if seconds >= row["refresh_issued_at"] + ROTATION_SECONDS:
        row = connection.execute(
            "UPDATE grants SET refresh_token = ?, refresh_issued_at = ? WHERE id = ? RETURNING *",
            (_refresh_value(), seconds, row["id"]),
        ).fetchone()
    return _tokens(connection, row, seconds)


def revoke(connection: sqlite3.Connection, client_id: str, token: str) -> None:
    """Disconnect the company of a refresh or access token from the app."""
    row = connection.execute(
        "SELECT realm FROM grants WHERE revoked = 0 AND client_id = ? AND (refresh_token = ? OR id = "
        "(SELECT grant_id FROM access_tokens WHERE token = ?))",
        (client_id, token, token),
    ).fetchone()
    if row is None:
        raise TokenError(400, "invalid_request")
    connection.execute("UPDATE grants SET revoked = 1 WHERE client_id = ? AND realm = ?", (client_id, row["realm"]))


def access(connection: sqlite3.Connection, now: datetime, token: str) -> tuple[str | None, str]:
    """The realm an access token is for, or None and why it is not good."""
    row = connection.execute(
        "SELECT expires_at, realm, revoked FROM access_tokens JOIN grants ON grants.id = grant_id WHERE token = ?",
        (token,),
    ).fetchone()
    if row is None:
        return None, "Malformed bearer token: too short or too long" if len(token) < 20 else "Token is not valid"
    if row["revoked"]:
        return None, "Token revoked"
    if row["expires_at"] <= now.timestamp():
        return None, f"Token expired: {token[:4]}..."
    return str(row["realm"]), ""


def _client(emulator: "Emulator") -> str:
    """The app that calls; 401 invalid_client when its id or secret is wrong."""
    client_id, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise TokenError(401, "invalid_client") from None
    known = (emulator.client_id.encode(), emulator.client_secret.encode())
    right_id = secrets.compare_digest(client_id.encode("utf-8", "replace"), known[0])
    if not (secrets.compare_digest(secret.encode("utf-8", "replace"), known[1]) and right_id):
        raise TokenError(401, "invalid_client")
    return client_id


def _json(body: dict[str, Any], status: int = 200) -> Response:
    response = Response(dumps(body), status, content_type="application/json;charset=utf-8")
    response.headers["Cache-Control"] = "no-cache, no-store"
    return response


def _problem(client_id: str, redirect_uri: str, scope: str, emulator: "Emulator") -> str | None:
    """What is wrong with a request for authorization, in words for the person in front of it."""
    if client_id != emulator.client_id:
        return "The client_id is not known here."
    address = urlsplit(redirect_uri)
    if address.scheme not in ("http", "https") or not address.netloc or address.query or address.fragment:
        return "The redirect_uri is not valid: it must be a full address without a query."
    wanted = scope.split()
    if not wanted or not set(wanted) <= SCOPES:
        return "Invalid permissions requested."
    if request.values.get("response_type", "code") != "code":
        return "The response_type must be code."
    return None


def blueprint(emulator: "Emulator") -> Blueprint:
    """The paths of OAuth 2.0."""
    pages = Blueprint("oauth", __name__)

    @pages.get("/.well-known/openid_configuration", strict_slashes=False)
    @pages.get("/.well-known/openid_sandbox_configuration", strict_slashes=False)
    def discovery() -> Response:
        base = request.host_url.rstrip("/")
        return _json(
            {
                "issuer": f"{base}/op/v1",
                "authorization_endpoint": f"{base}/connect/oauth2",
                "token_endpoint": f"{base}/oauth2/v1/tokens/bearer",
                "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
                "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
                "jwks_uri": f"{base}/op/v1/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "profile", "address", "phone"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
            }
        )

    @pages.route("/connect/oauth2", methods=["GET", "POST"])
    def consent() -> AnyResponse | tuple[str, int] | str:
        values = {name: request.values.get(name, "") for name in ("client_id", "redirect_uri", "scope", "state")}
        problem = _problem(values["client_id"], values["redirect_uri"], values["scope"], emulator)
        if problem:
            return render_template("emulator/consent_problem.html", problem=problem), 400
        companies = emulator.companies()
        if request.method == "GET":
            return render_template("emulator/consent.html", companies=companies, values=values)
        if request.form.get("answer") != "connect":
            return redirect(
                f"{values['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': values['state']})}"
            )
        realm = request.form.get("realm", "")
        if realm not in [known for known, _ in companies]:
            return render_template("emulator/consent_problem.html", problem="There is no such company."), 400
        code = f"AB1{secrets.token_hex(22)}"
        with emulator.store.transaction() as connection:
            connection.execute(
                "INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, 0)",
                (code, values["client_id"], realm, values["redirect_uri"], values["scope"],
                 int(emulator.store.now().timestamp()) + CODE_SECONDS),
            )  # fmt: skip
        answer = urlencode({"code": code, "state": values["state"], "realmId": realm})
        return redirect(f"{values['redirect_uri']}?{answer}")

    @pages.post("/oauth2/v1/tokens/bearer")
    def bearer() -> Response:
        client_id = _client(emulator)
        now = emulator.store.now()
        kind = request.form.get("grant_type")
        if kind not in ("authorization_code", "refresh_token"):
            raise TokenError(400, "unsupported_grant_type" if kind else "invalid_request")
        with emulator.store.transaction() as connection:
            if kind == "authorization_code":
                code, uri = request.form.get("code", ""), request.form.get("redirect_uri", "")
                tokens = exchange(connection, now, client_id, code, uri)
            else:
                tokens = refresh(connection, now, client_id, request.form.get("refresh_token", ""))
        if request.headers.get("x-include-refresh-token-hard-expires-in", "").lower() != "true":
            del tokens["x_refresh_token_hard_expires_in"]
        return _json(tokens)

    @pages.post("/v2/oauth2/tokens/revoke")
    def revocation() -> Response:
        client_id = _client(emulator)
        try:
            body = loads(request.get_data(as_text=True)) if request.is_json else request.form
            token = str(body["token"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise TokenError(400, "invalid_request") from None
        with emulator.store.transaction() as connection:
            revoke(connection, client_id, token)
        return Response(status=200)

    @pages.errorhandler(TokenError)
    def failed(error: TokenError) -> Response:
        return _json(error.body, error.status)

    return pages
