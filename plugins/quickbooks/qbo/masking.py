"""Keeps tokens out of messages: QuickBooks itself quotes them, as in "Token expired: AB01…"."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "[hidden]"

_PATTERNS = (
    # JSON and form members of the OAuth endpoints.
    re.compile(
        r"(?i)((?<![A-Za-z])(?:access_token|refresh_token|id_token|client_secret|token)[\"']?\s*[:=]\s*[\"'])([^\"']+)"
    ),
    re.compile(r"(?i)((?:access_token|refresh_token|id_token|client_secret)=)([^&\s]+)"),
    re.compile(r"(?i)(\b(?:Bearer|Basic)\s+)([A-Za-z0-9._~+/=-]{6,})"),
    # "Token expired: …", "Token revoked: …", "Malformed bearer token: …"
    re.compile(r"(?i)(\btoken(?:\s+\w+)?\s*:\s*)([A-Za-z0-9._~+/=-]{3,}(?=[\s\"',;)<]|$))"),
    # The shapes of Intuit's tokens: signed ones, refresh tokens old and new.
    re.compile(r"()(\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*)"),
    re.compile(r"()(\b(?:AB\d\d|RT\d-)[A-Za-z0-9_-]{6,})"),
)


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with the given secrets, and everything that looks like a token, replaced by "[hidden]"."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, MASK)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\1{MASK}", text)
    return text
