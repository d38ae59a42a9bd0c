"""What an order or invoice adds up to: lines − discount + shipping + tax, each in the currency's minor unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from erp_core.models import Order
from erp_core.money import EXACT, round_money


@dataclass(frozen=True)
class TaxPart:
    """Tax of one rate: `amount` is `percent` of `taxable_amount`, rounded half up."""

    name: str
    percent: Decimal
    taxable_amount: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Totals:
    """The sums of a document. `total` = subtotal − discount + shipping + tax; the tax parts add up to `tax`."""

    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    tax: Decimal
    total: Decimal
    tax_parts: tuple[TaxPart, ...] = ()


def add_up(
    lines: Iterable[tuple[Decimal, bool]],
    *,
    discount: Decimal,
    shipping: Decimal,
    currency: str,
    rate: tuple[str, Decimal] | None,
) -> Totals:
    """Add up lines of (amount, taxable). `rate` is the name and percentage of the tax, if there is one.

    Taxable lines bear their share of the discount before tax; the share is an amount of money and rounded like one.
    """
    amounts = list(lines)
    subtotal = sum((amount for amount, _ in amounts), Decimal(0))
    parts: tuple[TaxPart, ...] = ()
    if rate is not None:
        name, percent = rate
        base = _after_discount(
            sum((amount for amount, taxable in amounts if taxable), Decimal(0)), subtotal, discount, currency
        )
        if base > 0:
            tax = round_money(EXACT.divide(EXACT.multiply(base, percent), Decimal(100)), currency)
            parts = (TaxPart(name, percent, base, tax),)
    tax = sum((part.amount for part in parts), Decimal(0))
    return Totals(subtotal, discount, shipping, tax, subtotal - discount + shipping + tax, parts)


def totals(order: Order) -> Totals:
    """What an order adds up to, with the tax as its rate, its products and its customer stand today."""
    return add_up(
        ((line.amount, line.product.taxable and not order.customer.tax_exempt) for line in order.lines),
        discount=order.discount,
        shipping=order.shipping,
        currency=order.currency,
        rate=(order.tax_rate.name, order.tax_rate.percent) if order.tax_rate is not None else None,
    )


def _after_discount(taxable: Decimal, subtotal: Decimal, discount: Decimal, currency: str) -> Decimal:
    if not discount or not subtotal:
        return taxable
    share = round_money(EXACT.divide(EXACT.multiply(discount, taxable), subtotal), currency)
    return taxable - share
