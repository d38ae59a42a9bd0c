"""Bills, expenses, vendor credits and purchase orders."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents
from qbo_emulator.rules import bill_payments, ledger
from qbo_emulator.rules.applying import follow
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.bill_payments import check_account, dated, payable_account
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.expense_lines import ACCOUNT_DETAIL, compose
from qbo_emulator.rules.naming import number_address
from qbo_emulator.rules.periods import check_period
from qbo_emulator.rules.purchase_effects import settle, vendor_balance
from qbo_emulator.rules.references import any_name, resolve
from qbo_emulator.rules.tax.regime import abroad
from qbo_emulator.rules.terms import due
from qbo_emulator.wire import Body

PAYS_FROM = {"Cash": ("Bank", "Other Current Asset"), "Check": ("Bank",), "CreditCard": ("Credit Card",)}
FIRST_ORDER = 1001


def owed(books: Books, vendor_id: str, difference: Decimal) -> None:
    """Raise what a vendor is owed, and accounts payable with it."""
    if difference:
        vendor_balance(books, vendor_id, difference)
        ledger.post(books, ledger.system_account(books, "AccountsPayable"), -difference)


def bill(change: Change) -> None:
    """A bill: its vendor is owed its total; its due date follows from the terms; orders that it fulfils are closed."""
    vendor = _head(change)
    payable_account(change.books, change.new)
    _total(change)
    _link_orders(change)
    _balance(change)
    _terms(change, vendor)
    _vendor_address(change, vendor)
    unique_number(change)


def vendor_credit(change: Change) -> None:
    """A credit of a vendor, which bill payments use up."""
    vendor = _head(change)
    payable_account(change.books, change.new)
    _total(change)
    change.new["LinkedTxn"] = _links(change.old)
    _balance(change)
    _vendor_address(change, vendor)
    unique_number(change)


def purchase(change: Change) -> None:
    """An expense: cash, check or credit card, paid from an account of that type."""
    new, books = change.new, change.books
    dated(change)
    if not new.get("PaymentType"):
        raise faults.missing("PaymentType")
    if not new.get("AccountRef"):
        raise faults.missing("AccountRef")
    check_account(books, new["AccountRef"], PAYS_FROM[new["PaymentType"]], "AccountRef")
    if new["Credit"] and new["PaymentType"] != "CreditCard":
        raise faults.business("Only a credit card expense can be a refund.")
    if new.get("EntityRef"):
        any_name(books, new["EntityRef"], change.was.get("EntityRef"))
    _total(change)
    entity = new.get("EntityRef", {}).get("type")
    _names_of_lines(books, new, entity)
    number_address(change, "RemitToAddr")
    unique_number(change)
    new["LinkedTxn"] = _links(change.old)


def purchase_order(change: Change) -> None:
    """An order posts nothing; it is open until a bill is linked to it."""
    vendor = _head(change)
    payable_account(change.books, change.new)
    _total(change)
    _vendor_address(change, vendor)
    number_address(change, "ShipAddr")
    if not change.new.get("DocNumber") and not own_numbers(change.books):
        change.new["DocNumber"] = str(change.books.count_up("order_number", FIRST_ORDER - 1))
    unique_number(change)
    change.new["LinkedTxn"] = _links(change.old)


def _head(change: Change) -> Body:
    dated(change)
    if not change.new.get("VendorRef"):
        raise faults.missing("VendorRef")
    reference = change.new["VendorRef"]
    return resolve(change.books, "Vendor", reference, (change.old or {}).get("VendorRef"))


def _total(change: Change) -> None:
    new = change.new
    total = compose(change)
    if not abroad(change.books):
        # Purchases of US companies carry no sales tax of their own (fact sheet, section 6.1).
        new.pop("TxnTaxDetail", None)
        new.pop("GlobalTaxCalculation", None)
    else:
        detail = {name: value for name, value in new.get("TxnTaxDetail", {}).items() if value not in (None, [])}
        detail["TotalTax"] = cents(Decimal(detail.get("TotalTax") or 0))
        new["TxnTaxDetail"] = detail
        total += detail["TotalTax"]
    if total < 0:
        raise faults.business("Transaction amount must be 0 or greater.")
    new["TotalAmt"] = cents(total)
    if "EntityRef" not in new:
        _names_of_lines(change.books, new, "Vendor" if new.get("VendorRef") else None)


def _names_of_lines(books: Books, new: Body, entity: Any) -> None:
    """Lines on receivables need a customer, lines on payables a vendor."""
    for line in new["Line"]:
        detail = line.get(ACCOUNT_DETAIL)
        account = books.get("Account", detail["AccountRef"]["value"]) if detail else None
        if detail is None or account is None:
            continue
        customer = detail.get("CustomerRef") if "APAccountRef" in new else entity == "Customer"
        if account["AccountType"] == "Accounts Receivable" and not customer:
            raise faults.business("When you use Accounts Receivable, you must choose a customer in the Name field.")
        if account["AccountType"] == "Accounts Payable" and entity != "Vendor":
            raise faults.business("When you use Accounts Payable, you must choose a vendor in the Name field.")


def _balance(change: Change) -> None:
    """What is open: the total less what is applied; payments of more than the total are taken off again."""
    new, old = change.new, change.old
    total, applied = Decimal(new["TotalAmt"]), ZERO
    if old is not None:
        applied = Decimal(old["TotalAmt"]) - Decimal(old["Balance"])
        if applied and new["VendorRef"]["value"] != old["VendorRef"]["value"]:
            raise faults.business("The vendor can't be changed because a bill payment is linked to this transaction.")
    if applied > total:
        bill_payments.release(change.books, change.entity.name, new, applied - total)
    new["Balance"] = cents(max(total - applied, ZERO))


def _terms(change: Change, vendor: Body) -> None:
    new = change.new
    if change.old is None and not new.get("SalesTermRef") and vendor.get("TermRef"):
        new["SalesTermRef"] = {"value": vendor["TermRef"]["value"]}
    due(change)


def _vendor_address(change: Change, vendor: Body) -> None:
    if change.old is None and not change.new.get("VendorAddr") and vendor.get("BillAddr"):
        change.new["VendorAddr"] = {name: value for name, value in vendor["BillAddr"].items() if name != "Id"}
    number_address(change, "VendorAddr")


def own_numbers(books: Books) -> bool:
    """Whether the company numbers its purchase transactions itself."""
    for entry in books.preferences.get("OtherPrefs", {}).get("NameValue", []):
        if entry["Name"] == "VendorAndPurchasesPrefs.UseCustomTxnNumbers":
            return str(entry["Value"]).lower() == "true"
    return False


def unique_number(change: Change) -> None:
    """6140 for a number that another transaction of this type has, where the company numbers them itself."""
    number = change.new.get("DocNumber")
    if not number or number == change.was.get("DocNumber") or not own_numbers(change.books):
        return
    if "allowduplicatedocnum" in change.include:
        return
    for other in change.books.numbered(change.entity.name, number):
        if other["Id"] != change.new.get("Id"):
            raise faults.validation(
                "6140",
                "Duplicate Document Number Error",
                "Duplicate Document Number Error : You must specify a different number. This number has already been "
                f"used. DocNumber={number} is assigned to TxnType={change.entity.name} with TxnId={other['Id']}",
            )


def _links(body: Body | None) -> list[Body]:
    links: list[Body] = list((body or {}).get("LinkedTxn", []))
    return links


def _orders(body: Body | None) -> dict[str, Body]:
    """The orders that a bill is linked to, as a whole or with one of its lines, by their id."""
    lines = [link for line in (body or {}).get("Line", []) for link in line.get("LinkedTxn", [])]
    links = [*_links(body), *lines]
    return {str(link["TxnId"]): link for link in links if link.get("TxnType") == "PurchaseOrder" and link.get("TxnId")}


def _link_orders(change: Change) -> None:
    """620 for orders that do not exist or are another vendor's. Links to payments are kept, whatever was sent."""
    new = change.new
    payments = [link for link in _links(change.old) if link["TxnType"] != "PurchaseOrder"]
    for order_id in _orders(new):
        order = change.books.get("PurchaseOrder", order_id)
        if order is None or order["VendorRef"]["value"] != new["VendorRef"]["value"]:
            raise bill_payments.not_linkable()
        if order["POStatus"] == "Closed" and order_id not in _orders(change.old):
            raise bill_payments.not_linkable()
    new["LinkedTxn"] = [{"TxnId": order_id, "TxnType": "PurchaseOrder"} for order_id in _orders(new)] + payments


