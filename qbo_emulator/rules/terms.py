"""Payment terms."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta

from qbo_emulator import faults
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.naming import listed
from qbo_emulator.wire import Body


def term(change: Change) -> None:
    """Terms: so many days, or a day of the month."""
    new = change.new
    if new.get("DayOfMonthDue") is not None:
        new["Type"] = "DATE_DRIVEN"
    else:
        new["Type"] = "STANDARD"
        new.setdefault("DueDays", 0)
    limits = (("DueDays", 0, 999), ("DiscountDays", 0, 999), ("DayOfMonthDue", 1, 31), ("DueNextMonthDays", 0, 31))
    for name, smallest, largest in limits:
        if not smallest <= new.get(name, smallest) <= largest:
            raise faults.validation("2090", "Invalid Number", f"Invalid Number : {new[name]}", name)
    listed(change)


def due(change: Change) -> None:
    """The due date of a bill or an invoice: as given, else as its terms say; new terms move it. 2070 beyond 9999."""
    new = change.new
    term = new.get("SalesTermRef")
    days = change.books.get("Term", term["value"]) if term else None
    if term and days is not None:
        term["name"] = days["Name"]
    moved = change.old is not None and "DueDate" not in change.given and "SalesTermRef" in change.given
    if not new.get("DueDate") or moved:
        try:
            new["DueDate"] = due_date(date.fromisoformat(new["TxnDate"]), days).isoformat()
        except (OverflowError, ValueError):
            raise faults.validation(
                "2070", "Invalid Date", "Invalid date. The terms lead to a due date after the year 9999", "DueDate"
            ) from None


def due_date(day: date, term: Body | None) -> date:
    """When a sale of that day is due under these terms; the same day without terms."""
    if term is None:
        return day
    if term["Type"] == "STANDARD":
        return day + timedelta(days=term.get("DueDays", 0))
    months = 0 if day.day <= term["DayOfMonthDue"] else 1
    if months == 0 and term["DayOfMonthDue"] - day.day < term.get("DueNextMonthDays", 0):
        months = 1
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(term["DayOfMonthDue"], monthrange(year, month + 1)[1]))


BEHAVIOURS: Mapping[str, Behaviour] = {"term": Behaviour(complete=term)}
