"""How a field of an entity is described, and how a value from the wire becomes a clean one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from qbo_emulator import faults
from qbo_emulator.money import MOST_DIGITS, cents, plain
from qbo_emulator.wire import Body


class Kind(Enum):
    """What a field holds."""

    STRING = "string"
    NUMBER = "number"
    MONEY = "money"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    REF = "reference"
    OBJECT = "object"
    LIST = "list"
    ANY = "any"


@dataclass(frozen=True)
class Field:
    """One row of an entity's table.

    limit is in characters; java names the type in messages; target is the entity a reference points to (None: not
    checked); sticky fields keep their value when a full update leaves them out; a read-only field is taken and ignored.
    check names a rule for the text; "typed" keeps the type of a reference.
    """

    name: str
    kind: Kind = Kind.STRING
    limit: int | None = None
    required: bool = False
    read_only: bool = False
    sticky: bool = False
    query: bool = False
    sort: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    target: str | None = None
    fields: tuple["Field", ...] = ()
    java: str = ""
    check: str = ""
    by_name: Mapping[str, "Field"] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {member.name: member for member in self.fields})


ABSENT: Any = object()

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?\Z", re.DOTALL)
_EMAIL = re.compile(r"[^@\s,<>;]+@[^@\s,<>;]+\.[^@\s,<>;.]+\Z")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SHORTEST_CARD = 12


@dataclass(frozen=True)
class Reader:
    """Reads request bodies. unicode False refuses what is outside ISO-8859-1, as US companies do.

    lenient drops members that no table knows, at every depth, instead of refusing them.
    """

    unicode: bool = False
    lenient: bool = False

    def members(self, known: Mapping[str, Field], java: str, value: Any, path: str = "") -> Body:
        """The members that were given; explicitly emptied ones are None. Raises Fault for what cannot be read."""
        if not isinstance(value, Mapping):
            raise _wrong_type(java, value)
        body: Body = {}
        for name, raw in value.items():
            description = known.get(name)
            if description is None and not self.lenient:
                raise faults.unknown_member(name, java, list(known))
            if description is None or description.read_only:
                continue
            clean = self.value(description, raw, f"{path}{name}")
            if clean is not ABSENT:
                body[name] = clean
        return body

    def value(self, field: Field, raw: Any, path: str) -> Any:
        """One clean value; None when it was emptied, ABSENT when it counts as not given."""
        if raw is None:
            return None
        match field.kind:
            case Kind.STRING:
                return self._string(field, raw, path)
            case Kind.NUMBER | Kind.MONEY | Kind.INTEGER:
                return _number(field, raw, path)
            case Kind.BOOLEAN:
                return _boolean(raw)
            case Kind.DATE:
                return _date(raw, path)
            case Kind.REF:
                return self._reference(field, raw, path)
            case Kind.OBJECT:
                return self.members(field.by_name, field.java or field.name, raw, f"{path}.")
            case Kind.LIST:
                if not isinstance(raw, list):
                    raise _wrong_type("java.util.ArrayList", raw)
                return [self.members(field.by_name, field.java or field.name, item, f"{path}.") for item in raw]
            case Kind.ANY:
                return ABSENT

    def text(self, raw: Any, path: str) -> str | None:
        """A string; numbers and booleans are taken as their text, "" as nothing."""
        if isinstance(raw, bool):
            raw = "true" if raw else "false"
        elif isinstance(raw, (int, Decimal)):
            raw = str(raw)
        if not isinstance(raw, str):
            raise _wrong_type("java.lang.String", raw)
        if not raw:
            return None
        try:
            raw.encode("utf-8" if self.unicode else "iso-8859-1")
        except UnicodeEncodeError as error:
            raise faults.bad_string(
                path, f"the character at position {error.start + 1} is not supported for this company"
            ) from None
        if any(ord(character) < 32 and character not in "\t\r\n" for character in raw):
            raise faults.bad_string(path, "control characters are not supported")
        return raw

    def _string(self, field: Field, raw: Any, path: str) -> str | None:
        text = self.text(raw, path)
        if text is None or not text.strip():
            return None
        if field.limit is not None and len(text) > field.limit:
            raise faults.bad_length(path, field.limit, len(text))
        if field.choices and text not in field.choices:
            raise faults.enumeration(path, text)
        if field.check == "name" and any(character in text for character in ":\t\r\n"):
            raise faults.bad_string(path, "a name cannot contain a colon, a tab or a new line")
        if field.check == "account name" and any(character in text for character in ':"\t\r\n'):
            raise faults.bad_string(path, "a name cannot contain a colon, a quotation mark, a tab or a new line")
        if field.check == "email" and not all(_EMAIL.match(part.strip()) for part in text.split(",")):
            raise faults.validation(
                "2210",
                "Invalid Email Address Format",
                f"Email Address does not conform to the RFC 822 standard. Supplied value: {text}",
                path,
            )
        if field.check == "card" and sum(character.isdigit() for character in text) >= _SHORTEST_CARD:
            raise faults.validation(
                "6530",
                "Raw credit card number",
                "The number of a credit card can't be sent; mask all but its end",
                path,
            )
        return text.strip() if field.check else text

    def _reference(self, field: Field, raw: Any, path: str) -> Body | None:
        if not isinstance(raw, Mapping):
            raise _wrong_type("com.intuit.schema.finance.v3.ReferenceType", raw)
        for name in raw:
            if name not in ("value", "name", "type") and not self.lenient:
                raise faults.unknown_member(name, "ReferenceType", ["value", "name", "type"])
        value = raw.get("value")
        text = None if value is None else self.text(value, f"{path}.value")
        if text is None:
            return None
        if len(text) > 100:
            raise faults.bad_length(f"{path}.value", 100, len(text))
        kind = self.text(raw["type"], f"{path}.type") if field.check == "typed" and raw.get("type") else None
        return {"value": text, "type": kind} if kind else {"value": text}


def _wrong_type(java: str, value: Any) -> faults.Fault:
    kind = {
        type(None): "VALUE_NULL",
        dict: "START_OBJECT",
        list: "START_ARRAY",
        str: "VALUE_STRING",
        bool: "VALUE_BOOLEAN",
    }.get(type(value), "VALUE_NUMBER")
    return faults.bad_property(
        f"Can not deserialize instance of {java} out of {kind} token\n specified is unsupported or invalid"
    )


def number_in(text: str) -> Decimal:
    """The number that a string holds, written as in JSON or with a plus or a bare point; ValueError for others."""
    if _NUMBER.fullmatch(text) is None:
        raise ValueError("not a number")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("not a number") from None


def _number(field: Field, raw: Any, path: str) -> Any:
    if isinstance(raw, str):
        text = raw.strip()
        if not text:
            return ABSENT
        try:
            number = number_in(text)
        except ValueError:
            raise faults.bad_property(
                f'Can not construct instance of java.math.BigDecimal from String value "{text[:40]}": '
                "not a valid representation\n specified is unsupported or invalid"
            ) from None
    elif isinstance(raw, (int, Decimal)) and not isinstance(raw, bool):
        number = Decimal(raw)
    else:
        raise _wrong_type("java.math.BigDecimal", raw)
    if not number.is_finite() or (number and number.adjusted() >= MOST_DIGITS):
        raise faults.validation("2090", "Invalid Number", "Invalid Number : the number is too large", path)
    if not number or number.adjusted() < -20:
        number = Decimal(0)
    number = number.quantize(Decimal("0.0000001")) if int(number.as_tuple().exponent) < -7 else number
    if field.kind is Kind.MONEY:
        return number if field.check == "exact" else cents(number)
    if field.kind is Kind.INTEGER:
        if number != number.to_integral_value():
            raise faults.bad_property(
                "Can not construct instance of java.lang.Integer\n specified is unsupported or invalid"
            )
        return int(number)
    return plain(number)


def _boolean(raw: Any) -> Any:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str):
        word = raw.strip().lower()
        if not word:
            return ABSENT
        if word in ("true", "false"):
            return word == "true"
    raise _wrong_type("java.lang.Boolean", raw)


def _date(raw: Any, path: str) -> Any:
    if not isinstance(raw, str):
        raise _wrong_type("java.util.Date", raw)
    text = raw.strip()
    if not text:
        return ABSENT
    match = _DATE.match(text)
    if match is None:
        raise faults.validation("2060", "Invalid Date Format", f"Invalid date format. Supplied value:{text[:40]}", path)
    try:
        return date(*(int(part) for part in match.groups())).isoformat()
    except ValueError:
        raise faults.validation("2070", "Invalid Date", f"Invalid date. Supplied value:{text[:40]}", path) from None
