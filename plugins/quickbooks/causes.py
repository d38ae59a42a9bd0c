"""What went wrong, in words for the person who must act: every fault and gap as a cause, or as a wait.

The wording follows one pattern: what happened, why in the person's words, what to do (with a button), what happens
next. Which errors are tried again, and which of those count, is the table of `qbo.errors`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from erp_core.toolkit import Cause, NeedsAttention, RetryLater
from plugins.quickbooks.qbo.errors import (
    QBOAppRefused,
    QBODuplicate,
    QBOError,
    QBOForbidden,
    QBONotFound,
    QBOPeriodClosed,
    QBOStale,
    QBOThrottled,
    QBOTokenRefused,
)

BLOCKED = "needs_setup"
"""The code of everything that a person mends once in the settings or in the records; the badge says "Needs setup"."""
CHECKING = "checking"
THROTTLED = "throttled"
OUTAGE = "outage"
WAITS_FOR_QUICKBOOKS = (THROTTLED, OUTAGE)

_SETTINGS: Mapping[str, Any] = {
    "label": "Open QuickBooks settings",
    "endpoint": "quickbooks.settings",
    "permission": "quickbooks.manage",
}
_SENT_AT_ONCE = "When that is done, send it again."
_LONGEST_WAIT = timedelta(minutes=15)


@dataclass(frozen=True)
class Record:
    """A customer or a product of ours, which a person can open to mend it."""

    kind: str
    """`customer` or `product`."""
    local_id: int

    @property
    def action(self) -> dict[str, Any]:
        """The button that leads there."""
        return {
            "label": f"Open the {self.kind}",
            "endpoint": f"{self.kind}s.show",
            "values": {f"{self.kind}_id": self.local_id},
        }


@dataclass(frozen=True)
class Doing:
    """What a call was about, for the sentences."""

    what: str
    """Such as `invoice INV-1001` or `the customer "Acme"`."""
    name: str = ""
    """The name or number that QuickBooks was given."""
    date: date | None = None
    tries: int = 1
    """How often it was tried, this time included."""
    record: Record | None = None
    """The customer or product that is written."""
    buyer: Record | None = None
    """The customer whose e-mail address is sent along."""


@dataclass(frozen=True)
class Gap:
    """Something that is missing before an invoice can be sent."""

    code: str
    sentence: str
    fix: str = ""
    """What to do about it."""
    in_settings: bool = False
    """The QuickBooks settings are the place to do it."""
    record: Record | None = None
    """The record of ours that is to be mended."""


@dataclass(frozen=True)
class Candidate:
    """A record in QuickBooks that may be the one we look for."""

    qbo_id: str
    name: str
    detail: str = ""
    """What tells it apart: an e-mail address, or why it can't be taken."""
    free: bool = True
    """No other record of ours is linked to it."""


# ------------------------------------------------------------------------------------------------ questions and gaps


def needs_setup(gaps: Sequence[Gap]) -> NeedsAttention:
    """One message that lists every gap at once."""
    body = " ".join(f"{gap.sentence} {gap.fix}".strip() for gap in gaps)
    headline = gaps[0].sentence if len(gaps) == 1 else f"{len(gaps)} things are missing before this can be sent"
    return NeedsAttention(
        Cause(
            code=BLOCKED,
            headline=headline.rstrip("."),
            body=gaps[0].fix if len(gaps) == 1 else body,
            action=_way_out(gaps),
            next=_SENT_AT_ONCE,
            details={"gaps": [_gap_facts(gap) for gap in gaps]},
        )
    )


def _way_out(gaps: Sequence[Gap]) -> Mapping[str, Any] | None:
    """The button for all gaps: the settings, or the one record that they are about."""
    if any(gap.in_settings for gap in gaps):
        return _SETTINGS
    records = {gap.record for gap in gaps if gap.record is not None}
    return _open(records.pop()) if len(records) == 1 else None


def _gap_facts(gap: Gap) -> dict[str, Any]:
    facts = {"code": gap.code, "sentence": gap.sentence, "fix": gap.fix}
    return {**facts, "action": gap.record.action} if gap.record is not None else facts


def _open(record: Record | None) -> dict[str, Any] | None:
    return record.action if record is not None else None


