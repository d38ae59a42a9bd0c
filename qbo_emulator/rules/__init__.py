"""What each kind of entity does, by the name of its rules in its table."""

from collections.abc import Mapping

from qbo_emulator.rules import (
    accounts,
    attachments,
    company,
    currency,
    deposits,
    items,
    journal,
    naming,
    payments,
    people,
    purchases,
    sales,
    tax,
    terms,
)  # fmt: skip
from qbo_emulator.rules.behaviour import Behaviour

AREAS = (
    company, naming, people, items, accounts, terms, sales, payments, deposits, purchases, journal, tax, currency,
    attachments,
)  # fmt: skip
BEHAVIOURS: Mapping[str, Behaviour] = {"plain": Behaviour()} | {
    name: behaviour for area in AREAS for name, behaviour in area.BEHAVIOURS.items()
}
