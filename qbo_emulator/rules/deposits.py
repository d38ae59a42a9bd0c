"""Deposits: money that goes to the bank, from undeposited funds or straight from an account."""

from collections.abc import Mapping
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents
from qbo_emulator.rules import ledger
from qbo_emulator.rules.applying import not_linkable
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.currency import currency
from qbo_emulator.rules.effects import settle
from qbo_emulator.rules.money_accounts import check_money_account, deposit_of
from qbo_emulator.rules.periods import check_period
from qbo_emulator.rules.references import label, resolve
from qbo_emulator.rules.tracking import drop_untracked
from qbo_emulator.wire import Body

DEPOSITABLE = ("Payment", "SalesReceipt")
Link = tuple[str, str]


def deposit(change: Change) -> None:
    """Complete a deposit: its lines, its total, the account it goes to."""
    books, new, old = change.books, change.new, change.old
    new.setdefault("TxnDate", books.today.isoformat())
    check_period(books, new, old)
    currency(books, new)
    if not new.get("DepositToAccountRef"):
        raise faults.business("Select a bank account for this deposit.")
    check_money_account(books, new["DepositToAccountRef"], change.was.get("DepositToAccountRef"))
    drop_untracked(change)
    new["Line"] = _lines(change)
    total = sum((Decimal(line["Amount"]) for line in new["Line"]), ZERO) - _cash_back(change)
    if total < 0:
        raise faults.business("Transaction amount must be 0 or greater.")
    new["TotalAmt"] = cents(total)
    new.pop("GlobalTaxCalculation", None)


def _cash_back(change: Change) -> Decimal:
    new = change.new
    back = new.get("CashBack")
    amount = Decimal((back or {}).get("Amount") or 0)
    if not amount:
        new.pop("CashBack", None)
        return ZERO
    if amount < 0:
        raise faults.validation("2290", "NegativeAmount", "The amount of the cash back is positive", "CashBack.Amount")
    if not back or not back.get("AccountRef"):
        raise faults.missing("CashBack.AccountRef")
    return amount


def _lines(change: Change) -> list[Body]:
    before = {str(line["Id"]): line for line in (change.old or {}).get("Line", [])}
    highest = max((int(number) for number in before), default=0)
    lines: list[Body] = []
    used: set[str] = set()
    linked: set[Link] = set()
    for position, given in enumerate(change.new["Line"], 1):
        links = given.get("LinkedTxn") or []
        number = given.get("Id")
        kept = before.get(str(number), {}).get("DepositLineDetail", {})
        line = _undeposited(change, given, links, linked) if links else _direct(change.books, given, kept)
        if number not in before or number in used:
            highest += 1
            number = str(highest)
        used.add(number)
        lines.append({"Id": number, "LineNum": position, **line})
    return lines


def _undeposited(change: Change, given: Body, links: list[Body], seen: set[Link]) -> Body:
    """A payment or sales receipt from undeposited funds, as a whole. Fault 620 when it cannot be deposited."""
    books = change.books
    kind, number = links[0].get("TxnType") or "", links[0].get("TxnId") or ""
    document = books.get(kind, number) if kind in DEPOSITABLE and len(links) == 1 else None
    if document is None or (kind, number) in seen:
        raise not_linkable()
    seen.add((kind, number))
    if deposit_of(document) not in (None, change.new.get("Id")):
        raise faults.business(f"The entity {kind} {number} is already part of another deposit.")
    if document["DepositToAccountRef"]["value"] != ledger.system_account(books, "UndepositedFunds"):
        raise faults.business(f"The entity {kind} {number} is not in Undeposited Funds.")
    amount = Decimal(document["TotalAmt"])
    if not amount:
        raise faults.business(f"The entity {kind} {number} has no amount to deposit.")
    if given.get("Amount") is not None and Decimal(given["Amount"]) != amount:
        raise faults.business(f"The amount of a deposited transaction can't change. {kind} {number} has {amount:f}.")
    line: Body = {"Amount": cents(amount)}
    if given.get("Description"):
        line["Description"] = given["Description"]
    line["LinkedTxn"] = [{"TxnId": document["Id"], "TxnType": kind, "TxnLineId": links[0].get("TxnLineId") or "0"}]
    return line


def _direct(books: Books, given: Body, kept: Body) -> Body:
    """Money that comes straight from an account; kept is what the line had before."""
    detail = {name: value for name, value in (given.get("DepositLineDetail") or {}).items() if value}
    if given.get("Amount") is None:
        raise faults.missing("Line.Amount")
    if not detail.get("AccountRef"):
        raise faults.missing("Line.DepositLineDetail.AccountRef")
    account = resolve(books, "Account", detail["AccountRef"], kept.get("AccountRef"))
    line: Body = {"Amount": cents(Decimal(given["Amount"])), "DetailType": "DepositLineDetail"}
    if given.get("Description"):
        line["Description"] = given["Description"]
    if detail.get("PaymentMethodRef"):
        resolve(books, "PaymentMethod", detail["PaymentMethodRef"], kept.get("PaymentMethodRef"))
    if detail.get("Entity"):
        detail["Entity"] = _entity(books, detail["Entity"]["value"])
    if account["AccountType"] in ("Accounts Receivable", "Accounts Payable"):
        raise faults.business("A deposit can't come from accounts receivable or payable. Record a payment instead.")
    line["LinkedTxn"] = []
    line["DepositLineDetail"] = detail
    return line


def _entity(books: Books, number: str) -> Body:
    """The customer, vendor or employee that a line is for."""
    for kind in ("Customer", "Vendor", "Employee"):
        name = books.get(kind, number)
        if name is not None:
            return {"value": number, "name": label(kind, name)}
    raise faults.bad_reference(f"Names element id {number} not found")


def _linked(body: Body | None) -> list[Link]:
    return [(link["TxnType"], link["TxnId"]) for line in (body or {}).get("Line", ()) for link in line["LinkedTxn"]]


def _lock(books: Books, before: Body | None, after: Body | None) -> None:
    """Let payments and sales receipts know which deposit they are in; that locks them."""
    number = str((after or before or {})["Id"])
    was, now = _linked(before), _linked(after)
    for link in dict.fromkeys([*was, *now]):
        kind, object_id = link
        document = books.get(kind, object_id)
        if document is None or (link in was) == (link in now):
            continue
        others = [other for other in document.get("LinkedTxn", []) if other["TxnType"] != "Deposit"]
        document["LinkedTxn"] = [*others, {"TxnId": number, "TxnType": "Deposit"}] if link in now else others
        if kind == "Payment" and not document["LinkedTxn"]:
            document.pop("LinkedTxn")
        books.put(kind, document)


def written(change: Change) -> None:
    """After a deposit is written: what it holds is locked, what left it is free, accounts follow."""
    _lock(change.books, change.old, change.new)
    settle(change.books, "Deposit", change.old, change.new)


def removed(books: Books, body: Body) -> None:
    """Before a deposit is deleted: what it held is free and in undeposited funds again."""
    check_period(books, body)
    _lock(books, body, None)
    settle(books, "Deposit", body, None)


BEHAVIOURS: Mapping[str, Behaviour] = {"deposit": Behaviour(deposit, written, removed)}
