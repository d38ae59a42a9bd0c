"""Payments of bills: what they pay, and which credits of the vendor they use up."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents
from qbo_emulator.rules import ledger
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.currency import currency
from qbo_emulator.rules.expense_lines import cleaned
from qbo_emulator.rules.items import wrong_account
from qbo_emulator.rules.periods import check_period
from qbo_emulator.rules.purchase_effects import settle
from qbo_emulator.rules.references import resolve
from qbo_emulator.rules.voiding import voided_note
from qbo_emulator.wire import Body

Target = tuple[str, str]
DIRECTION = {"Bill": 1, "VendorCredit": -1}


def not_linkable() -> faults.Fault:
    """620: the transaction does not exist, or not for this vendor."""
    return faults.validation(
        "620", "Txn ID Cannot Be Linked", "Transaction ID supplied with the request can not be linked"
    )


def link_type(payment: Body) -> str:
    """How other transactions call this payment in their links."""
    return f"BillPayment{payment['PayType']}"


def dated(change: Change) -> None:
    """The date, which must be in an open period, and the currency."""
    change.new.setdefault("TxnDate", change.books.today.isoformat())
    check_period(change.books, change.new, change.old)
    currency(change.books, change.new)


def check_account(books: Books, reference: Body, types: tuple[str, ...], element: str) -> None:
    """6430 unless the account is of one of these types; fills in its name."""
    account = resolve(books, "Account", reference, reference)
    if account["AccountType"] not in types:
        raise wrong_account(element)


def payable_account(books: Books, new: Body) -> None:
    """The accounts payable account, the company's own unless another is given (6430 for another type)."""
    if not new.get("APAccountRef"):
        account = ledger.system_account(books, "AccountsPayable")
        if account is None:
            raise faults.missing("APAccountRef")
        new["APAccountRef"] = {"value": account}
    check_account(books, new["APAccountRef"], ("Accounts Payable",), "APAccountRef")


def payment(change: Change) -> None:
    """A payment of bills: from a bank or credit card account, its lines linked to bills and vendor credits."""
    new, books = change.new, change.books
    dated(change)
    if not new.get("VendorRef"):
        raise faults.missing("VendorRef")
    if not new.get("PayType"):
        raise faults.missing("PayType")
    _account(books, new)
    payable_account(books, new)
    lines = new["Line"] = [_line(given) for given in new.get("Line", [])]
    _check_targets(change)
    net = _net(new["Line"])
    total = Decimal(new.get("TotalAmt") or 0) or max(net, ZERO)
    if total < 0:
        raise faults.business("Transaction amount must be 0 or greater.")
    if net < 0:
        raise faults.business("The vendor credits are more than the bills that they are used for.")
    if net > total:
        raise faults.business("The amounts of the lines are more than the amount of the payment.")
    if not total and not lines and Decimal(change.old["TotalAmt"] if change.old else 1):
        raise faults.business("You must set a transaction amount.")
    new["TotalAmt"] = cents(total)


def _account(books: Books, new: Body) -> None:
    if new["PayType"] == "Check":
        name, member, kind = "CheckPayment", "BankAccountRef", "Bank"
        new.pop("CreditCardPayment", None)
    else:
        name, member, kind = "CreditCardPayment", "CCAccountRef", "Credit Card"
        new.pop("CheckPayment", None)
    reference = new.get(name, {}).get(member)
    if not reference:
        raise faults.missing(f"{name}.{member}")
    check_account(books, reference, (kind,), f"{name}.{member}")
    if name == "CheckPayment":
        new[name].setdefault("PrintStatus", "NotSet")


def _line(given: Body) -> Body:
    line: Body = cleaned(given)
    if line.get("Amount") is None:
        raise faults.missing("Line.Amount")
    if line["Amount"] <= 0:
        raise faults.validation("2290", "NegativeAmount", "The amount of a line is positive", "Line.Amount")
    links = line.get("LinkedTxn") or []
    if len(links) != 1 or links[0].get("TxnType") not in DIRECTION or not links[0].get("TxnId"):
        raise not_linkable()
    link = {"TxnId": links[0]["TxnId"], "TxnType": links[0]["TxnType"]}
    return {"Amount": line["Amount"], "LinkedTxn": [link]}


