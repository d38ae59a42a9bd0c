"""Tax outside the United States: every line has a tax code, and amounts are net, or contain the tax."""

from decimal import Decimal
from typing import TYPE_CHECKING

from qbo_emulator import faults
from qbo_emulator.money import ZERO, cents
from qbo_emulator.rules.bundles import opened
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.tax import rates
from qbo_emulator.rules.tax.codes import real_code
from qbo_emulator.rules.tax.rates import Charge, Rate, rounded
from qbo_emulator.wire import Body

if TYPE_CHECKING:
    from qbo_emulator.rules.lines import Lines

EXCLUDED, INCLUSIVE, NOT_APPLICABLE = "TaxExcluded", "TaxInclusive", "NotApplicable"


def line_tax(change: Change, lines: "Lines", unit: Decimal) -> Decimal:
    """Write the tax of a document whose lines have codes of their own, and answer it. Fault 6170 for tax without tax.

    TaxInclusive: TaxInclusiveAmt is what a line is with its tax and decides; what these come to is the total, unless
    there is a discount. Amount is the net one and follows; it may be sent as the gross one, or left out. Fault 6070
    when it is neither. A line without TaxInclusiveAmt, or with that of another Amount from an earlier version, keeps
    its Amount.
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
        charges = _open(change, lines, rows, groups, unit)
        new["Line"] = lines.written()
    if way != INCLUSIVE or lines.discount is not None:
        charges = rates.charge([(groups[code], net) for code, net in _nets(change, lines, rows).items()], unit)
    if way != INCLUSIVE:
        for row in rows:
            row["SalesItemLineDetail"].pop("TaxInclusiveAmt", None)
    tax = rates.settle(change, charges, unit)
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


def _nets(change: Change, lines: "Lines", rows: list[Body]) -> dict[str, Decimal]:
    """What the lines of each code come to.

    A discount with a code lowers that one; without, it lowers all of them in proportion when tax comes after it.
    """
    nets: dict[str, Decimal] = {}
    for row in rows:
        nets[code_of(row)] = nets.get(code_of(row), ZERO) + Decimal(row.get("Amount", 0))
    discount = lines.discount
    if discount is None:
        return nets
    less, named = Decimal(discount["Amount"]), _discount_code(discount)
    if named:
        nets[named] = nets.get(named, ZERO) - less
    elif lines.subtotal and change.new.get("ApplyTaxAfterDiscount"):
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


def _open(
    change: Change, lines: "Lines", rows: list[Body], groups: dict[str, list[Rate]], unit: Decimal
) -> list[Charge]:
    """Divide what lines are with their tax into net amounts and taxes, which come to it exactly; answer the taxes.

    The taxes are those of the sum of each rate, rounded once; the net amounts share what is left.
    """
    before = {line["Id"]: line for line in opened((change.old or {}).get("Line", [])) if "Id" in line}
    shares = {code: _share(group) for code, group in groups.items()}
    gross = [_gross(row, shares[code_of(row)], before.get(row.get("Id", "")), unit) for row in rows]
    exact = [
        Decimal(row.get("Amount", 0)) if amount is None else amount / shares[code_of(row)]
        for row, amount in zip(rows, gross, strict=True)
    ]
    bases = dict.fromkeys(groups, ZERO)
    for row, net in zip(rows, exact, strict=True):
        bases[code_of(row)] += net
    charges = rates.charge([(groups[code], base) for code, base in bases.items()], unit)
    whole = sum(
        (
            rounded(net * shares[code_of(row)], unit) if amount is None else amount
            for row, net, amount in zip(rows, exact, gross, strict=True)
        ),
        ZERO,
    )
    as_sent = _charges(rows, groups, unit)
    sent = sum((Decimal(row.get("Amount", 0)) for row in rows), ZERO)
    if sent + rates.total(charges) != whole:
        if sent + rates.total(as_sent) == whole:
            charges = as_sent  # A document that is sent back as it was read stays what it is.
        else:
            _write_nets(lines, rows, gross, exact, whole - rates.total(charges), unit)
    _write_gross(rows, gross, [shares[code_of(row)] for row in rows], rates.total(charges), unit)
    for one, other in zip(charges, _charges(rows, groups, unit), strict=True):
        one.taxable = other.taxable
    return charges


def _charges(rows: list[Body], groups: dict[str, list[Rate]], unit: Decimal) -> list[Charge]:
    """The taxes on the net amounts of the rows."""
    nets = dict.fromkeys(groups, ZERO)
    for row in rows:
        nets[code_of(row)] += Decimal(row.get("Amount", 0))
    return rates.charge([(groups[code], net) for code, net in nets.items()], unit)


def _write_nets(
    lines: "Lines", rows: list[Body], gross: list[Decimal | None], exact: list[Decimal], whole: Decimal, unit: Decimal
) -> None:
    """Give the rows that were sent with their tax net amounts, so that all of them come to the whole."""
    mine = [position for position, amount in enumerate(gross) if amount is not None]
    others = sum((exact[position] for position, amount in enumerate(gross) if amount is None), ZERO)
    nets = rates.allocate([exact[position] for position in mine], whole - others, unit)
    for position, net in zip(mine, nets, strict=True):
        lines.reprice(rows[position], net)
    lines.add_up()
    discount = lines.discount
    if discount is not None and discount["DiscountLineDetail"].get("PercentBased"):
        percent = Decimal(discount["DiscountLineDetail"]["DiscountPercent"])
        discount["Amount"] = rounded(lines.subtotal * percent / 100, unit)


def _write_gross(
    rows: list[Body], gross: list[Decimal | None], shares: list[Decimal], tax: Decimal, unit: Decimal
) -> None:
    """Fill in what the rows without TaxInclusiveAmt are with their tax, so that all of them come to the total."""
    mine = [position for position, amount in enumerate(gross) if amount is None]
    whole = sum((Decimal(row.get("Amount", 0)) for row in rows), tax) - sum(
        (amount for amount in gross if amount is not None), ZERO
    )
    amounts = rates.allocate(
        [Decimal(rows[position].get("Amount", 0)) * shares[position] for position in mine], whole, unit
    )
    for position, amount in zip(mine, amounts, strict=True):
        rows[position]["SalesItemLineDetail"]["TaxInclusiveAmt"] = amount
    for position, kept in enumerate(gross):
        if kept is not None:
            rows[position]["SalesItemLineDetail"]["TaxInclusiveAmt"] = cents(kept)


def _gross(row: Body, share: Decimal, before: Body | None, unit: Decimal) -> Decimal | None:
    """What a row is with its tax, when the request says it. Fault 6070 when that contradicts its Amount."""
    sent = row["SalesItemLineDetail"].get("TaxInclusiveAmt")
    if not sent:
        return None
    gross, amount = rounded(Decimal(sent), unit), Decimal(row.get("Amount", 0))
    if amount == gross or abs(amount - gross / share) < 2 * unit:
        return gross
    if (before or {}).get("SalesItemLineDetail", {}).get("TaxInclusiveAmt") == sent:
        return None
    raise faults.validation(
        "6070",
        "Amount calculation incorrect in the request",
        f"Amount is not TaxInclusiveAmt without its tax. Supplied value:{amount:f}",
        "Line.Amount",
    )
