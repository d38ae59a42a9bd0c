"""JSON and times as they appear on the wire."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring
from typing import Any
from zoneinfo import ZoneInfo

Json = Any
Body = dict[str, Any]

PACIFIC = ZoneInfo("America/Los_Angeles")


class Raw(str):
    """A piece of JSON that is already written."""


def dumps(value: Json) -> str:
    """Compact JSON; Decimals become plain numbers and keep their decimals."""
    parts: list[str] = []
    _write(value, parts.append)
    return "".join(parts)


def _write(value: Json, out: Any) -> None:
    if isinstance(value, Raw):
        out(str(value))
    elif isinstance(value, str):
        out(encode_basestring(value))
    elif value is None:
        out("null")
    elif value is True:
        out("true")
    elif value is False:
        out("false")
    elif isinstance(value, Decimal):
        out(format(value, "f"))
    elif isinstance(value, Mapping):
        out("{")
        for position, (key, member) in enumerate(value.items()):
            out(("," if position else "") + encode_basestring(str(key)) + ":")
            _write(member, out)
        out("}")
    elif isinstance(value, (list, tuple)):
        out("[")
        for position, member in enumerate(value):
            if position:
                out(",")
            _write(member, out)
        out("]")
    else:
        out(json.dumps(value))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def loads(text: str) -> Json:
    """JSON with exact numbers; ValueError or RecursionError when it is not JSON or too deep."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except InvalidOperation:
        raise ValueError("a number is out of range") from None


def envelope_time(moment: datetime) -> str:
    """Milliseconds and the Pacific offset: 2022-09-02T05:58:56.463-07:00."""
    return moment.astimezone(PACIFIC).isoformat(timespec="milliseconds")


def meta_time(moment: datetime) -> str:
    """Seconds and the Pacific offset, as in MetaData."""
    return moment.astimezone(PACIFIC).isoformat(timespec="seconds")


def company_date(moment: datetime) -> date:
    """The calendar day of the company, which lives on Pacific time."""
    return moment.astimezone(PACIFIC).date()


def parse_moment(text: str) -> datetime:
    """A date or a time of ISO 8601; without an offset it is Pacific time. ValueError otherwise."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=PACIFIC)
    return moment.astimezone(UTC)
