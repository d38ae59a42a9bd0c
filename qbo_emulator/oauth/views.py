"""The paths of OAuth 2.0."""

import base64
import binascii
import secrets
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from qbo_emulator.oauth import tokens
from qbo_emulator.oauth.concurrency import Refreshes
from qbo_emulator.oauth.scopes import ACCOUNTING, OPENID, SCOPES
from qbo_emulator.oauth.tokens import TokenError
from qbo_emulator.wire import dumps, loads

if TYPE_CHECKING:
    from qbo_emulator.emulator import Emulator

TOKEN_PATH = "/oauth2/v1/tokens/bearer"  # noqa: S105 - a path
FORM = "application/x-www-form-urlencoded"
# The real ones differ in their host only.
_BAD_ADDRESS = "The redirect_uri is not valid: it must be a full address without a query."
USERINFO, SANDBOX_USERINFO = "/v1/openid_connect/userinfo", "/sandbox/v1/openid_connect/userinfo"


def _client(emulator: "Emulator") -> str:
    """The app that calls, by basic authentication or in the form; 401 invalid_client when id or secret is wrong."""
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
    try:
        address = urlsplit(redirect_uri)
    except ValueError:
        return _BAD_ADDRESS
    if (
        not redirect_uri.isprintable()
        or " " in redirect_uri
        or address.scheme not in ("http", "https")
        or not address.netloc
        or address.query
        or address.fragment
    ):
        return _BAD_ADDRESS
    if emulator.redirect_uris and redirect_uri not in emulator.redirect_uris:
        return "The redirect_uri is not registered for this app. It must be the same to the letter."
    wanted = scope.split()
    if not wanted or not set(wanted) <= set(SCOPES):
        return "Invalid permissions requested."
    if request.values.get("response_type", "code") != "code":
        return "The response_type must be code."
    return None


def _required(*names: str) -> list[str]:
    """Members of the form that must be there; 400 invalid_request when one is missing."""
    values = [request.form.get(name, "") for name in names]
    if not all(values):
        raise TokenError(400, "invalid_request")
    return values


