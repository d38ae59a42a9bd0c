"""Many orders at once: what works is done, what does not is said, order by order."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from erp_core.models import Invoice, Order
from erp_core.testing.factories import OrderFactory
from erp_core.web.views.fulfilment import SENTENCES


def states(session):
    return [order.state for order in session.scalars(select(Order).order_by(Order.id))]


def test_shipped_orders_wait_to_be_invoiced_and_confirmed_ones_to_be_shipped(ana, house):
    shipped, confirmed = (
        OrderFactory(instance=house.shop, shipped=True),
        OrderFactory(instance=house.shop, confirmed=True),
    )
    draft = OrderFactory(instance=house.shop)
    to_invoice, to_ship = ana.get("/fulfilment").text, ana.get("/fulfilment?show=ship").text
    assert shipped.number in to_invoice
    assert "Create invoice" in to_invoice
    assert confirmed.number in to_ship
    assert "Mark as shipped" in to_ship
    for page, others in ((to_invoice, (confirmed, draft)), (to_ship, (shipped, draft))):
        assert not any(f">{other.number}<" in page for other in others)


def test_one_refused_order_does_not_stop_its_neighbours(ana, session, house):
    orders = [
        OrderFactory(instance=house.shop, shipped=True),
        OrderFactory(instance=house.shop, confirmed=True),
        OrderFactory(instance=house.shop, shipped=True),
        OrderFactory(instance=house.shop, invoiced=True),
    ]
    page = ana.post("/fulfilment/invoice", data={"ids": [order.id for order in orders]}, follow_redirects=True).text
    assert "2 orders are invoiced." in page
    assert f"Order {orders[1].number} is not shipped yet. Ship it first." in page
    assert f"Order {orders[3].number} is invoiced already, as invoice" in page
    assert states(session) == ["invoiced", "confirmed", "invoiced", "invoiced"]
    assert len(session.scalars(select(Invoice)).all()) == 3


def test_many_orders_are_shipped_and_confirmed_the_same_way(ana, session, house):
    draft, confirmed = OrderFactory(instance=house.shop), OrderFactory(instance=house.shop, confirmed=True)
    ids = [draft.id, confirmed.id]
    page = ana.post("/fulfilment/ship", data={"ids": ids}, follow_redirects=True).text
    assert "1 order is marked as shipped." in page
    assert "is still a draft. Confirm it first." in page
    page = ana.post("/fulfilment/confirm", data={"ids": ids}, follow_redirects=True).text
    assert "1 order is confirmed." in page
    assert states(session) == ["confirmed", "shipped"]


def test_more_refusals_than_a_cookie_holds_get_a_page(ana, house):
    orders = [OrderFactory(instance=house.shop) for _ in range(SENTENCES + 1)]
    good = OrderFactory(instance=house.shop, confirmed=True)
    answer = ana.post("/fulfilment/ship", data={"ids": [order.id for order in (*orders, good)]})
    assert answer.status_code == 200
    assert answer.text.count("is still a draft.") == SENTENCES + 1
    assert good.number in answer.text


def test_an_order_is_invoiced_once_however_often_the_button_is_pressed(ana, session, house):
    order = OrderFactory(instance=house.shop, shipped=True)
    for _ in range(2):
        ana.post("/fulfilment/invoice", data={"ids": [order.id, order.id]})
    assert len(session.scalars(select(Invoice)).all()) == 1


@pytest.mark.parametrize("ids", [[], ["x"], ["-1"], ["99999999999"]])
def test_nothing_ticked_is_said(ana, ids):
    page = ana.post("/fulfilment/invoice", data={"ids": ids}, follow_redirects=True).text
    assert "Nothing is selected." in page


def test_an_order_that_is_gone_is_said(ana, session, house):
    order = OrderFactory(instance=house.shop, shipped=True)
    answer = ana.post("/fulfilment/invoice", data={"ids": [order.id, 4711]})
    assert answer.status_code == 404
    assert "Reload the page and select again." in answer.text
    assert states(session) == ["shipped"]


def test_the_person_comes_back_to_where_the_button_was_and_never_elsewhere(ana, house):
    order = OrderFactory(instance=house.shop, confirmed=True)
    here = {"Referer": "http://localhost/orders?filter=confirmed"}
    assert ana.post("/fulfilment/ship", data={"ids": [order.id]}, headers=here).location == "/orders?filter=confirmed"
    there = {"Referer": "http://evil.example/orders"}
    assert ana.post("/fulfilment/ship", data={"ids": [order.id]}, headers=there).location == "/fulfilment"
