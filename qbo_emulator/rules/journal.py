"""Journal entries, transfers, time and recurring transactions."""

from collections.abc import Mapping
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents
from qbo_emulator.rules.applying import follow
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.bill_payments import dated
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.expense_lines import cleaned, lines_before, numbered
from qbo_emulator.rules.items import wrong_account
from qbo_emulator.rules.periods import check_period
from qbo_emulator.rules.purchase_effects import settle
from qbo_emulator.rules.purchases import unique_number
from qbo_emulator.rules.references import any_name, check, resolve
from qbo_emulator.tables.journal import TEMPLATES
from qbo_emulator.wire import Body, parse_moment

DETAIL = "JournalEntryLineDetail"
NEEDED = ("PostingType", "AccountRef")
NO_TRANSFER = ("Accounts Receivable", "Accounts Payable")
PERSON = {"Employee": "EmployeeRef", "Vendor": "VendorRef", "Other": "VendorRef"}
LONGEST_HOURS = 8760


def journal_entry(change: Change) -> None:
    """Debits equal credits; a line on receivables names a customer, one on payables a vendor."""
    new = change.new
    dated(change)
    before = {str(line["Id"]): line for line in lines_before(change)}
    sums = {"Debit": ZERO, "Credit": ZERO}
    lines: list[Body] = []
    for given in new["Line"]:
        line = cleaned(given)
        if not line.get("DetailType"):
            raise faults.missing("Line.DetailType")
        if line["DetailType"] == "DescriptionOnly":
            lines.append({name: line[name] for name in ("Id", "Description", "DetailType") if name in line})
            continue
        check(change.books, change.entity.by_name["Line"].fields, line, before.get(line.get("Id", "")))
        detail = line.get(DETAIL, {})
        for name, value in (("Amount", line.get("Amount")), *((name, detail.get(name)) for name in NEEDED)):
            if value is None:
                raise faults.missing(f"Line.{name}" if name == "Amount" else f"Line.{DETAIL}.{name}")
        if line["Amount"] < 0:
            raise faults.validation("2290", "NegativeAmount", "The amount of a line is positive", "Line.Amount")
        _name(change.books, detail, before.get(line.get("Id", "")))
        if not detail.get("TaxAmount"):
            detail.pop("TaxAmount", None)
            detail.pop("TaxApplicableOn", None)
        sums[detail["PostingType"]] += line["Amount"]
        lines.append(
            {name: line[name] for name in ("Id", "Description", "Amount", "DetailType", DETAIL) if name in line}
        )
    if sums["Debit"] != sums["Credit"]:
        raise faults.business("Please balance debits and credits.")
    if not sums["Debit"] and not any(DETAIL in line for line in lines):
        raise faults.missing("Line")
    new["Line"], new["TotalAmt"] = numbered(change, lines), cents(sums["Debit"])
    new["TxnTaxDetail"] = cleaned({**new.get("TxnTaxDetail", {}), "TaxLine": None, "TotalTax": None})
    new.pop("GlobalTaxCalculation", None)
    unique_number(change)


def _name(books: Books, detail: Body, before: Body | None) -> None:
    """The name on a line, and the names that receivables and payables need."""
    entity = detail.get("Entity", {})
    if entity.get("EntityRef"):
        reference = entity["EntityRef"]
        reference.setdefault("type", entity.get("Type", ""))
        kept = (before or {}).get(DETAIL, {}).get("Entity", {}).get("EntityRef")
        any_name(books, reference, kept)
        entity["Type"] = reference.pop("type")
    else:
        detail.pop("Entity", None)
    account = books.get("Account", detail["AccountRef"]["value"]) or {}
    for kind, wanted in (("Accounts Receivable", "Customer"), ("Accounts Payable", "Vendor")):
        if account.get("AccountType") == kind and detail.get("Entity", {}).get("Type") != wanted:
            raise faults.business(f"When you use {kind}, you must choose a {wanted.lower()} in the Name field.")


