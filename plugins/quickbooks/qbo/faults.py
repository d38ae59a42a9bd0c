"""From an HTTP answer of Intuit to its content, or to the one exception that says what went wrong.

The shapes: ``{"Fault": {"Error": […]}}`` of the service, ``{"fault": {"error": […]}}`` and XML of the gateways,
``{"code", "type", "detail"}`` of newer gateways, ``{"error", "error_description"}`` of the OAuth endpoints, and
pages of HTML from proxies. HTTP 200 can carry a Fault, so the status alone never means success.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from xml.etree import ElementTree

from plugins.quickbooks.qbo.errors import (
    DEFAULT_RETRY_AFTER,
    Fault,
    QBOAppRefused,
    QBODuplicate,
    QBOError,
    QBOForbidden,
    QBOGrantInvalid,
    QBONotFound,
    QBOPeriodClosed,
    QBORejected,
    QBOStale,
    QBOThrottled,
    QBOTokenRefused,
    QBOUnauthorized,
    QBOUnavailable,
)
from plugins.quickbooks.qbo.masking import masked

LONGEST_WAIT = 86_400.0

_THROTTLED = {"3001"}
_NOT_NOW = {"130", "140", "150"}
# 600, Duplicate Request ID: an earlier request with this id was taken, but its answer was not replayed.
_UNDECIDED = {"600", "10000"}
_CONNECTION_ENDED = {"120"}
_TOKEN_REFUSED = {"100", "110", "3200", "3202", "AuthenticationFailed"}
_FORBIDDEN = {"3100"}
_REJECTED: Mapping[str, type[QBORejected]] = {
    "5010": QBOStale,
    "6140": QBODuplicate,
    "6240": QBODuplicate,
    "630": QBODuplicate,
    "6200": QBOPeriodClosed,
    "6210": QBOPeriodClosed,
    "610": QBONotFound,
}
_GATEWAY_CODE = re.compile(r"errorCode=(\d+)")


@dataclass(frozen=True)
class _Refusal:
    """What an answer says went wrong; ``type`` is QuickBooks' own word in upper case, "" when it has none."""

    type: str
    faults: tuple[Fault, ...]

    @property
    def codes(self) -> set[str]:
        return {fault.code for fault in self.faults}


def answer(status: int, headers: Mapping[str, str], body: bytes, *, secrets: Collection[str] = ()) -> dict[str, Any]:
    """The JSON object of a successful answer, fractions as Decimal.

    Raises the ``QBOError`` of ``error_for`` for everything else, so also for a Fault under HTTP 200."""
    content = _json(body) if 200 <= status < 300 else None
    if not isinstance(content, dict) or "Fault" in content or "fault" in content:
        raise error_for(status, headers, body, secrets=secrets)
    return content


def error_for(status: int, headers: Mapping[str, str], body: bytes, *, secrets: Collection[str] = ()) -> QBOError:
    """The exception for an HTTP answer that is not a success. ``secrets`` are hidden wherever they appear in it."""
    refusal = _read(body)
    error = _classify(status, refusal)
    if refusal is not None:
        faults = refusal.faults
    else:
        faults = (Fault("", f"HTTP {status} without an answer in QuickBooks' form", _excerpt(body)),)
    made = _build(error, status, faults, tid_of(headers), secrets)
    if isinstance(made, QBOThrottled):
        made.retry_after = _retry_after(headers)
    return made


def error_for_item(
    fault: Mapping[str, Any], *, status: int = 200, intuit_tid: str = "", secrets: Collection[str] = ()
) -> QBOError:
    """The exception for the Fault of one item of a batch; the neighbours are not concerned."""
    refusal = _service_fault(fault)
    return _build(_classify(status, refusal), status, refusal.faults, intuit_tid, secrets)


def tid_of(headers: Mapping[str, str]) -> str:
    """Intuit's id of an answer, which its support asks for; "" when there is none."""
    return _header(headers, "intuit_tid")


def _classify(status: int, refusal: _Refusal | None) -> type[QBOError]:
    codes = refusal.codes if refusal is not None else set()
    kind = refusal.type if refusal is not None else ""
    if status == 429 or codes & _THROTTLED:
        return QBOThrottled
    if codes & _NOT_NOW or status >= 500 or codes & _UNDECIDED or kind == "SYSTEMFAULT":
        return QBOUnavailable
    if codes & _CONNECTION_ENDED:
        return QBOUnauthorized
    if "invalid_grant" in codes:
        return QBOGrantInvalid
    if codes & {"invalid_client", "unauthorized_client"}:
        return QBOAppRefused
    if status == 401 or codes & _TOKEN_REFUSED or kind in ("AUTHENTICATION", "AUTHENTICATIONFAULT"):
        return QBOTokenRefused
    if codes & _FORBIDDEN or (status == 403 and kind != "VALIDATIONFAULT"):
        return QBOForbidden
    if refusal is None:
        return QBOUnavailable
    # Several different reasons make a plain refusal: a caller that mends one of them would not have mended all.
    classes = {_REJECTED.get(code, QBORejected) for code in codes} or {QBORejected}
    return classes.pop() if len(classes) == 1 else QBORejected


