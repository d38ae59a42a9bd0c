"""Rules of sales documents: totals, numbers, dates, links, balances."""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents
from qbo_emulator.rules import tax
from qbo_emulator.rules.applying import WITH_BALANCE, not_linkable, open_amount, release
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.credits import apply_credits
from qbo_emulator.rules.currency import currency
from qbo_emulator.rules.custom_fields import custom_fields
from qbo_emulator.rules.effects import settle
from qbo_emulator.rules.estimates import (
    close_estimates,
    complete_estimate,
    forget_estimate,
    link_estimates,
    reopen_estimates,
)
from qbo_emulator.rules.lines import Lines, compose, filled
from qbo_emulator.rules.money_accounts import deposit_account, refuse_deposited
from qbo_emulator.rules.naming import number_address
from qbo_emulator.rules.numbers import number
from qbo_emulator.rules.periods import check_period
from qbo_emulator.rules.references import resolve
from qbo_emulator.rules.terms import due
from qbo_emulator.rules.tracking import drop_untracked
from qbo_emulator.rules.voiding import emptied
from qbo_emulator.wire import Body

PAID_AT_ONCE = ("SalesReceipt", "RefundReceipt")


def sale(change: Change) -> None:
    """Complete a sales document: everything QuickBooks fills in, computes or refuses."""
    books, new, old, kind = change.books, change.new, change.old, change.entity.name
    refuse_deposited(old)
    new.setdefault("TxnDate", books.today.isoformat())
    check_period(books, new, old)
    customer = _customer(change)
    currency(books, new)
    drop_untracked(change)
    _links(change)
    lines = compose(change, customer)
    _totals(change, lines)
    number(change)
    _terms(change, customer)
    _addresses(change, customer)
    custom_fields(change)
    if kind == "Estimate":
        complete_estimate(change)
    if kind == "RefundReceipt" and not new.get("DepositToAccountRef"):
        raise faults.missing("DepositToAccountRef")
    if kind in PAID_AT_ONCE or (kind == "Invoice" and new.get("Deposit")):
        deposit_account(change)
    if new.get("EmailStatus") == "NeedToSend" and not new.get("BillEmail", {}).get("Address"):
        raise faults.business("An email address is required to send this transaction.")
    new.pop("AutoDocNumber", None)
    if kind == "Invoice":
        new["AllowIPNPayment"] = new["AllowOnlinePayment"] = False
    new["FreeFormAddress"] = True


def _customer(change: Change) -> Body:
    """The customer; receipts may have none. Fault 6000 for another customer while payments are applied."""
    new, old = change.new, change.old
    if not new.get("CustomerRef"):
        if change.entity.name not in PAID_AT_ONCE:
            raise faults.missing("CustomerRef")
        return {"Taxable": True}
    before = (old or {}).get("CustomerRef")
    customer = resolve(change.books, "Customer", new["CustomerRef"], before)
    if before and before["value"] != customer["Id"]:
        if any(link["TxnType"] == "Payment" for link in (old or {})["LinkedTxn"]):
            raise faults.business(
                "The customer can't change while payments are applied to this transaction. Remove the payments first."
            )
        if any(link["TxnType"] == "Estimate" for link in (old or {})["LinkedTxn"]):
            raise faults.business("The customer can't change while the transaction is linked to an estimate.")
    return customer


def _links(change: Change) -> None:
    """Links are kept by the books; only an invoice takes one from a request, to an estimate."""
    if change.entity.name == "Invoice":
        link_estimates(change)
        return
    kept = (change.old or {}).get("LinkedTxn", [])
    known = {(link["TxnType"], link["TxnId"]) for link in kept}
    for given in change.new.get("LinkedTxn") or []:
        if (given.get("TxnType"), given.get("TxnId")) not in known:
            raise not_linkable()
    change.new["LinkedTxn"] = [dict(link) for link in kept]


