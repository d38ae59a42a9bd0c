"""What somebody typed as an order, and whether it can be one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from sqlalchemy.orm import Session

from erp_core.models import Customer, Invoice, Order, Product, TaxRate
from erp_core.money import format_money, line_amount
from erp_core.services.lookup import matching, noun
from erp_core.services.validation import HIGHEST_MONEY, Problems

MOST_LINES = 500
HIGHEST_SUM = HIGHEST_MONEY / 10
"""No part of a document may reach this, so that their sum fits."""


@dataclass(frozen=True)
class LineInput:
    """One product of an order. Without a unit price, the product's price is taken."""

    product_id: int | None
    quantity: Decimal
    unit_price: Decimal | None = None
    description: str = ""
    note: str = ""


@dataclass(frozen=True)
class OrderInput:
    """An order as somebody typed it. Without a date it keeps its date; a new one gets today's in the instance's time zone."""

    customer_id: int | None
    lines: Sequence[LineInput]
    order_date: date | None = None
    memo: str = ""
    commission: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    seller_id: int | None = None
    tax_rate_id: int | None = None


@dataclass(frozen=True)
class CheckedLine:
    """A line that may be written."""

    product: Product
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    description: str
    note: str


@dataclass(frozen=True)
class CheckedOrder:
    """An order that may be written."""

    customer: Customer
    seller: Customer | None
    tax_rate: TaxRate | None
    order_date: date
    memo: str
    commission: Decimal
    discount: Decimal
    shipping: Decimal
    lines: tuple[CheckedLine, ...]


R = TypeVar("R", Customer, TaxRate)


def check(
    session: Session, order: Order, data: OrderInput, refusal: str, invoice: Invoice | None = None
) -> CheckedOrder:
    """The input, checked. Raises `Invalid`, which begins with `refusal`, with a sentence for each field that is wrong.

    What is switched off may stay on an order that has it, but can't be added.
    """
    problems = Problems()
    customer = _choice(session, problems, order, Customer, "customer_id", data.customer_id, order.customer_id)
    if data.customer_id is None:
        problems.add("customer_id", "Choose a customer.")
    seller = _choice(session, problems, order, Customer, "seller_id", data.seller_id, order.seller_id)
    tax_rate = _choice(session, problems, order, TaxRate, "tax_rate_id", data.tax_rate_id, order.tax_rate_id)
    currency = customer.currency if customer is not None else order.instance.currency
    if invoice is not None and currency != invoice.currency:
        problems.add("customer_id", f"The invoice is in {invoice.currency}; this customer pays in {currency}.")
    order_date = problems.day("order_date", data.order_date or order.order_date, name="order date")
    memo = problems.text("memo", data.memo, name="memo", limit=1000)
    commission = problems.money("commission", data.commission, currency, name="commission")
    discount = problems.money("discount", data.discount, currency, name="discount")
    shipping = problems.money("shipping", data.shipping, currency, name="shipping")
    lines = _lines(session, problems, order, data.lines, currency)
    subtotal = sum((line.amount for line in lines), Decimal(0))
    if subtotal >= HIGHEST_SUM:
        problems.add("lines", "The lines add up to more than an invoice can hold. Split the order.")
    if shipping >= HIGHEST_SUM:
        problems.add("shipping", "The shipping is more than an invoice can hold.")
    if discount > subtotal and len(lines) == len(data.lines):
        problems.add("discount", f"The discount can't be more than the lines, {format_money(subtotal, currency)}.")
    if problems.fields or customer is None:
        raise problems.error(refusal)
    return CheckedOrder(customer, seller, tax_rate, order_date, memo, commission, discount, shipping, lines)


def _choice(
    session: Session, problems: Problems, order: Order, model: type[R], field: str, chosen: int | None, kept: int | None
) -> R | None:
    if chosen is None:
        return None
    record: R | None = matching(session, model, [chosen], tenant_id=order.tenant_id).get(chosen)
    if record is None:
        problems.add(field, f"There is no such {noun(model)}.")
    elif not record.active and chosen != kept:
        problems.add(field, f"{record.name} is switched off. Choose another one, or switch it on first.")
    return record


def _lines(
    session: Session, problems: Problems, order: Order, typed: Sequence[LineInput], currency: str
) -> tuple[CheckedLine, ...]:
    if not typed:
        problems.add("lines", "Enter at least one line.")
    if len(typed) > MOST_LINES:
        problems.add("lines", f"An order can have at most {MOST_LINES} lines; this has {len(typed):,}.")
        return ()
    ids = {line.product_id for line in typed if line.product_id is not None}
    products = matching(session, Product, list(ids), tenant_id=order.tenant_id)
    kept = {line.product_id for line in order.lines}
    lines = (
        _line(problems, f"lines.{index}", line, products, kept, currency, order.instance.currency)
        for index, line in enumerate(typed)
    )
    return tuple(line for line in lines if line is not None)


def _line(
    problems: Problems,
    field: str,
    typed: LineInput,
    products: dict[int, Product],
    kept: set[int],
    currency: str,
    home_currency: str,
) -> CheckedLine | None:
    """One line, or None when it has no product or no price; its other problems are noted too."""
    product = products.get(typed.product_id) if typed.product_id is not None else None
    if typed.product_id is None:
        problems.add(f"{field}.product_id", "Choose a product.")
    elif product is None:
        problems.add(f"{field}.product_id", "There is no such product.")
    elif not product.active and product.id not in kept:
        problems.add(f"{field}.product_id", f"{product.name} is switched off. Choose another product.")
    quantity = problems.rate(f"{field}.quantity", typed.quantity, name="quantity", positive=True)
    description = problems.text(f"{field}.description", typed.description, name="description", limit=1000)
    note = problems.text(f"{field}.note", typed.note, name="size or grade", limit=200)
    unit_price = typed.unit_price
    if unit_price is None and product is not None:
        unit_price = product.price
        if currency != home_currency:
            problems.add(
                f"{field}.unit_price",
                f"Enter a price in {currency}: the price of {product.name} is in {home_currency}.",
            )
    if product is None or unit_price is None:
        return None
    unit_price = problems.rate(f"{field}.unit_price", unit_price, name="price")
    amount = line_amount(quantity, unit_price, currency)
    if amount >= HIGHEST_SUM:
        problems.add(f"{field}.quantity", "Quantity × price is more than an invoice can hold.")
    return CheckedLine(product, quantity, unit_price, amount, description, note)
