"""What a line needs when its product's stock is tracked."""

from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.wire import Body


def check_tracked(product: Body, day: str, amount: Decimal, detail: Body) -> None:
    """6520 for an amount or a price without quantity, 6270 for a day before the stock starts; other items pass."""
    if product["Type"] != "Inventory":
        return
    if (amount and not detail.get("Qty")) or (detail.get("Qty") is None and detail.get("UnitPrice") is not None):
        raise faults.validation(
            "6520", "Missing Tracked Inventory Item Quantity", f"Quantity is missing for {product['Name']}", "Line.Qty"
        )
    if day < product["InvStartDate"]:
        raise faults.validation(
            "6270",
            "InventoryTxnDatedBeforeItemStartDate",
            f"The transaction date is before the start date {product['InvStartDate']} of {product['Name']}",
            "TxnDate",
        )