def ambiguous(kind: str, name: str, local_id: int, why: str, candidates: Sequence[Candidate]) -> NeedsAttention:
    """Which QuickBooks customer or item this is, only a person can say. `kind` is `customer` or `product`."""
    return NeedsAttention(
        Cause(
            code=f"ambiguous_{kind}",
            headline=f"We are not sure which QuickBooks {'customer' if kind == 'customer' else 'item'} “{name}” is",
            body=f"{why} Pick one, or create a new one.",
            action={**Record(kind, local_id).action, "choose": kind},
            next="It is sent as soon as you have picked.",
            details={"local_id": local_id, "candidates": [asdict(candidate) for candidate in candidates]},
        )
    )


def someone_elses_answer(doing: Doing, qbo_id: str) -> NeedsAttention:
    """QuickBooks' answer is about another record than the one that was sent."""
    return NeedsAttention(
        Cause(
            code="other_record",
            headline=f"QuickBooks answered {doing.what} with another record",
            body=f"The answer (record {qbo_id} there) names another customer or carries another reference, so nothing "
            "was linked. Look at it in QuickBooks, then send again.",
            next="It waits for you.",
            details={"qbo_id": qbo_id},
        )
    )


def changed_there(doing: Doing) -> NeedsAttention:
    """Both sides changed the record since it was sent."""
    return NeedsAttention(
        Cause(
            code="changed_in_quickbooks",
            headline="Changed in QuickBooks since we sent it",
            body=f"Somebody changed {doing.what} in QuickBooks, and it was changed here too. Compare both versions. "
            "When QuickBooks should follow this one, change it back there, then send again.",
            next="It waits for you. Nothing is overwritten.",
        )
    )


def paid_there(doing: Doing) -> NeedsAttention:
    """A paid document is not rewritten."""
    return NeedsAttention(
        Cause(
            code="paid_in_quickbooks",
            headline="This invoice is paid in QuickBooks and cannot be changed from here",
            body=f"A payment is applied to {doing.what} in QuickBooks. Change it there, or remove the payment first.",
            next="Nothing was changed.",
        )
    )


def company_changed(company_name: str) -> NeedsAttention:
    """It had failed in another company than the one its instance has chosen since."""
    return NeedsAttention(
        Cause(
            code="company_changed",
            headline="The QuickBooks company was changed before this was sent",
            body=f"It could not be sent to the former company. Send it again when it should go to “{company_name}”.",
            next="It waits for you.",
        )
    )


# ------------------------------------------------------------------------------------------------ errors


def of_error(error: QBOError, doing: Doing) -> NeedsAttention | RetryLater:
    """What follows from an error: a wait, or a cause for a person."""
    if error.retryable:
        return _later(error, doing)
    return NeedsAttention(_cause(error, doing))


def _wait(tries: int) -> timedelta:
    """How long to wait after so many tries: half a minute, doubled each time, a quarter of an hour at most."""
    longest: timedelta = min(timedelta(seconds=30) * 2 ** min(tries - 1, 6), _LONGEST_WAIT)
    return longest


def cause_of(error: QBOError) -> Cause:
    """The words for an error where nothing was being sent, such as while connecting."""
    if isinstance(error, QBOThrottled):
        return _throttled(error)
    return _outage(error) if error.retryable else _cause(error, Doing("this"))


def outage(error: QBOError, tries: int = 1) -> RetryLater:
    """QuickBooks does not answer, and nothing was sent."""
    counted = error.counts_as_attempt
    return RetryLater(_wait(tries), _outage(error), counted=counted, delays_stream=not counted)


def _outage(error: QBOError) -> Cause:
    return Cause(
        OUTAGE,
        "QuickBooks is not answering",
        "No action needed. Nothing was sent yet.",
        next="It is tried again by itself.",
        details=_details(error),
    )


def _throttled(error: QBOThrottled) -> Cause:
    return Cause(
        THROTTLED,
        "QuickBooks asked us to slow down",
        "No action needed.",
        next="It continues by itself.",
        details=_details(error),
    )


def _later(error: QBOError, doing: Doing) -> RetryLater:
    details = _details(error)
    if isinstance(error, QBOThrottled):
        return RetryLater(timedelta(seconds=error.retry_after), _throttled(error), delays_stream=True)
    if isinstance(error, QBOTokenRefused):
        cause = Cause(
            OUTAGE,
            "QuickBooks did not accept our sign-in just now",
            "No action needed. The sign-in was renewed; QuickBooks may need a moment.",
            next="It is tried again by itself.",
            details=details,
        )
        return RetryLater(_wait(doing.tries), cause, counted=True, delays_stream=True)
    if error.outcome_unknown:
        cause = Cause(
            CHECKING,
            "Checking whether QuickBooks received this",
            f"QuickBooks did not answer clearly when we sent {doing.what}. We will not send it twice. No action needed.",
            next="It is checked again by itself.",
            details=details,
        )
        return RetryLater(
            _wait(doing.tries), cause, counted=error.counts_as_attempt, delays_stream=not error.counts_as_attempt
        )
    return outage(error, doing.tries)


