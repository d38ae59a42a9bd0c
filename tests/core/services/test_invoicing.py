"""Invoices: at most one live one for each order, issued, voided, replaced."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from erp_core.errors import Conflict, Invalid, Refused
from erp_core.models import Activity, Invoice, InvoiceStatus, Order, OrderState
from erp_core.plugins import hooks
from erp_core.plugins.contract import Plugin
from erp_core.services import invoicing, ordering, parties
from erp_core.services.order_input import LineInput
from erp_core.services.ordering_rules import Stage
from tests.core.services.shop import ACTOR, TODAY, Shop
from tests.core.services.spy import Spy

D = Decimal


def test_an_invoice_says_what_the_order_says(shop: Shop) -> None:
    lines = [LineInput(shop.granola.id, D(3), note="Large"), LineInput(shop.delivery.id, D(1), description="By bike")]
    changes: dict[str, Any] = {
        "discount": D("5.00"),
        "shipping": D("7.00"),
        "memo": "Thanks",
        "tax_rate_id": shop.tax.id,
    }
    invoice = shop.invoice(shop.data(lines=lines, **changes))
    shop.session.commit()
    shop.session.expire_all()
    assert (invoice.number, invoice.status, invoice.memo) == ("INV-0001", "sent", "Thanks")
    assert (invoice.subtotal, invoice.discount, invoice.shipping) == (D(35), D(5), D(7))
    assert (invoice.tax, invoice.total, invoice.balance) == (D("2.66"), D("39.66"), D("39.66"))
    assert [(line.amount, line.note, line.description, line.taxable) for line in invoice.lines] == [
        (D(30), "Large", "", True),
        (D(5), "", "By bike", True),
    ]
    assert [(line.name, line.percent, line.taxable_amount, line.amount) for line in invoice.tax_lines] == [
        ("State", D("8.875"), D(30), D("2.66"))
    ]
    assert (invoice.invoice_date, invoice.due_date) == (TODAY, TODAY + timedelta(days=30))
    assert invoice.order.state == OrderState.INVOICED


def test_an_exempt_customer_pays_no_tax(shop: Shop) -> None:
    data = parties.CustomerInput("School", tax_exempt=True)
    school = parties.create_customer(shop.session, shop.tenant.id, data, actor=ACTOR)
    invoice = shop.invoice(shop.data(customer_id=school.id, tax_rate_id=shop.tax.id))
    assert (invoice.tax, invoice.tax_lines, [line.taxable for line in invoice.lines]) == (D(0), [], [False])


@pytest.mark.parametrize(("currency", "quantity", "price", "total"), [
    ("JPY", "3", "33.5", D(110)),
    ("KWD", "3", "1.2345", D("4.033")),
    ("USD", "3", "0.335", D("1.10")),
])  # fmt: skip
def test_invoices_add_up_in_currencies_with_other_minor_units(session, currency, quantity, price, total) -> None:
    shop = Shop(session, currency)
    invoice = shop.invoice(shop.data(quantity, price, tax_rate_id=shop.tax.id))
    session.commit()
    session.expire_all()
    assert (invoice.currency, invoice.total) == (currency, total)
    assert invoice.total == invoice.subtotal + invoice.tax


def test_plugins_hear_of_an_invoice_once(shop: Shop, load_plugin: Callable[[Plugin], None]) -> None:
    spy = Spy(shop.session, shop.instance)
    load_plugin(spy)
    invoice = shop.invoice()
    expected = hooks.OrderInvoiced(shop.tenant.id, shop.instance.id, invoice.order_id, invoice.id)
    assert spy.heard == [expected]


def test_a_draft_has_no_number_and_nobody_hears_of_it_until_it_is_issued(
    shop: Shop, load_plugin: Callable[[Plugin], None]
) -> None:
    spy = Spy(shop.session, shop.instance)
    load_plugin(spy)
    order = shop.order(Stage.SHIPPED)
    draft = invoicing.invoice_order(shop.session, order, actor=ACTOR, draft=True)
    shop.session.commit()
    assert (draft.number, draft.status, order.state, spy.heard) == (None, "draft", "shipped", [])
    invoicing.issue_invoice(shop.session, draft, actor=ACTOR, invoice_date=TODAY)
    shop.session.commit()
    assert (draft.number, draft.status, order.state, draft.invoice_date) == ("INV-0001", "sent", "invoiced", TODAY)
    assert spy.heard == [hooks.OrderInvoiced(shop.tenant.id, shop.instance.id, order.id, draft.id)]
    with pytest.raises(Refused, match="issued already"):
        invoicing.issue_invoice(shop.session, draft, actor=ACTOR)


def test_invoicing_an_order_that_has_a_draft_issues_the_draft(shop: Shop) -> None:
    order = shop.order(Stage.SHIPPED)
    draft = invoicing.invoice_order(shop.session, order, actor=ACTOR, draft=True)
    with pytest.raises(Refused, match="has a draft invoice already"):
        invoicing.invoice_order(shop.session, order, actor=ACTOR, draft=True)
    assert invoicing.invoice_order(shop.session, order, actor=ACTOR) is draft
    assert draft.number == "INV-0001"


def test_only_a_draft_can_be_deleted(shop: Shop) -> None:
    order = shop.order(Stage.SHIPPED)
    draft = invoicing.invoice_order(shop.session, order, actor=ACTOR, draft=True)
    invoicing.delete_draft(shop.session, draft, actor=ACTOR)
    shop.session.commit()
    assert order.state == OrderState.SHIPPED
    invoice = invoicing.invoice_order(shop.session, order, actor=ACTOR)
    with pytest.raises(Refused, match="INV-0001 is not a draft"):
        invoicing.delete_draft(shop.session, invoice, actor=ACTOR)


def test_voiding_cancels_the_order_and_returns_the_goods(shop: Shop, load_plugin: Callable[[Plugin], None]) -> None:
    spy = Spy(shop.session, shop.instance)
    load_plugin(spy)
    invoice = shop.invoice()
    spy.heard.clear()
    invoicing.void_invoice(shop.session, invoice, actor=ACTOR, reason="Ordered twice")
    shop.session.commit()
    shop.session.expire_all()
    assert (invoice.status, invoice.balance, invoice.total) == ("voided", D(0), D(30))
    assert (invoice.order.state, shop.granola.stock) == ("cancelled", 100)
    assert spy.heard == [hooks.InvoiceVoided(shop.tenant.id, shop.instance.id, invoice.id)]
    assert shop.activities()[-1].summary.endswith("Reason: Ordered twice")
    with pytest.raises(Refused, match="voided already"):
        invoicing.void_invoice(shop.session, invoice, actor=ACTOR)


def test_replacing_keeps_the_order_invoiced_under_a_new_number(
    shop: Shop, load_plugin: Callable[[Plugin], None]
) -> None:
    spy = Spy(shop.session, shop.instance)
    load_plugin(spy)
    old = shop.invoice()
    spy.heard.clear()
    new = invoicing.replace_invoice(shop.session, old, actor=ACTOR)
    shop.session.commit()
    shop.session.expire_all()
    assert (old.status, new.status, new.number, new.replaces_id) == ("voided", "sent", "INV-0002", old.id)
    assert (new.total, new.balance, new.order.state, shop.granola.stock) == (D(30), D(30), "invoiced", 97)
    assert spy.heard == [
        hooks.InvoiceVoided(shop.tenant.id, shop.instance.id, old.id),
        hooks.OrderInvoiced(shop.tenant.id, shop.instance.id, old.order_id, new.id),
    ]
    with pytest.raises(Refused, match="voided already"):
        invoicing.replace_invoice(shop.session, old, actor=ACTOR)


def test_one_refused_order_never_fails_its_neighbours_and_leaves_no_gap(shop: Shop) -> None:
    stages = [Stage.SHIPPED, Stage.CONFIRMED, Stage.SHIPPED, Stage.INVOICED, Stage.SHIPPED]
    orders = [shop.order(stage) for stage in stages]
    shop.session.commit()
    outcomes = invoicing.invoice_orders(shop.session, orders, actor=ACTOR)
    shop.session.commit()
    assert [outcome.ok for outcome in outcomes] == [True, False, True, False, True]
    assert [outcome.order for outcome in outcomes] == orders
    assert [outcome.invoice.number for outcome in outcomes if outcome.invoice] == ["INV-0002", "INV-0003", "INV-0004"]
    assert [str(outcome.error) for outcome in outcomes if outcome.error] == [
        "Order SO-0002 is not shipped yet. Ship it first.",
        "Order SO-0004 is invoiced already, as invoice INV-0001.",
    ]


def test_a_failing_listener_neither_stops_the_invoice_nor_is_it_hidden(
    shop: Shop, load_plugin: Callable[[Plugin], None]
) -> None:
    class Broken(Spy):
        """Broken"""

        def _hear(self, _session: Session, event: hooks.Event) -> None:
            raise RuntimeError("secret-token-123")

    load_plugin(Broken(shop.session, shop.instance))
    invoice = shop.invoice()
    shop.session.commit()
    assert invoice.number == "INV-0001"
    (failure,) = shop.session.scalars(select(Activity).where(Activity.action == "listener_failed")).all()
    assert "secret" not in failure.summary


def test_many_who_invoice_one_order_at_once_make_one_invoice(sessions: sessionmaker[Session], shop: Shop) -> None:
    order_id = shop.order(Stage.SHIPPED).id
    shop.session.commit()
    start = Barrier(8)

    def invoice(_: int) -> str:
        with sessions() as session:
            start.wait()
            try:
                made = invoicing.invoice_order(session, session.get_one(Order, order_id), actor=ACTOR)
                session.commit()
            except (Refused, Conflict) as error:
                session.rollback()
                return error.message
            return made.number or ""

    with ThreadPoolExecutor(8) as threads:
        answers = sorted(threads.map(invoice, range(8)))
    assert answers == ["INV-0001"] + ["Order SO-0001 is invoiced already, as invoice INV-0001."] * 7


def test_people_who_invoice_the_same_orders_in_bulk_at_once_do_not_wait_in_a_circle(
    sessions: sessionmaker[Session], shop: Shop
) -> None:
    ids = [shop.order(Stage.SHIPPED).id for _ in range(12)]
    shop.session.commit()
    start = Barrier(4)

    def invoice(turn: int) -> list[str]:
        wanted = ids[turn:] + ids[:turn] if turn % 2 else list(reversed(ids))
        with sessions() as session:
            orders = [session.get_one(Order, order_id) for order_id in wanted]
            session.rollback()
            start.wait()
            outcomes = invoicing.invoice_orders(session, orders, actor=ACTOR)
            session.commit()
            return [outcome.invoice.number or "" for outcome in outcomes if outcome.invoice]

    with ThreadPoolExecutor(4) as threads:
        numbers = sorted(number for made in threads.map(invoice, range(4)) for number in made)
    assert numbers == [f"INV-{number:04d}" for number in range(1, 13)]


def test_the_database_itself_refuses_a_second_live_invoice(session: Session, shop: Shop) -> None:
    invoice = shop.invoice()
    session.commit()
    copy = Invoice(
        tenant_id=invoice.tenant_id,
        instance_id=invoice.instance_id,
        order_id=invoice.order_id,
        customer_id=invoice.customer_id,
        number="INV-X",
        status=InvoiceStatus.SENT,
        invoice_date=TODAY,
        due_date=TODAY,
        currency="USD",
    )
    session.add(copy)
    with pytest.raises(IntegrityError, match=r"uq_invoice_live_order|invoice\.order_id"):
        session.flush()


def test_an_invoice_is_overdue_the_day_after_it_was_due(shop: Shop) -> None:
    invoice = shop.invoice()
    due = invoice.due_date
    assert invoicing.status(invoice, due) == "sent"
    assert invoicing.status(invoice, due + timedelta(days=1)) == "overdue"
    shop.pay(invoice, "10")
    assert invoicing.status(invoice, due) == "partial"
    assert invoicing.status(invoice, due + timedelta(days=1)) == "overdue"
    shop.pay(invoice, "20")
    assert invoicing.status(invoice, due + timedelta(days=1)) == "paid"


def test_a_voided_invoice_and_a_draft_are_never_overdue(shop: Shop) -> None:
    voided = invoicing.void_invoice(shop.session, shop.invoice(), actor=ACTOR)
    draft = invoicing.invoice_order(shop.session, shop.order(Stage.SHIPPED), actor=ACTOR, draft=True)
    assert invoicing.status(voided, date(2099, 1, 1)) == "voided"
    assert invoicing.status(draft, date(2099, 1, 1)) == "draft"


def test_an_invoice_over_nothing_is_settled_at_once_and_can_still_be_edited(shop: Shop) -> None:
    invoice = shop.invoice(shop.data(discount=D("30.00")))
    assert (invoice.total, invoice.status, invoice.order.state) == (D(0), "paid", "paid")
    ordering.edit_order(shop.session, invoice.order, shop.data(), actor=ACTOR)
    assert (invoice.total, invoice.status, invoice.order.state) == (D(30), "sent", "invoiced")


@pytest.mark.parametrize(("terms", "due"), [(0, date(2024, 2, 28)), (2, date(2024, 3, 1)), (30, date(2024, 3, 29))])
def test_terms_count_days_across_months(terms: int, due: date) -> None:
    assert invoicing.due_date(date(2024, 2, 28), terms) == due


def test_bad_dates_and_reasons_change_nothing(shop: Shop) -> None:
    order = shop.order(Stage.SHIPPED)
    with pytest.raises(Invalid, match="between 1970 and 2099"):
        invoicing.invoice_order(shop.session, order, actor=ACTOR, invoice_date=date(9999, 12, 31))
    assert shop.invoice_of(order) is None
    invoice = invoicing.invoice_order(shop.session, order, actor=ACTOR)
    with pytest.raises(Invalid, match="at most 300 characters"):
        invoicing.void_invoice(shop.session, invoice, actor=ACTOR, reason="x" * 301)
    assert invoice.status == "sent"
