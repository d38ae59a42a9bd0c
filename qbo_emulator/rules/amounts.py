"""Quantity times price is the amount of a line."""

from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.money import cents, plain
from qbo_emulator.wire import Body


def agree(amount: Decimal, detail: Body) -> None:
    """Quantity, price and amount must agree (6070).

    A quantity and a price of zero count as not given; a missing price follows from the amount.
    """
    quantity, price = detail.get("Qty"), detail.get("UnitPrice")
    if not quantity and not price:
        detail.pop("Qty", None)
        detail.pop("UnitPrice", None)
    elif quantity is not None and price is not None:
        product = Decimal(quantity) * Decimal(price)
        if amount not in (product, cents(product)):
            raise faults.validation(
                "6070",
                "Amount calculation incorrect in the request",
                f"Amount is not equal to UnitPrice * Qty. Supplied value:{amount:f}",
                "Line.Amount",
            )
    elif quantity:
        detail["UnitPrice"] = plain((amount / Decimal(quantity)).quantize(Decimal("0.0000001")))