def _build(
    error: type[QBOError], status: int, faults: tuple[Fault, ...], intuit_tid: str, secrets: Collection[str]
) -> QBOError:
    faults = tuple(
        Fault(fault.code, *(masked(text, secrets) for text in (fault.message, fault.detail, fault.element)))
        for fault in faults
    ) or (Fault("", f"HTTP {status} and a Fault without an error"),)
    # The exception speaks of the error that decided its class; the others stay readable in ``faults``.
    first = next((fault for fault in faults if _decides(error, fault.code)), faults[0])
    made = error(
        first.message,
        status=status,
        code=first.code,
        detail=first.detail,
        element=first.element,
        intuit_tid=intuit_tid,
        faults=faults,
    )
    if isinstance(made, QBOUnavailable):
        not_now = bool({fault.code for fault in faults} & _NOT_NOW)
        made.outcome_unknown = status >= 500 or not not_now
        made.counts_as_attempt = not (not_now or status in (502, 503, 504))
    return made


def _decides(error: type[QBOError], code: str) -> bool:
    deciding: Mapping[type[QBOError], Collection[str]] = {
        QBOThrottled: _THROTTLED,
        QBOUnavailable: _NOT_NOW | _UNDECIDED,
        QBOUnauthorized: _CONNECTION_ENDED,
        QBOTokenRefused: _TOKEN_REFUSED,
        QBOForbidden: _FORBIDDEN,
    }
    return code in deciding.get(error, ())


def _read(body: bytes) -> _Refusal | None:
    """What the body says went wrong; None when it says nothing that we understand."""
    content = _json(body)
    if content is None:
        return _xml_fault(body)
    if not isinstance(content, dict):
        return None
    fault = content.get("Fault", content.get("fault"))
    if isinstance(fault, dict):
        return _service_fault(fault)
    if isinstance(content.get("error"), str):
        return _Refusal(
            "", (Fault(_code(content["error"]), _text(content["error"]), _text(content.get("error_description"))),)
        )
    if "code" in content and "type" in content:
        return _Refusal(_text(content["type"]).upper(), (_fault(content),))
    return None


def _service_fault(fault: Mapping[str, Any]) -> _Refusal:
    errors = fault.get("Error", fault.get("error"))
    found = [_fault(error) for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    return _Refusal(_text(fault.get("type")).upper(), tuple(found))


def _fault(error: Mapping[str, Any]) -> Fault:
    message = _text(error.get("Message", error.get("message")))
    code = _text(error.get("code"))
    if not code and (named := _GATEWAY_CODE.search(message)):
        code = named.group(1)
    detail = _text(error.get("Detail", error.get("detail")))
    return Fault(_code(code), message or detail or "QuickBooks gave no reason", detail, _text(error.get("element")))


def _xml_fault(body: bytes) -> _Refusal | None:
    # A document type is never part of an answer, and entities are how a small document becomes a huge one.
    if body.lstrip()[:1] != b"<" or b"<!" in body:
        return None
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  # no document type, so no entities
    except (ElementTree.ParseError, ValueError):
        return None
    fault = next((element for element in root.iter() if _local(element) == "Fault"), None)
    if fault is None:
        return None
    errors = []
    for error in (child for child in fault if _local(child) == "Error"):
        texts = {_local(child): (child.text or "").strip() for child in error}
        errors.append({**texts, "code": error.get("code"), "element": error.get("element")})
    return _service_fault({"type": fault.get("type"), "Error": errors})


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _json(body: bytes) -> Any:
    """The parsed body, or None when it is not JSON."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _code(code: str) -> str:
    return code.lstrip("0") or code


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _excerpt(body: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body[:20_000].decode("utf-8", "replace"))).strip()


def _header(headers: Mapping[str, str], name: str) -> str:
    """The header's value, also when a gateway normalised ``intuit_tid`` to ``Intuit-Tid``."""
    wanted = name.lower().replace("_", "-")
    return next((value for key, value in headers.items() if key.lower().replace("_", "-") == wanted), "")


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait: the Retry-After header when there is one (at most a day), else Intuit's advice of 60."""
    value = _header(headers, "retry-after").strip()
    if value.isdecimal():
        return min(float(value), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(value)
        # The server's own clock, because ours may differ.
        since = parsedate_to_datetime(_header(headers, "date")) if _header(headers, "date") else datetime.now(UTC)
        return min(max((until - since).total_seconds(), 0.0), LONGEST_WAIT)
    except (TypeError, ValueError):
        return DEFAULT_RETRY_AFTER
