"""Products and services."""

from collections.abc import Mapping
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.rules import ledger
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.naming import (
    follow_parent,
    qualify,
    requalify_children,
    set_active,
    unique_among_siblings,
)
from qbo_emulator.rules.periods import check_period
from qbo_emulator.rules.stock import adjust, value_of
from qbo_emulator.wire import Body

NO_SALES_ACCOUNT = {"Bank", "Accounts Receivable", "Accounts Payable", "Credit Card"}
HIGHEST_PRICE = Decimal(99_999_999_999)
STOCK_MEMBERS = ("QtyOnHand", "InvStartDate", "AssetAccountRef", "ReorderPoint")
PRICE_MEMBERS = ("UnitPrice", "PurchaseCost", "IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef", "Sku")
STOCK_ACCOUNTS = {
    "IncomeAccountRef": ("Income", "SalesOfProductIncome"),
    "AssetAccountRef": ("Other Current Asset", "Inventory"),
    "ExpenseAccountRef": ("Cost of Goods Sold", "SuppliesMaterialsCogs"),
}


def item(change: Change) -> None:
    """Products and services: what each type needs, and which accounts it may use."""
    new, books = change.new, change.books
    kind = new.get("Type")
    if kind is None:
        raise faults.missing("Type")
    if kind == "Group" or change.was.get("Type") == "Group":
        raise faults.validation("5030", "Feature Not Supported", "Items of type Group can only be read")
    if change.old is not None and change.old["Type"] != kind and {"Inventory", "Category"} & {change.old["Type"], kind}:
        raise faults.business("You can't change the type of an inventory item or a category.")
    for name in ("UnitPrice", "PurchaseCost"):
        if abs(Decimal(new.get(name) or 0)) > HIGHEST_PRICE:
            raise faults.validation("2090", "Invalid Number", f"Invalid Number : {new[name]:f}", name)
    if kind == "Category":
        _category(change)
    elif kind == "Inventory":
        _inventory(change)
    else:
        _sold_or_bought(change)
    if kind != "Category":
        new.setdefault("PurchaseCost", 0)
    follow_parent(change, "SubItem")
    if not new["SubItem"]:
        del new["SubItem"]
    _parent(books, new)
    set_active(change, "Name", ("Item",))
    unique_among_siblings(change)
    qualify(change, "Name")


def _category(change: Change) -> None:
    if feature(change.books, "ItemCategoriesFeature") != "true":
        raise faults.validation("5030", "Feature Not Supported", "Categories are turned off in this company")
    if not change.new["Active"]:
        raise faults.business("A category cannot be made inactive.")
    change.new["TrackQtyOnHand"] = False
    for name in (*PRICE_MEMBERS, *STOCK_MEMBERS):
        change.new.pop(name, None)


def feature(books: Books, name: str) -> str | None:
    """What the company's information says about one of its features; None when it says nothing."""
    pairs = (books.get("CompanyInfo", "1") or {}).get("NameValue", [])
    return next((str(pair["Value"]).lower() for pair in pairs if pair["Name"] == name), None)


def _sold_or_bought(change: Change) -> None:
    new, books = change.new, change.books
    if new["Type"] == "Service":
        if not new.get("IncomeAccountRef"):
            raise faults.missing("IncomeAccountRef")
    elif not new.get("IncomeAccountRef") and not new.get("ExpenseAccountRef"):
        raise faults.missing("ExpenseAccountRef")
    new["TrackQtyOnHand"] = False
    for name in STOCK_MEMBERS:
        new.pop(name, None)
    for name in ("IncomeAccountRef", "ExpenseAccountRef"):
        if new.get(name):
            account = books.get("Account", new[name]["value"])
            if account is not None and account["AccountType"] in NO_SALES_ACCOUNT:
                raise wrong_account(name)


def _parent(books: Books, new: Body) -> None:
    parent = books.get("Item", new["ParentRef"]["value"]) if new.get("ParentRef") else None
    if parent is not None and new["Type"] == "Category" and parent["Type"] != "Category":
        raise faults.validation(
            "700", "Parent reference invalid", "The parent of a category must be a category", "ParentRef"
        )


def wrong_account(element: str) -> faults.Fault:
    """6430: the account has the wrong type."""
    return faults.validation(
        "6430",
        "Invalid account type used",
        "Invalid account type: You need to select a different type of account for this transaction.",
        element,
    )


def _inventory(change: Change) -> None:
    new, old, books = change.new, change.old, change.books
    if change.was.get("TrackQtyOnHand") and not new.get("TrackQtyOnHand"):
        raise faults.business("Tracking of the quantity on hand cannot be turned off.")
    if old is None and not books.preference("ProductAndServicesPrefs", "QuantityOnHand"):
        raise faults.validation("5020", "Permission Denied", "Inventory is not turned on in this company")
    for name in ("TrackQtyOnHand", "QtyOnHand", "InvStartDate", *STOCK_ACCOUNTS):
        if new.get(name) is None or new[name] is False:
            raise faults.missing(name)
    for name, kind in STOCK_ACCOUNTS.items():
        account = books.get("Account", new[name]["value"])
        if account is not None and (account["AccountType"], account["AccountSubType"]) != kind:
            raise wrong_account(name)
    if old is None:
        check_period(books, {"TxnDate": new["InvStartDate"]})
        return
    if change.sparse and "ReorderPoint" in old and new.get("ReorderPoint") is None:
        new["ReorderPoint"] = old["ReorderPoint"]
    _adjustment(change, old)
    if old["Active"] and not new["Active"] and new["QtyOnHand"]:
        if books.switches.refuse_inactive_with_stock:
            raise faults.business("The item has a quantity on hand and cannot be made inactive.")
        new["QtyOnHand"] = 0


def _adjustment(change: Change, old: Body) -> None:
    """A new quantity is an adjustment, dated with the start date that comes with it; the start date itself stays."""
    new = change.new
    day, new["InvStartDate"] = new["InvStartDate"], old["InvStartDate"]
    if new["QtyOnHand"] == old["QtyOnHand"]:
        return
    if day < old["InvStartDate"]:
        raise faults.validation(
            "6270",
            "InventoryTxnDatedBeforeItemStartDate",
            f"The adjustment is before the start date {old['InvStartDate']} of {new['Name']}",
            "InvStartDate",
        )
    dated = day if change.given.get("InvStartDate") else change.books.today.isoformat()
    check_period(change.books, {"TxnDate": dated})


def written(change: Change) -> None:
    """After a write: children carry the name, and the value of a changed quantity is in the books.

    A first quantity comes out of the opening balance equity, an adjustment out of the cost of goods. The value moves
    with the asset account.
    """
    requalify_children(change)
    new = change.new
    if new["Type"] != "Inventory":
        return
    books, asset = change.books, new["AssetAccountRef"]["value"]
    if change.old is not None and change.old["AssetAccountRef"]["value"] != asset:
        worth = value_of(books, change.old)
        ledger.post(books, change.old["AssetAccountRef"]["value"], -worth)
        ledger.post(books, asset, worth)
    value = adjust(books, change.old, new)
    ledger.post(books, asset, value)
    if change.old is None:
        ledger.post(books, ledger.system_account(books, "OpeningBalanceEquity"), -value)


BEHAVIOURS: Mapping[str, Behaviour] = {"item": Behaviour(complete=item, written=written)}
