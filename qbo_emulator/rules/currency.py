"""Currencies of names and transactions."""

from collections.abc import Mapping

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.wire import Body

CURRENCIES = {"USD": "United States Dollar", "CAD": "Canadian Dollar", "EUR": "Euro", "GBP": "British Pound Sterling"}


def currency(books: Books, body: Body) -> None:
    """Without multicurrency there is the home currency only; it is filled in."""
    home = books.preferences["CurrencyPrefs"]["HomeCurrency"]["value"]
    given = body.get("CurrencyRef", {}).get("value", home)
    if given != home:
        raise faults.business("You can't use a foreign currency because multicurrency is off.")
    body["CurrencyRef"] = {"value": home, "name": CURRENCIES.get(home, home)}


BEHAVIOURS: Mapping[str, Behaviour] = {}
