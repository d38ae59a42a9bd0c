"""Sales tax of a US transaction: the lines with the code TAX, under one tax code for all of them."""

from decimal import Decimal
from typing import TYPE_CHECKING

from qbo_emulator.money import ZERO
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.tax import rates
from qbo_emulator.rules.tax.codes import TAXED
from qbo_emulator.wire import Body

if TYPE_CHECKING:
    from qbo_emulator.rules.lines import Lines


def taxable(change: Change, lines: "Lines", unit: Decimal) -> Decimal:
    """What the lines with TAX come to, less their share of the discount when the tax is applied after it."""
    goods, extras = _taxed(lines.goods), _taxed(lines.extras)
    if lines.discount is not None and lines.subtotal and change.new.get("ApplyTaxAfterDiscount"):
        goods -= Decimal(lines.discount["Amount"]) * goods / lines.subtotal
    return rates.rounded(goods + extras, unit)


def _taxed(rows: list[Body]) -> Decimal:
    return sum(
        (
            Decimal(row.get("Amount", 0))
            for row in rows
            if row.get("SalesItemLineDetail", {}).get("TaxCodeRef", {}).get("value") == TAXED
        ),
        ZERO,
    )


def by_code(change: Change, lines: "Lines", code: Body | None, unit: Decimal, free: bool = True) -> Decimal:
    """Write the tax of one code, or without a code the total that was sent; answer it.

    free: the client may insist on another total.
    """
    new, base = change.new, taxable(change, lines, unit)
    detail = new.get("TxnTaxDetail") or {}
    group = rates.rates_of(change.books, code) if code else []
    charges = rates.charge([(group, base)], unit)
    tax = rates.settle(change, charges, unit, free)
    written: Body = {"TxnTaxCodeRef": {"value": code["Id"]}} if code else {}
    if detail.get("UseAutomatedSalesTax") is not None:
        written["UseAutomatedSalesTax"] = detail["UseAutomatedSalesTax"]
    written["TotalTax"] = tax
    if charges and (base or tax):
        written["TaxLine"] = rates.lines(charges)
    new["TxnTaxDetail"] = written
    return tax
