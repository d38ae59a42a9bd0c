"""Rules of the name lists: customers and vendors, items, accounts, terms."""

from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.change import Change
from qbo_emulator.references import currency

PEOPLE = ("Customer", "Vendor")
DEEPEST_LEVEL = 4

CLASSIFICATION = {
    "Bank": "Asset", "Accounts Receivable": "Asset", "Other Current Asset": "Asset", "Fixed Asset": "Asset",
    "Other Asset": "Asset", "Accounts Payable": "Liability", "Credit Card": "Liability",
    "Other Current Liability": "Liability", "Long Term Liability": "Liability", "Equity": "Equity",
    "Income": "Revenue", "Other Income": "Revenue", "Cost of Goods Sold": "Expense", "Expense": "Expense",
    "Other Expense": "Expense",
}  # fmt: skip
SUBTYPES = {
    "Income": ("OtherPrimaryIncome", "SalesOfProductIncome", "ServiceFeeIncome", "NonProfitIncome",
               "DiscountsRefundsGiven", "UnappliedCashPaymentIncome"),
    "Cost of Goods Sold": ("CostOfLaborCos", "SuppliesMaterialsCogs", "EquipmentRentalCos", "OtherCostsOfServiceCos",
                           "ShippingFreightDeliveryCos"),
    "Other Current Asset": ("EmployeeCashAdvances", "Inventory", "UndepositedFunds", "OtherCurrentAssets",
                            "PrepaidExpenses"),
    "Accounts Receivable": ("AccountsReceivable",),
    "Accounts Payable": ("AccountsPayable",),
    "Bank": ("CashOnHand", "Checking", "Savings", "MoneyMarket", "TrustAccounts"),
    "Other Current Liability": ("OtherCurrentLiabilities", "SalesTaxPayable", "GlobalTaxPayable"),
}  # fmt: skip
SYSTEM_ACCOUNTS = {
    "AccountsReceivable",
    "AccountsPayable",
    "UndepositedFunds",
    "RetainedEarnings",
    "OpeningBalanceEquity",
}
NO_SALES_ACCOUNT = {"Bank", "Accounts Receivable", "Accounts Payable", "Credit Card"}


