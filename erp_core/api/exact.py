"""Fields of the API that take exactly what they say: no guessing, no floats, nothing a database can't store."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from marshmallow import fields, validate

from erp_core.money import minor_units
from erp_core.services.lookup import HIGHEST_ID

NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,10})?", re.ASCII)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
PLAIN_TEXT = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff]*$"

SENTENCES = {"required": "This is missing.", "null": "This can't be null.", "validator_failed": "This is not valid."}


class Nested(fields.Nested):
    """An object within an object."""

    default_error_messages = {**SENTENCES, "type": "This must be a JSON object."}  # noqa: RUF012


class Many(fields.List[Any]):
    """A list, with bounds."""

    default_error_messages = {**SENTENCES, "invalid": "This must be a list."}  # noqa: RUF012

    def __init__(self, inner: Any, *, least: int = 0, most: int, **options: Any) -> None:
        bounds = validate.Length(least, most, error=f"This must have {least} to {most} entries.")
        super().__init__(inner, validate=bounds, **options)


class Text(fields.String):
    """A text of bounded length without control characters."""

    default_error_messages = {**SENTENCES, "invalid": "This must be a text."}  # noqa: RUF012

    def __init__(self, most: int, *, least: int = 0, **options: Any) -> None:
        checks = [
            validate.Length(least, most, error=f"This can have {least} to {most} characters."),
            validate.Regexp(PLAIN_TEXT, error="This contains characters that can't be stored."),
            *options.pop("validate", ()),
        ]
        super().__init__(validate=checks, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        return value


class Choice(fields.String):
    """One of a few words."""

    default_error_messages = {**SENTENCES, "invalid": "This must be a text."}  # noqa: RUF012

    def __init__(self, words: Any, **options: Any) -> None:
        choices = [str(word) for word in words]
        check = validate.OneOf(choices, error=f"This must be one of: {', '.join(choices)}.")
        super().__init__(validate=check, **options)


class Id(fields.Integer):
    """The number of a record."""

    default_error_messages = {**SENTENCES, "invalid": "This must be a whole number."}  # noqa: RUF012

    def __init__(self, **options: Any) -> None:
        bounds = validate.Range(1, HIGHEST_ID, error=f"This must be a whole number from 1 to {HIGHEST_ID}.")
        super().__init__(strict=True, validate=bounds, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, bool):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


class Whole(fields.Integer):
    """A whole number with bounds. In a query, its digits."""

    default_error_messages = {**SENTENCES, "invalid": "This must be a whole number."}  # noqa: RUF012

    def __init__(self, least: int, most: int, **options: Any) -> None:
        bounds = validate.Range(least, most, error=f"This must be a whole number from {least} to {most}.")
        self._digits = options.pop("digits", False)
        super().__init__(strict=not self._digits, validate=bounds, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, bool) or (self._digits and not re.fullmatch(r"[0-9]{1,9}", str(value), re.ASCII)):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


class Flag(fields.Boolean):
    """true or false, nothing that merely looks like it."""

    default_error_messages = {**SENTENCES, "invalid": "This must be true or false."}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Day(fields.Date):
    """A plain date such as 2026-11-21."""

    default_error_messages = {**SENTENCES, "invalid": "This must be a date such as 2026-11-21."}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            raise self.make_error("invalid")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.make_error("invalid") from None


class Moment(fields.AwareDateTime):
    """A moment in UTC, only ever answered."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Number(fields.Field[Decimal]):
    """An exact number that a program sends: a string such as "18.50", or a JSON number, which is read as it is written."""

    default_error_messages = {**SENTENCES, "invalid": 'This must be a number such as "18.50".'}  # noqa: RUF012

    def __init__(self, **options: Any) -> None:
        metadata = {"anyOf": [{"type": "string", "pattern": f"^{NUMBER.pattern}$"}, {"type": "number"}]}
        super().__init__(metadata=metadata | options.pop("metadata", {}), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Decimal:
        if isinstance(value, str) and NUMBER.fullmatch(value):
            return Decimal(value)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.make_error("invalid")
        return Decimal(value)


class Digits(fields.Field[Decimal]):
    """An exact number that we answer, as a string; money has the decimal places of its currency at least."""

    def __init__(self, currency: Callable[[Any], str] | None = None, *, places: int = 0, **options: Any) -> None:
        metadata = {"type": "string", "pattern": f"^{NUMBER.pattern}$"}
        super().__init__(metadata=metadata | options.pop("metadata", {}), dump_only=True, **options)
        self._currency, self._places = currency, places

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        if value is None:
            return None
        return write_number(value, minor_units(self._currency(obj)) if self._currency else self._places)


def write_number(value: Decimal, least: int) -> str:
    """The number in digits with so many decimal places at least; no exponents, no superfluous zeros."""
    whole, _, places = f"{value:f}".partition(".")
    places = places.rstrip("0").ljust(least, "0")
    return f"{whole}.{places}" if places else whole