def _totals(change: Change, lines: Lines) -> None:
    books, new, old, kind = change.books, change.new, change.old, change.entity.name
    # The tax comes first: it may turn amounts that contain it into net ones.
    charged = tax.sales_tax(change, lines)
    total = cents(lines.total() + charged)
    if total < 0:
        raise faults.business("Transaction amount must be 0 or greater.")
    new["TotalAmt"] = total
    if kind in PAID_AT_ONCE:
        new["Balance"] = ZERO
    if kind not in WITH_BALANCE:
        return
    deposit = Decimal(new.get("Deposit") or 0)
    raised = deposit > Decimal((old or {}).get("Deposit") or 0)
    if raised and not books.preference("SalesFormsPrefs", "AllowDeposit"):
        raise faults.business("Deposits can't be used because the company has turned them off.")
    if not 0 <= deposit <= total:
        raise faults.business("The deposit must be between 0 and the total of the transaction.")
    if not deposit:
        new.pop("Deposit", None)
    applied = ZERO
    if old is not None:
        applied = Decimal(old["TotalAmt"]) - Decimal(old["Balance"]) - Decimal(old.get("Deposit") or 0)
    too_much = applied - (total - deposit)
    if too_much > 0:
        # The balance never goes below zero: the payments take the difference back as unapplied.
        applied -= release(books, kind, new, too_much)
    if kind == "CreditMemo":
        new["RemainingCredit"] = ZERO
    open_amount(new, total - deposit - applied)


def _terms(change: Change, customer: Body) -> None:
    """The terms of the customer, else of the company; the due date of an invoice follows from them."""
    books, new = change.books, change.new
    if change.entity.name != "Invoice":
        return
    if change.old is None and not new.get("SalesTermRef"):
        default = customer.get("SalesTermRef") or books.preference("SalesFormsPrefs", "DefaultTerms")
        if isinstance(default, dict):
            new["SalesTermRef"] = {"value": default["value"]}
    due(change)


def _addresses(change: Change, customer: Body) -> None:
    for name in ("BillAddr", "ShipAddr"):
        if change.old is None and not filled(change.new.get(name)) and customer.get(name):
            change.new[name] = {key: value for key, value in customer[name].items() if key != "Id"}
    for name in ("BillAddr", "ShipAddr", "ShipFromAddr"):
        number_address(change, name)


def posted(change: Change) -> None:
    """After a sale is written: balances, accounts, stock and its estimate follow; credits may pay it at once."""
    kind = change.entity.name
    settle(change.books, kind, change.old, change.new)
    if kind == "Invoice":
        close_estimates(change)
        if change.old is None:
            apply_credits(change.books, change.new)


def removed(kind: str, books: Books, body: Body) -> None:
    """Before a sale is deleted: what it did is taken back; payments stay and become unapplied."""
    refuse_deposited(body)
    check_period(books, body)
    if kind in WITH_BALANCE:
        body = _without_payments(books, kind, body)
    if kind == "Invoice":
        reopen_estimates(books, body)
    if kind == "Estimate":
        forget_estimate(books, body)
    settle(books, kind, body, None)


def void(kind: str, books: Books, old: Body) -> Body:
    """Take back what the sale did; it stays, with every amount and quantity at zero and 'Voided' in its note.

    Fault 6000 while payments are applied, unless the switch void_paid_invoices lets them become unapplied.
    """
    refuse_deposited(old)
    check_period(books, old)
    if kind in WITH_BALANCE:
        paid = any(link["TxnType"] == "Payment" for link in old["LinkedTxn"])
        if paid and not books.switches.void_paid_invoices:
            raise faults.business(
                "This transaction can't be voided because payments are applied to it. Remove the payments first."
            )
        old = _without_payments(books, kind, old)
    new = emptied(old)
    settle(books, kind, old, new)
    return new


def _without_payments(books: Books, kind: str, body: Body) -> Body:
    """The document as it is when nothing is applied to it any more, with balances that agree."""
    freed = dict(body)
    released = release(books, kind, freed)
    if released:
        open_amount(freed, Decimal(freed["Balance"]) + released)
        settle(books, kind, body, freed)
    return freed


def _behaviour(kind: str) -> Behaviour:
    return Behaviour(sale, posted, partial(removed, kind), None if kind == "Estimate" else partial(void, kind))


BEHAVIOURS: Mapping[str, Behaviour] = {
    "invoice": _behaviour("Invoice"),
    "estimate": _behaviour("Estimate"),
    "sales receipt": _behaviour("SalesReceipt"),
    "credit memo": _behaviour("CreditMemo"),
    "refund receipt": _behaviour("RefundReceipt"),
}
