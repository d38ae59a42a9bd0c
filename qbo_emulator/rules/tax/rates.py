"""The rates of a tax code, and what they come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents, plain
from qbo_emulator.rules.change import Change
from qbo_emulator.wire import Body


@dataclass(frozen=True)
class Rate:
    """A rate inside a tax code: its percentage, what it is applied to, and its turn."""

    rate_id: str
    percent: Decimal
    applied_to: str = "TaxOnAmount"
    order: int = 0


@dataclass
class Charge:
    """What one rate comes to in a document; delta is what a client made it differ from the computed amount."""

    rate: Rate
    taxable: Decimal
    amount: Decimal
    delta: Decimal = ZERO


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """Half up to the unit of the currency; zero is a bare 0."""
    return cents(amount.quantize(unit, rounding=ROUND_HALF_UP))


def rates_of(books: Books, code: Body) -> list[Rate]:
    """The rates on sales of a tax code, in the order in which they are applied."""
    found: list[Rate] = []
    for row in code["SalesTaxRateList"]["TaxRateDetail"]:
        rate = books.get("TaxRate", row["TaxRateRef"]["value"]) or {}
        found.append(Rate(rate["Id"], Decimal(rate["RateValue"]), row["TaxTypeApplicable"], int(row["TaxOrder"])))
    return sorted(found, key=lambda rate: rate.order)


def charge(parts: Sequence[tuple[Sequence[Rate], Decimal]], unit: Decimal) -> list[Charge]:
    """One charge for each rate of several codes and their net amounts; each is rounded once, on its summed base.

    TaxOnAmountPlusTax adds the taxes of earlier orders of the same code to its base, TaxOnTax takes only them.
    """
    bases: dict[str, tuple[Rate, Decimal]] = {}
    for rates, net in parts:
        taxes, order, earlier = ZERO, None, ZERO
        for rate in rates:
            if rate.order != order:
                order, earlier = rate.order, taxes
            base = {"TaxOnAmountPlusTax": net + earlier, "TaxOnTax": earlier}.get(rate.applied_to, net)
            taxes += rounded(base * rate.percent / 100, unit)
            bases[rate.rate_id] = (rate, bases.get(rate.rate_id, (rate, ZERO))[1] + base)
    return [
        Charge(rate, rounded(base, unit), rounded(rounded(base, unit) * rate.percent / 100, unit))
        for rate, base in bases.values()
    ]


def total(charges: Sequence[Charge]) -> Decimal:
    """The tax of a document: the sum of its tax lines."""
    return sum((charge.amount for charge in charges), ZERO)


def allocate(shares: Sequence[Decimal], whole: Decimal, unit: Decimal) -> list[Decimal]:
    """Round shares to the unit so that they come to the whole: what is left goes to the largest remainders."""
    units = [(share / unit).to_integral_value(ROUND_FLOOR) for share in shares]
    each, more = divmod(int(whole / unit - sum(units, ZERO)), len(units)) if units else (0, 0)
    nearest = sorted(range(len(units)), key=lambda position: units[position] - shares[position] / unit)
    for position in nearest[:more]:
        units[position] += 1
    return [cents((count + each) * unit) for count in units]


def prorate(charges: Sequence[Charge], wanted: Decimal, unit: Decimal) -> None:
    """Make the charges come to the wanted total, each within a unit of its share in proportion."""
    weights = [charge.amount for charge in charges]
    if not sum(weights, ZERO):
        weights = [charge.rate.percent for charge in charges]
    if not sum(weights, ZERO):
        weights = [Decimal(1) for _ in charges]
    whole = sum(weights, ZERO)
    for one, amount in zip(
        charges, allocate([wanted * weight / whole for weight in weights], wanted, unit), strict=True
    ):
        one.delta, one.amount = amount - one.amount, amount


def insisted(change: Change) -> Decimal | None:
    """The total that the request insists on; None when the tax is to be worked out.

    Also an update that sends back the total as it was read insists on it, unless a switch says that it does not. 0,
    which python-quickbooks sends with every tax code, insists only when a switch says so.
    """
    given, switches = change.given.get("TxnTaxDetail") or {}, change.books.switches
    sent = given.get("TotalTax")
    if sent is None:
        amounts = [line["Amount"] for line in given.get("TaxLine") or [] if line.get("Amount") is not None]
        if not amounts:
            return None
        sent = sum((Decimal(amount) for amount in amounts), ZERO)
    wanted = Decimal(sent)
    if not wanted and not switches.zero_tax_overrides:
        return None
    before = _before(change).get("TotalTax")
    if switches.unchanged_tax_is_recomputed and before is not None and wanted == Decimal(before):
        return None
    return wanted


def kept(change: Change, charges: Sequence[Charge]) -> Decimal | None:
    """The total that was insisted on earlier, while nothing moved that it was about, and an update does not drop it."""
    before = _before(change)
    if "TotalTax" not in (change.new.get("TxnTaxDetail") or {}):
        return None
    lines = [line["TaxLineDetail"] for line in before.get("TaxLine", [])]
    if lines and not any("OverrideDeltaAmount" in line for line in lines):
        return None
    was = [(line["TaxRateRef"]["value"], Decimal(line["NetAmountTaxable"])) for line in lines]
    now = [(charge.rate.rate_id, charge.taxable) for charge in charges]
    return Decimal(before["TotalTax"]) if was == now else None


def _before(change: Change) -> Body:
    return dict((change.old or {}).get("TxnTaxDetail") or {})


def settle(change: Change, charges: list[Charge], unit: Decimal, free: bool = True) -> Decimal:
    """Bring the charges to the total that the client wants, when it may (free), and answer the total."""
    wanted = insisted(change) if free else None
    if wanted is None and free and change.old is not None:
        wanted = kept(change, charges)
    if wanted is None:
        return total(charges)
    wanted = rounded(wanted, unit)
    if charges and wanted != total(charges):
        prorate(charges, wanted, unit)
    return wanted


def lines(charges: Sequence[Charge]) -> list[Body]:
    """TaxLine, as it is written."""
    written: list[Body] = []
    for one in charges:
        detail: Body = {
            "TaxRateRef": {"value": one.rate.rate_id},
            "PercentBased": True,
            "TaxPercent": plain(one.rate.percent),
            "NetAmountTaxable": one.taxable,
        }
        if one.delta:
            detail["OverrideDeltaAmount"] = one.delta
        written.append({"Amount": one.amount, "DetailType": "TaxLineDetail", "TaxLineDetail": detail})
    return written
