"""Nothing lost, nothing twice: answers that never came, doubts of every age, and books that remember more than we do."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from erp_core.models import Actor, Message, MessageState
from erp_core.services import ordering
from erp_core.services.order_input import LineInput, OrderInput
from erp_core.testing.factories import ACTOR, InstanceFactory, UserFactory
from plugins.quickbooks.models import Attempt, Connection, Link, Outcome
from plugins.quickbooks.send import send_invoices
from plugins.quickbooks.state import SyncState
from tests.quickbooks.conftest import Shop, fault, money

if TYPE_CHECKING:
    from qbo_emulator.testing import RunningEmulator

INVOICE = {"method": "POST", "path_glob": "/v3/company/*/invoice"}


def fail_invoice(shop: Shop, action: str, **rule: Any) -> None:
    """The next call that writes an invoice meets this."""
    shop.quickbooks.fault(match=INVOICE, action=action, **rule)


def invoice_calls(shop: Shop) -> list[dict[str, Any]]:
    return [call for call in shop.calls("write") if call["path"].endswith("/invoice")]


@pytest.mark.parametrize("action", ["reset_after", "reset_before"])
def test_a_lost_answer_does_not_post_twice(shop: Shop, worker, clock, action: str) -> None:
    fail_invoice(shop, action)
    invoice = shop.invoice()
    worker.drain()
    sync = shop.sync(invoice)
    assert sync.state is SyncState.UNKNOWN
    assert sync.error
    assert "not send it twice" in sync.error.body

    clock.move(hours=1)
    worker.drain()

    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert [one["DocNumber"] for one in shop.remote_invoices] == [invoice.number]
    assert len({call["request_id"] for call in invoice_calls(shop)}) == 1
    assert shop.session.scalars(select(Attempt.generation)).all() == [1, 1, 1]


def test_neighbours_of_a_lost_answer_wait_and_are_not_in_doubt(shop: Shop, worker, clock) -> None:
    product, customer = shop.product(), shop.customer()
    fail_invoice(shop, "reset_after")
    invoices = [shop.invoice((product, 1), customer=customer) for _ in range(3)]
    worker.drain()
    states = [shop.sync(invoice).state for invoice in invoices]
    assert states == [SyncState.UNKNOWN, SyncState.THROTTLED, SyncState.THROTTLED]
    clock.move(hours=1)
    worker.drain()
    assert [shop.sync(invoice).state for invoice in invoices] == [SyncState.VERIFIED] * 3
    assert len(shop.remote_invoices) == 3


def test_an_old_doubt_is_settled_by_looking_before_anything_is_sent(shop: Shop, worker, clock) -> None:
    fail_invoice(shop, "reset_after")
    invoice = shop.invoice()
    worker.drain()
    shop.quickbooks.clear_calls()
    clock.move(hours=25)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert len(shop.remote_invoices) == 1
    assert [call["kind"] for call in shop.calls()] == ["query"]


def test_an_old_doubt_about_an_invoice_that_never_arrived_sends_the_same_request(shop: Shop, worker, clock) -> None:
    fail_invoice(shop, "reset_before")
    invoice = shop.invoice()
    worker.drain()
    clock.move(hours=25)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert len(shop.remote_invoices) == 1
    attempt = shop.session.scalars(select(Attempt).where(Attempt.entity == "Invoice")).one()
    assert attempt.generation == 1


def test_what_was_written_down_is_sent_again_even_when_the_invoice_was_edited_meanwhile(
    shop: Shop, worker, clock
) -> None:
    fail_invoice(shop, "reset_before")
    product = shop.product()
    invoice = shop.invoice((product, 1))
    worker.drain()
    data = OrderInput(customer_id=invoice.customer_id, lines=[LineInput(product_id=product.id, quantity=Decimal(5))])
    ordering.edit_order(shop.session, invoice.order, data, actor=ACTOR, version=invoice.order.version)
    shop.session.commit()
    clock.move(hours=1)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.CHANGED
    assert [money(one["TotalAmt"]) for one in shop.remote_invoices] == [money(10)]

    send_invoices(shop.session, [invoice], actor=ACTOR)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert [money(one["TotalAmt"]) for one in shop.remote_invoices] == [money(50)]


def test_a_customer_whose_answer_was_lost_is_not_created_twice(shop: Shop, worker, clock) -> None:
    shop.quickbooks.fault(match={"method": "POST", "path_glob": "/v3/company/*/customer"}, action="reset_after")
    invoice = shop.invoice(customer=shop.customer(name="Twice Shy"))
    worker.drain()
    assert shop.sync(invoice).state is SyncState.UNKNOWN
    clock.move(hours=1)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert [one["DisplayName"] for one in shop.books["Customer"]].count("Twice Shy") == 1


def test_a_refusal_lets_the_next_attempt_have_a_new_request(shop: Shop, worker) -> None:
    fail_invoice(shop, "status", status=400, body=fault("6000", "Business Validation Error"))
    invoice = shop.invoice()
    worker.drain()
    assert shop.sync(invoice).state is SyncState.FAILED_USER
    send_invoices(shop.session, [invoice], actor=ACTOR)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    made = shop.session.scalars(select(Attempt).where(Attempt.entity == "Invoice").order_by(Attempt.id)).all()
    assert [(one.generation, one.outcome) for one in made] == [(1, Outcome.REFUSED), (2, Outcome.ACCEPTED)]


def test_after_a_doubt_a_server_error_never_raises_the_generation(shop: Shop, worker, clock) -> None:
    fail_invoice(
        shop, "status", status=500, body=fault("10000", "An application error has occurred", "SystemFault"), times=3
    )
    invoice = shop.invoice()
    for _ in range(5):
        worker.drain()
        clock.move(hours=2)
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert len({call["request_id"] for call in invoice_calls(shop)}) == 1
    assert len(shop.remote_invoices) == 1


def test_two_sends_are_one_message_and_one_invoice(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    for _ in range(3):
        send_invoices(shop.session, [invoice], actor=Actor("Ben", shop.user.id))
    shop.session.commit()
    [message] = shop.session.scalars(select(Message)).all()
    assert message.actor_name == "Ben"
    worker.drain()
    assert len(shop.remote_invoices) == 1


def test_a_number_that_is_taken_is_a_question_and_never_a_link(shop: Shop, worker, quickbooks: RunningEmulator) -> None:
    number = "HP-1001"
    for series in shop.instance.series:
        if series.kind == "invoice":
            series.prefix, series.next_number, series.padding = "HP-", 1001, 4
    shop.session.commit()
    invoice = shop.invoice()
    assert invoice.number == number
    worker.drain()
    sync = shop.sync(invoice)
    assert sync.state is SyncState.FAILED_USER
    assert sync.error
    assert sync.error.headline == f"Invoice number {number} already exists in QuickBooks"
    assert shop.session.scalars(select(Link).where(Link.entity == "Invoice")).all() == []
    assert shop.remote_invoices == []


def test_a_reseeded_database_never_takes_over_an_invoice_of_its_former_life(
    shop: Shop, worker, make_app, databases, erp_plugins, connect_company, quickbooks: RunningEmulator
) -> None:
    first = shop.invoice()
    worker.drain()
    assert shop.sync(first).state is SyncState.VERIFIED
    before = shop.remote_invoices
    code = shop.instance.code

    from erp_core.app import create_worker, sessions
    from erp_core.extensions import db
    from erp_core.testing.worker import DrainedWorker

    app = make_app(database_url=databases.copy(erp_plugins, lambda url: None))
    with app.app_context():
        session = db.session()
        instance = InstanceFactory(code=code)
        user = UserFactory(tenant=instance.tenant)
        session.commit()
        granted_id = connect_company(instance.tenant_id, within=sessions(app).begin)
        reseeded = Shop(session, quickbooks, instance, user, session.get_one(Connection, granted_id))
        reseeded.choose()
        second = reseeded.invoice()
        assert second.number == first.number
        DrainedWorker(create_worker(app)).drain()
        sync = reseeded.sync(second)
        assert sync.state is SyncState.FAILED_USER
        assert sync.qbo_id is None
        assert sync.error
        assert "already exists in QuickBooks" in sync.error.headline
    assert shop.remote_invoices == before


def test_a_message_in_flight_is_not_sent_a_second_time_by_a_person(shop: Shop) -> None:
    invoice = shop.invoice()
    message = shop.session.scalars(select(Message)).one()
    message.state = MessageState.IN_FLIGHT
    shop.session.commit()
    result = send_invoices(shop.session, [invoice], actor=ACTOR)
    assert result.skipped == [(invoice, "it is being sent right now.")]
