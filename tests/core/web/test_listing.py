"""The one engine of every list."""

from __future__ import annotations

import base64
from datetime import date
from decimal import Decimal

import pytest

from erp_core.errors import Invalid
from erp_core.models import Activity, Customer, Product
from erp_core.services import listing, lists
from erp_core.services.listing import Query


@pytest.fixture
def products(session, house):
    """Seven products; five of them cost the same."""
    return [
        house.product(f"Product {letter}", f"SKU-{letter}", price=Decimal(price))
        for letter, price in zip("abcdefg", ("5", "5", "5", "1.5", "5", "5", "90"), strict=True)
    ]


def run(session, house, spec=None, **query):
    return listing.run(session, spec or lists.products(), Query(**query), tenant_id=house.tenant.id)


def names(page):
    return [row.name[-1] for row in page.rows]


@pytest.mark.parametrize(("sort", "order"), [("price", "dabcefg"), ("-price", "gfecbad"), ("name", "abcdefg")])
def test_pages_follow_one_another_without_gap_or_twin_also_with_equal_values(session, house, products, sort, order):
    seen, cursor = "", ""
    while True:
        page = run(session, house, sort=sort, size=2, cursor=cursor)
        seen += "".join(names(page))
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == order


def test_the_way_back_shows_the_same_pages(session, house, products):
    first = run(session, house, sort="-price", size=3)
    second = run(session, house, sort="-price", size=3, cursor=first.next_cursor)
    third = run(session, house, sort="-price", size=3, cursor=second.next_cursor)
    assert not third.next_cursor
    assert not first.previous_cursor
    back = run(session, house, sort="-price", size=3, cursor=third.previous_cursor)
    assert names(back) == names(second)
    again = run(session, house, sort="-price", size=3, cursor=back.previous_cursor)
    assert names(again) == names(first)
    assert not again.previous_cursor
    assert names(run(session, house, sort="-price", size=3, cursor=again.next_cursor)) == names(second)


def test_a_page_stays_where_it_was_when_rows_are_added_before_it(session, house, products):
    first = run(session, house, sort="name", size=3)
    house.product("Product A0", "SKU-A0")
    assert names(run(session, house, sort="name", size=3, cursor=first.next_cursor)) == ["d", "e", "f"]


def test_a_cursor_that_was_tampered_with_is_refused(session, house, products):
    cursor = run(session, house, size=2).next_cursor
    made_up = base64.urlsafe_b64encode(b'["name", false, "plain", "product b", 2]').decode()
    for wrong in (cursor[:-4] + "AAAA", made_up, "x", "ü"):
        with pytest.raises(Invalid):
            run(session, house, size=2, cursor=wrong)
    assert "product" not in base64.urlsafe_b64decode(cursor).decode(errors="replace").lower()


def test_a_cursor_of_another_order_is_refused(session, house, products):
    cursor = run(session, house, sort="price", size=2).next_cursor
    with pytest.raises(Invalid):
        run(session, house, sort="name", size=2, cursor=cursor)


def test_dates_and_numbers_are_places_in_a_list_too(session, house):
    days = [date(2026, 1, day) for day in (5, 3, 4)]
    from erp_core.testing.factories import OrderFactory

    for day in days:
        OrderFactory(instance=house.shop, order_date=day)
    page = run(session, house, lists.orders(), sort="date", size=1)
    following = run(session, house, lists.orders(), sort="date", size=5, cursor=page.next_cursor)
    assert [row.order_date.day for row in (*page.rows, *following.rows)] == [3, 4, 5]


def test_every_word_of_a_search_must_occur_whatever_its_case(session, house):
    house.product("Organic Granola Mix", "GRAN-1")
    house.product("Granola Bar", "BAR-1")
    assert names(run(session, house, search="granola MIX")) == ["x"]
    assert len(run(session, house, search="GRAN").rows) == 2
    assert run(session, house, search="granola almond").rows == []


