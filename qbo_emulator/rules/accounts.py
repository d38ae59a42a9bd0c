"""The chart of accounts."""

from collections.abc import Mapping

from qbo_emulator import faults
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.currency import currency
from qbo_emulator.rules.naming import qualify, requalify_children, set_active, unique_among_siblings

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


BEHAVIOURS: Mapping[str, Behaviour] = {"account": Behaviour(complete=account, written=requalify_children)}
