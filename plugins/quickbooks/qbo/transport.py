"""How requests travel: always with time-outs, never redirected, in the clear only to this very machine."""

from __future__ import annotations

import ipaddress
import ssl
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from plugins.quickbooks.qbo.errors import QBOUnreachable

Timeout = tuple[float, float]
"""Seconds to connect, and seconds of silence while the answer is awaited."""


class TimedAdapter(HTTPAdapter):
    """Gives every request of a session its time-outs: neither python-quickbooks nor intuit-oauth sets any."""

    def __init__(self, timeout: Timeout) -> None:
        self._timeout = timeout
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = self._timeout
        return super().send(request, *args, **kwargs)


def prepare(session: requests.Session, timeout: Timeout, url: str) -> None:
    """Make the session use the time-outs; a proxy of the environment is not used for this very machine."""
    adapter = TimedAdapter(timeout)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    if is_loopback(url):
        session.trust_env = False


def safe_url(url: str, what: str) -> str:
    """The URL without a trailing slash. Raises ValueError unless it is https, or http to a loopback host:
    tokens must not cross a network in the clear."""
    parts = urlsplit(url)
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))):
        return url.rstrip("/")
    raise ValueError(f"{what} must be an https address (http only on this machine), not {url!r}")


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this very machine: localhost, 127.0.0.0/8 or ::1."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def unreachable(error: requests.RequestException, host: str) -> QBOUnreachable:
    """The exception for a request without an answer. It does not keep ``error``, whose request holds the token."""
    if isinstance(error, requests.ConnectTimeout):
        made, unsent = QBOUnreachable(f"{host} took too long to accept a connection"), True
    elif isinstance(error, requests.Timeout):
        made, unsent = QBOUnreachable(f"{host} took too long to answer"), False
    elif _has_cause(error, NewConnectionError):
        made, unsent = QBOUnreachable(f"{host} could not be reached"), True
    elif _has_cause(error, ssl.SSLCertVerificationError):
        made, unsent = QBOUnreachable(f"the certificate of {host} is not trusted"), True
    else:
        made, unsent = QBOUnreachable(f"the connection to {host} broke", detail=type(error).__name__), False
    made.outcome_unknown = not unsent
    return made


def _has_cause(error: BaseException, kind: type[BaseException]) -> bool:
    """Whether an exception of this kind is wrapped somewhere inside, as requests and urllib3 wrap them."""
    seen: set[int] = set()
    queue: list[object] = [error]
    while queue:
        current = queue.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, kind):
            return True
        queue += [*current.args, current.__cause__, current.__context__, getattr(current, "reason", None)]
    return False
