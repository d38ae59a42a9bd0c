"""Payments: what they pay, and never more."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from erp_core.errors import ERPError, Invalid, Refused
from erp_core.models import Instance, Invoice, OrderState, Payment, PaymentAllocation
from erp_core.plugins import hooks
from erp_core.plugins.contract import Plugin
from erp_core.services import invoicing, parties, payments
from erp_core.services.ordering_rules import Stage
from tests.core.services.shop import ACTOR, TODAY, Shop
from tests.core.services.spy import Spy

D = Decimal


def record(shop: Shop, amount: str, allocations: list[tuple[int, Decimal]], **values) -> Payment:
    given = {"customer_id": shop.customer.id, "payment_date": TODAY, "actor": ACTOR, **values}
    return payments.record_payment(shop.session, shop.instance, amount=D(amount), allocations=allocations, **given)


def state(invoice: Invoice) -> tuple[str, str, Decimal]:
    return (str(invoice.status), str(invoice.order.state), invoice.balance)


def test_balance_status_and_order_follow_what_was_paid(shop: Shop) -> None:
    invoice = shop.invoice()
    shop.pay(invoice, "10")
    assert state(invoice) == ("partial", "invoiced", D(20))
    shop.pay(invoice, "20")
    shop.session.commit()
    shop.session.expire_all()
    assert state(invoice) == ("paid", "paid", D(0))


def test_one_payment_pays_several_invoices_and_the_rest_is_credit(shop: Shop) -> None:
    first, second = shop.invoice(), shop.invoice()
    payment = record(shop, "50.00", [(first.id, D(30)), (second.id, D(5))], method="Check", reference="4711")
    shop.session.commit()
    shop.session.expire_all()
    assert (state(first), state(second)) == (("paid", "paid", D(0)), ("partial", "invoiced", D(25)))
    assert (payment.number, payment.method, payment.reference) == ("PAY-0001", "Check", "4711")
    assert payment.amount - sum(part.amount for part in payment.allocations) == D(15)
    assert shop.activities()[-1].summary == "Blue Café paid $50.00 (PAY-0001) for INV-0001, INV-0002."


def test_a_payment_on_account_needs_no_invoice(shop: Shop) -> None:
    assert record(shop, "12.00", []).allocations == []


def test_voiding_a_payment_takes_the_order_back_from_paid_to_invoiced(
    shop: Shop, load_plugin: Callable[[Plugin], None]
) -> None:
    spy = Spy(shop.session, shop.instance)
    load_plugin(spy)
    invoice = shop.invoice()
    first = shop.pay(invoice, "10")
    second = shop.pay(invoice, "20")
    spy.heard.clear()
    payments.void_payment(shop.session, second, actor=ACTOR)
    assert state(invoice) == ("partial", "invoiced", D(20))
    payments.void_payment(shop.session, first, actor=ACTOR)
    shop.session.commit()
    shop.session.expire_all()
    assert state(invoice) == ("sent", "invoiced", D(30))
    assert spy.heard == [
        hooks.PaymentVoided(shop.tenant.id, shop.instance.id, second.id),
        hooks.PaymentVoided(shop.tenant.id, shop.instance.id, first.id),
    ]
    assert first.amount == D(10)
    assert len(first.allocations) == 1
    with pytest.raises(Refused, match="PAY-0001 is voided already"):
        payments.void_payment(shop.session, first, actor=ACTOR)


def test_after_its_payment_was_voided_an_invoice_can_be_voided(shop: Shop) -> None:
    invoice = shop.invoice()
    payments.void_payment(shop.session, shop.pay(invoice, "30"), actor=ACTOR)
    invoicing.void_invoice(shop.session, invoice, actor=ACTOR)
    assert invoice.order.state == OrderState.CANCELLED


def test_plugins_hear_of_the_payment_and_of_no_changed_invoice(
    shop: Shop, load_plugin: Callable[[Plugin], None]
) -> None:
    spy = Spy(shop.session, shop.instance)
    load_plugin(spy)
    invoice = shop.invoice()
    spy.heard.clear()
    payment = shop.pay(invoice, "30")
    assert spy.heard == [hooks.PaymentRecorded(shop.tenant.id, shop.instance.id, payment.id)]


@pytest.mark.parametrize(
    ("amount", "part", "values", "field"),
    [
        ("30.01", "30.01", {}, "allocations.0.amount"),
        ("10", "20", {}, "allocations"),
        ("0", "1", {}, "amount"),
        ("-5", "1", {}, "amount"),
        ("10", "0", {}, "allocations.0.amount"),
        ("10", "-1", {}, "allocations.0.amount"),
        ("10.001", "1", {}, "amount"),
        ("1E+15", "1", {}, "amount"),
        ("10", "1", {"customer_id": 999}, "customer_id"),
        ("10", "1", {"method": "x" * 31}, "method"),
        ("10", "1", {"reference": "x" * 61}, "reference"),
        ("10", "1", {"payment_date": date(1, 1, 1)}, "payment_date"),
    ],
)
def test_bad_payments_change_nothing(shop: Shop, amount: str, part: str, values, field: str) -> None:
    invoice = shop.invoice()
    shop.session.commit()
    with pytest.raises(Invalid) as refusal:
        record(shop, amount, [(invoice.id, D(part))], **values)
    assert field in refusal.value.fields
    shop.session.commit()
    shop.session.expire_all()
    assert state(invoice) == ("sent", "invoiced", D(30))
    assert shop.session.scalar(select(func.count()).select_from(Payment)) == 0


def test_too_much_says_how_much_is_owed(shop: Shop) -> None:
    invoice = shop.invoice()
    with pytest.raises(Invalid, match=r"Only \$30.00 is owed on invoice INV-0001"):
        shop.pay(invoice, "31")


def test_an_invoice_can_not_be_listed_twice_to_pay_more_than_its_balance(shop: Shop) -> None:
    invoice = shop.invoice()
    with pytest.raises(Invalid, match="listed twice"):
        record(shop, "60", [(invoice.id, D(30)), (invoice.id, D(30))])


def test_invoices_of_others_can_not_be_paid(shop: Shop, stranger: Shop) -> None:
    foreign = stranger.invoice()
    with pytest.raises(Invalid, match="There is no such invoice"):
        record(shop, "30", [(foreign.id, D(30))])
    mine = shop.invoice()
    data = parties.CustomerInput("Red Café")
    other = parties.create_customer(shop.session, shop.tenant.id, data, actor=ACTOR)
    with pytest.raises(Invalid, match="belongs to another customer"):
        record(shop, "30", [(mine.id, D(30))], customer_id=other.id)


def test_drafts_and_voided_invoices_can_not_be_paid(shop: Shop) -> None:
    draft = invoicing.invoice_order(shop.session, shop.order(Stage.SHIPPED), actor=ACTOR, draft=True)
    with pytest.raises(Refused, match="still a draft"):
        record(shop, "30", [(draft.id, D(30))])
    voided = invoicing.void_invoice(shop.session, shop.invoice(), actor=ACTOR)
    with pytest.raises(Refused, match="INV-0001 is voided"):
        record(shop, "30", [(voided.id, D(30))])


def test_payments_at_once_never_exceed_the_balance(sessions: sessionmaker[Session], shop: Shop) -> None:
    invoice = shop.invoice()
    shop.session.commit()
    start = Barrier(8)

    def pay(_: int) -> bool:
        with sessions() as session:
            instance = session.get_one(Instance, shop.instance.id)
            session.rollback()
            start.wait()
            try:
                payments.record_payment(
                    session,
                    instance,
                    customer_id=invoice.customer_id,
                    amount=D(7),
                    payment_date=TODAY,
                    allocations=[(invoice.id, D(7))],
                    actor=ACTOR,
                )
                session.commit()
            except ERPError:
                session.rollback()
                return False
            return True

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(pay, range(8))) == [False] * 4 + [True] * 4
    shop.session.expire_all()
    paid = shop.session.scalars(select(PaymentAllocation.amount)).all()
    assert (invoice.balance, sum(paid)) == (D(2), D(28))
    assert sorted(shop.session.scalars(select(Payment.number))) == [f"PAY-{number:04d}" for number in range(1, 5)]


def test_voiding_an_invoice_while_it_is_paid_ends_in_one_of_the_two(
    sessions: sessionmaker[Session], shop: Shop
) -> None:
    invoices = [shop.invoice().id for _ in range(6)]
    shop.session.commit()

    def race(invoice_id: int) -> None:
        start = Barrier(2)

        def act(void: bool) -> None:
            with sessions() as session:
                invoice = session.get_one(Invoice, invoice_id)
                instance = session.get_one(Instance, shop.instance.id)
                session.rollback()
                start.wait()
                try:
                    if void:
                        invoicing.void_invoice(session, invoice, actor=ACTOR)
                    else:
                        payments.record_payment(
                            session,
                            instance,
                            customer_id=shop.customer.id,
                            amount=D(30),
                            payment_date=TODAY,
                            allocations=[(invoice_id, D(30))],
                            actor=ACTOR,
                        )
                    session.commit()
                except ERPError:
                    session.rollback()

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(act, [True, False]))

    for invoice_id in invoices:
        race(invoice_id)
    shop.session.expire_all()
    for invoice_id in invoices:
        paid = shop.session.scalar(select(func.count()).where(PaymentAllocation.invoice_id == invoice_id))
        invoice = shop.session.get_one(Invoice, invoice_id)
        assert (str(invoice.status), paid) in {("voided", 0), ("paid", 1)}
