"""Who may change something from a browser: pages of the emulator itself, not those of other sites."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import request

READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Calls of programs, which carry a token or a secret that no browser adds by itself.
WITH_CREDENTIALS = ("/v3/", "/oauth2/v1/tokens/", "/v2/oauth2/tokens/")
EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not listened on
REFUSAL = "This was sent by a page of another site. Send it from the emulator's own pages, or without a browser."


def sent_by_another_site(listens_on: str) -> bool:
    """Whether a page of another site made a browser send the request at hand, which would change something.

    Programs send no Origin. The name that the browser knows the emulator by must be a loopback address or the one it
    listens on: another site could give its own name the address of this machine.
    """
    if request.method in READING or request.path.startswith(WITH_CREDENTIALS):
        return False
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    origin = request.headers.get("Origin")
    if not origin:
        return False
    scheme, _, host = origin.partition("://")
    return scheme not in ("http", "https") or host != request.host or not _is_own(host, listens_on)


def _is_own(host: str, listens_on: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if listens_on in EVERYWHERE or name in ("localhost", listens_on) or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
