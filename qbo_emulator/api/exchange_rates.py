"""Exchange rates: one for each foreign currency and day, whether it was set or not."""

from collections.abc import Callable, Mapping
from datetime import date

from qbo_emulator import faults, operations
from qbo_emulator.api import objects
from qbo_emulator.api.asked import Answer, Asked
from qbo_emulator.rules import currency
from qbo_emulator.tables.currency import EXCHANGE_RATE


def read(asked: Asked) -> Answer:
    """GET /exchangerate?sourcecurrencycode=EUR&asofdate=2026-01-31; today without a day."""
    if len(asked.parts) > 1:
        raise objects.no_resource(asked)
    books = asked.books
    if not currency.is_multicurrency(books):
        raise faults.validation("5030", "Feature Not Supported", "Multicurrency is off in this company")
    code = asked.args.get("sourcecurrencycode", "").upper()
    if not code:
        raise faults.missing("sourcecurrencycode")
    text = asked.args.get("asofdate") or books.today.isoformat()
    try:
        day = date.fromisoformat(text).isoformat()
    except ValueError:
        raise faults.validation(
            "2060", "Invalid Date Format", f"Invalid date format. Supplied value:{text[:40]}", "asofdate"
        ) from None
    return asked.envelope({"ExchangeRate": currency.exchange_rate(books, currency.known_code(code), day)})


def set_one(asked: Asked) -> Answer:
    """POST /exchangerate: the rate of a day. It has no Id, neither here nor in the answer."""
    if len(asked.parts) > 1:
        raise objects.no_resource(asked)
    return asked.envelope({"ExchangeRate": operations.write(asked.books, EXCHANGE_RATE, asked.payload())})


RESOURCES: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {
    ("GET", "exchangerate"): read,
    ("POST", "exchangerate"): set_one,
}
ACTIONS: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {}
