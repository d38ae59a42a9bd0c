"""Products and services."""

from collections.abc import Mapping

from qbo_emulator import faults
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.naming import qualify, requalify_children, set_active, unique_among_siblings

NO_SALES_ACCOUNT = {"Bank", "Accounts Receivable", "Accounts Payable", "Credit Card"}


def item(change: Change) -> None:
    """Products and services: what each type needs, and which accounts it may use."""
    new, books = change.new, change.books
    kind = new.get("Type")
    if kind is None:
        raise faults.missing("Type")
    if kind == "Group":
        raise faults.validation("5030", "Feature Not Supported", "Items of type Group can only be read")
    if change.old is not None and change.old["Type"] != kind and "Inventory" in (change.old["Type"], kind):
        raise faults.business("You can't change the type of an inventory item.")
    if kind == "Category":
        if not new["Active"]:
            raise faults.business("A category cannot be made inactive.")
        for name in ("UnitPrice", "PurchaseCost", "IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef"):
            new.pop(name, None)
    elif kind == "Inventory":
        _inventory(change)
    elif kind == "Service":
        if not new.get("IncomeAccountRef"):
            raise faults.missing("IncomeAccountRef")
    elif not new.get("IncomeAccountRef") and not new.get("ExpenseAccountRef"):
        raise faults.missing("ExpenseAccountRef")
    if kind != "Inventory":
        new["TrackQtyOnHand"] = False
        for name in ("QtyOnHand", "InvStartDate", "AssetAccountRef", "ReorderPoint"):
            new.pop(name, None)
        for name in ("IncomeAccountRef", "ExpenseAccountRef"):
            if new.get(name):
                account = books.get("Account", new[name]["value"])
                if account is not None and account["AccountType"] in NO_SALES_ACCOUNT:
                    raise wrong_account(name)
    if kind != "Category":
        new.setdefault("PurchaseCost", 0)
    if new.get("SubItem") and not new.get("ParentRef"):
        raise faults.validation("6150", "ParentRef Required", "ParentRef is required when SubItem is true", "ParentRef")
    set_active(change, "Name", ("Item",))
    unique_among_siblings(change)
    qualify(change, "Name")


def wrong_account(element: str) -> faults.Fault:
    """6430: the account has the wrong type."""
    return faults.validation(
        "6430",
        "Invalid account type used",
        "Invalid account type: You need to select a different type of account for this transaction.",
        element,
    )


def _inventory(change: Change) -> None:
    new = change.new
    if change.was.get("TrackQtyOnHand") and not new.get("TrackQtyOnHand"):
        raise faults.business("Tracking of the quantity on hand cannot be turned off.")
    needed = ("TrackQtyOnHand", "QtyOnHand", "InvStartDate", "IncomeAccountRef", "AssetAccountRef", "ExpenseAccountRef")
    for name in needed:
        if new.get(name) in (None, False):
            raise faults.missing(name)
    if change.old is not None:
        new["InvStartDate"] = change.old["InvStartDate"]
    wanted = {
        "IncomeAccountRef": ("Income", "SalesOfProductIncome"),
        "AssetAccountRef": ("Other Current Asset", "Inventory"),
        "ExpenseAccountRef": ("Cost of Goods Sold", "SuppliesMaterialsCogs"),
    }
    for name, kind in wanted.items():
        account = change.books.get("Account", new[name]["value"])
        if account is not None and (account["AccountType"], account["AccountSubType"]) != kind:
            raise wrong_account(name)


BEHAVIOURS: Mapping[str, Behaviour] = {"item": Behaviour(complete=item, written=requalify_children)}
