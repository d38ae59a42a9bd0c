"""The companies that are there from the beginning. Everything goes in through the same rules as a call."""

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from qbo_emulator.books import Books
from qbo_emulator.sample import beside, setup, taxed, taxes
from qbo_emulator.sample.trade import trade
from qbo_emulator.sample.untaxed import COMPANIES as UNTAXED
from qbo_emulator.switches import Switches

CHOICES = ("sample", "empty")

COMPANIES: tuple[dict[str, Any], ...] = (*UNTAXED, *taxed.COMPANIES)
# What a company has before it trades, besides what all of them have.
_PREPARED: Mapping[str, Callable[[Books], None]] = {taxed.CLASSIC: taxes.classic, taxed.ABROAD: taxes.canada}


def fill(connection: sqlite3.Connection, now: datetime, company: str) -> None:
    """Write every company; "empty" leaves out customers, vendors, items and invoices."""
    for position, description in enumerate(COMPANIES):
        realm = description["realm"]
        connection.execute("INSERT INTO companies VALUES (?, ?, ?)", (realm, description["name"], position))
        books = Books(connection, realm, now, Switches())
        setup.company(books, description)
        accounts, terms = setup.accounts_and_terms(books, description.get("accounts", ()))
        beside.ways_to_pay(books)
        if realm in _PREPARED:
            _PREPARED[realm](books)
        if company == "sample":
            trade(books, description, accounts, terms)
            if position == 0:
                beside.write(books)
