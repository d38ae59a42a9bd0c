"""Numbers in the API are exact: no float ever touches them."""

from __future__ import annotations

import json
from decimal import Decimal

from sqlalchemy import select

from erp_core.api.exact import write_number
from erp_core.models import Product

TENTH = Decimal("0.1")
PRICES = {
    "a text": ('"0.1"', TENTH),
    "a number": ("0.1", TENTH),
    "a number with an exponent": ("1e-1", TENTH),
    "zeros at the end": ('"0.100000"', TENTH),
    "a text with an exponent": ('"1e-1"', None),
    "a space": ('" 0.1"', None),
    "a comma": ('"0,1"', None),
}


def test_a_price_is_stored_as_it_was_written_or_refused(program, session, subtests):
    for case, (written, stored) in PRICES.items():
        with subtests.test(case):
            body = f'{{"sku": "{case}", "name": "A", "price": {written}}}'
            response = program.post("/api/products", data=body, content_type="application/json")
            assert response.status_code == (422 if stored is None else 201), response.text
            assert session.scalar(select(Product.price).where(Product.sku == case)) == stored


def test_more_digits_than_a_float_holds_survive(program):
    body = '{"sku": "A", "name": "A", "price": 123456789.123457, "stock": "99999999.000001"}'
    answer = program.post("/api/products", data=body, content_type="application/json").get_json()
    assert (answer["price"], answer["stock"]) == ("123456789.123457", "99999999.000001")
    assert json.loads(program.get("/api/products").text)["data"][0]["price"] == "123456789.123457"


def test_numbers_are_written_without_exponents_or_superfluous_zeros():
    assert write_number(Decimal("18.5000"), 2) == "18.50"
    assert write_number(Decimal("1E+3"), 2) == "1000.00"
    assert write_number(Decimal("1500.0000"), 0) == "1500"
    assert write_number(Decimal("0.125000"), 2) == "0.125"
    assert write_number(Decimal("-2.5"), 0) == "-2.5"