def _cause(error: QBOError, doing: Doing) -> Cause:
    details = _details(error)
    match error:
        case QBOForbidden() | QBOAppRefused():
            return Cause(
                "permission",
                f"The connected user may not send {doing.what}",
                "Ask a QuickBooks company administrator to reconnect.",
                _SETTINGS,
                "It waits for you.",
                details,
            )
        case QBOStale():
            return changed_there(doing).cause
        case QBOPeriodClosed():
            return _period_closed(details, doing)
        case QBODuplicate() if error.code == "6140":
            return Cause(
                "number_taken",
                f"Invoice number {doing.name} already exists in QuickBooks",
                "Another invoice there has this number, so nothing was sent and nothing was linked. Change the number "
                "there, or change the number series of this instance, then send again.",
                next="It waits for you.",
                details=details,
            )
        case QBODuplicate():
            return Cause(
                "name_taken",
                f"“{doing.name}” is already used in QuickBooks",
                "A vendor, an employee, another item or an inactive record there has this name. Rename it in "
                "QuickBooks or here, then send again.",
                _open(doing.record),
                _SENT_AT_ONCE,
                details,
            )
        case QBONotFound():
            return _reference_gone(details, doing)
    headline, body = _BY_CODE.get(error.code, ("", ""))
    if error.code == "2500":
        return _reference_gone(details, doing)
    return Cause(
        f"refused_{error.code}" if error.code else "refused",
        headline or f"QuickBooks refused {doing.what}",
        body or f"QuickBooks said: {error.detail or error.message} Correct it, then send again.",
        _open((doing.record or doing.buyer) if error.code == _EMAIL_REFUSED else doing.record),
        next="It waits for you. Nothing was written in QuickBooks.",
        details=details,
    )


def _reference_gone(details: Mapping[str, Any], doing: Doing) -> Cause:
    return Cause(
        "reference_gone",
        "Something this refers to is inactive or deleted in QuickBooks",
        f"The customer, an item, an account or terms of {doing.what} can't be used there any more. Make it active "
        "again in QuickBooks, then send again.",
        next="It waits for you.",
        details=details,
    )


def _period_closed(details: Mapping[str, Any], doing: Doing) -> Cause:
    return Cause(
        "period_closed",
        "The books are closed on this date",
        (f"The date is {doing.date:%-d %B %Y}. " if doing.date else "")
        + "Change the date, or ask your accountant to reopen the period in QuickBooks.",
        next="It waits for you.",
        details=details,
    )


_EMAIL_REFUSED = "2210"
_BY_CODE: Mapping[str, tuple[str, str]] = {
    "6190": (
        "The QuickBooks subscription is not active",
        "QuickBooks takes nothing from us until it is. Ask the owner of the company to renew it, then send again.",
    ),
    "6430": (
        "An account of the wrong kind is chosen in the settings",
        "Choose an income account for new products, then send again.",
    ),
    "5020": (
        "The QuickBooks subscription does not include this",
        "For example, inventory needs QuickBooks Plus. Choose another type for new products, then send again.",
    ),
    _EMAIL_REFUSED: (
        "QuickBooks does not accept the customer's e-mail address",
        "Correct the e-mail address of the customer, then send again.",
    ),
    "2040": (
        "A name has a character that QuickBooks does not take",
        "Names can't hold a colon, a tab or a line break. Change the name here, then send again.",
    ),
    "2050": (
        "A text is too long for QuickBooks",
        "Shorten it here, then send again. Nothing is cut silently.",
    ),
    "6070": (
        "QuickBooks computes another amount for a line",
        "Quantity times price gives another amount there. Change the quantity or the price, then send again.",
    ),
    "6270": (
        "A product starts later than this invoice in QuickBooks",
        "Its inventory start date there is after the date of the invoice. Change one of the dates, then send again.",
    ),
}


def _details(error: QBOError) -> dict[str, Any]:
    """What support needs; the texts of a `QBOError` hold no secrets."""
    facts = {
        "status": error.status,
        "code": error.code,
        "message": error.message,
        "detail": error.detail,
        "element": error.element,
        "intuit_tid": error.intuit_tid,
    }
    return {name: value for name, value in facts.items() if value}