def transfer(change: Change) -> None:
    """Money from one account of the balance sheet to another."""
    new, books = change.new, change.books
    dated(change)
    for name in ("FromAccountRef", "ToAccountRef"):
        if not new.get(name):
            raise faults.missing(name)
        account = resolve(books, "Account", new[name], new[name])
        if account["Classification"] in ("Revenue", "Expense") or account["AccountType"] in NO_TRANSFER:
            raise wrong_account(name)
    if new["FromAccountRef"]["value"] == new["ToAccountRef"]["value"]:
        raise faults.business("You can't transfer money to the account that it comes from.")
    if Decimal(new.get("Amount") or 0) <= 0:
        raise faults.business("You must set a transaction amount.")


def time_activity(change: Change) -> None:
    """Time of an employee or a vendor: hours and minutes, or when it started and ended."""
    new = change.new
    new.setdefault("TxnDate", change.books.today.isoformat())
    if not new.get("NameOf"):
        raise faults.missing("NameOf")
    wanted = PERSON[new["NameOf"]]
    if not new.get(wanted):
        raise faults.missing(wanted)
    for other in set(PERSON.values()) - {wanted}:
        new.pop(other, None)
    _time(new)
    if new["BillableStatus"] != "NotBillable" and not new.get("CustomerRef"):
        raise faults.business("Billable time needs a customer.")
    if new.get("ItemRef"):
        product = resolve(change.books, "Item", new["ItemRef"], new["ItemRef"])
        if product["Type"] != "Service":
            raise faults.business("Only a service can be used for time.")


def _time(new: Body) -> None:
    for name in ("BreakHours", "BreakMinutes", "BreakSeconds", "Hours", "Minutes", "Seconds"):
        if not 0 <= new.get(name, 0) <= (LONGEST_HOURS if name.endswith("Hours") else 59):
            raise faults.validation("2090", "Invalid Number", f"Invalid Number : {new[name]}", name)
    moments = {}
    for name in ("StartTime", "EndTime"):
        if new.get(name):
            try:
                moments[name] = parse_moment(new[name])
            except (ValueError, OverflowError):
                raise faults.validation(
                    "2060", "Invalid Date Format", f"Invalid date format. Supplied value:{new[name]}", name
                ) from None
    if len(moments) == 2 and moments["EndTime"] < moments["StartTime"]:
        raise faults.business("The end time is before the start time.")
    if len(moments) == 1:
        raise faults.missing("EndTime" if "StartTime" in moments else "StartTime")
    if not moments and not any(new.get(name) for name in ("Hours", "Minutes", "Seconds")):
        raise faults.missing("Hours")


def read_template(change: Change) -> None:
    """Templates of recurring transactions are read only here."""
    verb = "create" if change.old is None else "update"
    raise faults.unsupported(f"{verb} of RecurringTransaction")


def template(books: Books, body: Body) -> Body:
    """The template of a recurring transaction as it is written: wrapped in the name of what it makes."""
    return {name: body[name] for name in TEMPLATES if name in body}


def _entry_posted(change: Change) -> None:
    settle(change.books, change.entity.name, change.old, change.new)
    if change.old is not None and change.entity.name == "JournalEntry":
        follow(change.books, "JournalEntry", change.old, change.new)


def _entry_removed(books: Books, body: Body) -> None:
    check_period(books, body)
    follow(books, "JournalEntry", body, None)
    settle(books, "JournalEntry", body, None)


def _transfer_removed(books: Books, body: Body) -> None:
    check_period(books, body)
    settle(books, "Transfer", body, None)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "journal entry": Behaviour(journal_entry, _entry_posted, _entry_removed),
    "transfer": Behaviour(transfer, _entry_posted, _transfer_removed),
    "time": Behaviour(time_activity),
    "recurring": Behaviour(read_template, shown=template),
}