def _follow_orders(books: Books, bill_id: str, before: Body | None, after: Body | None) -> None:
    was, now = _orders(before), _orders(after)
    for order_id in [*was, *(order_id for order_id in now if order_id not in was)]:
        order = books.get("PurchaseOrder", order_id)
        if order is None or (order_id in was) == (order_id in now):
            continue
        others = [link for link in _links(order) if (link["TxnType"], link["TxnId"]) != ("Bill", bill_id)]
        order["LinkedTxn"] = [*others, {"TxnId": bill_id, "TxnType": "Bill"}] if order_id in now else others
        order["POStatus"] = "Closed" if order["LinkedTxn"] else "Open"
        books.put("PurchaseOrder", order)


def posted(change: Change) -> None:
    """After a write: names, accounts and stock follow, and so do orders that are linked."""
    books, kind = change.books, change.entity.name
    settle(books, kind, change.old, change.new)
    if kind == "Bill":
        _follow_orders(books, change.new["Id"], change.old, change.new)
    if kind == "Purchase" and change.old is not None:
        follow(books, kind, change.old, change.new)


def removed(books: Books, kind: str, body: Body) -> None:
    """Before a delete: payments and orders let go of it, then what it did is taken back."""
    check_period(books, body)
    if "Balance" in body:
        bill_payments.release(books, kind, body, Decimal(body["TotalAmt"]) - Decimal(body["Balance"]))
    if kind == "Bill":
        _follow_orders(books, body["Id"], body, None)
    if kind == "PurchaseOrder" and body.get("LinkedTxn"):
        raise faults.business("The purchase order is linked to a bill. Delete the bill first.")
    if kind == "Purchase":
        follow(books, kind, body, None)
    settle(books, kind, body, None)


def _removes(kind: str) -> Any:
    def remove(books: Books, body: Body) -> None:
        removed(books, kind, body)

    return remove


BEHAVIOURS: Mapping[str, Behaviour] = {
    "bill": Behaviour(bill, posted, _removes("Bill")),
    "vendor credit": Behaviour(vendor_credit, posted, _removes("VendorCredit")),
    "purchase": Behaviour(purchase, posted, _removes("Purchase")),
    "purchase order": Behaviour(purchase_order, remove=_removes("PurchaseOrder")),
    **bill_payments.BEHAVIOURS,
}
