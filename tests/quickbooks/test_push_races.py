"""What else happens while invoices are sent: slow workers, edits, voids, renames, and a change of company."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from erp_core.app import sessions
from erp_core.extensions import db
from erp_core.jobs import outbox
from erp_core.jobs.claims import Claim
from erp_core.jobs.outcome import LeaseLost
from erp_core.jobs.run import Run
from erp_core.models import Address, Invoice, InvoiceStatus, Message, MessageState, Priority
from erp_core.services import ordering
from erp_core.services.order_input import LineInput, OrderInput
from erp_core.testing.factories import ACTOR
from plugins.quickbooks import connect
from plugins.quickbooks.models import Attempt, Connection, Link, Outcome
from plugins.quickbooks.push import attempts
from plugins.quickbooks.push.remote import Remote
from plugins.quickbooks.send import JOB, send_invoices, subject
from plugins.quickbooks.state import SyncState
from tests.quickbooks.conftest import NORTHWIND, Shop, money

INVOICE = {"method": "POST", "path_glob": "/v3/company/*/invoice"}

Transaction = Callable[[], AbstractContextManager[Session]]


def outcomes(shop: Shop) -> list[tuple[int, Outcome]]:
    shop.session.commit()
    query = select(Attempt.generation, Attempt.outcome).where(Attempt.entity == "Invoice").order_by(Attempt.id)
    return [(generation, outcome) for generation, outcome in shop.session.execute(query)]


def of_a_worker_that_lost_its_lease(shop: Shop, app: Flask) -> tuple[Run, Attempt]:
    """A run whose stream was given to another worker while its call was on the way, and the write it was making."""
    message = shop.session.scalars(select(Message)).one()
    attempt = shop.session.scalars(select(Attempt).where(Attempt.entity == "Invoice")).one()
    shop.session.commit()
    claim = Claim(message.stream, "slow worker", message.job, (message,))
    return Run(claim, sessions(app), timedelta(seconds=30), random.Random(1)), attempt


def edit(session: Session, invoice: Invoice, product_id: int, quantity: int) -> None:
    lines = [LineInput(product_id=product_id, quantity=Decimal(quantity))]
    ordering.edit_order(session, invoice.order, OrderInput(customer_id=invoice.customer_id, lines=lines), actor=ACTOR)
    session.commit()


# ------------------------------------------------------------------------------------------------ slow workers


def test_a_late_refusal_does_not_settle_what_another_worker_took_over(shop: Shop, worker, clock, app: Flask) -> None:
    shop.prefer(custom_txn_numbers=False)
    shop.quickbooks.fault(match=INVOICE, action="reset_after")
    shop.invoice()
    worker.drain()
    assert outcomes(shop) == [(1, Outcome.UNKNOWN)]

    run, attempt = of_a_worker_that_lost_its_lease(shop, app)
    shop.quickbooks.fault(match=INVOICE, action="status", status=429, body="")
    with Remote(run, attempt.connection_id) as remote, pytest.raises(LeaseLost):
        attempts.perform(run, remote, attempt, again=False)
    assert outcomes(shop) == [(1, Outcome.UNKNOWN)]

    clock.move(hours=1)
    worker.drain()
    assert outcomes(shop) == [(1, Outcome.ACCEPTED)]
    assert len(shop.remote_invoices) == 1


def test_a_late_doubt_does_not_undo_what_another_worker_settled(shop: Shop, worker, app: Flask) -> None:
    shop.invoice()
    worker.drain()
    run, attempt = of_a_worker_that_lost_its_lease(shop, app)
    shop.quickbooks.fault(match=INVOICE, action="reset_after")
    with Remote(run, attempt.connection_id) as remote, pytest.raises(LeaseLost):
        attempts.perform(run, remote, attempt, again=False)
    assert outcomes(shop) == [(1, Outcome.ACCEPTED)]


def test_a_settled_write_is_not_settled_again(shop: Shop, worker) -> None:
    shop.invoice()
    worker.drain()
    attempt = shop.session.scalars(select(Attempt).where(Attempt.entity == "Invoice")).one()
    with pytest.raises(ValueError, match="decided already"):
        attempts.settle(shop.session, attempt, Outcome.UNKNOWN)


def test_an_answer_about_another_record_leaves_the_write_in_doubt(shop: Shop, worker) -> None:
    other = {
        "Invoice": {"Id": "77", "SyncToken": "0", "TotalAmt": 10, "CustomerRef": {"value": "1"}, "PrivateNote": "x"}
    }
    shop.quickbooks.fault(match=INVOICE, action="status", status=200, body=other)
    shop.invoice()
    worker.drain()
    assert outcomes(shop) == [(1, Outcome.UNKNOWN)]


# ------------------------------------------------------------------------------------------------ edits and voids


def test_an_edit_between_an_invoice_and_its_lines_never_posts_a_total_that_was_not(
    shop: Shop, worker, app: Flask
) -> None:
    product = shop.product()
    invoice = shop.invoice((product, 1), shipping=Decimal("7.00"))
    invoice_id, product_id = invoice.id, product.id
    shop.session.commit()
    editors: list[threading.Thread] = []

    def change() -> None:
        with sessions(app)() as session:
            edit(session, session.get_one(Invoice, invoice_id), product_id, 5)

    def before(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "FROM invoice_line" in statement and not editors and threading.current_thread() is threading.main_thread():
            editors.append(threading.Thread(target=change))
            editors[0].start()
            editors[0].join(1)

    event.listen(db.engine, "before_cursor_execute", before)
    try:
        worker.drain()
    finally:
        event.remove(db.engine, "before_cursor_execute", before)
    editors[0].join()
    assert [money(one["TotalAmt"]) for one in shop.remote_invoices] == [money(17)]
    assert shop.sync(invoice).state is SyncState.CHANGED


def test_an_invoice_whose_lines_do_not_come_to_its_total_is_not_sent(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    shop.session.execute(update(Invoice).values(total=Invoice.total + 1))
    shop.session.commit()
    worker.drain()
    sync = shop.sync(invoice)
    assert sync.state is SyncState.BLOCKED
    assert sync.error
    assert sync.error.headline == "The lines of this invoice do not come to its total"
    assert shop.remote_invoices == []


def test_an_invoice_that_was_voided_while_its_customer_was_being_created_is_not_sent(
    shop: Shop, worker, app: Flask
) -> None:
    invoice_id = shop.invoice().id
    shop.session.commit()
    shop.quickbooks.fault(match={"method": "POST", "path_glob": "/v3/company/*/customer"}, action="delay", ms=1500)

    def void() -> None:
        with sessions(app)() as session:
            while session.scalar(select(Attempt.id).where(Attempt.entity == "Customer")) is None:
                session.commit()
                time.sleep(0.05)
            session.execute(update(Invoice).where(Invoice.id == invoice_id).values(status=InvoiceStatus.VOIDED))
            session.commit()

    voiding = threading.Thread(target=void)
    voiding.start()
    worker.drain()
    voiding.join()
    assert shop.remote_invoices == []
    assert outcomes(shop) == []
    assert shop.session.scalars(select(Message.state)).all() == [MessageState.DONE]


def test_what_was_removed_here_is_removed_in_quickbooks_and_what_was_added_there_stays(shop: Shop, worker) -> None:
    customer = shop.customer(email="removed@example.com")
    customer.billing = Address(line1="1 Old Street", line2="Back door", city="Reno")
    customer.shipping = Address(line1="2 Old Street")
    shop.session.commit()
    product = shop.product()
    invoice = shop.invoice((product, 1), customer=customer, memo="Removed")
    kept = shop.invoice((product, 1), customer=shop.customer(email=""))
    worker.drain()
    customer.billing, customer.shipping = Address(line1="3 New Street"), Address()
    customer.contacts[0].email = ""
    for one in (invoice, kept):
        edit(shop.session, one, product.id, 2)
    send_invoices(shop.session, [invoice, kept], actor=ACTOR)
    shop.session.commit()
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    [remote] = [one for one in shop.remote_invoices if one["DocNumber"] == invoice.number]
    address = {name: text for name, text in remote["BillAddr"].items() if name != "Id"}
    assert address == {"Line1": "3 New Street"}
    assert not {"ShipAddr", "BillEmail", "CustomerMemo"} & remote.keys()
    sent = shop.session.scalars(select(Attempt).where(Attempt.local_id == kept.id, Attempt.operation == "update")).one()
    assert not {"BillAddr", "ShipAddr", "BillEmail", "CustomerMemo"} & attempts.payload_of(sent).keys()


# ------------------------------------------------------------------------------------------------ records in doubt


def test_a_product_that_was_renamed_while_in_doubt_is_not_created_twice(shop: Shop, worker, clock) -> None:
    shop.quickbooks.fault(match={"method": "POST", "path_glob": "/v3/company/*/item"}, action="reset_after")
    product = shop.product(name="Old name", sku="OLD")
    invoice = shop.invoice((product, 1))
    worker.drain()
    assert shop.sync(invoice).state is SyncState.UNKNOWN
    product.name, product.sku = "New name", "NEW"
    shop.session.commit()
    clock.move(hours=1)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert [item["Name"] for item in shop.books["Item"] if item["Name"] in ("Old name", "New name")] == ["Old name"]


def test_a_customer_that_was_renamed_while_in_an_old_doubt_is_found_by_the_name_that_was_sent(
    shop: Shop, worker, clock
) -> None:
    shop.quickbooks.fault(match={"method": "POST", "path_glob": "/v3/company/*/customer"}, action="reset_after")
    customer = shop.customer(name="Old name", email="old@example.com")
    invoice = shop.invoice(customer=customer)
    worker.drain()
    customer.name, customer.contacts[0].email = "New name", "new@example.com"
    shop.session.commit()
    clock.move(hours=25)
    shop.quickbooks.clear_calls()
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    names = [one["DisplayName"] for one in shop.books["Customer"]]
    assert [name for name in names if name in ("Old name", "New name")] == ["Old name"]
    assert not [call for call in shop.calls("write") if call["path"].endswith("/customer")]


# ------------------------------------------------------------------------------------------------ other companies


def queue_in(shop: Shop, invoice: Invoice, connection_id: int) -> None:
    """A wish for the push that waits for this company."""
    outbox.put(
        shop.session,
        JOB,
        stream=shop.session.get_one(Connection, connection_id).stream,
        subject=subject(invoice.id),
        payload={"invoice_id": invoice.id},
        tenant_id=invoice.tenant_id,
        instance_id=invoice.instance_id,
        plugin="quickbooks",
        priority=Priority.PERSON,
        actor=ACTOR,
    )
    shop.session.commit()


def test_an_invoice_in_doubt_in_one_company_is_never_sent_to_another(
    shop: Shop, worker, clock, connect_company: Callable[..., int]
) -> None:
    shop.quickbooks.fault(match=INVOICE, action="reset_after")
    invoice = shop.invoice()
    worker.drain()
    other = connect_company(shop.instance.tenant_id, NORTHWIND)
    shop.choose(connection_id=other)
    queue_in(shop, invoice, other)
    worker.drain()
    clock.move(hours=1)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert len(shop.remote_invoices) == 1
    assert not [one for one in shop.quickbooks.invoices(NORTHWIND) if "ERP " in one.get("PrivateNote", "")]


def test_an_invoice_that_one_company_has_is_never_sent_to_another(
    shop: Shop, worker, connect_company: Callable[..., int]
) -> None:
    invoice = shop.invoice()
    worker.drain()
    other = connect_company(shop.instance.tenant_id, NORTHWIND)
    shop.choose(connection_id=other)
    queue_in(shop, invoice, other)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert len(shop.session.scalars(select(Link).where(Link.entity == "Invoice")).all()) == 1
    assert not [one for one in shop.quickbooks.invoices(NORTHWIND) if "ERP " in one.get("PrivateNote", "")]


def test_waiting_work_stays_waiting_while_no_company_is_chosen(shop: Shop, worker, clock) -> None:
    connect.switch(shop.session, shop.connection, False, actor=ACTOR)
    shop.session.commit()
    invoice = shop.invoice()
    shop.choose(connection_id=None, auto_invoice=False)
    connect.switch(shop.session, shop.connection, True, actor=ACTOR)
    shop.session.commit()
    worker.drain()
    message = shop.session.scalars(select(Message)).one()
    assert message.state == MessageState.PENDING
    assert message.error
    assert message.error["headline"] == "No QuickBooks company is chosen"
    shop.choose()
    clock.move(minutes=5)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED


def test_sending_goes_on_at_once_when_a_company_is_switched_on_again(shop: Shop, worker, clock) -> None:
    invoice = shop.invoice()
    connect.switch(shop.session, shop.connection, False, actor=ACTOR)
    outbox.release_stream(shop.session, shop.connection.stream)
    shop.session.commit()
    worker.drain()
    assert shop.remote_invoices == []
    connect.switch(shop.session, shop.connection, True, actor=ACTOR)
    shop.session.commit()
    clock.move(seconds=6)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED


# ------------------------------------------------------------------------------------------------ preferences


def test_a_person_who_sends_again_is_heard_when_the_company_changed_its_preferences(shop: Shop, worker, clock) -> None:
    shop.prefer(allow_discount=False)  # as it was when connected; the company has turned discounts on since
    invoice = shop.invoice(discount=Decimal("1.00"))
    clock.move(minutes=2)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.BLOCKED
    shop.quickbooks.clear_calls()
    send_invoices(shop.session, [invoice], actor=ACTOR)
    shop.session.commit()
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert [call["path"].rsplit("/", 1)[1] for call in shop.calls("get")] == ["preferences"]


def test_preferences_are_not_read_again_within_a_minute(shop: Shop, worker, clock) -> None:
    invoice = [shop.invoice() for _ in range(2)][-1]
    shop.session.execute(update(Invoice).values(currency="EUR"))
    shop.session.commit()
    clock.move(minutes=2)
    send_invoices(shop.session, shop.session.scalars(select(Invoice)).all(), actor=ACTOR)
    shop.session.commit()
    shop.quickbooks.clear_calls()
    worker.drain()
    assert shop.sync(invoice).state is SyncState.BLOCKED
    assert len(shop.calls("get")) == 1
