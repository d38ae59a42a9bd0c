"""Money adds up to the cent, in every currency."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_core.money import format_money, line_amount, minor_units, round_money
from erp_core.services.totals import add_up

D = Decimal
CURRENCIES = st.sampled_from(["USD", "JPY", "KWD"])
QUANTITIES = st.decimals(min_value="0.000001", max_value="999999999", places=6)
PRICES = st.decimals(min_value=0, max_value="999999999", places=6)
PERCENTS = st.decimals(min_value=0, max_value=100, places=6)


def half_up(exact: Fraction, currency: str) -> Decimal:
    """The rule itself, in whole numbers: add a half of the minor unit and cut."""
    scale = 10 ** minor_units(currency)
    return Decimal(floor(exact * scale + Fraction(1, 2))) / Decimal(scale)


@pytest.mark.parametrize(("currency", "places"), [("USD", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3)])
def test_each_currency_has_its_minor_unit(currency: str, places: int) -> None:
    assert minor_units(currency) == places


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.005", "USD", "0.01"),
        ("0.015", "USD", "0.02"),
        ("2.675", "USD", "2.68"),
        ("0.0049999", "USD", "0.00"),
        ("0.5", "JPY", "1"),
        ("1.5", "JPY", "2"),
        ("2.5", "JPY", "3"),
        ("1.2345", "KWD", "1.235"),
        ("-0.005", "USD", "-0.01"),
    ],
)
def test_a_half_is_rounded_up(amount: str, currency: str, rounded: str) -> None:
    assert str(round_money(D(amount), currency)) == rounded


def test_amounts_read_the_way_people_write_them() -> None:
    assert format_money(D("1234.5"), "USD") == "$1,234.50"
    assert format_money(D(1234), "JPY") == "¥1,234"


@given(QUANTITIES, PRICES, CURRENCIES)
def test_a_line_is_quantity_times_price_rounded_once(quantity: Decimal, price: Decimal, currency: str) -> None:
    assert line_amount(quantity, price, currency) == half_up(Fraction(quantity) * Fraction(price), currency)


@st.composite
def documents(draw):
    currency = draw(CURRENCIES)
    places = minor_units(currency)
    amounts = st.decimals(min_value=0, max_value="99999999", places=places)
    lines = draw(st.lists(st.tuples(amounts, st.booleans()), min_size=1, max_size=8))
    subtotal = sum((amount for amount, _ in lines), D(0))
    share = draw(st.decimals(min_value=0, max_value=1, places=4))
    discount = (subtotal * share).quantize(D(1).scaleb(-places), rounding="ROUND_DOWN")
    return currency, lines, discount, draw(amounts), draw(PERCENTS)


@given(documents())
def test_documents_add_up_to_the_cent(document) -> None:
    currency, lines, discount, shipping, percent = document
    sums = add_up(lines, discount=discount, shipping=shipping, currency=currency, rate=("State", percent))
    unit = D(1).scaleb(-minor_units(currency))
    assert sums.subtotal == sum(amount for amount, _ in lines)
    assert sums.total == sums.subtotal - sums.discount + sums.shipping + sums.tax
    assert sums.total >= 0
    assert sum((part.amount for part in sums.tax_parts), D(0)) == sums.tax
    assert all(value == value.quantize(unit) for value in (sums.subtotal, sums.tax, sums.total))


@given(documents())
def test_tax_is_the_rate_on_taxable_lines_after_their_share_of_the_discount(document) -> None:
    currency, lines, discount, shipping, percent = document
    sums = add_up(lines, discount=discount, shipping=shipping, currency=currency, rate=("State", percent))
    taxable = sum((amount for amount, taxed in lines if taxed), D(0))
    subtotal = sum((amount for amount, _ in lines), D(0))
    share = half_up(Fraction(discount) * Fraction(taxable) / Fraction(subtotal), currency) if subtotal else D(0)
    assert sums.tax == half_up(Fraction(taxable - share) * Fraction(percent) / 100, currency)


def test_the_discount_is_shared_between_taxed_and_untaxed_lines() -> None:
    lines = [(D("60.00"), True), (D("40.00"), False)]
    sums = add_up(lines, discount=D("10.00"), shipping=D("7.00"), currency="USD", rate=("State", D("8.875")))
    (part,) = sums.tax_parts
    assert (part.taxable_amount, part.amount) == (D("54.00"), D("4.79"))
    assert sums.total == D("101.79")


def test_without_a_rate_or_a_taxable_line_there_is_no_tax() -> None:
    assert add_up([(D(5), True)], discount=D(0), shipping=D(0), currency="USD", rate=None).tax_parts == ()
    assert add_up([(D(5), False)], discount=D(0), shipping=D(3), currency="USD", rate=("State", D(9))).tax == 0


def test_a_full_discount_leaves_only_the_shipping() -> None:
    sums = add_up([(D("9.99"), True)], discount=D("9.99"), shipping=D(1), currency="USD", rate=("State", D(9)))
    assert (sums.tax, sums.total) == (D(0), D(1))
