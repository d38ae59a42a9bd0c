"""Rounding, the way QuickBooks Online does it."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal(0)


def cents(amount: Decimal) -> Decimal:
    """The amount rounded half up to the cent; zero is a bare 0, as on the wire."""
    rounded = amount.quantize(CENT, rounding=ROUND_HALF_UP)
    return rounded if rounded else ZERO


def plain(number: Decimal) -> Decimal:
    """The number without padding, as UnitPrice and Qty are written: 75, 4.5."""
    if number == number.to_integral_value():
        return number.quantize(Decimal(1))
    return number.normalize()
