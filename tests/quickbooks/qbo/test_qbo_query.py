"""Statements whose values stay values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.quickbooks.qbo.query import (
    ACTIVE_OR_NOT,
    Query,
    Value,
    at_least,
    equals,
    literal,
    names_in,
    one_of,
    unsupported_characters,
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("O'Neil", r"'O\'Neil'"),
        ("a\\b", r"'a\\b'"),
        ("\\'", r"'\\\''"),
        (True, "true"),
        (False, "false"),
        (7, "'7'"),
        (Decimal("1E+2"), "'100'"),
        (date(2026, 1, 31), "'2026-01-31'"),
        (datetime(2026, 1, 31, 12, 30, 5, 999, tzinfo=UTC), "'2026-01-31T12:30:05+00:00'"),
    ],
)
def test_a_value_is_written_so_that_it_stays_one(value: Value, written: str) -> None:
    assert literal(value) == written


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        literal(datetime(2026, 1, 31))  # noqa: DTZ001  # that is the point


@given(st.text())
def test_no_text_ends_its_own_quotes(text: str) -> None:
    inside = literal(text)[1:-1]
    read, rest = [], iter(inside)
    for character in rest:
        assert character != "'"
        read.append(next(rest) if character == "\\" else character)
    assert "".join(read) == text


def test_a_page_is_ordered_by_id() -> None:
    query = Query("Invoice", (equals("CustomerRef", "4"), at_least("TxnDate", date(2026, 1, 1))))

    assert query.page(1001) == (
        "SELECT * FROM Invoice WHERE CustomerRef = '4' AND TxnDate >= '2026-01-01'"
        " ORDERBY Id STARTPOSITION 1001 MAXRESULTS 1000"
    )


def test_items_are_asked_for_their_sku() -> None:
    assert Query("Item").page(1, 5) == "SELECT *, Sku FROM Item ORDERBY Id STARTPOSITION 1 MAXRESULTS 5"


@pytest.mark.parametrize(("start", "size"), [(0, 1), (1, 0), (1, 1001)])
def test_a_page_that_quickbooks_would_refuse_is_refused(start: int, size: int) -> None:
    with pytest.raises(ValueError, match="1,000"):
        Query("Item").page(start, size)


def test_one_of_no_values_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        one_of("Id", [])


def test_names_are_asked_for_together_whether_active_or_not() -> None:
    assert list(names_in("Customer", "DisplayName", ["Ann", "O'Neil", "Ann"])) == [
        Query("Customer", (r"DisplayName IN ('Ann', 'O\'Neil')", ACTIVE_OR_NOT))
    ]
    assert list(names_in("Customer", "DisplayName", ["Ann"], include_inactive=False)) == [
        Query("Customer", ("DisplayName IN ('Ann')",))
    ]


def test_transactions_have_no_active_flag_to_ask_for() -> None:
    assert list(names_in("Invoice", "DocNumber", ["1"])) == [Query("Invoice", ("DocNumber IN ('1')",))]


def test_no_names_cost_no_query() -> None:
    assert list(names_in("Customer", "DisplayName", [])) == []


@given(st.lists(st.text(min_size=1, max_size=60), max_size=60), st.integers(200, 500))
def test_long_lists_are_cut_into_statements_that_fit_and_lose_nobody(names: list[str], longest: int) -> None:
    queries = list(names_in("Customer", "DisplayName", names, longest=longest))

    assert all(len(query.page()) <= longest for query in queries)
    expected = [literal(name) for name in dict.fromkeys(names)]
    joined = ", ".join(query.conditions[0].removeprefix("DisplayName IN (").removesuffix(")") for query in queries)
    assert joined == ", ".join(expected)


@pytest.mark.parametrize(
    ("text", "found"), [("Zoë's café £5", ()), ("Łukasz €5 and Ł", ("Ł", "€")), ("", ()), ("granola 🥣", ("🥣",))]
)
def test_characters_that_a_united_states_company_cannot_store_are_named(text: str, found: tuple[str, ...]) -> None:
    assert unsupported_characters(text) == found