def test_the_wildcards_of_the_database_are_ordinary_letters(session, house):
    house.product("100 % Oats", "OATS-1")
    house.product("1000 Oats", "OATS-2")
    assert len(run(session, house, search="100 %").rows) == 1
    assert run(session, house, search="OATS_1").rows == []
    assert run(session, house, search="\x00").total.number == 2


def test_a_search_looks_into_joined_records(session, house):
    from erp_core.testing.factories import OrderFactory

    OrderFactory(instance=house.shop, customer=house.customer("Redwood Co-op"))
    OrderFactory(instance=house.shop, customer=house.customer("Juniper Cafe"))
    page = run(session, house, lists.orders(), search="redwood")
    assert [row.customer.name for row in page.rows] == ["Redwood Co-op"]
    assert page.total.number == 1


def test_one_filter_of_a_group_is_on_and_groups_combine(session, house):
    house.product("Oats", "A", active=True)
    house.product("Delivery", "B", active=True, kind="service")
    house.product("Old oats", "C", active=False)
    page = run(session, house, filters=("active", "goods"))
    assert [row.sku for row in page.rows] == ["A"]
    assert {key: count.number for key, count in page.counts.items()} == {
        "active": 1,  # of the goods
        "inactive": 1,
        "goods": 1,  # of the active ones
        "service": 1,
    }
    assert [row.sku for row in run(session, house, filters=("active", "inactive")).rows] == ["C"]


def test_an_unknown_filter_or_order_is_an_error(session, house):
    for wrong in ({"filters": ("nonsense",)}, {"sort": "nonsense"}, {"sort": "-"}):
        with pytest.raises(Invalid):
            run(session, house, **wrong)


def test_counts_are_exact_to_a_thousand_and_then_say_more(session, house):
    def write(number):
        session.add_all(
            Activity(
                tenant_id=house.tenant.id,
                actor_kind="machine",
                actor_name="Test",
                action="tested",
                subject_type="test",
                subject_id=1,
                summary="Tested.",
            )
            for _ in range(number)
        )
        session.flush()

    write(1000)
    page = run(session, house, lists.activity())
    assert str(page.total) == "1,000"
    assert str(page.counts["machine"]) == "1,000"
    write(1)
    page = run(session, house, lists.activity())
    assert str(page.total) == "1,000+"
    assert str(page.counts["machine"]) == "1,000+"
    assert str(page.counts["person"]) == "0"


def test_a_list_shows_and_counts_one_tenants_rows_only(session, house):
    from erp_core.testing.factories import CustomerFactory

    house.customer("Ours")
    CustomerFactory(name="Theirs")
    page = run(session, house, lists.customers())
    assert [row.name for row in page.rows] == ["Ours"]
    assert page.total.number == 1
    assert page.counts["active"].number == 1
    assert listing.count(session, lists.customers(), tenant_id=house.tenant.id).number == 1


def test_a_page_never_holds_more_than_two_hundred_rows(session, house):
    session.add_all(Customer(tenant_id=house.tenant.id, name=f"Customer {number:03}") for number in range(205))
    session.flush()
    assert len(run(session, house, lists.customers(), size=100_000).rows) == listing.MAX_PAGE_SIZE
    assert len(run(session, house, lists.customers(), size=-5).rows) == 1


def test_all_sort_keys_of_all_lists_work_in_both_directions(session, house):
    from erp_core.testing.factories import InvoiceFactory

    InvoiceFactory(instance=house.shop)
    InvoiceFactory(instance=house.shop)
    for spec in (
        lists.orders(),
        lists.invoices([house.shop]),
        lists.customers(),
        lists.products(),
        lists.payments(),
        lists.activity(),
    ):
        for key in spec.sorts:
            for sort in (key, f"-{key}"):
                page = run(session, house, spec, sort=sort, size=1)
                if page.next_cursor:
                    assert run(session, house, spec, sort=sort, size=1, cursor=page.next_cursor).rows
    assert session.query(Product).count() == 2
