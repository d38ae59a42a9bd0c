"""Sales tax of a transaction: which way a company taxes, and what a document then comes to."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from qbo_emulator.money import ZERO
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.currency import unit_of
from qbo_emulator.rules.tax import abroad, automated, lists, united_states
from qbo_emulator.rules.tax.codes import customer_code, is_exempt, line_code, transaction_code
from qbo_emulator.rules.tax.regime import Regime, regime
from qbo_emulator.wire import Body

if TYPE_CHECKING:
    from qbo_emulator.rules.lines import Lines

__all__ = ("BEHAVIOURS", "customer_code", "gross_amount", "line_code", "sales_tax")


def sales_tax(change: Change, lines: "Lines") -> Decimal:
    """Write TxnTaxDetail and answer the tax of a sales document whose lines are complete.

    In a currency without cents the lines are rounded first; where amounts contain the tax, they become net.
    """
    new, books = change.new, change.books
    unit = unit_of(new.get("CurrencyRef", {}).get("value", ""))
    lines.round(unit)
    new["Line"] = lines.written()
    way = regime(books)
    if way is not Regime.ABROAD:
        new.pop("GlobalTaxCalculation", None)
    if way is Regime.OFF:
        new["TxnTaxDetail"] = {"TotalTax": 0}
        return ZERO
    if way is Regime.ABROAD:
        return abroad.line_tax(change, lines, unit)
    customer = books.get("Customer", new.get("CustomerRef", {}).get("value", "")) or {}
    if is_exempt(customer):
        new["TxnTaxDetail"] = {"TotalTax": 0}
        return ZERO
    detail = new.get("TxnTaxDetail") or {}
    if way is Regime.AUTOMATED and not _left_to_the_client(change, detail):
        place = automated.place_of_sale(change, customer)
        code = automated.code_of(books, place) if place else None
        return united_states.by_code(change, lines, code, unit, free=detail.get("UseAutomatedSalesTax") is not True)
    code = None if way is Regime.UNFINISHED else transaction_code(change, customer)
    return united_states.by_code(change, lines, code, unit)


def _left_to_the_client(change: Change, detail: Body) -> bool:
    return detail.get("UseAutomatedSalesTax") is False and bool(
        change.books.preference("TaxPrefs", "AllowPartnerTaxOverride")
    )


def gross_amount(change: Change, given: Body) -> Body:
    """A line as it came; where amounts contain the tax, one without Amount has the gross one for it."""
    gross = (given.get("SalesItemLineDetail") or {}).get("TaxInclusiveAmt")
    if given.get("Amount") is None and gross and change.new.get("GlobalTaxCalculation") == abroad.INCLUSIVE:
        return {**given, "Amount": gross}
    return given


BEHAVIOURS: Mapping[str, Behaviour] = lists.BEHAVIOURS
