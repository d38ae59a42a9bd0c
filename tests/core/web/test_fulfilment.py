"""Many orders at once: what works is done, what does not is said, order by order."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from erp_core.models import Invoice, Order
from erp_core.testing.factories import OrderFactory
from erp_core.web.views.fulfilment import NAMED


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
    assert "2 were not invoiced." in page
    assert f"The order is not shipped yet. Ship it first (1): {orders[1].number}." in page
    assert f"The order is invoiced already (1): {orders[3].number}." in page
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


def test_one_refusal_is_said_with_its_number_and_many_in_one_message_by_reason(ana, house):
    orders = [OrderFactory(instance=house.shop) for _ in range(NAMED + 9)]
    shipped = [OrderFactory(instance=house.shop, shipped=True) for _ in range(2)]
    alone = ana.post("/fulfilment/ship", data={"ids": [orders[0].id]}, follow_redirects=True).text
    assert f"Order {orders[0].number} is still a draft. Confirm it first." in alone
    page = ana.post(
        "/fulfilment/ship", data={"ids": [order.id for order in (*orders, *shipped)]}, follow_redirects=True
    ).text
    assert page.count("alert-warning") == 1
    assert f"{len(orders) + 2} were not marked as shipped." in page
    named = ", ".join(order.number for order in orders[:NAMED])
    assert f"The order is still a draft. Confirm it first ({len(orders)}): {named} and 9 more." in page
    assert f"The order is shipped already. Invoice it next (2): {shipped[0].number}, {shipped[1].number}." in page
    assert page.index("still a draft") < page.index("shipped already")


def test_an_order_with_a_draft_invoice_says_so_where_it_is_to_be_invoiced(ana, house):
    with_draft, without = (OrderFactory(instance=house.shop, shipped=True) for _ in range(2))
    ana.post(f"/orders/{with_draft.id}/invoice", data={"draft": "1"})
    page = ana.get("/fulfilment").text
    assert without.number in page
    assert page.count("Draft invoice") == 1
    assert page.index(f">{with_draft.number}<") < page.index("Draft invoice")


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
