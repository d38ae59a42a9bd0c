"""Payloads, amounts, request ids and masks: the pure parts."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.quickbooks.qbo import request_id
from plugins.quickbooks.qbo.masking import masked
from plugins.quickbooks.qbo.money import decimals_of, line_amount, rounded
from plugins.quickbooks.qbo.payload import fingerprint, from_json, to_json

amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15)
payloads = st.recursive(
    st.none() | st.booleans() | st.integers() | amounts | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@given(payloads)
def test_what_was_written_down_is_read_back_exactly(payload: Any) -> None:
    text = to_json(payload)

    assert from_json(text) == payload
    assert to_json(from_json(text)) == text
    assert fingerprint(from_json(text)) == fingerprint(payload)


def test_digits_are_kept_and_members_sorted() -> None:
    assert to_json({"b": Decimal("10.10"), "a": [Decimal("1E+2"), Decimal("0.00"), True, None, "é"]}) == (
        '{"a":[100,0.00,true,null,"é"],"b":10.10}'
    )


@pytest.mark.parametrize("value", [0.1, {"a": [1.0]}, object(), {1: "a"}, b"x", {"a"}])
def test_what_has_no_exact_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        to_json(value)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_amount_is_refused(value: Decimal) -> None:
    with pytest.raises(ValueError, match="not amounts"):
        to_json({"Amount": value})


def test_nan_is_not_read_either() -> None:
    with pytest.raises(ValueError, match="NaN"):
        from_json('{"Amount": NaN}')


def test_a_fingerprint_ignores_order_and_trailing_zeros_only() -> None:
    one = {"Qty": Decimal("2.0000"), "Amount": Decimal("10.50")}

    assert fingerprint(one) == fingerprint({"Amount": Decimal("10.5"), "Qty": 2})
    assert fingerprint(one) != fingerprint({"Amount": Decimal("10.51"), "Qty": 2})
    assert fingerprint({"a": "1.0"}) != fingerprint({"a": "1"})
    assert fingerprint({"a": [1, 2]}) != fingerprint({"a": [2, 1]})
    assert fingerprint({"a": Decimal("-0.0")}) == fingerprint({"a": 0})
    assert fingerprint({"a": 100}) != fingerprint({"a": 1})
    assert len(fingerprint(one)) == 64


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("2.345", "USD", "2.35"),
        ("2.344999", "USD", "2.34"),
        ("-2.345", "USD", "-2.35"),
        ("2", "USD", "2.00"),
        ("2.5", "JPY", "3"),
        ("2.4", "JPY", "2"),
        ("1.0005", "KWD", "1.001"),
        ("99999999999999999999999999999.995", "EUR", "100000000000000000000000000000.00"),
    ],
)
def test_amounts_are_rounded_half_up_to_the_smallest_unit(amount: str, currency: str, expected: str) -> None:
    assert str(rounded(Decimal(amount), currency)) == expected


def test_a_line_is_rounded_once() -> None:
    assert line_amount(Decimal("3"), Decimal("6.70"), "USD") == Decimal("20.10")
    assert line_amount(Decimal("0.333"), Decimal("10.015"), "USD") == Decimal("3.33")
    assert line_amount(Decimal("1.5"), Decimal("0.335"), "USD") == Decimal("0.50")
    assert line_amount(Decimal("1234567890.12345"), Decimal("98765432109.8765"), "USD") == Decimal(
        "121932631137021071359.55"
    )


@pytest.mark.parametrize(("currency", "decimals"), [("USD", 2), ("JPY", 0), ("BHD", 3), ("EUR", 2)])
def test_currencies_have_their_decimals(currency: str, decimals: int) -> None:
    assert decimals_of(currency) == decimals


def test_a_request_id_is_the_same_for_the_same_attempt_and_only_then() -> None:
    record = UUID("5a5ed5ab-7d8c-4a8c-9f55-6f4a6d6f3f10")
    first = request_id.single("9341", "Invoice", record, 1)

    assert first == "184cd6db-91a9-5279-9dc3-3f39ba8a32b3", "undecided calls rely on it"
    assert first == request_id.single("9341", "Invoice", record, 1)
    others = {
        request_id.single("9342", "Invoice", record, 1),
        request_id.single("9341", "Customer", record, 1),
        request_id.single("9341", "Invoice", uuid4(), 1),
        request_id.single("9341", "Invoice", record, 2),
    }
    assert len(others | {first}) == 5


def test_the_ids_of_a_batch_fit_their_limits() -> None:
    assert len(request_id.new_batch()) <= 36
    assert request_id.new_batch() != request_id.new_batch()
    ids = [request_id.batch_item_id(position) for position in range(30)]
    assert len(set(ids)) == 30
    assert max(map(len, ids)) <= 10


@pytest.mark.parametrize(
    "text",
    [
        "Token expired: SECRETSECRET",
        "Malformed bearer token: SECRETSECRET",
        "Authorization: Bearer SECRETSECRET",
        json.dumps({"access_token": "SECRETSECRET", "expires_in": 1}),
        "refresh_token=SECRETSECRET&grant_type=refresh_token",
        "eyJSECRETSECRET.a.b and more",
        "see AB11SECRETSECRET1234",
        "RT1-123-SECRETSECRET",
    ],
)
def test_what_looks_like_a_token_is_hidden(text: str) -> None:
    assert "SECRETSECRET" not in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "Required parameter SyncToken is missing in the request",
        '{"Id": "5", "SyncToken": "3", "code": "5010"}',
        "Property Name:Unrecognized token 'abc': was expecting ('true')",
        "Duplicate Document Number Error : DocNumber=1001 is assigned to TxnType=Invoice with TxnId=130",
    ],
)
def test_what_is_no_token_stays_readable(text: str) -> None:
    assert masked(text) == text


def test_a_known_secret_is_hidden_wherever_it_stands() -> None:
    assert masked("xxabcyy", ("abc", "")) == "xx[hidden]yy"
