"""Sales tax of a transaction."""

from collections.abc import Mapping
from decimal import Decimal

from qbo_emulator.money import ZERO, cents
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.lines import Lines, copy, filled


def sales_tax(change: Change, lines: Lines) -> Decimal:
    """Write TxnTaxDetail and answer the tax of a sales document whose lines are complete."""
    new = change.new
    if not change.books.preference("TaxPrefs", "UsingSalesTax"):
        new["TxnTaxDetail"] = {"TotalTax": 0}
        return ZERO
    detail = filled(new.get("TxnTaxDetail"))
    tax = cents(Decimal(detail.get("TotalTax") or 0))
    new["TxnTaxDetail"] = {**copy(detail, ("TxnTaxCodeRef",)), "TotalTax": tax}
    return tax


BEHAVIOURS: Mapping[str, Behaviour] = {}
