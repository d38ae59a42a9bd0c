"""Money: exact amounts in the minor unit of their currency, rounded half up (decisions, "Tax and money")."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache

from babel.numbers import format_currency, get_currency_precision, list_currencies

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Wide enough that no product of two storable numbers is rounded before we round it on purpose."""


@cache
def known_currencies() -> frozenset[str]:
    """The ISO 4217 codes that may stand on a document."""
    return frozenset(list_currencies())


@cache
def minor_units(currency: str) -> int:
    """How many decimal places an amount in this currency has: 2 for USD, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency)


def round_money(amount: Decimal, currency: str) -> Decimal:
    """The amount in the currency's minor unit; a half is rounded away from zero."""
    return amount.quantize(Decimal(1).scaleb(-minor_units(currency)), context=EXACT)


def line_amount(quantity: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """What a line costs: quantity × unit price, rounded once."""
    return round_money(EXACT.multiply(quantity, unit_price), currency)


def format_money(amount: Decimal, currency: str, locale: str = "en_US") -> str:
    """An amount as people write it, such as `$1,234.50`."""
    return str(format_currency(amount, currency, locale=locale))