def _check_targets(change: Change) -> None:
    new, before = change.new, applied(change.old)
    for (kind, object_id), amount in applied(new).items():
        document = change.books.get(kind, object_id)
        if document is None or document["VendorRef"]["value"] != new["VendorRef"]["value"]:
            raise not_linkable()
        if amount > Decimal(document["Balance"]) + before.get((kind, object_id), ZERO):
            raise faults.business(f"The amount is more than what is open of {kind} {object_id}.")


def target_of(line: Body) -> Target:
    """Type and id of what a line pays or uses up."""
    link = line["LinkedTxn"][0]
    return str(link["TxnType"]), str(link["TxnId"])


def applied(body: Body | None) -> dict[Target, Decimal]:
    """What a payment puts on each bill and takes from each credit."""
    amounts: dict[Target, Decimal] = defaultdict(Decimal)
    for line in (body or {}).get("Line", []):
        amounts[target_of(line)] += Decimal(line["Amount"])
    return amounts


def _net(lines: list[Body]) -> Decimal:
    return sum((DIRECTION[target_of(line)[0]] * Decimal(line["Amount"]) for line in lines), ZERO)


def apply(books: Books, before: Body | None, after: Body | None, skip: Target | None = None) -> None:
    """Let bills and credits follow their payment: balance and link. skip is one that is being written anyway."""
    was, now = applied(before), applied(after)
    body = after or before or {}
    link = {"TxnId": body["Id"], "TxnType": link_type(body)}
    same_type = link_type(before or body) == link["TxnType"]
    for target in {**was, **now}:
        difference = now.get(target, ZERO) - was.get(target, ZERO)
        document = books.get(*target)
        if target == skip or document is None or (not difference and same_type and (target in was) == (target in now)):
            continue
        document["Balance"] = cents(Decimal(document["Balance"]) - difference)
        others = [other for other in document["LinkedTxn"] if other["TxnId"] != body["Id"]]
        document["LinkedTxn"] = [*others, link] if target in now else others
        books.put(target[0], document)


def release(books: Books, kind: str, document: Body, amount: Decimal) -> None:
    """Take this much of a bill or credit off its payments, the latest first; they keep their total.

    The document itself is not written: its links follow in place, its balance is the caller's.
    """
    target = (kind, str(document["Id"]))
    for link in reversed(list(document["LinkedTxn"])):
        before = books.get("BillPayment", link["TxnId"]) if link["TxnType"].startswith("BillPayment") else None
        if before is None or amount <= 0:
            continue
        held = applied(before).get(target, ZERO)
        after = {**before, "Line": _balanced(_less(before["Line"], {target}, min(held, amount)), before["TotalAmt"])}
        books.put("BillPayment", after)
        apply(books, before, after, skip=target)
        left = applied(after).get(target, ZERO)
        amount -= held - left
        if not left:
            document["LinkedTxn"] = [other for other in document["LinkedTxn"] if other != link]


def _balanced(lines: list[Body], total: Decimal) -> list[Body]:
    """Lines whose credits are not more than their bills, and which pay no more than the total with the credits."""
    net = _net(lines)
    if net < 0:
        return _less(lines, {target for target in map(target_of, lines) if target[0] == "VendorCredit"}, -net)
    if net > total:
        return _less(lines, {target for target in map(target_of, lines) if target[0] == "Bill"}, net - Decimal(total))
    return lines


def _less(lines: list[Body], targets: set[Target], amount: Decimal) -> list[Body]:
    """The lines with this much taken off those of the targets, the last first; empty ones are dropped."""
    kept: list[Body] = []
    for line in reversed(lines):
        taken = min(amount, Decimal(line["Amount"])) if target_of(line) in targets else ZERO
        amount -= taken
        if rest := cents(Decimal(line["Amount"]) - taken):
            kept.append({**line, "Amount": rest})
    return kept[::-1]


def posted(change: Change) -> None:
    """After a write: bills and credits, the vendor and the accounts follow."""
    apply(change.books, change.old, change.new)
    settle(change.books, "BillPayment", change.old, change.new)


def removed(books: Books, body: Body) -> None:
    """Before a delete: what it paid is open again."""
    check_period(books, body)
    apply(books, body, None)
    settle(books, "BillPayment", body, None)


def void(books: Books, old: Body) -> Body:
    """The voided payment: no amount and no lines; what it paid is open again."""
    check_period(books, old)
    new = {**old, "TotalAmt": 0, "Line": [], "PrivateNote": voided_note(old)}
    apply(books, old, new)
    settle(books, "BillPayment", old, new)
    return new


BEHAVIOURS: Mapping[str, Behaviour] = {"bill payment": Behaviour(payment, posted, removed, void)}
