"""What waits always has a way on: after a payment, another company, an end of the permission, a page that only looks."""

from __future__ import annotations

import threading

from sqlalchemy import delete, select, update

from erp_core.app import sessions
from erp_core.jobs import claims
from erp_core.models import Message, MessageState, Stream
from erp_core.services import payments, tenants
from erp_core.testing.factories import ACTOR
from plugins.quickbooks import connect, hooks
from plugins.quickbooks.models import Connection
from plugins.quickbooks.send import send_invoices
from plugins.quickbooks.state import SyncState
from tests.quickbooks.conftest import NORTHWIND, Shop

INVOICE = {"method": "POST", "path_glob": "/v3/company/*/invoice"}


def pay(shop: Shop, invoice) -> None:
    payments.record_payment(
        shop.session,
        shop.instance,
        customer_id=invoice.customer_id,
        amount=invoice.total,
        payment_date=invoice.invoice_date,
        allocations=[(invoice.id, invoice.total)],
        actor=ACTOR,
    )
    shop.session.commit()


def test_a_doubt_is_settled_also_when_the_invoice_was_paid_meanwhile(shop: Shop, worker, clock) -> None:
    shop.quickbooks.fault(match=INVOICE, action="reset_after")
    invoice = shop.invoice()
    worker.drain()
    shop.quickbooks.fault(match=INVOICE, action="status", status=500, body="", times=20)
    for _ in range(12):
        clock.move(hours=1)
        worker.drain()
    shop.quickbooks.clear_faults()
    pay(shop, invoice)
    assert shop.sync(invoice).send_label == "Send again"
    assert send_invoices(shop.session, [invoice], actor=ACTOR).skipped == []
    shop.session.commit()
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert len(shop.remote_invoices) == 1


def test_the_sweep_leaves_alone_what_was_paid_before_anybody_wished_for_it(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    shop.session.execute(delete(Message))
    pay(shop, invoice)
    hooks.sweep(shop.session)
    shop.session.commit()
    worker.drain()
    assert shop.remote_invoices == []


def test_what_was_in_flight_when_the_company_changed_follows_with_the_next_sweep(
    shop: Shop, worker, clock, connect_company, transaction
) -> None:
    other = connect_company(shop.instance.tenant_id, NORTHWIND)
    invoice = shop.invoice()
    shop.session.execute(update(Message).values(state=MessageState.IN_FLIGHT, attempts=1))
    shop.session.commit()
    shop.choose(connection_id=other)
    connect.disconnect(transaction, shop.connection.id, actor=ACTOR)
    message = shop.session.scalars(select(Message)).one()
    claims.give_back(shop.session, {message.id: 1})
    shop.session.commit()
    clock.move(minutes=5)
    hooks.sweep(shop.session)
    shop.session.commit()
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert [one["DocNumber"] for one in shop.quickbooks.invoices(NORTHWIND)].count(invoice.number) == 1


def test_the_reason_of_a_pause_is_the_one_that_a_person_can_mend(shop: Shop, transaction, connect_company) -> None:
    invoice = shop.invoice()
    connection = shop.session.get_one(Connection, shop.connection.id)
    connect.end(shop.session, connection)
    connect.switch(shop.session, connection, False, actor=ACTOR)
    connect.switch(shop.session, connection, True, actor=ACTOR)
    assert "sign in again" in shop.sync(invoice).help
    connect.switch(shop.session, shop.session.get_one(Connection, shop.connection.id), False, actor=ACTOR)
    shop.session.commit()
    connect_company(shop.instance.tenant_id)
    assert "switched off" in shop.sync(invoice).help


def test_looking_at_an_invoice_waits_for_no_writer(shop: Shop, worker, client, app) -> None:
    invoice = shop.invoice()
    worker.drain()
    client.login(shop.user)
    writing, seen = threading.Event(), threading.Event()
    late: list[bool] = []

    def write() -> None:
        with sessions(app)() as session:
            session.execute(update(Stream).values(updated_at=Stream.updated_at))
            writing.set()
            late.append(not seen.wait(15))
            session.rollback()

    path = f"/invoices/{invoice.id}"
    shop.session.commit()
    writer = threading.Thread(target=write)
    writer.start()
    assert writing.wait(15)
    page = client.get(path).text
    seen.set()
    writer.join()
    assert late == [False]
    assert "can&#39;t be voided here alone" in page


def test_a_plugin_that_is_not_loaded_is_not_called_switched_off(shop: Shop, make_app) -> None:
    make_app(plugins=())
    assert tenants.switched_off(shop.session, "quickbooks", shop.instance.id) is None
