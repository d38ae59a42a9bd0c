"""People, voids and workers at the same time. On SQLite writers wait for each other; PostgreSQL needs the row locks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core.errors import ERPError
from erp_core.models import Invoice, InvoiceStatus, Message, MessageState
from erp_core.services import invoicing
from erp_core.testing.factories import ACTOR
from plugins.quickbooks.send import resend_blocked, send_invoices
from tests.quickbooks.conftest import Shop

Transaction = Callable[[], AbstractContextManager[Session]]


def at_once(*acts: Callable[[], None]) -> list[BaseException]:
    """Run the acts in threads that start together; answers what they raised."""
    errors: list[BaseException] = []
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], None]) -> None:
        gate.wait()
        try:
            act()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_a_send_waits_for_a_void_that_is_not_committed_yet(shop: Shop, worker, transaction: Transaction) -> None:
    shop.choose(auto_invoice=False)
    invoice_id = shop.invoice().id
    asked = threading.Event()
    skipped: list[str] = []

    def void() -> None:
        with transaction() as session:
            invoicing.void_invoice(session, session.get_one(Invoice, invoice_id), actor=ACTOR)
            asked.set()
            sender.join(1)

    def send() -> None:
        asked.wait()
        with transaction() as session:
            result = send_invoices(session, [session.get_one(Invoice, invoice_id)], actor=ACTOR)
            skipped.extend(sentence for _, sentence in result.skipped)
        worker.worker.drain()

    sender = threading.Thread(target=send)
    voider = threading.Thread(target=void)
    for thread in (voider, sender):
        thread.start()
    for thread in (voider, sender):
        thread.join()
    shop.session.expire_all()
    assert shop.session.get_one(Invoice, invoice_id).status == InvoiceStatus.VOIDED
    assert skipped == ["it is voided."]
    assert shop.remote_invoices == []


def test_a_failed_push_is_either_voided_or_sent_again(shop: Shop, worker, transaction: Transaction) -> None:
    shop.configure(auto_create_customers=False)
    ids = [shop.invoice().id for _ in range(6)]
    worker.drain()
    shop.configure(auto_create_customers=True)

    def void() -> None:
        for invoice_id in ids:
            with transaction() as session:
                invoicing.void_invoice(session, session.get_one(Invoice, invoice_id), actor=ACTOR)

    def send() -> None:
        for invoice_id in reversed(ids):
            with transaction() as session:
                send_invoices(session, [session.get_one(Invoice, invoice_id)], actor=ACTOR)

    errors = at_once(void, send)
    assert all(isinstance(error, ERPError) for error in errors), errors
    worker.drain()
    shop.session.expire_all()
    there = {one["DocNumber"] for one in shop.remote_invoices}
    for invoice in shop.session.scalars(select(Invoice).where(Invoice.id.in_(ids))):
        assert (invoice.status == InvoiceStatus.VOIDED) != (invoice.number in there)


def test_two_people_who_send_the_same_invoices_do_not_stop_each_other(shop: Shop, transaction: Transaction) -> None:
    shop.choose(auto_invoice=False)
    product, customer = shop.product(), shop.customer()
    ids = [shop.invoice((product, 1), customer=customer).id for _ in range(30)]

    def send(order: list[int]) -> Callable[[], None]:
        def act() -> None:
            with transaction() as session:
                rows = {row.id: row for row in session.scalars(select(Invoice).where(Invoice.id.in_(ids)))}
                send_invoices(session, [rows[one] for one in order], actor=ACTOR)

        return act

    assert at_once(send(ids), send(ids[::-1])) == []
    states = shop.session.scalars(select(Message.state)).all()
    assert states == [MessageState.PENDING] * 30


def test_saved_settings_and_a_person_send_the_same_invoices_again(shop: Shop, worker, transaction: Transaction) -> None:
    shop.configure(income_account_id=None)
    product, customer = shop.product(), shop.customer()
    shop.choose(auto_invoice=False)
    invoices = [shop.invoice((product, 1), customer=customer) for _ in range(20)]
    ids = [invoice.id for invoice in invoices]
    for invoice in reversed(invoices):  # the messages' ids fall where the invoices' rise
        send_invoices(shop.session, [invoice], actor=ACTOR)
        shop.session.commit()
    worker.drain()
    connection_id = shop.connection.id
    shop.session.commit()

    def settings() -> None:
        from plugins.quickbooks.models import Connection

        with transaction() as session:
            resend_blocked(session, session.get_one(Connection, connection_id), actor=ACTOR)

    def person() -> None:
        with transaction() as session:
            send_invoices(session, list(session.scalars(select(Invoice).where(Invoice.id.in_(ids)))), actor=ACTOR)

    assert at_once(settings, person) == []
    shop.session.expire_all()
    assert set(shop.session.scalars(select(Message.state))) == {MessageState.PENDING}
