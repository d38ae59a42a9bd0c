"""Quantity times price is the amount of a line."""

from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.money import cents, plain
from qbo_emulator.wire import Body

PRICE_STEP = Decimal("0.0000001")


def price_of(amount: Decimal, quantity: Decimal) -> Decimal:
    """What a piece costs, to the seven decimals that a price has."""
    return plain((amount / quantity).quantize(PRICE_STEP))


def agree(amount: Decimal, detail: Body) -> None:
    """Quantity, price and amount must agree (6070), to the cent and to the seven decimals of a price.

    A zero counts as not given where it would make nothing of an amount; a missing price follows from the amount.
    """
    quantity, price = Decimal(detail.get("Qty") or 0), Decimal(detail.get("UnitPrice") or 0)
    if amount or not (quantity or price):
        for name in ("Qty", "UnitPrice"):
            if not detail.get(name):
                detail.pop(name, None)
    if quantity and price:
        product = quantity * price
        near = abs(product - amount) < 1 and amount in (product, cents(product))
        if not near and price != price_of(amount, quantity):
            raise faults.validation(
                "6070",
                "Amount calculation incorrect in the request",
                f"Amount is not equal to UnitPrice * Qty. Supplied value:{amount:f}",
                "Line.Amount",
            )
    elif quantity and "UnitPrice" not in detail:
        detail["UnitPrice"] = price_of(amount, quantity)
