"""Closed books."""

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.wire import Body


def check_period(books: Books, *versions: Body | None) -> None:
    """6210 for anything dated in a period that is closed; 6200 where the books are closed without a password."""
    closed = books.preference("AccountingInfoPrefs", "BookCloseDate")
    for version in versions:
        if closed and version and version["TxnDate"] <= str(closed):
            bare = books.switches.closed_without_password
            raise faults.validation(
                "6200" if bare else "6210",
                "Account Period Closed" if bare else "Account Period Closed Required Password",
                "The account period has closed and the account books cannot be updated through the QuickBooks Online "
                "Services API. Please use the QuickBooks Online website to make these changes.",
                "TxnDate",
            )
