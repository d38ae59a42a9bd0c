"""Orders are created, edited, ended; stock follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from erp_core.errors import Conflict, Invalid, Refused
from erp_core.models import Order, OrderState
from erp_core.plugins import guards, hooks
from erp_core.plugins.contract import Plugin
from erp_core.services import catalogue, fulfilment, invoicing, ordering, parties, tenants
from erp_core.services.order_input import LineInput
from erp_core.services.ordering_rules import Stage
from tests.core.services.shop import ACTOR, Shop
from tests.core.services.spy import Spy

D = Decimal


def invalid(shop: Shop, data: ordering.OrderInput) -> dict[str, str]:
    """What is wrong with the input; nothing may remain of it."""
    with pytest.raises(Invalid) as refusal:
        ordering.create_order(shop.session, shop.instance, data, actor=ACTOR)
    shop.session.commit()
    assert shop.session.scalar(select(func.count()).select_from(Order)) == 0
    assert refusal.value.message.startswith("The order was not created.")
    return refusal.value.fields


def with_line(shop: Shop, **values) -> ordering.OrderInput:
    return shop.data(lines=[replace(LineInput(shop.granola.id, D(1)), **values)])


def test_an_order_takes_number_currency_price_and_amounts(shop: Shop) -> None:
    data = shop.data(
        lines=[
            LineInput(shop.granola.id, D("2.5"), note="Large"),
            LineInput(shop.delivery.id, D(1), D("4.125"), "By bike"),
        ],
        memo=" Ring twice ",
        commission=D("1.50"),
        discount=D("3.00"),
        shipping=D("7.00"),
        tax_rate_id=shop.tax.id,
    )
    order = shop.order(data=data)
    shop.session.commit()
    shop.session.expire_all()
    assert (order.number, order.state, order.currency, order.memo) == ("SO-0001", "draft", "USD", "Ring twice")
    assert [(line.position, line.unit_price, line.amount) for line in order.lines] == [
        (1, D(10), D("25.00")),
        (2, D("4.125"), D("4.13")),
    ]
    sums = ordering.totals(order)
    assert (sums.subtotal, sums.tax, sums.total) == (D("29.13"), D("2.32"), D("35.45"))
    assert order.commission == D("1.50")


def test_an_order_without_a_date_is_of_today_in_the_time_zone_of_its_instance(shop: Shop) -> None:
    here, there = "Pacific/Kiritimati", "Pacific/Pago_Pago"  # never on the same day
    shop.instance.timezone = here
    first = shop.order(data=shop.data(order_date=None))
    shop.instance.timezone = there
    second = shop.order(data=shop.data(order_date=None))
    assert first.order_date > second.order_date


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"customer_id": None}, "customer_id", "Choose a customer."),
        ({"customer_id": 999}, "customer_id", "There is no such customer."),
        ({"customer_id": 2**70}, "customer_id", "There is no such customer."),
        ({"customer_id": -1}, "customer_id", "There is no such customer."),
        ({"seller_id": 999}, "seller_id", "There is no such customer."),
        ({"tax_rate_id": 999}, "tax_rate_id", "There is no such tax rate."),
        ({"lines": []}, "lines", "Enter at least one line."),
        ({"memo": "x" * 1001}, "memo", "The memo can have at most 1,000 characters; this has 1,001."),
        ({"memo": "a\x00b"}, "memo", "The memo contains characters that can't be stored. Type it again."),
        ({"memo": "\ud800"}, "memo", "The memo contains characters that can't be stored. Type it again."),
        ({"discount": D(-1)}, "discount", "The discount can't be negative."),
        ({"discount": D("30.01")}, "discount", "The discount can't be more than the lines, $30.00."),
        ({"discount": D("0.001")}, "discount", "The discount can have at most 2 decimal places in USD."),
        ({"shipping": D("NaN")}, "shipping", "Enter a number as the shipping."),
        (
            {"shipping": D("1E+40")},
            "shipping",
            "The shipping is too large: at most 11 digits before the decimal point.",
        ),
        ({"shipping": 1.5}, "shipping", "Enter a number as the shipping."),
        ({"commission": D("Infinity")}, "commission", "Enter a number as the commission."),
        ({"order_date": date(1, 1, 1)}, "order_date", "The order date must be between 1970 and 2099."),
    ],
)
def test_bad_input_gets_a_sentence_for_its_field_and_changes_nothing(shop: Shop, values, field, sentence) -> None:
    assert invalid(shop, shop.data(**values)) == {field: sentence}


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"product_id": None}, "product_id", "Choose a product."),
        ({"product_id": 999}, "product_id", "There is no such product."),
        ({"quantity": D(0)}, "quantity", "The quantity must be more than 0."),
        ({"quantity": D(-2)}, "quantity", "The quantity must be more than 0."),
        ({"quantity": D("0.0000001")}, "quantity", "The quantity can have at most 6 decimal places."),
        ({"quantity": True}, "quantity", "Enter a number as the quantity."),
        ({"unit_price": D("-0.01")}, "unit_price", "The price can't be negative."),
        (
            {"unit_price": D(10) ** 9},
            "unit_price",
            "The price is too large: at most 9 digits before the decimal point.",
        ),
        (
            {"description": "x" * 1001},
            "description",
            "The description can have at most 1,000 characters; this has 1,001.",
        ),
        ({"note": "x" * 201}, "note", "The size or grade can have at most 200 characters; this has 201."),
        (
            {"quantity": D(999_999_999), "unit_price": D(999_999_999)},
            "quantity",
            "Quantity × price is more than an invoice can hold.",
        ),
    ],
)
def test_a_bad_line_gets_a_sentence_that_says_which_line(shop: Shop, values, field, sentence) -> None:
    fields = invalid(shop, with_line(shop, **values))
    assert fields[f"lines.0.{field}"] == sentence


def test_all_problems_are_named_at_once(shop: Shop) -> None:
    fields = invalid(shop, shop.data("-1", customer_id=None, discount=D(-1)))
    assert set(fields) == {"customer_id", "discount", "lines.0.quantity"}


def test_records_of_another_tenant_do_not_exist(shop: Shop, stranger: Shop) -> None:
    foreign = shop.data(
        customer_id=stranger.customer.id,
        seller_id=stranger.customer.id,
        tax_rate_id=stranger.tax.id,
        lines=[LineInput(stranger.granola.id, D(1))],
    )
    fields = invalid(shop, foreign)
    assert set(fields) == {"customer_id", "seller_id", "tax_rate_id", "lines.0.product_id"}
    assert all(sentence.startswith("There is no such") for sentence in fields.values())


def test_what_is_switched_off_can_not_be_ordered_but_stays_on_orders_that_have_it(shop: Shop) -> None:
    order = shop.order()
    shop.session.commit()
    catalogue.set_product_active(shop.session, shop.granola, False, actor=ACTOR)
    parties.set_customer_active(shop.session, shop.customer, False, actor=ACTOR)
    ordering.edit_order(shop.session, order, shop.data("4"), actor=ACTOR)
    assert order.lines[0].quantity == 4
    with pytest.raises(Invalid) as refusal:
        ordering.create_order(shop.session, shop.instance, shop.data(), actor=ACTOR)
    assert set(refusal.value.fields) == {"customer_id", "lines.0.product_id"}


def test_a_foreign_currency_needs_a_typed_price(shop: Shop) -> None:
    data = parties.CustomerInput("Kyoto Tea", currency="JPY")
    abroad = parties.create_customer(shop.session, shop.tenant.id, data, actor=ACTOR)
    assert invalid(shop, shop.data(customer_id=abroad.id)) == {
        "lines.0.unit_price": "Enter a price in JPY: the price of Product GRA-1 is in USD."
    }
    order = shop.order(data=shop.data("3", "333.5", customer_id=abroad.id))
    assert (order.currency, order.lines[0].amount) == ("JPY", D(1001))
    with pytest.raises(Invalid, match="0 decimal places in JPY"):
        shop.order(data=shop.data("3", "333", customer_id=abroad.id, shipping=D("0.5")))


def test_an_edit_replaces_fields_and_lines(shop: Shop) -> None:
    order = shop.order(data=shop.data(lines=[LineInput(shop.granola.id, D(1)), LineInput(shop.delivery.id, D(2))]))
    shop.session.commit()
    kept = order.lines[0].id
    ordering.edit_order(shop.session, order, shop.data("9", memo="New"), actor=ACTOR)
    shop.session.commit()
    shop.session.expire_all()
    assert [(line.id, line.quantity) for line in order.lines] == [(kept, D(9))]
    assert shop.activities()[-1].details == {"changed": ["memo", "lines"]}


def test_an_edit_that_changes_nothing_leaves_no_trace(shop: Shop) -> None:
    order = shop.order(Stage.INVOICED)
    shop.session.commit()
    before = (order.version, len(shop.activities()), shop.invoice_of(order).revision)
    ordering.edit_order(shop.session, order, shop.data(), actor=ACTOR)
    shop.session.commit()
    assert (order.version, len(shop.activities()), shop.invoice_of(order).revision) == before


def test_an_edit_of_what_somebody_else_saved_meanwhile_is_refused(sessions: sessionmaker[Session], shop: Shop) -> None:
    order = shop.order()
    seen = order.version
    shop.session.commit()
    with sessions() as elsewhere:
        same = elsewhere.get_one(Order, order.id)
        # Only a line changes: that too must raise the version.
        ordering.edit_order(elsewhere, same, shop.data("8"), actor=ACTOR, version=seen)
        elsewhere.commit()
    with pytest.raises(Conflict, match="Somebody else saved order SO-0001"):
        ordering.edit_order(shop.session, order, shop.data("4"), actor=ACTOR, version=seen)
    shop.session.commit()
    shop.session.expire_all()
    assert order.lines[0].quantity == 8


def test_an_order_that_was_deleted_meanwhile_is_a_conflict(sessions: sessionmaker[Session], shop: Shop) -> None:
    order = shop.order()
    shop.session.commit()
    with sessions() as elsewhere:
        ordering.delete_order(elsewhere, elsewhere.get_one(Order, order.id), actor=ACTOR)
        elsewhere.commit()
    with pytest.raises(Conflict, match="deleted"):
        ordering.confirm_order(shop.session, order, actor=ACTOR)


def test_editing_an_invoiced_order_rewrites_its_invoice(shop: Shop, load_plugin: Callable[[Plugin], None]) -> None:
    spy = Spy(shop.session, shop.instance)
    load_plugin(spy)
    invoice = shop.invoice()
    number, day = invoice.number, invoice.invoice_date
    spy.heard.clear()
    shop.session.commit()
    changes: dict[str, Any] = {"memo": "Thanks", "tax_rate_id": shop.tax.id, "shipping": D(5)}
    ordering.edit_order(shop.session, invoice.order, shop.data("4", **changes), actor=ACTOR)
    shop.session.commit()
    shop.session.expire_all()
    assert (invoice.number, invoice.invoice_date, invoice.revision, invoice.memo) == (number, day, 2, "Thanks")
    assert (invoice.tax, invoice.total, invoice.balance) == (D("3.55"), D("48.55"), D("48.55"))
    assert [line.quantity for line in invoice.lines] == [D(4)]
    assert sum(line.amount for line in invoice.tax_lines) == invoice.tax
    assert spy.heard == [hooks.InvoiceChanged(shop.tenant.id, shop.instance.id, invoice.id)]


def test_an_edit_that_the_customer_never_reads_leaves_the_invoice_alone(
    shop: Shop, load_plugin: Callable[[Plugin], None]
) -> None:
    spy = Spy(shop.session, shop.instance)
    load_plugin(spy)
    invoice = shop.invoice()
    spy.heard.clear()
    changes: dict[str, Any] = {"commission": D("2.00"), "seller_id": shop.customer.id}
    ordering.edit_order(shop.session, invoice.order, shop.data(**changes), actor=ACTOR)
    assert (invoice.revision, spy.heard) == (1, [])
    assert invoice.order.commission == D("2.00")


def test_editing_an_order_rewrites_its_draft_invoice_silently(
    shop: Shop, load_plugin: Callable[[Plugin], None]
) -> None:
    spy = Spy(shop.session, shop.instance)
    load_plugin(spy)
    order = shop.order(Stage.SHIPPED)
    draft = invoicing.invoice_order(shop.session, order, actor=ACTOR, draft=True)
    ordering.edit_order(shop.session, order, shop.data("5"), actor=ACTOR)
    assert (draft.total, draft.number, order.state) == (D("50.00"), None, "shipped")
    assert spy.heard == []


def test_the_currency_of_an_invoiced_order_can_not_change(shop: Shop) -> None:
    order = shop.order(Stage.INVOICED)
    data = parties.CustomerInput("Kyoto Tea", currency="JPY")
    abroad = parties.create_customer(shop.session, shop.tenant.id, data, actor=ACTOR)
    with pytest.raises(Invalid, match="The invoice is in USD; this customer pays in JPY"):
        ordering.edit_order(shop.session, order, shop.data("3", "10", customer_id=abroad.id), actor=ACTOR)


def test_a_new_customer_on_an_invoiced_order_gets_the_invoice_and_its_own_terms(shop: Shop) -> None:
    invoice = shop.invoice()
    data = parties.CustomerInput("Red Café", terms_days=10)
    other = parties.create_customer(shop.session, shop.tenant.id, data, actor=ACTOR)
    ordering.edit_order(shop.session, invoice.order, shop.data(customer_id=other.id), actor=ACTOR)
    shop.session.commit()
    shop.session.expire_all()
    assert (invoice.customer_id, invoice.due_date) == (other.id, date(2026, 3, 12))


def test_shipping_takes_goods_from_stock_and_leaves_services_alone(shop: Shop) -> None:
    lines = [LineInput(shop.granola.id, D(3)), LineInput(shop.delivery.id, D(1)), LineInput(shop.granola.id, D("1.5"))]
    shop.order(Stage.SHIPPED, shop.data(lines=lines))
    assert (shop.granola.stock, shop.delivery.stock) == (D("95.5"), 0)


def test_stock_may_go_below_zero_and_the_log_says_so(shop: Shop) -> None:
    shop.order(Stage.SHIPPED, shop.data("103"))
    assert shop.granola.stock == -3
    shipped = shop.activities()[-1]
    assert "below zero now: GRA-1" in shipped.summary
    assert D(shipped.details["below_zero"]["GRA-1"]) == -3


@pytest.mark.parametrize("end", [ordering.cancel_order, ordering.delete_order])
def test_a_shipped_order_that_ends_puts_its_goods_back(shop: Shop, end) -> None:
    order = shop.order(Stage.SHIPPED)
    end(shop.session, order, actor=ACTOR)
    assert shop.granola.stock == 100


@pytest.mark.parametrize("end", [ordering.cancel_order, ordering.delete_order])
def test_an_order_takes_its_draft_invoice_with_it(shop: Shop, end) -> None:
    order = shop.order(Stage.SHIPPED)
    invoicing.invoice_order(shop.session, order, actor=ACTOR, draft=True)
    end(shop.session, order, actor=ACTOR)
    shop.session.commit()
    assert shop.invoice_of(order) is None


def test_an_edit_of_a_shipped_order_moves_only_the_difference(shop: Shop) -> None:
    order = shop.order(Stage.INVOICED, shop.data("3"))
    ordering.edit_order(shop.session, order, shop.data("1"), actor=ACTOR)
    assert shop.granola.stock == 99
    moved = shop.data(lines=[LineInput(shop.delivery.id, D(2))])
    ordering.edit_order(shop.session, order, moved, actor=ACTOR)
    assert shop.granola.stock == 100


def test_one_refused_order_does_not_stop_the_shipping_of_its_neighbours(shop: Shop) -> None:
    orders = [shop.order(Stage.CONFIRMED), shop.order(Stage.DRAFT), shop.order(Stage.CONFIRMED)]
    shop.session.commit()
    outcomes = fulfilment.ship_orders(shop.session, orders, actor=ACTOR)
    shop.session.commit()
    shop.session.expire_all()
    assert [outcome.ok for outcome in outcomes] == [True, False, True]
    assert [outcome.order for outcome in outcomes] == orders
    assert isinstance(outcomes[1].error, Refused)
    assert [order.state for order in orders] == [OrderState.SHIPPED, OrderState.DRAFT, OrderState.SHIPPED]
    assert shop.granola.stock == 94


@pytest.mark.parametrize(
    ("intention", "stage", "act"),
    [
        (guards.EditOrder, Stage.INVOICED, lambda shop, order: ordering.edit_order(
            shop.session, order, shop.data("9"), actor=ACTOR)),
        (guards.CancelOrder, Stage.SHIPPED, lambda shop, order: ordering.cancel_order(shop.session, order, actor=ACTOR)),
        (guards.DeleteOrder, Stage.DRAFT, lambda shop, order: ordering.delete_order(shop.session, order, actor=ACTOR)),
        (guards.VoidInvoice, Stage.INVOICED, lambda shop, order: invoicing.void_invoice(
            shop.session, shop.invoice_of(order), actor=ACTOR)),
        (guards.VoidInvoice, Stage.INVOICED, lambda shop, order: invoicing.replace_invoice(
            shop.session, shop.invoice_of(order), actor=ACTOR)),
        (guards.RecordPayment, Stage.INVOICED, lambda shop, order: shop.pay(shop.invoice_of(order), "1")),
    ],
)  # fmt: skip
def test_a_plugin_may_refuse_what_the_table_allows(
    shop: Shop, load_plugin: Callable[[Plugin], None], intention, stage, act
) -> None:
    spy = Spy(shop.session, shop.instance)
    load_plugin(spy)
    order = shop.order(stage)
    shop.session.commit()
    state, count = order.state, len(shop.activities())
    spy.refuses = (intention,)
    with pytest.raises(Refused, match="The spy says no"):
        act(shop, order)
    shop.session.commit()
    shop.session.expire_all()
    assert (order.state, len(shop.activities()), order.lines[0].quantity) == (state, count, D(3))


def test_a_plugin_is_asked_also_where_it_is_switched_off(shop: Shop, load_plugin: Callable[[Plugin], None]) -> None:
    spy = Spy(shop.session)
    load_plugin(spy)
    spy.refuses = (guards.DeleteOrder,)
    order = shop.order()
    with pytest.raises(Refused):
        ordering.delete_order(shop.session, order, actor=ACTOR)
    assert shop.session.scalar(select(func.count()).select_from(Order)) == 1


def test_the_log_says_who_did_what_from_where(shop: Shop) -> None:
    order = shop.order(Stage.INVOICED)
    shop.session.commit()
    entries = [entry for entry in shop.activities() if entry.subject_type in ("order", "invoice")]
    assert [entry.action for entry in entries] == [
        "order_created",
        "order_confirmed",
        "order_shipped",
        "invoice_created",
    ]
    assert {(entry.actor_name, entry.ip, entry.instance_id) for entry in entries} == {
        ("Ann", "192.0.2.7", shop.instance.id)
    }
    assert entries[0].subject_id == order.id
    assert entries[0].summary == "Order SO-0001 for Blue Café was created."


def test_orders_of_two_instances_count_by_themselves(shop: Shop) -> None:
    second = tenants.create_instance(shop.session, shop.tenant.id, tenants.InstanceInput("Web", "WEB"), actor=ACTOR)
    assert ordering.create_order(shop.session, second, shop.data(), actor=ACTOR).number == "SO-WEB-0001"
    assert shop.order().number == "SO-0001"
