"""Customers, vendors and employees share one name space."""

from collections.abc import Mapping
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.currency import currency
from qbo_emulator.rules.naming import number_address, qualify, requalify_children, set_active

PEOPLE = ("Customer", "Vendor", "Employee")


def person(change: Change) -> None:
    """Customers and vendors: one name space, names built from their parts, addresses with ids."""
    books, new = change.books, change.new
    if not new.get("DisplayName"):
        kept = change.was.get("DisplayName") if change.given.get("DisplayName", "") is None else None
        parts = (new.get(part) for part in ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix"))
        new["DisplayName"] = kept or " ".join(str(part) for part in parts if part)
    if not new["DisplayName"]:
        raise faults.validation(
            "6080",
            "No Name Provided",
            "Title, GivenName, MiddleName, FamilyName, DisplayName, Suffix - one of these must be non-empty",
        )
    new.setdefault("PrintOnCheckName", new["DisplayName"][:110])
    if change.entity.name != "Employee":
        new.setdefault("Balance", 0)
        currency(books, new)
        _open_balance(change)
    set_active(change, "DisplayName", PEOPLE)
    for kind, other in books.find(PEOPLE, new["DisplayName"]):
        if (kind, other["Id"]) != (change.entity.name, new.get("Id")):
            raise faults.duplicate_name(other["Id"])
    if change.entity.name == "Customer":
        new.setdefault("BalanceWithJobs", 0)
        if new.get("TaxExemptionReasonId"):
            new["Taxable"] = False
        if new.get("Job") and not new.get("ParentRef"):
            raise faults.validation("6150", "ParentRef Required", "ParentRef is required when Job is true", "ParentRef")
        qualify(change, "DisplayName")
    for name in ("BillAddr", "ShipAddr", "PrimaryAddr"):
        number_address(change, name)


def _open_balance(change: Change) -> None:
    closing = bool(change.was.get("Active", False)) and not change.new["Active"]
    if closing and change.books.switches.refuse_inactive_with_balance and Decimal(change.new["Balance"]):
        raise faults.validation(
            "6220", "Delete Entity Has Balance Error", "The name has an open balance and cannot be made inactive."
        )


BEHAVIOURS: Mapping[str, Behaviour] = {"person": Behaviour(complete=person, written=requalify_children)}
