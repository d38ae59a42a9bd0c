"""What a sales document, payment or deposit does to the rest of the books, as the difference between two versions.

Each version says what its customers owe because of it, what it posts to accounts and how it moves stock. A write, void
or delete settles the difference, so nothing has to be taken back by hand.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents
from qbo_emulator.rules import ledger
from qbo_emulator.rules.bundles import opened
from qbo_emulator.rules.stock import Held, follow
from qbo_emulator.wire import Body

STOCK = {"Invoice": -1, "SalesReceipt": -1, "CreditMemo": 1, "RefundReceipt": 1}
RECEIVABLE, UNDEPOSITED, TAX = "AccountsReceivable", "UndepositedFunds", "SalesTaxPayable"


def settle(books: Books, kind: str, before: Body | None, after: Body | None) -> None:
    """Let customers, accounts and stock follow a document that changes from one version to the other.

    None is a document that is not there. Balances and quantities are written quietly.
    """
    customers: dict[str, Decimal] = defaultdict(Decimal)
    accounts: dict[str, Decimal] = defaultdict(Decimal)
    for body, sign in ((before, -1), (after, 1)):
        if body is None:
            continue
        rate = Decimal(body.get("ExchangeRate") or 1)
        for customer, amount in owed(kind, body):
            customers[customer] += sign * amount
            accounts[RECEIVABLE] += sign * cents(amount * rate)
        for account, debit in _postings(kind, body):
            accounts[account] += sign * cents(debit * rate)
    for customer, amount in customers.items():
        if amount:
            ledger.name_balance(books, customer, amount)
    if kind in STOCK:
        object_id = str((after or before or {})["Id"])
        for account, debit in follow(books, kind, object_id, _moved(kind, before), _moved(kind, after)).items():
            accounts[account] += debit
    for account, debit in accounts.items():
        if debit:
            ledger.post(books, _account(books, account), debit)


def _account(books: Books, key: str) -> str | None:
    """An account by its id, or by its sub-type where the document names none."""
    if key.isdigit():
        return key
    return ledger.tax_account(books) if key == TAX else ledger.system_account(books, key)


def owed(kind: str, body: Body) -> Iterator[tuple[str, Decimal]]:
    """What each customer owes because of this document: open invoices, less open credits and unapplied payments."""
    if kind == "Invoice":
        yield body["CustomerRef"]["value"], Decimal(body["Balance"])
    elif kind == "CreditMemo":
        yield body["CustomerRef"]["value"], -Decimal(body["Balance"])
    elif kind == "Payment":
        yield body["CustomerRef"]["value"], -_held(body)


def _held(payment: Body) -> Decimal:
    """What a payment has beyond the invoices it pays; what it puts on journal entries still counts as held."""
    held = Decimal(payment["TotalAmt"])
    for line in payment.get("Line", ()):
        kind = line["LinkedTxn"][0]["TxnType"]
        if kind == "Invoice":
            held -= Decimal(line["Amount"])
        elif kind == "CreditMemo":
            held += Decimal(line["Amount"])
    return held


def _postings(kind: str, body: Body) -> Iterator[tuple[str, Decimal]]:
    """Debits (negative: credits) besides accounts receivable, by account id or sub-type."""
    if kind in STOCK:
        yield from _sold(body, 1 if kind in ("CreditMemo", "RefundReceipt") else -1)
    tax = Decimal(body.get("TxnTaxDetail", {}).get("TotalTax") or 0)
    money = body.get("DepositToAccountRef", {}).get("value", UNDEPOSITED)
    if kind == "Invoice":
        yield money, Decimal(body.get("Deposit") or 0)
        yield TAX, -tax
    elif kind == "CreditMemo":
        yield TAX, tax
    elif kind in ("SalesReceipt", "Payment"):
        yield money, Decimal(body["TotalAmt"])
        yield TAX, -tax
    elif kind == "RefundReceipt":
        yield money, -Decimal(body["TotalAmt"])
        yield TAX, tax
    elif kind == "Deposit":
        yield money, Decimal(body["TotalAmt"])
        back = body.get("CashBack") or {}
        if back:
            yield back["AccountRef"]["value"], Decimal(back["Amount"])
        for line in body["Line"]:
            if line.get("LinkedTxn"):
                yield UNDEPOSITED, -Decimal(line["Amount"])
            else:
                yield line["DepositLineDetail"]["AccountRef"]["value"], -Decimal(line["Amount"])


def _sold(body: Body, sign: int) -> Iterator[tuple[str, Decimal]]:
    """What lines and the discount do to the accounts that they name; most of these carry no balance."""
    for line in opened(body["Line"]):
        detail = line.get("SalesItemLineDetail", {})
        less = line.get("DiscountLineDetail", {})
        if "ItemAccountRef" in detail:
            yield detail["ItemAccountRef"]["value"], sign * Decimal(line.get("Amount") or 0)
        elif "DiscountAccountRef" in less:
            yield less["DiscountAccountRef"]["value"], -sign * Decimal(line.get("Amount") or 0)


def _moved(kind: str, body: Body | None) -> dict[str, Held]:
    """How stock moves, by item: down with a sale, up with what comes back."""
    moves: dict[str, Held] = {}
    for line in opened(body["Line"] if body else []):
        detail = line.get("SalesItemLineDetail", {})
        quantity = STOCK[kind] * Decimal(detail.get("Qty") or 0)
        if quantity and detail.get("ItemRef"):
            item = detail["ItemRef"]["value"]
            moves[item] = (moves.get(item, (ZERO, None))[0] + quantity, None)
    return moves
