"""What a merge moves from the name that goes to the one that stays: balances and everything that refers to it."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.money import cents
from qbo_emulator.rules import ledger, stock
from qbo_emulator.rules.references import label
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body, loads

MUST_AGREE = {
    "Customer": ("CurrencyRef",), "Vendor": ("CurrencyRef",), "Item": ("Type",),
    "Account": ("AccountType", "AccountSubType", "CurrencyRef"),
}  # fmt: skip
ITEM_TYPES = ("Service", "NonInventory")


def absorb(books: Books, kind: str, kept: Body, gone: Body) -> None:
    """Move the balance of a name to another; fault 6000 when they are of different kinds."""
    if kept["Id"] == gone["Id"]:
        raise faults.business("A name can't be merged with itself.")
    if not kept.get("Active", True):
        raise faults.business("The name that stays is inactive.")
    for member in MUST_AGREE.get(kind, ()):
        if kept.get(member) != gone.get(member):
            raise faults.business(f"These two can't be merged because their {member} is not the same.")
    if kind == "Item" and gone["Type"] not in ITEM_TYPES:
        raise faults.business(f"Items of type {gone['Type']} can't be merged.")
    if kind == "Customer":
        own = Decimal(gone.get("Balance", 0))
        of_jobs = Decimal(gone.get("BalanceWithJobs", 0)) - own
        ledger.name_balance(books, gone["Id"], -own)
        ledger.name_balance(books, kept["Id"], own)
        jobs_balance(books, gone["Id"], -of_jobs)
        jobs_balance(books, kept["Id"], of_jobs)
    stock.merged(books, kind, gone["Id"], kept["Id"])
    if kind in ("Vendor", "Account"):
        name = "Balance" if kind == "Vendor" else "CurrentBalance"
        kept[name] = cents(Decimal(kept.get(name, 0)) + Decimal(gone.get(name, 0)))
        books.put(kind, kept, quiet=True)
        if kind == "Account":
            moved = Decimal(gone.get("CurrentBalanceWithSubAccounts", 0))
            ledger.with_sub_accounts(books, gone["Id"], -moved)
            ledger.with_sub_accounts(books, kept["Id"], moved)
            if kept["Classification"] in ledger.NO_BALANCE:
                ledger.post(books, kept["Id"], ledger.debit_of(books, gone))


def jobs_balance(books: Books, customer_id: str, difference: Decimal) -> None:
    """Raise the balance with jobs of a customer and of everybody above it."""
    customer = books.get("Customer", customer_id) if difference else None
    while customer is not None:
        customer["BalanceWithJobs"] = cents(Decimal(customer.get("BalanceWithJobs", 0)) + difference)
        books.put("Customer", customer, quiet=True)
        customer = books.get("Customer", customer.get("ParentRef", {}).get("value", ""))


def redirect(books: Books, kind: str, gone_id: str, kept: Body) -> None:
    """Let everything that refers to the gone name refer to the kept one. These writes are quiet."""
    rows = books.connection.execute(
        "SELECT type, body FROM entities WHERE realm = ? AND deleted = 0 AND instr(body, ?)",
        (books.realm, f'"value":"{gone_id}"'),
    ).fetchall()
    for row in rows:
        body = loads(row["body"])
        kinds = {**targets(), "ParentRef": row["type"]}
        if _move(body, kinds, kind, gone_id, {"value": kept["Id"], "name": label(kind, kept)}):
            books.put(row["type"], body, quiet=True)
    if kind == "Customer":
        books.connection.execute(
            "UPDATE entities SET customer = ? WHERE realm = ? AND customer = ?", (kept["Id"], books.realm, gone_id)
        )


@cache
def targets() -> Mapping[str, str]:
    """What a reference points to, by its name, as the tables have it or as its own name says."""
    found = {f"{kind}Ref": kind for kind in ENTITIES}
    waiting = [field for entity in ENTITIES.values() for field in entity.fields]
    while waiting:
        field = waiting.pop()
        waiting += field.fields
        if field.target is not None:
            found[field.name] = field.target
    return found


def _move(value: Any, targets: Mapping[str, str], kind: str, gone_id: str, reference: Body) -> bool:
    """Rewrite the references inside a value at every depth, templates and bundles too; whether there were any."""
    if isinstance(value, list):
        return sum(_move(member, targets, kind, gone_id, reference) for member in value) > 0
    if not isinstance(value, dict):
        return False
    moved = False
    for name, member in value.items():
        if isinstance(member, dict) and member.get("value") == gone_id:
            # An item's reference may carry its type of item, which is no entity.
            types = (member.get("type"), value.get("Type") if name == "EntityRef" else None, targets.get(name))
            if next((found for found in types if found in ENTITIES), None) == kind:
                member |= reference
                moved = True
        else:
            moved |= _move(member, targets, kind, gone_id, reference)
    return moved