def person(change: Change) -> None:
    """Customers and vendors: one name space, names built from their parts, addresses with ids."""
    books, new = change.books, change.new
    if not new.get("DisplayName"):
        kept = change.was.get("DisplayName") if change.given.get("DisplayName", "") is None else None
        parts = (new.get(part) for part in ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix"))
        new["DisplayName"] = kept or " ".join(str(part) for part in parts if part)
    if not new["DisplayName"]:
        raise faults.validation(
            "6080",
            "No Name Provided",
            "Title, GivenName, MiddleName, FamilyName, DisplayName, Suffix - one of these must be non-empty",
        )
    new.setdefault("PrintOnCheckName", new["DisplayName"][:110])
    new.setdefault("Balance", 0)
    currency(books, new)
    _open_balance(change)
    set_active(change, "DisplayName", PEOPLE)
    for kind, other in books.find(PEOPLE, new["DisplayName"]):
        if (kind, other["Id"]) != (change.entity.name, new.get("Id")):
            raise faults.duplicate_name(other["Id"])
    if change.entity.name == "Customer":
        new.setdefault("BalanceWithJobs", 0)
        if new.get("TaxExemptionReasonId"):
            new["Taxable"] = False
        if new.get("Job") and not new.get("ParentRef"):
            raise faults.validation("6150", "ParentRef Required", "ParentRef is required when Job is true", "ParentRef")
        qualify(change, "DisplayName")
    for name in ("BillAddr", "ShipAddr"):
        number_address(change, name)


def _open_balance(change: Change) -> None:
    closing = bool(change.was.get("Active", False)) and not change.new["Active"]
    if closing and change.books.switches.refuse_inactive_with_balance and Decimal(change.new["Balance"]):
        raise faults.validation(
            "6220", "Delete Entity Has Balance Error", "The name has an open balance and cannot be made inactive."
        )


def set_active(change: Change, name_field: str, types: tuple[str, ...]) -> None:
    """Making an object inactive frees its name: ' (deleted)' is added. Nothing takes it off again."""
    new = change.new
    if new["Active"] or not change.was.get("Active", True):
        return
    name, number = f"{new[name_field]} (deleted)", 0
    while change.books.find(types, name):
        number += 1
        name = f"{new[name_field]} (deleted {number})"
    new[name_field] = name


def qualify(change: Change, name_field: str) -> None:
    """Fill in FullyQualifiedName and Level from the parents; refuse circles and more than five levels."""
    books, new, kind = change.books, change.new, change.entity.name
    parents: list[str] = []
    reference = new.get("ParentRef")
    while reference:
        parent = books.get(kind, reference["value"])
        if parent is None:
            break
        if parent["Id"] == new.get("Id"):
            raise faults.validation("900", "Parent cannot be child", "An object cannot be its own parent", "ParentRef")
        parents.insert(0, parent[name_field])
        reference = parent.get("ParentRef")
    if len(parents) > DEEPEST_LEVEL:
        raise faults.validation("6180", "Sub Level Limit", "There can be five levels at most", "ParentRef")
    new["FullyQualifiedName"] = ":".join([*parents, new[name_field]])
    if parents:
        new["Level"] = len(parents)
    else:
        new.pop("Level", None)


def requalify_children(change: Change) -> None:
    """After a rename the children carry the new name of their parent."""
    if change.old is None or change.old.get("FullyQualifiedName") == change.new.get("FullyQualifiedName"):
        return
    for child in change.books.all(change.entity.name):
        if child.get("ParentRef", {}).get("value") == change.new["Id"]:
            inner = Change(change.books, change.entity, child, dict(child))
            child["ParentRef"]["name"] = change.new["FullyQualifiedName"]
            child["FullyQualifiedName"] = f"{change.new['FullyQualifiedName']}:{child[change.entity.name_field]}"
            change.books.put(change.entity.name, child, quiet=True)
            requalify_children(inner)


def number_address(change: Change, name: str) -> None:
    """An address that is new or changed gets a new Id."""
    address = change.new.get(name)
    if not address:
        change.new.pop(name, None)
        return
    before = change.was.get(name)
    plain = {key: value for key, value in address.items() if key != "Id"}
    if isinstance(before, dict) and plain == {key: value for key, value in before.items() if key != "Id"}:
        change.new[name] = before
    else:
        change.new[name] = {"Id": str(change.books.count_up("id:address")), **plain}


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


def unique_among_siblings(change: Change) -> None:
    """6240 when another object under the same parent has this name."""
    new, kind = change.new, change.entity.name
    parent = new.get("ParentRef", {}).get("value")
    for _, other in change.books.find((kind,), new[change.entity.name_field]):
        if other["Id"] != new.get("Id") and other.get("ParentRef", {}).get("value") == parent:
            raise faults.duplicate_name(other["Id"])


def account(change: Change) -> None:
    """The chart of accounts: type and sub-type belong together, system accounts stay."""
    new, books = change.new, change.books
    kind, subtype = new.get("AccountType"), new.get("AccountSubType")
    if change.old is not None and "AccountType" in change.given and "AccountSubType" not in change.given:
        subtype = subtype if kind == change.old["AccountType"] else None
    if kind is None:
        kind = next((name for name, subtypes in SUBTYPES.items() if subtype in subtypes), None)
    if kind not in CLASSIFICATION or (subtype and kind in SUBTYPES and subtype not in SUBTYPES[kind]):
        raise faults.validation(
            "6010",
            "Invalid Account.AccountType && Account.SubType",
            f"Account type {new.get('AccountType')} and sub-type {subtype} do not belong together",
        )
    new["AccountType"], new["Classification"] = kind, CLASSIFICATION[kind]
    new["AccountSubType"] = subtype or SUBTYPES.get(kind, (kind.replace(" ", ""),))[0]
    if ":" in new.get("AcctNum", ""):
        raise faults.bad_string("AcctNum", "an account number cannot contain a colon")
    if change.was.get("Active", False) and not new["Active"] and new["AccountSubType"] in SYSTEM_ACCOUNTS:
        raise faults.business("This account is used by QuickBooks and cannot be made inactive.")
    if new.get("SubAccount") and not new.get("ParentRef"):
        raise faults.validation("6150", "ParentRef Required", "ParentRef is required for a sub-account", "ParentRef")
    new.setdefault("CurrentBalance", 0)
    new.setdefault("CurrentBalanceWithSubAccounts", 0)
    currency(books, new)
    set_active(change, "Name", ("Account",))
    unique_among_siblings(change)
    qualify(change, "Name")
    new["SubAccount"] = bool(new.get("ParentRef"))


def term(change: Change) -> None:
    """Terms: so many days, or a day of the month."""
    new = change.new
    if new.get("DayOfMonthDue") is not None:
        new["Type"] = "DATE_DRIVEN"
    else:
        new["Type"] = "STANDARD"
        new.setdefault("DueDays", 0)
    for name, largest in (("DueDays", 999), ("DiscountDays", 999), ("DayOfMonthDue", 31), ("DueNextMonthDays", 31)):
        if not 0 <= new.get(name, 0) <= largest:
            raise faults.validation("2090", "Invalid Number", f"Invalid Number : {new[name]}", name)
    unique_among_siblings(change)
