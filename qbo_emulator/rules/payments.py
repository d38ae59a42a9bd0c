"""Payments: what they pay, what stays unapplied."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents
from qbo_emulator.rules import ledger
from qbo_emulator.rules.applying import (
    STORED_AS,
    WITH_BALANCE,
    Target,
    applied,
    apply,
    direction,
    not_linkable,
    receivable,
)
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.currency import currency
from qbo_emulator.rules.effects import settle
from qbo_emulator.rules.history import payments_on
from qbo_emulator.rules.items import wrong_account
from qbo_emulator.rules.money_accounts import deposit_account, refuse_deposited
from qbo_emulator.rules.periods import check_period
from qbo_emulator.rules.references import resolve
from qbo_emulator.rules.voiding import voided_note
from qbo_emulator.wire import Body

SCHEMA = "{http://schema.intuit.com/finance/v3}NameValue"


def payment(change: Change) -> None:
    """Complete a payment: its lines, its unapplied amount, the account the money goes to."""
    books, new, old = change.books, change.new, change.old
    refuse_deposited(old)
    new.setdefault("TxnDate", books.today.isoformat())
    check_period(books, new, old)
    if not new.get("CustomerRef"):
        raise faults.missing("CustomerRef")
    customer = resolve(books, "Customer", new["CustomerRef"], (old or {}).get("CustomerRef"))
    currency(books, new)
    if new.get("TotalAmt") is None:
        raise faults.missing("TotalAmt")
    total = Decimal(new["TotalAmt"])
    if total < 0:
        raise faults.business("Transaction amount must be 0 or greater.")
    new["Line"] = _lines(change, customer)
    if old is None and not total and not new["Line"]:
        raise faults.business("You must set a transaction amount.")
    _sums(change, total)
    deposit_account(change)
    receivables = ledger.system_account(books, "AccountsReceivable")
    if receivables and not new.get("ARAccountRef"):
        new["ARAccountRef"] = {"value": receivables}
    if new.get("ARAccountRef"):
        account = resolve(books, "Account", new["ARAccountRef"], (old or {}).get("ARAccountRef"))
        if account["AccountType"] != "Accounts Receivable":
            raise wrong_account("ARAccountRef")
    new["ProcessPayment"] = False


def _sums(change: Change, total: Decimal) -> None:
    new = change.new
    pays = uses = ZERO
    for line in new["Line"]:
        if direction(change.books, line) > 0:
            pays += Decimal(line["Amount"])
        else:
            uses += Decimal(line["Amount"])
    if pays - uses > total:
        raise faults.business(
            f"The payment of {total:f} is less than the {pays - uses:f} that its lines apply. Raise the amount of the "
            "payment, or apply less."
        )
    if uses > pays:
        raise faults.business("The credits of a payment can't be more than what it pays.")
    new["UnappliedAmt"] = cents(total - pays + uses)


def _lines(change: Change, customer: Body) -> list[Body]:
    """The lines as they are answered, in the order they were sent. Lines of nothing are left out."""
    books, before = change.books, applied(change.old)
    taken: dict[Target, Decimal] = defaultdict(Decimal)
    lines: list[Body] = []
    for given in change.new.get("Line") or []:
        if given.get("Amount") is None:
            raise faults.missing("Line.Amount")
        amount = Decimal(given["Amount"])
        if amount < 0:
            raise faults.validation("2290", "NegativeAmount", "The amount of a line is positive", "Line.Amount")
        links = given.get("LinkedTxn") or []
        if not amount:
            continue
        if not links:
            raise faults.missing("Line.LinkedTxn")
        kind, number = links[0].get("TxnType") or "", links[0].get("TxnId") or ""
        document = books.get(STORED_AS[kind], number) if kind in STORED_AS and len(links) == 1 else None
        if document is None:
            raise not_linkable()
        code = change.new["CurrencyRef"]["value"]
        if (document.get("CurrencyRef") or {}).get("value", code) != code:
            raise faults.business(f"The currency of {kind} {number} isn't that of the payment.")
        target = kind, str(document["Id"])
        available = _open(books, kind, document, customer, change.new.get("Id")) + (
            before.get(target, ZERO) if kind in WITH_BALANCE else ZERO
        )
        taken[target] += amount
        if taken[target] > available:
            raise faults.business(
                f"You can't apply more than the balance of the transaction. {kind} {number} has {available:f} open."
            )
        lines.append(
            {
                "Amount": cents(amount),
                "LinkedTxn": [{"TxnId": target[1], "TxnType": kind}],
                "LineEx": _debris(target[1], available, document.get("DocNumber")),
            }
        )
    return lines


def _open(books: Books, kind: str, document: Body, customer: Body, payment_id: str | None) -> Decimal:
    """What can still be put on a transaction; fault 620 when it is not this customer's or a job's of it."""
    if kind in WITH_BALANCE:
        if not _belongs(books, document["CustomerRef"]["value"], customer["Id"]):
            raise not_linkable()
        return Decimal(document["Balance"])
    amount = receivable(books, document, lambda name: _belongs(books, name, customer["Id"]))
    if amount * receivable(books, document) <= 0:
        raise not_linkable()
    amount = abs(amount)
    for other in payments_on(books, kind, document["Id"]):
        if other["Id"] != payment_id:
            amount -= applied(other)[kind, document["Id"]]
    return amount


def _belongs(books: Books, customer_id: str, family_id: str) -> bool:
    """Whether this is the customer or one of its jobs, at any depth."""
    seen: set[str] = set()
    while customer_id and customer_id not in seen:
        if customer_id == family_id:
            return True
        seen.add(customer_id)
        customer_id = (books.get("Customer", customer_id) or {}).get("ParentRef", {}).get("value", "")
    return False


def _debris(transaction_id: str, balance: Decimal, number: str | None) -> Body:
    """What is left of Intuit's Java classes in a payment's line; every value is a string."""
    values = {"txnId": transaction_id, "txnOpenBalance": f"{balance:.2f}"}
    if number:
        values["txnReferenceNumber"] = number
    return {
        "any": [
            {
                "name": SCHEMA,
                "declaredType": "com.intuit.schema.finance.v3.NameValue",
                "scope": "javax.xml.bind.JAXBElement$GlobalScope",
                "value": {"Name": name, "Value": value},
                "nil": False,
                "globalScope": True,
                "typeSubstituted": False,
            }
            for name, value in values.items()
        ]
    }


def assign(books: Books, before: Body, invoice_id: str, amount: Decimal) -> None:
    """Put unapplied money of a payment on an invoice; its amount, date and account stay, so no lock is asked."""
    invoice = books.get("Invoice", invoice_id) or {}
    line = {
        "Amount": cents(amount),
        "LinkedTxn": [{"TxnId": invoice_id, "TxnType": "Invoice"}],
        "LineEx": _debris(invoice_id, Decimal(invoice["Balance"]), invoice.get("DocNumber")),
    }
    after = {**before, "Line": [*before.get("Line", []), line]}
    after["UnappliedAmt"] = cents(Decimal(before["UnappliedAmt"]) - amount)
    books.put("Payment", after)
    apply(books, before, after)
    settle(books, "Payment", before, after)


def written(change: Change) -> None:
    """After a payment is written: invoices and credits follow, then customer and accounts."""
    apply(change.books, change.old, change.new)
    settle(change.books, "Payment", change.old, change.new)


def removed(books: Books, body: Body) -> None:
    """Before a payment is deleted: its invoices are open again and its credits free."""
    refuse_deposited(body)
    check_period(books, body)
    apply(books, body, None)
    settle(books, "Payment", body, None)


def void(books: Books, old: Body) -> Body:
    """The payment without amount and lines; its invoices are open again and its credits free."""
    refuse_deposited(old)
    check_period(books, old)
    new = {**old, "TotalAmt": 0, "UnappliedAmt": 0, "PrivateNote": voided_note(old)}
    new.pop("Line", None)
    apply(books, old, new)
    settle(books, "Payment", old, new)
    return new


BEHAVIOURS: Mapping[str, Behaviour] = {"payment": Behaviour(payment, written, removed, void)}
