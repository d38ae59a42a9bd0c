"""Errors of the QuickBooks Online API.

* QBOError            intuit_tid, status, code, detail, element
  x QBOUnreachable    no answer: the effect is unknown
  x QBOUnavailable    an answer that does not say what happened, or "not now"
  x QBOThrottled      too many requests to this realm; retry_after
  x QBOTokenRefused   the access token is not accepted: refresh it, then try later
  x QBOUnauthorized   the connection has ended
    + QBOGrantInvalid the refresh token or the code is not accepted
  x QBOForbidden      this app may not use this company
  x QBOAppRefused     the client id or the client secret is wrong
  x QBORejected       understood and refused; nothing was written
    + QBOStale        somebody else changed the object
    + QBODuplicate    the name or number is taken
    + QBOPeriodClosed the books are closed on that date
    + QBONotFound     the object, or one it refers to, is not there

What a caller does next can be read from three attributes:

================== ================= ================= ==========
class              outcome_unknown   counts_as_attempt retryable
================== ================= ================= ==========
QBOUnreachable     yes, unless the   no                yes
                   connection was
                   never made
QBOUnavailable     yes, unless the   no for 502, 503,  yes
                   company was       504 and codes
                   locked (130 to    130 to 150, else
                   150)              yes
QBOThrottled       no                no                yes
QBOTokenRefused    no                yes               yes
all others         no                yes               no
================== ================= ================= ==========

``outcome_unknown`` speaks of this one request. That it is False does not settle an earlier request with the same
request id whose outcome is unknown: only an answer or a ``QBORejected`` does, so only they allow a new generation.
"""

from __future__ import annotations

from dataclasses import dataclass

from plugins.quickbooks.qbo.masking import masked

MESSAGE_LIMIT = 1000
DEFAULT_RETRY_AFTER = 60.0


@dataclass(frozen=True)
class Fault:
    """One error of a QuickBooks answer. The code has no leading zeros; a member that was not sent is ""."""

    code: str
    message: str
    detail: str = ""
    element: str = ""


class QBOError(Exception):
    """A call to QuickBooks that did not succeed. All texts are masked and at most 1,000 characters long."""

    outcome_unknown: bool = False
    """This request may have been carried out although no usable answer came."""
    counts_as_attempt: bool = True
    """It uses up one of the limited attempts; False for what is nobody's fault and passes by itself."""
    retryable: bool = False
    """The same request may succeed later without a person doing anything."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "",
        detail: str = "",
        element: str = "",
        intuit_tid: str = "",
        faults: tuple[Fault, ...] = (),
    ) -> None:
        self.message = cut(message)
        super().__init__(self.message)
        self.status = status
        self.code = code
        self.detail = cut(detail)
        self.element = element
        self.intuit_tid = intuit_tid
        self.faults = faults

    def __str__(self) -> str:
        facts = [
            f"HTTP {self.status}" if self.status is not None else "",
            f"code {self.code}" if self.code else "",
            f"element {self.element}" if self.element else "",
            f"intuit_tid {self.intuit_tid}" if self.intuit_tid else "",
        ]
        known = ", ".join(fact for fact in facts if fact)
        text = self.message if self.detail in ("", self.message) else f"{self.message}: {self.detail}"
        return cut(text, MESSAGE_LIMIT - len(known) - 3) + (f" ({known})" if known else "")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"


class QBOUnreachable(QBOError):
    """No answer came. Unless no connection was made at all, QuickBooks may have done what was asked."""

    outcome_unknown = True
    counts_as_attempt = False
    retryable = True


class QBOUnavailable(QBOError):
    """QuickBooks, or a gateway before it, answered without saying what happened, or said "not now"."""

    outcome_unknown = True
    retryable = True


class QBOThrottled(QBOError):
    """Too many requests to this realm; nothing was done. ``retry_after`` is in seconds, 60 when not told."""

    counts_as_attempt = False
    retryable = True
    retry_after: float = DEFAULT_RETRY_AFTER


class QBOTokenRefused(QBOError):
    """The access token is expired or not accepted; nothing was done. After a good refresh it is tried later."""

    retryable = True


class QBOUnauthorized(QBOError):
    """The connection has ended: a person has to connect again."""


class QBOGrantInvalid(QBOUnauthorized):
    """Intuit's ``invalid_grant``. For a refresh it means the end only when a repeat with the same token says so too."""


class QBOForbidden(QBOError):
    """This app, or the person who connected it, may not use this company (HTTP 403, code 3100)."""


class QBOAppRefused(QBOError):
    """Intuit does not know this client id, or the client secret is wrong: the server's settings must be mended."""


class QBORejected(QBOError):
    """QuickBooks understood the request and refused it; nothing was written."""


class QBOStale(QBORejected):
    """Somebody else changed the object since its sync token was read (code 5010)."""


class QBODuplicate(QBORejected):
    """The name (6240), document number (6140) or object (630) is already there."""


class QBOPeriodClosed(QBORejected):
    """The books are closed on that date (codes 6200 and 6210)."""


class QBONotFound(QBORejected):
    """The object, or one that it refers to, is deleted, inactive or was never there (code 610)."""


def cut(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """The text without tokens, at most ``limit`` characters long."""
    text = masked(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