def _document(userinfo: str) -> Response:
    base = request.host_url.rstrip("/")
    return _json(
        {
            "issuer": f"{base}/op/v1",
            "authorization_endpoint": f"{base}/connect/oauth2",
            "token_endpoint": f"{base}{TOKEN_PATH}",
            "userinfo_endpoint": f"{base}{userinfo}",
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


def _person(realm: str, scopes: frozenset[str]) -> dict[str, Any]:
    """What is told of the person who connected a company."""
    person: dict[str, Any] = {"sub": str(uuid.uuid5(uuid.NAMESPACE_OID, realm))}
    if "email" in scopes:
        person |= {"email": "owner@company.example", "emailVerified": True}
    if "profile" in scopes:
        person |= {"givenName": "Robin", "familyName": "Sample"}
    if "phone" in scopes:
        person |= {"phoneNumber": "+1 555 555 0100", "phoneNumberVerified": False}
    if "address" in scopes:
        person["address"] = {
            "streetAddress": "1 Harbor Way", "locality": "Portland", "region": "OR", "postalCode": "97201",
            "country": "US",
        }  # fmt: skip
    return person


def blueprint(emulator: "Emulator") -> Blueprint:
    """Discovery, consent, tokens, revocation, and who connected."""
    pages = Blueprint("oauth", __name__)
    refreshes = Refreshes()

    @pages.before_app_request
    def begin() -> None:
        """Before the call waits for anything, see whether another refresh with its token is on its way."""
        if request.path != TOKEN_PATH:
            return
        request.get_data()  # kept, so that reading the form leaves the body readable
        if value := request.form.get("refresh_token"):
            g.refreshing = value
            if refreshes.arrive(value) and emulator.switches.revoke_on_concurrent_refresh:
                with emulator.store.transaction() as connection:
                    tokens.compromised(connection, value)

    @pages.teardown_app_request
    def end(_: BaseException | None) -> None:
        if (value := g.pop("refreshing", None)) is not None:
            refreshes.leave(value)

    @pages.get("/.well-known/openid_configuration", strict_slashes=False)
    def discovery() -> Response:
        return _document(USERINFO)

    @pages.get("/.well-known/openid_sandbox_configuration", strict_slashes=False)
    def sandbox_discovery() -> Response:
        return _document(SANDBOX_USERINFO)

    @pages.route("/connect/oauth2", methods=["GET", "POST"])
    def consent() -> AnyResponse | tuple[str, int] | str:
        values = {name: request.values.get(name, "") for name in ("client_id", "redirect_uri", "scope", "state")}
        problem = _problem(values["client_id"], values["redirect_uri"], values["scope"], emulator)
        if problem:
            return render_template("emulator/consent_problem.html", problem=problem), 400
        companies = emulator.companies()
        if request.method == "GET":
            companies.sort(key=lambda company: company[0] != request.args.get("realmId"))
            permissions = [SCOPES[scope] for scope in dict.fromkeys(values["scope"].split())]
            return render_template("emulator/consent.html", companies=companies, values=values, permissions=permissions)
        state = {"state": values["state"]} if values["state"] else {}
        if request.form.get("answer") != "connect":
            return redirect(f"{values['redirect_uri']}?{urlencode({'error': 'access_denied', **state})}")
        realm = request.form.get("realm", "")
        if realm not in [known for known, _ in companies]:
            return render_template("emulator/consent_problem.html", problem="There is no such company."), 400
        with emulator.store.transaction() as connection:
            code = tokens.new_code(
                connection, emulator.store.now(), values["client_id"], realm, values["redirect_uri"], values["scope"]
            )
        return redirect(f"{values['redirect_uri']}?{urlencode({'code': code, **state, 'realmId': realm})}")

    @pages.get("/app/connect/oauth2/request")
    def reconnect() -> AnyResponse | tuple[str, int]:
        """Where apps send a person whose connection has ended for good; appId is the client id here."""
        realm, problem = request.args.get("realmId", ""), None
        if request.args.get("appId") != emulator.client_id:
            problem = "The appId is not known here."
        elif realm not in [known for known, _ in emulator.companies()]:
            problem = "There is no such company."
        elif not emulator.redirect_uris:
            problem = "No address to come back to is registered. Start the emulator with --redirect-uri."
        if problem:
            return render_template("emulator/consent_problem.html", problem=problem), 400
        asked = {"client_id": emulator.client_id, "redirect_uri": emulator.redirect_uris[0], "response_type": "code"}
        return redirect(f"/connect/oauth2?{urlencode({**asked, 'scope': ACCOUNTING, 'realmId': realm})}")

    @pages.post(TOKEN_PATH)
    def bearer() -> Response:
        client_id = _client(emulator)
        kind = request.form.get("grant_type")
        if request.mimetype != FORM or not kind:
            raise TokenError(400, "invalid_request")
        now, switches = emulator.store.now(), emulator.switches
        if kind == "authorization_code":
            code, uri = _required("code", "redirect_uri")
            with emulator.store.transaction() as connection:
                answer = tokens.exchange(connection, now, client_id, code, uri, switches)
        elif kind == "refresh_token":
            (value,) = _required("refresh_token")
            with emulator.store.transaction() as connection:
                answer = tokens.refresh(connection, now, client_id, value, switches)
        else:
            raise TokenError(400, "unsupported_grant_type")
        if isinstance(answer, TokenError):
            raise answer
        if request.headers.get("x-include-refresh-token-hard-expires-in", "").lower() != "true":
            del answer["x_refresh_token_hard_expires_in"]
        return _json(answer)

    @pages.post("/v2/oauth2/tokens/revoke")
    def revocation() -> Response:
        client_id = _client(emulator)
        try:
            body = loads(request.get_data(as_text=True)) if request.is_json else request.form
            token = str(body["token"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise TokenError(400, "invalid_request") from None
        with emulator.store.transaction() as connection:
            tokens.revoke(connection, client_id, token)
        return Response(status=200)

    @pages.get(USERINFO)
    @pages.get(SANDBOX_USERINFO)
    def userinfo() -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        with emulator.store.transaction() as connection:
            access = tokens.access(connection, emulator.store.now(), token.strip())
        if scheme.lower() != "bearer" or access.realm is None:
            raise TokenError(401, "invalid_token")
        if OPENID not in access.scopes:
            raise TokenError(403, "insufficient_scope")
        return _json(_person(access.realm, access.scopes))

    @pages.get("/op/v1/jwks")
    def jwks() -> Response:
        return _json({"keys": []})

    @pages.errorhandler(TokenError)
    def failed(error: TokenError) -> Response:
        told = {"error_description": error.description} if error.description else {}
        return _json({"error": error.error, **told}, error.status)

    return pages
