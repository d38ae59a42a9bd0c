"""Which payments pay which invoices and use up which credits. The lines of payments are the only record of it."""

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents
from qbo_emulator.rules.effects import settle
from qbo_emulator.rules.history import payments_on
from qbo_emulator.wire import Body

Target = tuple[str, str]
WITH_BALANCE = ("Invoice", "CreditMemo")


def not_linkable() -> faults.Fault:
    """620: the transaction does not exist, or not for this customer."""
    return faults.validation(
        "620", "Txn ID Cannot Be Linked", "Transaction ID supplied with the request can not be linked"
    )


def target_of(line: Body) -> Target:
    """Type and id of the transaction that a payment's line is for."""
    link = line["LinkedTxn"][0]
    return link["TxnType"], link["TxnId"]


def applied(payment: Body | None) -> dict[Target, Decimal]:
    """What a payment puts on each transaction."""
    amounts: dict[Target, Decimal] = defaultdict(Decimal)
    for line in (payment or {}).get("Line", ()):
        amounts[target_of(line)] += Decimal(line["Amount"])
    return amounts


def apply(books: Books, before: Body | None, after: Body | None, skip: Target | None = None) -> None:
    """Let invoices and credit memos follow their payment: balance, link and, as they change, SyncToken and time.

    skip is a transaction that is on its way into the books with its balance already.
    """
    was, now = applied(before), applied(after)
    payment_id = str((after or before or {})["Id"])
    for target in {**was, **now}:
        kind, object_id = target
        if target == skip or kind not in WITH_BALANCE:
            continue
        difference = now.get(target, ZERO) - was.get(target, ZERO)
        document = books.get(kind, object_id)
        if document is None or (not difference and (target in was) == (target in now)):
            continue
        old = dict(document)
        open_amount(document, Decimal(document["Balance"]) - difference)
        others = [link for link in document["LinkedTxn"] if (link["TxnType"], link["TxnId"]) != ("Payment", payment_id)]
        document["LinkedTxn"] = [*others, {"TxnId": payment_id, "TxnType": "Payment"}] if target in now else others
        books.put(kind, document)
        settle(books, kind, old, document)


def open_amount(document: Body, amount: Decimal) -> None:
    """Write what is open of an invoice or left of a credit memo."""
    document["Balance"] = cents(amount)
    if "RemainingCredit" in document:
        document["RemainingCredit"] = document["Balance"]


def release(books: Books, kind: str, document: Body, amount: Decimal | None = None) -> Decimal:
    """Take this much (None: all) of an invoice or credit memo off its payments, the latest first; answer how much.

    The payments keep their amount, which becomes unapplied. The document itself is not written: its links are brought
    up to date in place, its balance is the caller's.
    """
    target, released = (kind, str(document["Id"])), ZERO
    for link in reversed(list(document["LinkedTxn"])):
        payment = books.get("Payment", link["TxnId"]) if link["TxnType"] == "Payment" else None
        if payment is None or released == amount:
            continue
        held = applied(payment).get(target, ZERO)
        left = _take_off(books, payment, target, held if amount is None else min(held, amount - released))
        released += held - left
        if not left:
            document["LinkedTxn"] = [other for other in document["LinkedTxn"] if other != link]
    return released


def follow(books: Books, kind: str, before: Body, after: Body | None) -> None:
    """Let payments on a journal entry or an expense follow its change: they put no more on it than it has.

    To be called with both versions after a write, and with None before it is deleted.
    """
    was, now = receivable(books, before), receivable(books, after) if after else ZERO
    left = abs(now) if was * now > 0 else ZERO
    for name in (name for name, stored in STORED_AS.items() if stored == kind):
        target = name, str(before["Id"])
        for payment in payments_on(books, *target):
            held = applied(payment)[target]
            kept = min(held, left)
            left -= kept
            if held > kept:
                _take_off(books, payment, target, held - kept)


def _take_off(books: Books, payment: Body, target: Target, amount: Decimal) -> Decimal:
    """Write a payment with this much less on a transaction; answer what it still has on it."""
    before = dict(payment)
    lines = _less(payment["Line"], lambda line: target_of(line) == target, amount)
    payment["Line"] = balanced(books, lines, Decimal(payment["TotalAmt"]))
    payment["UnappliedAmt"] = unapplied(books, payment)
    books.put("Payment", payment)
    settle(books, "Payment", before, payment)
    apply(books, before, payment, skip=target)
    return applied(payment).get(target, ZERO)


def balanced(books: Books, lines: list[Body], total: Decimal) -> list[Body]:
    """Lines whose credits are not more than what they pay, and which pay no more than the payment with its credits."""

    def is_credit(line: Body) -> bool:
        return direction(books, line) < 0

    def is_charge(line: Body) -> bool:
        return direction(books, line) > 0

    charges = sum((Decimal(line["Amount"]) for line in lines if is_charge(line)), ZERO)
    used = sum((Decimal(line["Amount"]) for line in lines if is_credit(line)), ZERO)
    if used > charges:
        return _less(lines, is_credit, used - charges)
    if charges - used > total:
        return _less(lines, is_charge, charges - used - total)
    return lines


def _less(lines: list[Body], matches: Callable[[Body], bool], amount: Decimal) -> list[Body]:
    """The lines with this much taken off those that match, the last first; empty ones are dropped."""
    kept: list[Body] = []
    for line in reversed(lines):
        taken = min(amount, Decimal(line["Amount"])) if matches(line) else ZERO
        amount -= taken
        rest = cents(Decimal(line["Amount"]) - taken)
        if rest:
            kept.append({**line, "Amount": rest})
    return kept[::-1]


def direction(books: Books, line: Body) -> int:
    """1 for a line that pays something, -1 for one that uses up a credit."""
    kind, object_id = target_of(line)
    if kind in WITH_BALANCE:
        return 1 if kind == "Invoice" else -1
    document = books.get(STORED_AS[kind], object_id)
    return 1 if document is None or receivable(books, document) >= 0 else -1


def unapplied(books: Books, payment: Body) -> Decimal:
    """What a payment does not pay: its total less what it pays plus the credits it uses."""
    lines = payment.get("Line", ())
    return cents(
        Decimal(payment["TotalAmt"]) - sum((direction(books, line) * Decimal(line["Amount"]) for line in lines), ZERO)
    )


STORED_AS = {
    "Invoice": "Invoice", "CreditMemo": "CreditMemo", "JournalEntry": "JournalEntry", "Check": "Purchase",
    "Expense": "Purchase", "CreditCardCredit": "Purchase",
}  # fmt: skip


def receivable(books: Books, document: Body, mine: Callable[[str], bool] | None = None) -> Decimal:
    """What a journal entry or an expense puts on accounts receivable, as a debit; mine tells whose lines count."""
    amount = ZERO
    for line in document.get("Line", ()):
        detail = line.get("JournalEntryLineDetail") or line.get("AccountBasedExpenseLineDetail") or {}
        account = books.get("Account", detail.get("AccountRef", {}).get("value", ""))
        if account is None or account["AccountType"] != "Accounts Receivable":
            continue
        name = detail.get("Entity", {}).get("EntityRef") or document.get("EntityRef") or {}
        if mine is None or mine(name.get("value", "")):
            sign = -1 if detail.get("PostingType") == "Credit" else 1
            amount += sign * Decimal(line.get("Amount") or 0)
    return -amount if document.get("Credit") is True else amount
