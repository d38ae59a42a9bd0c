"""Intuit's OAuth 2.0 through intuit-oauth: consent, exchange, refresh, revoke. Holds no token between calls."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes

from plugins.quickbooks.qbo import faults
from plugins.quickbooks.qbo.errors import QBOUnavailable
from plugins.quickbooks.qbo.transport import Timeout, prepare, safe_url, unreachable

Environment = Literal["sandbox", "production"]

# Intuit reports 8726400 s, and documents 100 days; used when an answer leaves the lifetimes out, because to refuse
# such an answer would lose a refresh token that has already replaced the old one.
ACCESS_LIFETIME = 3600
REFRESH_LIFETIME = 100 * 86_400

# intuit-oauth fetches the discovery document in every constructor. Intuit's own endpoints have not changed since
# 2017 and are the same for both environments (user info apart, which we don't use), so they are written here: a
# refresh then costs one request, and does not fail when the developer portal, which serves the document, is down.
_INTUIT = {
    "issuer": "https://oauth.platform.intuit.com/op/v1",
    "authorization_endpoint": "https://appcenter.intuit.com/connect/oauth2",
    "token_endpoint": "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
    "revocation_endpoint": "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
    "jwks_uri": "https://oauth.platform.intuit.com/op/v1/jwks",
    "userinfo_endpoint": "https://accounts.platform.intuit.com/v1/openid_connect/userinfo",
}
_discovered: dict[str, dict[str, str]] = {}
_discovery_lock = threading.Lock()


def utc_now() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class OAuthApp:
    """An Intuit app as its server's settings describe it.

    ``discovery_url`` (the emulator's, say) replaces Intuit's endpoints by those of that document. Raises ValueError
    for an unknown environment or an address in the clear that is not on this machine."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    environment: Environment
    discovery_url: str | None = None
    timeout: Timeout = (5, 30)

    def __post_init__(self) -> None:
        if self.environment not in ("sandbox", "production"):
            raise ValueError(f"the environment is sandbox or production, not {self.environment!r}")
        if self.discovery_url:
            safe_url(self.discovery_url, "the discovery URL")


@dataclass(frozen=True)
class Tokens:
    """What Intuit granted. Times are UTC. No refresh extends ``refresh_hard_expires_at``; None if not told."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_expires_at: datetime
    refresh_expires_at: datetime
    refresh_hard_expires_at: datetime | None


class OAuthClient:
    """Calls Intuit's OAuth endpoints for one app; may be shared by threads.

    Every method but ``authorization_url`` makes one HTTP request and raises a ``QBOError``; with ``discovery_url``,
    the first call in a process also fetches that document."""

    def __init__(self, app: OAuthApp, *, now: Callable[[], datetime] = utc_now) -> None:
        self.app = app
        self._now = now

    def authorization_url(self, state: str) -> str:
        """Where a person consents. ``state`` must be unguessable (module ``secrets``) and checked on return."""
        if not state:
            # intuit-oauth would invent one, from a random generator that can be predicted.
            raise ValueError("the state is empty")
        with _AuthClient(self.app) as client:
            return str(client.get_authorization_url([Scopes.ACCOUNTING], state_token=state))

    def exchange(self, code: str, realm_id: str) -> Tokens:
        """The tokens for the code of a callback. A code works once; a second use raises ``QBOGrantInvalid``."""
        with _AuthClient(self.app, secrets=(code,)) as client:
            asked_at = self._now()
            client.get_bearer_token(code, realm_id=realm_id)
            return _tokens(client, asked_at)

    def refresh(self, refresh_token: str) -> Tokens:
        """New tokens; both must be stored at once, since the refresh token may be a new one and the old one dead.

        Never run two refreshes of a connection at a time: Intuit may then end the connection."""
        with _AuthClient(self.app, secrets=(refresh_token,)) as client:
            # Kept when the answer names no new one, as RFC 6749 section 6 allows.
            client.refresh_token = refresh_token
            asked_at = self._now()
            client.refresh(refresh_token)
            return _tokens(client, asked_at)

    def revoke(self, token: str) -> None:
        """End the connection at Intuit. A token that is already invalid raises ``QBORejected``."""
        with _AuthClient(self.app, secrets=(token,)) as client:
            client.revoke(token)


class _AuthClient(AuthClient):
    """intuit-oauth's client with time-outs, our errors, and a discovery document that is already known."""

    def __init__(self, app: OAuthApp, *, secrets: Collection[str] = ()) -> None:
        self._document = _endpoints(app)
        self._secrets = (app.client_secret, *secrets)
        super().__init__(app.client_id, app.client_secret, app.redirect_uri, app.environment)
        prepare(self, app.timeout, self._document["token_endpoint"])

    def get(self, url: str, **kwargs: Any) -> requests.Response:
        """Answer the constructor's fetch of the discovery document, its only GET that we use, from memory."""
        response = requests.Response()
        response.status_code = 200
        response._content = json.dumps(self._document).encode()
        return response

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        """Send, and raise our errors: the library's own quotes the whole answer, tokens included."""
        # intuit-oauth 1.2.6, which python-quickbooks pins, can't ask for the day that no refresh can postpone.
        headers = {**kwargs.pop("headers", {}), "x-include-refresh-token-hard-expires-in": "true"}
        kwargs["auth"] = _keep_authorization
        host = urlsplit(url).hostname or url
        try:
            response: requests.Response = super().request(method, url, headers=headers, allow_redirects=False, **kwargs)
        except requests.RequestException as error:
            failure = unreachable(error, host)
        else:
            if response.status_code != 200:
                raise faults.error_for(response.status_code, response.headers, response.content, secrets=self._secrets)
            if url == self.token_endpoint:
                _check_grant(response)
            return response
        raise failure


def _keep_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Without an ``auth`` of our own, requests replaces the header by an entry of ~/.netrc."""
    return request


def _check_grant(response: requests.Response) -> None:
    try:
        granted = response.json()
    except ValueError:
        granted = None
    if not isinstance(granted, dict) or not isinstance(granted.get("access_token"), str):
        # The body is not quoted: it may hold a token in a form we don't recognise.
        raise QBOUnavailable(
            "Intuit's answer to the request for tokens could not be read",
            status=response.status_code,
            intuit_tid=faults.tid_of(response.headers),
        )


def _tokens(client: AuthClient, asked_at: datetime) -> Tokens:
    # Counted from before the request, so that a token never lives longer here than at Intuit.
    def after(seconds: object, default: int) -> datetime:
        return asked_at + timedelta(seconds=_seconds(seconds) or default)

    hard = _seconds(getattr(client, "x_refresh_token_hard_expires_in", None))
    return Tokens(
        access_token=client.access_token,
        refresh_token=client.refresh_token or "",
        access_expires_at=after(client.expires_in, ACCESS_LIFETIME),
        refresh_expires_at=after(client.x_refresh_token_expires_in, REFRESH_LIFETIME),
        refresh_hard_expires_at=None if hard is None else asked_at + timedelta(seconds=hard),
    )


def _seconds(value: object) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else None


def _endpoints(app: OAuthApp) -> dict[str, str]:
    """The app's endpoints; a discovery document is fetched once for each process and address."""
    if not app.discovery_url:
        return _INTUIT
    with _discovery_lock:
        if app.discovery_url not in _discovered:
            _discovered[app.discovery_url] = _discover(app.discovery_url, app.timeout)
        return _discovered[app.discovery_url]


def _discover(url: str, timeout: Timeout) -> dict[str, str]:
    with requests.Session() as session:
        prepare(session, timeout, url)
        try:
            response = session.get(url, headers={"Accept": "application/json"})
        except requests.RequestException as error:
            failure = unreachable(error, urlsplit(url).hostname or url)
        else:
            document = faults.answer(response.status_code, response.headers, response.content)
            missing = [name for name in _INTUIT if not isinstance(document.get(name), str)]
            if missing:
                raise QBOUnavailable(f"the discovery document at {url} lacks {', '.join(missing)}", status=200)
            return {name: safe_url(document[name], name) for name in _INTUIT}
    raise failure
