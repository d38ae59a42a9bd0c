"""Tax outside the United States: every line has a tax code, and amounts are net, or contain the tax."""

from decimal import Decimal
from typing import TYPE_CHECKING

from qbo_emulator import faults
from qbo_emulator.money import ZERO
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.tax import rates
from qbo_emulator.rules.tax.codes import real_code
from qbo_emulator.rules.tax.rates import Rate, rounded
from qbo_emulator.wire import Body

if TYPE_CHECKING:
    from qbo_emulator.rules.lines import Lines

EXCLUDED, INCLUSIVE, NOT_APPLICABLE = "TaxExcluded", "TaxInclusive", "NotApplicable"


def line_tax(change: Change, lines: "Lines", unit: Decimal) -> Decimal:
    """Write the tax of a document whose lines have codes of their own, and answer it. Fault 6170 for tax without tax.

    TaxInclusive: an amount that equals TaxInclusiveAmt is gross and becomes the net one.
    """
    new = change.new
    way = new.setdefault("GlobalTaxCalculation", EXCLUDED)
    if way == NOT_APPLICABLE:
        _without(change)
        return ZERO
    rows = [row for row in (*lines.goods, *lines.extras) if "TaxCodeRef" in row.get("SalesItemLineDetail", {})]
    used = {code_of(row) for row in rows}
    if lines.discount is not None and (named := _discount_code(lines.discount)):
        used.add(named)
    groups = {code: rates.rates_of(change.books, real_code(change.books, code)) for code in sorted(used)}
    if way == INCLUSIVE:
        _make_net(lines, rows, groups, unit)
        new["Line"] = lines.written()
    charges = rates.charge([(groups[code], net) for code, net in _nets(lines, rows).items()], unit)
    tax = rates.settle(change, charges, unit)
    if way == INCLUSIVE:
        for row in rows:
            _inclusive(row, groups[code_of(row)], unit)
    else:
        for row in rows:
            row["SalesItemLineDetail"].pop("TaxInclusiveAmt", None)
    new["TxnTaxDetail"] = {"TotalTax": tax, "TaxLine": rates.lines(charges)}
    return tax


def code_of(row: Body) -> str:
    """The id of a line's tax code."""
    return str(row["SalesItemLineDetail"]["TaxCodeRef"]["value"])


def _discount_code(discount: Body) -> str | None:
    value = discount.get("DiscountLineDetail", {}).get("TaxCodeRef", {}).get("value")
    return str(value) if value else None


def _without(change: Change) -> None:
    given = change.given.get("TxnTaxDetail") or {}
    if given.get("TxnTaxCodeRef") or given.get("TaxLine") or Decimal(given.get("TotalTax") or 0):
        raise faults.validation(
            "6170", "Invalid TxnTaxDetail", "TxnTaxDetail cannot be used with GlobalTaxCalculation NotApplicable"
        )
    change.new["TxnTaxDetail"] = {"TotalTax": 0}


def _nets(lines: "Lines", rows: list[Body]) -> dict[str, Decimal]:
    """What the lines of each code come to; a discount lowers its own code, or all of them in proportion."""
    nets: dict[str, Decimal] = {}
    for row in rows:
        nets[code_of(row)] = nets.get(code_of(row), ZERO) + Decimal(row.get("Amount", 0))
    discount = lines.discount
    if discount is None:
        return nets
    less, named = Decimal(discount["Amount"]), _discount_code(discount)
    if named:
        nets[named] = nets.get(named, ZERO) - less
    elif lines.subtotal:
        goods = [row for row in rows if row in lines.goods]
        for row in goods:
            nets[code_of(row)] -= less * Decimal(row.get("Amount", 0)) / lines.subtotal
    return nets


def _share(group: list[Rate]) -> Decimal:
    """What 1 of net amount is with its taxes, before rounding."""
    taxes, order, earlier = ZERO, None, ZERO
    for rate in group:
        if rate.order != order:
            order, earlier = rate.order, taxes
        base = {"TaxOnAmountPlusTax": 1 + earlier, "TaxOnTax": earlier}.get(rate.applied_to, Decimal(1))
        taxes += base * rate.percent / 100
    return 1 + taxes


def _make_net(lines: "Lines", rows: list[Body], groups: dict[str, list[Rate]], unit: Decimal) -> None:
    """Turn gross amounts into net ones, so that the net amounts of a code add up to the net of its gross sum."""
    for code, group in groups.items():
        mine = [row for row in rows if code_of(row) == code and _is_gross(row)]
        share, gross, net = _share(group), ZERO, ZERO
        for row in mine:
            detail = row["SalesItemLineDetail"]
            amount = Decimal(detail["TaxInclusiveAmt"])
            gross += amount
            lines.reprice(row, rounded(gross / share - net, unit))
            net += Decimal(row["Amount"])
    lines.add_up()
    discount = lines.discount
    if discount is not None and discount["DiscountLineDetail"].get("PercentBased"):
        percent = Decimal(discount["DiscountLineDetail"]["DiscountPercent"])
        discount["Amount"] = rounded(lines.subtotal * percent / 100, unit)


def _is_gross(row: Body) -> bool:
    gross = row["SalesItemLineDetail"].get("TaxInclusiveAmt")
    return bool(gross) and Decimal(gross) == Decimal(row.get("Amount", 0))


def _inclusive(row: Body, group: list[Rate], unit: Decimal) -> None:
    """Fill in what a line is with its tax. What was sent stays while it is that, but for a cent of rounding."""
    detail = row["SalesItemLineDetail"]
    gross = rounded(Decimal(row.get("Amount", 0)) * _share(group), unit)
    if abs(Decimal(detail.get("TaxInclusiveAmt") or 0) - gross) > unit:
        detail["TaxInclusiveAmt"] = gross
