"""Checking what people and programs typed, the same way on every path.

A service collects every problem before it refuses, so that a form shows them all at once.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from email_validator import EmailNotValidError, validate_email

from erp_core.errors import Invalid
from erp_core.models.types import MONEY_SCALE, RATE_SCALE
from erp_core.money import known_currencies, minor_units

DIGITS = 15
"""The most digits that a number may have, before and after the decimal point together."""
HIGHEST_MONEY = Decimal(10) ** (DIGITS - MONEY_SCALE)
HIGHEST_RATE = Decimal(10) ** (DIGITS - RATE_SCALE)
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2099, 12, 31)


class Problems:
    """What is wrong with an input, field by field."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}

    def add(self, field: str, sentence: str) -> None:
        """Note a problem; a field's first one stays."""
        self.fields.setdefault(field, sentence)

    def stop(self, what: str) -> None:
        """Raise `Invalid` if there are problems. `what` says what did not happen, such as "The order was not saved."."""
        if self.fields:
            raise self.error(what)

    def error(self, what: str) -> Invalid:
        """The problems as one error, whose text names the first two."""
        first, *others = self.fields.values()
        rest = f" {others[0]}" if len(others) == 1 else f" There are {len(others)} more problems." if others else ""
        return Invalid(f"{what} {first}{rest}", fields=self.fields)

    def text(self, field: str, value: str, *, name: str, limit: int, required: bool = False) -> str:
        """A text without spaces around it, at most `limit` characters long, that a database can store."""
        if not isinstance(value, str):
            self.add(field, f"The {name} must be a text.")
            return ""
        value = value.strip()
        if required and not value:
            self.add(field, f"Enter the {name}.")
        elif len(value) > limit:
            self.add(field, f"The {name} can have at most {limit:,} characters; this has {len(value):,}.")
        elif any(ord(character) < 32 and character not in "\t\r\n" for character in value) or not _encodable(value):
            self.add(field, f"The {name} contains characters that can't be stored. Type it again.")
        return value

    def email(self, field: str, value: str, *, limit: int, required: bool = False) -> str:
        """An e-mail address. Whether anybody reads it is not asked."""
        value = self.text(field, value, name="e-mail address", limit=limit, required=required)
        if value and field not in self.fields:
            try:
                value = validate_email(value, check_deliverability=False, test_environment=True).normalized
            except EmailNotValidError:
                self.add(field, f"“{value}” is not an e-mail address. It looks like name@company.com.")
        return value

    def currency(self, field: str, value: str) -> str:
        """A currency's code."""
        value = self.text(field, value, name="currency", limit=3, required=True).upper()
        if field not in self.fields and value not in known_currencies():
            self.add(field, f"{value} is not a currency. Use a code such as USD or EUR.")
        return value

    def day(self, field: str, value: date, *, name: str) -> date:
        """A plain date that a document may carry."""
        if not FIRST_DAY <= value <= LAST_DAY:
            self.add(field, f"The {name} must be between {FIRST_DAY.year} and {LAST_DAY.year}.")
        return value

    def whole(self, field: str, value: object, *, name: str, least: int, most: int) -> int:
        """A whole number between two bounds."""
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.add(field, f"The {name} must be a whole number from {least:,} to {most:,}.")
            return least
        return value

    def rate(self, field: str, value: Decimal, *, name: str, positive: bool = False, signed: bool = False) -> Decimal:
        """A quantity, unit price or percentage: not negative (unless `signed`), at most six decimal places."""
        return self._number(
            field,
            value,
            name,
            RATE_SCALE,
            HIGHEST_RATE,
            "",
            positive=positive,
            signed=signed,
            integers=DIGITS - RATE_SCALE,
        )

    def money(self, field: str, value: Decimal, currency: str, *, name: str, positive: bool = False) -> Decimal:
        """An amount that is not negative, in the minor unit of its currency."""
        known = currency in known_currencies()
        places = minor_units(currency) if known else MONEY_SCALE
        return self._number(
            field,
            value,
            name,
            places,
            HIGHEST_MONEY,
            f" in {currency}" if known else "",
            positive=positive,
            signed=False,
            integers=DIGITS - MONEY_SCALE,
        )

    def _number(
        self,
        field: str,
        value: object,
        name: str,
        places: int,
        bound: Decimal,
        unit: str,
        *,
        positive: bool,
        signed: bool,
        integers: int,
    ) -> Decimal:
        zero = Decimal(0)
        if isinstance(value, bool) or not isinstance(value, Decimal | int) or not Decimal(value).is_finite():
            self.add(field, f"Enter a number as the {name}.")
            return zero
        number = Decimal(value)
        if positive and number <= 0:
            self.add(field, f"The {name} must be more than 0.")
        elif number < 0 and not signed:
            self.add(field, f"The {name} can't be negative.")
        elif abs(number) >= bound:
            self.add(field, f"The {name} is too large: at most {integers} digits before the decimal point.")
        elif decimal_places(number) > places:
            self.add(field, f"The {name} can have at most {places} decimal places{unit}.")
        else:
            return number
        return zero


def decimal_places(value: Decimal) -> int:
    """How many decimal places a finite number needs; zeros at its end don't count."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or not any(digits):
        return 0
    zeros = next(count for count, digit in enumerate(reversed(digits)) if digit)
    return max(0, -exponent - zeros)


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
