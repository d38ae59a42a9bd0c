"""Rules of sales documents: totals, numbers, dates, balances."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents, plain
from qbo_emulator.rules import ledger, tax
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.currency import currency
from qbo_emulator.rules.custom_fields import custom_fields
from qbo_emulator.rules.lines import Lines, compose, filled
from qbo_emulator.rules.naming import number_address
from qbo_emulator.rules.numbers import number
from qbo_emulator.rules.periods import check_period
from qbo_emulator.rules.references import resolve
from qbo_emulator.rules.terms import due_date
from qbo_emulator.wire import Body

NOT_STORED = ("AutoDocNumber", "GlobalTaxCalculation", "ExchangeRate")


def sale(change: Change) -> None:
    """Complete an invoice: everything QuickBooks fills in, computes or refuses."""
    books, new, old = change.books, change.new, change.old
    new.setdefault("TxnDate", books.today.isoformat())
    check_period(books, new, old)
    if not new.get("CustomerRef"):
        raise faults.missing("CustomerRef")
    customer = resolve(books, "Customer", new["CustomerRef"], (old or {}).get("CustomerRef"))
    new["CustomerRef"]["name"] = customer["DisplayName"]
    currency(books, new)
    if new.get("LinkedTxn") and new["LinkedTxn"] != (old or {}).get("LinkedTxn", []):
        raise faults.validation(
            "620", "Txn ID Cannot Be Linked", "Transaction ID supplied with the request can not be linked"
        )
    new["LinkedTxn"] = (old or {}).get("LinkedTxn", [])
    lines = compose(change, customer)
    _totals(change, lines)
    number(change)
    _terms(change, customer)
    _addresses(change, customer)
    custom_fields(change)
    if new["EmailStatus"] == "NeedToSend" and not new.get("BillEmail", {}).get("Address"):
        raise faults.business("An email address is required to send this transaction.")
    for name in NOT_STORED:
        new.pop(name, None)
    new["AllowIPNPayment"] = new["AllowOnlinePayment"] = False
    new["FreeFormAddress"] = True


def _totals(change: Change, lines: Lines) -> None:
    new, old = change.new, change.old
    total = cents(lines.total() + tax.sales_tax(change, lines))
    if total < 0:
        raise faults.business("Transaction amount must be 0 or greater.")
    deposit = Decimal(new.get("Deposit") or 0)
    if deposit and not change.books.preference("SalesFormsPrefs", "AllowDeposit"):
        raise faults.business("Deposits can't be used because the company has turned them off.")
    if not deposit:
        new.pop("Deposit", None)
    applied = ZERO
    if old is not None:
        applied = Decimal(old["TotalAmt"]) - Decimal(old["Balance"]) - Decimal(old.get("Deposit", 0))
    new["TotalAmt"] = total
    new["Balance"] = cents(total - deposit - applied)


def _terms(change: Change, customer: Body) -> None:
    """The terms of the customer, else of the company; the due date follows from them."""
    books, new = change.books, change.new
    if change.old is None and not new.get("SalesTermRef"):
        default = customer.get("SalesTermRef") or books.preference("SalesFormsPrefs", "DefaultTerms")
        if isinstance(default, dict):
            new["SalesTermRef"] = {"value": default["value"]}
    term = new.get("SalesTermRef")
    days = books.get("Term", term["value"]) if term else None
    if term and days is not None:
        term["name"] = days["Name"]
    moved = change.old is not None and "DueDate" not in change.given and "SalesTermRef" in change.given
    if not new.get("DueDate") or moved:
        new["DueDate"] = due_date(date.fromisoformat(new["TxnDate"]), days).isoformat()


def _addresses(change: Change, customer: Body) -> None:
    for name in ("BillAddr", "ShipAddr"):
        if change.old is None and not filled(change.new.get(name)) and customer.get(name):
            change.new[name] = {key: value for key, value in customer[name].items() if key != "Id"}
    for name in ("BillAddr", "ShipAddr", "ShipFromAddr"):
        number_address(change, name)


def posted(change: Change) -> None:
    """After a sale is written: what the customer owes and what is in stock follow."""
    effect(change.books, change.old, -1)
    effect(change.books, change.new, 1)


def removed(books: Books, body: Body) -> None:
    """Before a sale is deleted: what it did is taken back."""
    check_period(books, body)
    effect(books, body, -1)


def effect(books: Books, document: Body | None, sign: int) -> None:
    """Add (1) or take back (-1) what a sale does to balances and stock."""
    if document is None:
        return
    ledger.owe(books, document["CustomerRef"]["value"], sign * Decimal(document["Balance"]))
    for line in document["Line"]:
        detail = line.get("SalesItemLineDetail", {})
        sold = Decimal(detail.get("Qty", 0))
        product = books.get("Item", detail.get("ItemRef", {}).get("value", "")) if sold else None
        if product is not None and product["Type"] == "Inventory":
            product["QtyOnHand"] = plain(Decimal(product["QtyOnHand"]) - sign * sold)
            books.put("Item", product, quiet=True)


def void(books: Books, old: Body) -> Body:
    """Take back what the sale did; it stays, with every amount and quantity at zero and 'Voided' in its note."""
    check_period(books, old)
    effect(books, old, -1)
    new = {**old, "TotalAmt": 0, "Balance": 0, "TxnTaxDetail": {**old["TxnTaxDetail"], "TotalTax": 0}}
    new.pop("Deposit", None)
    new["Line"] = []
    for line in old["Line"]:
        voided = {**line, "Amount": 0} if "Amount" in line else dict(line)
        if "Qty" in line.get("SalesItemLineDetail", {}):
            voided["SalesItemLineDetail"] = {**line["SalesItemLineDetail"], "Qty": 0}
        new["Line"].append(voided)
    note = old.get("PrivateNote")
    new["PrivateNote"] = f"Voided - {note}"[:4000] if note else "Voided"
    return new


BEHAVIOURS: Mapping[str, Behaviour] = {"invoice": Behaviour(sale, posted, removed, void)}
