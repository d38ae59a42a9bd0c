"""Customers, vendors and employees share one name space."""

import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlsplit

from qbo_emulator import faults
from qbo_emulator.rules import ledger
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.currency import currency
from qbo_emulator.rules.merging import jobs_balance
from qbo_emulator.rules.naming import number_address, qualify, requalify_children, set_active
from qbo_emulator.rules.periods import check_period
from qbo_emulator.rules.purchases import owed
from qbo_emulator.rules.tax import customer_code
from qbo_emulator.wire import Body

LONGEST_STREET = 2000
EXEMPTIONS = frozenset(str(number) for number in range(1, 16))
HOST = re.compile(r"[\w-]+(\.[\w-]+)+\.?")
PEOPLE = ("Customer", "Vendor", "Employee")


def person(change: Change) -> None:
    """Customers, vendors and employees: one name space, names built from their parts, addresses with ids."""
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
        _opening(change)
        currency(books, new)
        _open_balance(change)
    set_active(change, "DisplayName", PEOPLE)
    for kind, other in books.find(PEOPLE, new["DisplayName"]):
        if (kind, other["Id"]) != (change.entity.name, new.get("Id")):
            raise faults.duplicate_name(other["Id"])
    if change.entity.name == "Customer":
        new.setdefault("BalanceWithJobs", 0)
        _exemption(new)
        customer_code(change)
        if new.get("Job") and not new.get("ParentRef"):
            raise faults.validation("6150", "ParentRef Required", "ParentRef is required when Job is true", "ParentRef")
        qualify(change, "DisplayName")
    for name in ("BillAddr", "ShipAddr", "PrimaryAddr"):
        _street(new.get(name) or {}, name)
        number_address(change, name)
    _web_address(new.get("WebAddr") or {})


def _opening(change: Change) -> None:
    """A balance is written once, with its date, when a name is made; afterwards it is computed."""
    new = change.new
    given = new.pop("Balance", None)
    if change.old is not None:
        new["Balance"] = change.old.get("Balance", 0)
        return
    new["Balance"] = 0
    if given and new.get("OpenBalanceDate"):
        check_period(change.books, {"TxnDate": new["OpenBalanceDate"]})


def written(change: Change) -> None:
    """After a write: jobs carry the name, parents the balance, and an opening balance is in the books."""
    requalify_children(change)
    if change.entity.name == "Customer" and change.old is not None:
        before, after = (body.get("ParentRef", {}).get("value") for body in (change.old, change.new))
        if before != after:
            balance = Decimal(change.new["BalanceWithJobs"])
            jobs_balance(change.books, before or "", -balance)
            jobs_balance(change.books, after or "", balance)
    _opened(change)


def _opened(change: Change) -> None:
    """What a new name owes, or is owed, from before comes out of the opening balance equity."""
    amount = Decimal(change.given.get("Balance") or 0)
    if change.old is not None or not amount or not change.new.get("OpenBalanceDate"):
        return
    books, equity = change.books, ledger.system_account(change.books, "OpeningBalanceEquity")
    if change.entity.name == "Customer":
        ledger.owe(books, change.new["Id"], amount)
        ledger.post(books, equity, -amount)
    elif change.entity.name == "Vendor":
        owed(books, change.new["Id"], amount)
        ledger.post(books, equity, amount)


def _exemption(new: Body) -> None:
    reason = new.get("TaxExemptionReasonId")
    if reason:
        if reason not in EXEMPTIONS:
            raise faults.enumeration("TaxExemptionReasonId", reason)
        new["Taxable"] = False


def _street(address: Body, name: str) -> None:
    length = sum(len(address.get(f"Line{number}") or "") for number in range(1, 6))
    if length > LONGEST_STREET:
        raise faults.bad_length(f"{name}.Line", LONGEST_STREET, length)


def _web_address(address: Body) -> None:
    """2200 for what is no web address; the scheme may be left out."""
    given = address.get("URI")
    if not given:
        return
    try:
        parts = urlsplit(given if "://" in given else f"https://{given}")
        good = parts.scheme in ("http", "https", "ftp") and HOST.fullmatch(parts.hostname or "") is not None
    except ValueError:
        good = False
    if not good or any(character.isspace() for character in given):
        raise faults.validation(
            "2200",
            "Invalid Web Address Format",
            f"Web Address does not conform to the URL standard. Supplied value: {given[:100]}",
            "WebAddr.URI",
        )


def _open_balance(change: Change) -> None:
    closing = bool(change.was.get("Active", False)) and not change.new["Active"]
    if closing and change.books.switches.refuse_inactive_with_balance and Decimal(change.new["Balance"]):
        raise faults.validation(
            "6220", "Delete Entity Has Balance Error", "The name has an open balance and cannot be made inactive."
        )


BEHAVIOURS: Mapping[str, Behaviour] = {"person": Behaviour(complete=person, written=written)}
