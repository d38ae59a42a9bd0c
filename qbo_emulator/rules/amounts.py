"""Quantity times price is the amount of a line."""

from decimal import ROUND_HALF_UP, Decimal

from qbo_emulator import faults
from qbo_emulator.money import cents, plain
from qbo_emulator.wire import Body

PRICE_STEP = Decimal("0.0000001")


def price_of(amount: Decimal, quantity: Decimal) -> Decimal:
    """What a piece costs, to the seven decimals that a price has."""
    return plain((amount / quantity).quantize(PRICE_STEP))


def comes_to(amount: Decimal, product: Decimal, unit: Decimal) -> bool:
    """Whether this is the amount of a product: exactly, to the cent, or to the unit of its currency."""
    near = abs(product - amount) <= 1
    return near and amount in (product, cents(product), product.quantize(unit, rounding=ROUND_HALF_UP))


def agree(amount: Decimal, detail: Body, unit: Decimal) -> None:
    """Quantity, price and amount must agree (6070), to the unit of the currency and the seven decimals of a price.

    A zero counts as not given where it would make nothing of an amount; a missing price follows from the amount.
    """
    quantity, price = Decimal(detail.get("Qty") or 0), Decimal(detail.get("UnitPrice") or 0)
    if amount or not (quantity or price):
        for name in ("Qty", "UnitPrice"):
            if not detail.get(name):
                detail.pop(name, None)
    if quantity and price:
        if not comes_to(amount, quantity * price, unit) and price != price_of(amount, quantity):
            raise faults.validation(
                "6070",
                "Amount calculation incorrect in the request",
                f"Amount is not equal to UnitPrice * Qty. Supplied value:{amount:f}",
                "Line.Amount",
            )
    elif quantity and "UnitPrice" not in detail:
        detail["UnitPrice"] = price_of(amount, quantity)
