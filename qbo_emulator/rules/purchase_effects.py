"""What a bill, expense, journal entry or transfer does to the rest of the books, between two of its versions.

Each version says what vendors are owed and customers owe because of it, what it posts to accounts and how it moves
stock. A write, void or delete settles the difference.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents
from qbo_emulator.rules import ledger
from qbo_emulator.rules.expense_lines import ACCOUNT_DETAIL, ITEM_DETAIL
from qbo_emulator.rules.stock import Held, follow
from qbo_emulator.wire import Body

BOUGHT = ("Bill", "VendorCredit", "Purchase")
Effect = tuple[str, str, Decimal]


def settle(books: Books, kind: str, before: Body | None, after: Body | None) -> None:
    """Let names, accounts and stock follow a document; None is one that is not there. All writes are quiet."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for body, sign in ((before, -1), (after, 1)):
        if body is None:
            continue
        rate = Decimal(body.get("ExchangeRate") or 1)
        for what, target, amount in effects(books, kind, body):
            sums[what, target] += sign * (cents(amount * rate) if what == "account" else amount)
    object_id = str((after or before or {})["Id"])
    for account, debit in follow(books, kind, object_id, _held(kind, before), _held(kind, after)).items():
        sums["account", account] += debit
    for (what, target), amount in sums.items():
        if not amount:
            continue
        match what:
            case "vendor":
                vendor_balance(books, target, amount)
            case "customer":
                ledger.name_balance(books, target, amount)
            case "account":
                ledger.post(books, target, amount)


def vendor_balance(books: Books, vendor_id: str, difference: Decimal) -> None:
    """Raise what a vendor is owed; no account moves."""
    vendor = books.get("Vendor", vendor_id)
    if vendor is not None:
        vendor["Balance"] = cents(Decimal(vendor.get("Balance", 0)) + difference)
        books.put("Vendor", vendor, quiet=True)


def effects(books: Books, kind: str, body: Body) -> Iterator[Effect]:
    """What one version does: debits of accounts, what is owed to vendors and by customers; items apart."""
    match kind:
        case "Bill":
            yield from _bought(books, body, 1)
        case "VendorCredit":
            yield from _bought(books, body, -1)
        case "Purchase":
            yield from _bought(books, body, -1 if body.get("Credit") else 1)
        case "BillPayment":
            yield from _paid(body)
        case "JournalEntry":
            for line in body["Line"]:
                yield from _entry(books, line)
        case "Transfer":
            amount = Decimal(body["Amount"])
            yield "account", body["ToAccountRef"]["value"], amount
            yield "account", body["FromAccountRef"]["value"], -amount


def _bought(books: Books, body: Body, sign: int) -> Iterator[Effect]:
    total = sign * Decimal(body["TotalAmt"])
    entity = body.get("EntityRef") or {"value": body.get("VendorRef", {}).get("value"), "type": "Vendor"}
    if "APAccountRef" in body:
        yield "vendor", body["VendorRef"]["value"], total
        yield "account", body["APAccountRef"]["value"], -total
    elif "AccountRef" in body:
        yield "account", body["AccountRef"]["value"], -total
    tax = sign * Decimal(body.get("TxnTaxDetail", {}).get("TotalTax") or 0)
    account = ledger.tax_account(books) if tax else None
    if account:
        yield "account", account, tax
    for line in body["Line"]:
        amount = sign * Decimal(line.get("Amount") or 0)
        if ACCOUNT_DETAIL in line:
            detail = line[ACCOUNT_DETAIL]
            named = detail.get("CustomerRef")
            name = {"value": named["value"], "type": "Customer"} if named and "APAccountRef" in body else entity
            yield from _debit(books, detail["AccountRef"]["value"], amount, name)


def _held(kind: str, body: Body | None) -> dict[str, Held]:
    """What was bought of each item, in pieces and home currency."""
    held: dict[str, Held] = {}
    if body is None or kind not in BOUGHT:
        return held
    sign, rate = (-1 if kind == "VendorCredit" or body.get("Credit") else 1), Decimal(body.get("ExchangeRate") or 1)
    for line in body["Line"]:
        detail = line.get(ITEM_DETAIL)
        if detail is None:
            continue
        pieces, value = held.get(detail["ItemRef"]["value"], (ZERO, ZERO))
        held[detail["ItemRef"]["value"]] = (
            pieces + sign * Decimal(detail.get("Qty") or 0),
            (value or ZERO) + sign * cents(Decimal(line.get("Amount") or 0) * rate),
        )
    return held


def _paid(body: Body) -> Iterator[Effect]:
    total = Decimal(body["TotalAmt"])
    yield "vendor", body["VendorRef"]["value"], -total
    yield "account", body["APAccountRef"]["value"], total
    yield "account", money_account(body)["value"], -total


def money_account(payment: Body) -> Body:
    """The bank or credit card account that a bill payment takes its money from."""
    if payment["PayType"] == "Check":
        reference: Body = payment["CheckPayment"]["BankAccountRef"]
    else:
        reference = payment["CreditCardPayment"]["CCAccountRef"]
    return reference


def _entry(books: Books, line: Body) -> Iterator[Effect]:
    detail = line.get("JournalEntryLineDetail")
    if detail is None:
        return
    amount = Decimal(line["Amount"]) * (1 if detail["PostingType"] == "Debit" else -1)
    entity = detail.get("Entity", {})
    name = {"value": entity.get("EntityRef", {}).get("value"), "type": entity.get("Type")}
    yield from _debit(books, detail["AccountRef"]["value"], amount, name)


def _debit(books: Books, account_id: str, amount: Decimal, name: Body) -> Iterator[Effect]:
    """A debit of an account; on receivables and payables the name's balance follows."""
    yield "account", account_id, amount
    account = books.get("Account", account_id)
    kind = None if account is None else account["AccountType"]
    if kind == "Accounts Receivable" and name.get("type") == "Customer" and name.get("value"):
        yield "customer", str(name["value"]), amount
    elif kind == "Accounts Payable" and name.get("type") == "Vendor" and name.get("value"):
        yield "vendor", str(name["value"]), -amount
