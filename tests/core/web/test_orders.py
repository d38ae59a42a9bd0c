"""The form of an order, and what an order's page offers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from erp_core.models import Order
from erp_core.services import catalogue
from erp_core.testing.factories import ACTOR, OrderFactory
from erp_core.web.forms import NOT_A_NUMBER, parse_number


def typed(house, **values):
    """A form as a browser sends it: two lines and an empty one."""
    return {
        "instance_id": house.shop.id,
        "customer": "Pine & Paddle",
        "order_date": "2026-11-20",
        "tax_rate_id": "0",
        "lines-0-product": "TRAIL-CL · Trail Mix (Classic)",
        "lines-0-quantity": "2.5",
        "lines-0-unit_price": "",
        "lines-1-product": "",
        "lines-2-product": "almond butter (16oz)",
        "lines-2-quantity": "1",
        "lines-2-unit_price": "1,234.50",
        "lines-2-note": "Grade A",
        **values,
    }


@pytest.fixture
def shelf(house):
    house.customer()
    house.product()
    house.product("Almond Butter (16oz)", "ALM-16")


def test_an_order_is_made_from_what_was_typed(ana, session, house, shelf):
    rate = catalogue.create_tax_rate(session, house.tenant.id, "NYC", Decimal("8.875"), actor=ACTOR)
    house.customer("Redwood Co-op", account_code="RED")
    session.commit()
    answer = ana.post(
        "/orders/new",
        data=typed(
            house, tax_rate_id=rate.id, seller="red", discount="5", shipping="7.50", memo="Thanks", commission="3"
        ),
    )
    order = session.scalars(select(Order)).one()
    assert answer.location == f"/orders/{order.id}"
    assert [(line.product.sku, line.quantity, line.unit_price, line.note) for line in order.lines] == [
        ("TRAIL-CL", Decimal("2.5"), Decimal(10), ""),
        ("ALM-16", Decimal(1), Decimal("1234.5"), "Grade A"),
    ]
    assert (order.discount, order.shipping, order.commission, order.memo) == (5, Decimal("7.5"), 3, "Thanks")
    assert order.seller.name == "Redwood Co-op"
    page = ana.get(answer.location).text
    assert "NYC, 8.875 % of $1,254.50" in page  # the lines after the discount
    assert "$1,373.34" in page


def test_save_and_confirm_is_one_act(ana, session, house, shelf):
    ana.post("/orders/new", data=typed(house, then="confirm"))
    assert session.scalars(select(Order.state)).all() == ["confirmed"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"customer": ""}, "Choose a customer."),
        ({"customer": "Nobody"}, "There is no customer named “Nobody”."),
        ({"seller": "Nobody"}, "There is no customer named “Nobody”."),
        ({"lines-0-product": "NOPE"}, "There is no product “NOPE”."),
        ({"lines-2-quantity": "-1"}, "The quantity must be more than 0."),
        ({"lines-2-quantity": "many"}, "Enter a number as the quantity."),
        ({"lines-2-unit_price": "free"}, "Enter a number as the price."),
        ({"lines-2-unit_price": "NaN"}, "Enter a number as the price."),
        ({"discount": "99999"}, "The discount can&#39;t be more than the lines"),
        ({"order_date": "yesterday"}, "Not a valid date value."),
        ({"tax_rate_id": "77"}, "Not a valid choice."),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(ana, session, house, shelf, wrong, sentence):
    answer = ana.post("/orders/new", data=typed(house, memo="Keep me", **wrong))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "is-invalid" in answer.text
    assert "Keep me" in answer.text
    assert session.scalars(select(Order)).all() == []


def test_the_problem_of_a_line_stands_in_that_line_also_after_an_empty_one(ana, house, shelf):
    page = ana.post("/orders/new", data=typed(house, **{"lines-2-quantity": "0"})).text
    assert 'id="lines-2-quantity-error"' in page
    assert 'id="lines-1-quantity-error"' not in page


def test_an_order_without_lines_is_refused(ana, house, shelf):
    answer = ana.post("/orders/new", data={"instance_id": house.shop.id, "customer": "Pine & Paddle", "tax_rate_id": 0})
    assert answer.status_code == 422
    assert "Enter at least one line." in answer.text


def test_what_a_customer_typed_is_text_and_never_markup(ana, house, shelf):
    page = ana.post("/orders/new", data=typed(house, memo="<script>alert(1)</script>"), follow_redirects=True).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def edited(order, **values):
    return {
        "instance_id": order.instance_id,
        "version": order.version,
        "customer": order.customer.name,
        "tax_rate_id": "0",
        "lines-0-product": order.lines[0].product.sku,
        "lines-0-quantity": "7",
        **values,
    }


def test_an_edit_rewrites_the_order(ana, session, house):
    order = OrderFactory(instance=house.shop, lines=[(house.product(), 2)])
    assert 'value="TRAIL-CL · Trail Mix (Classic)"' in ana.get(f"/orders/{order.id}/edit").text
    assert ana.post(f"/orders/{order.id}/edit", data=edited(order)).location == f"/orders/{order.id}"
    assert session.get(Order, order.id).lines[0].quantity == 7


def test_the_second_of_two_people_who_edit_is_told_and_loses_nothing_typed(ana, session, house):
    order = OrderFactory(instance=house.shop)
    first, second = edited(order), edited(order, memo="My words")
    ana.post(f"/orders/{order.id}/edit", data=first)
    answer = ana.post(f"/orders/{order.id}/edit", data=second)
    assert answer.status_code == 422
    assert "Somebody else saved order" in answer.text
    assert "My words" in answer.text
    assert session.get(Order, order.id).memo == ""
    assert ana.post(f"/orders/{order.id}/edit", data=edited(order, version="")).status_code == 422


def test_a_paid_order_is_not_edited_and_its_page_says_why(ana, session, house):
    from erp_core import clock
    from erp_core.services import payments
    from erp_core.testing.factories import InvoiceFactory

    invoice = InvoiceFactory(instance=house.shop)
    payments.record_payment(
        session,
        house.shop,
        customer_id=invoice.customer_id,
        amount=invoice.total,
        payment_date=clock.today(house.shop.timezone),
        allocations=[(invoice.id, invoice.total)],
        actor=ACTOR,
    )
    session.commit()
    page = ana.get(f"/orders/{invoice.order_id}").text
    assert "was applied to its invoice" in page
    assert f"/orders/{invoice.order_id}/edit" not in page
    answer = ana.get(f"/orders/{invoice.order_id}/edit", follow_redirects=True)
    assert "was applied to its invoice" in answer.text
    ana.post(f"/orders/{invoice.order_id}/edit", data=edited(invoice.order))
    assert session.get(Order, invoice.order_id).lines[0].quantity == 1


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ({}, {"confirm", "cancel", "delete"}),
        ({"confirmed": True}, {"ship", "cancel", "delete"}),
        ({"shipped": True}, {"invoice", "cancel", "delete"}),
        ({"invoiced": True}, set()),
    ],
)
def test_a_page_offers_what_the_order_table_allows(ana, house, state, offered):
    order = OrderFactory(instance=house.shop, **state)
    page = ana.get(f"/orders/{order.id}").text
    acts = {"confirm", "ship", "invoice", "cancel", "delete"}
    assert {act for act in acts if f'action="/orders/{order.id}/{act}"' in page} == offered


def test_the_steps_of_an_order(ana, session, house):
    order = OrderFactory(instance=house.shop)
    for step in ("confirm", "ship"):
        assert ana.post(f"/orders/{order.id}/{step}").location == f"/orders/{order.id}"
    made = ana.post(f"/orders/{order.id}/invoice", data={"draft": "1"}).location
    assert "Draft invoice" in ana.get(made).text
    assert ana.post(f"{made}/issue").location == made
    assert "MAIN-INV-0001" in ana.get(made).text
    refused = ana.post(f"/orders/{order.id}/cancel", follow_redirects=True)
    assert "Void the invoice instead" in refused.text
    assert session.get(Order, order.id).state == "invoiced"


def test_suggestions_are_of_the_own_tenant_and_active(ana, session, house):
    from erp_core.testing.factories import ProductFactory

    house.product()
    house.product("Old Trail Mix", "OLD", active=False)
    ProductFactory(name="Trail Mix of others", sku="X")
    assert ana.get("/products/suggest?q=trail").get_json() == {"items": [{"value": "TRAIL-CL · Trail Mix (Classic)"}]}
    house.customer(account_code="PP-1")
    assert ana.get("/customers/suggest?q=PP").get_json() == {"items": [{"value": "Pine & Paddle", "hint": "PP-1"}]}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.50", "1234.50"),
        ("12,50", "12.50"),
        ("1,234", "1234"),
        (" 7 ", "7"),
        ("1 000.5", "1000.5"),
        ("1,2,3", "123"),
    ],
)
def test_numbers_are_read_as_people_type_them(text, number):
    assert parse_number(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "x", "NaN", "Infinity", "1.2.3", "--1"])
def test_what_is_no_number_is_none(text):
    assert parse_number(text) is NOT_A_NUMBER
