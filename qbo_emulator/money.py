"""Rounding, the way QuickBooks Online does it."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
ZERO = Decimal(0)
MOST_DIGITS = 15


def cents(amount: Decimal) -> Decimal:
    """The amount rounded half up to the cent; zero is a bare 0, as on the wire. OverflowError beyond 15 digits."""
    rounded = amount.quantize(CENT, rounding=ROUND_HALF_UP)
    if rounded.adjusted() >= MOST_DIGITS:
        raise OverflowError("an amount has more than fifteen digits")
    return rounded if rounded else ZERO


def plain(number: Decimal) -> Decimal:
    """The number without padding, as UnitPrice and Qty are written: 75, 4.5."""
    if number == number.to_integral_value():
        return number.quantize(Decimal(1))
    return number.normalize()


def in_home_currency(body: dict[str, Any]) -> None:
    """Keep HomeTotalAmt and HomeBalance of a transaction with an ExchangeRate in step with its amounts."""
    if body.get("ExchangeRate") is None:
        return
    for name, home in (("TotalAmt", "HomeTotalAmt"), ("Balance", "HomeBalance")):
        if body.get(name) is not None:
            body[home] = cents(Decimal(body[name]) * Decimal(body["ExchangeRate"]))
