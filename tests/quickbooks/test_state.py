"""One expression, one truth: what the list filters, the badge says, for every state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, select

from erp_core.jobs import outbox
from erp_core.models import Invoice, Message, MessageState
from erp_core.services import invoicing, ordering, tenants
from erp_core.services.order_input import LineInput, OrderInput
from erp_core.testing.factories import ACTOR, InstanceFactory, OrderFactory
from plugins.quickbooks.models import Attempt, Link, Outcome
from plugins.quickbooks.send import send_invoices
from plugins.quickbooks.state import LOOKS, SyncState, describe, in_states
from tests.quickbooks.conftest import Shop, fault

INVOICE = {"method": "POST", "path_glob": "/v3/company/*/invoice"}


def agree(shop: Shop, invoice: Invoice, state: SyncState) -> None:
    """Filter and badge say this state, and no other filter takes the invoice."""
    sync = shop.sync(invoice)
    assert sync.state is state
    found = [
        one
        for one in SyncState
        if shop.session.scalar(select(Invoice.id).where(in_states(one), Invoice.id == invoice.id))
    ]
    assert found == [state]
    assert sync.label == LOOKS[state].label
    assert sync.help


def edit(shop: Shop, invoice: Invoice, quantity: int) -> None:
    line = invoice.lines[0]
    data = OrderInput(
        customer_id=invoice.customer_id, lines=[LineInput(product_id=line.product_id, quantity=Decimal(quantity))]
    )
    ordering.edit_order(shop.session, invoice.order, data, actor=ACTOR, version=invoice.order.version)
    shop.session.commit()


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are executed within the block."""
    from erp_core.extensions import db

    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_draft(shop: Shop) -> None:
    draft = invoicing.invoice_order(shop.session, shop.order(), actor=ACTOR, draft=True)
    agree(shop, draft, SyncState.NOT_APPLICABLE)


def test_an_instance_without_quickbooks(shop: Shop) -> None:
    order = OrderFactory(instance=InstanceFactory(tenant=shop.instance.tenant), invoiced=True)
    invoice = shop.session.scalars(select(Invoice).where(Invoice.order_id == order.id)).one()
    agree(shop, invoice, SyncState.NOT_APPLICABLE)


def test_off(shop: Shop) -> None:
    shop.choose(auto_invoice=False)
    agree(shop, shop.invoice(), SyncState.OFF)


def test_enable_off_is_not_applicable(shop: Shop) -> None:
    shop.choose(auto_invoice=False)
    invoice = shop.invoice()
    shop.choose(auto_invoice=False, enabled=False)
    agree(shop, invoice, SyncState.NOT_APPLICABLE)


def test_queued(shop: Shop) -> None:
    agree(shop, shop.invoice(), SyncState.QUEUED)


def test_sending(shop: Shop) -> None:
    invoice = shop.invoice()
    message = shop.session.scalars(select(Message)).one()
    message.state, message.started_at = MessageState.IN_FLIGHT, message.created_at
    agree(shop, invoice, SyncState.SENDING)


def test_paused_with_the_instance(shop: Shop) -> None:
    invoice = shop.invoice()
    tenants.set_plugin_enabled(shop.session, shop.instance, "quickbooks", False, actor=ACTOR)
    agree(shop, invoice, SyncState.PAUSED)


def test_paused_with_the_company(shop: Shop) -> None:
    from plugins.quickbooks import connect

    invoice = shop.invoice()
    connect.switch(shop.session, shop.connection, False, actor=ACTOR)
    agree(shop, invoice, SyncState.PAUSED)
    assert "switched off" in shop.sync(invoice).help


def test_throttled(shop: Shop, worker, clock) -> None:
    shop.quickbooks.fault(match=INVOICE, action="status", status=429, body=fault("3001", "ThrottleExceeded", "SERVICE"))
    invoice = shop.invoice()
    worker.drain()
    agree(shop, invoice, SyncState.THROTTLED)
    later = shop.invoice()
    agree(shop, later, SyncState.THROTTLED)
    clock.move(minutes=5)
    worker.drain()
    agree(shop, invoice, SyncState.VERIFIED)
    agree(shop, later, SyncState.VERIFIED)


def test_checking(shop: Shop, worker) -> None:
    shop.quickbooks.fault(match=INVOICE, action="reset_after")
    invoice = shop.invoice()
    worker.drain()
    agree(shop, invoice, SyncState.UNKNOWN)


def test_retrying(shop: Shop, worker) -> None:
    shop.quickbooks.fault(
        match={"path_glob": "/v3/company/*/batch"},
        action="status",
        status=500,
        body="not JSON",
        content_type="text/html",
    )
    invoice = shop.invoice()
    worker.drain()
    agree(shop, invoice, SyncState.FAILED_RETRY)


def test_needs_setup(shop: Shop, worker) -> None:
    shop.configure(auto_create_customers=False)
    invoice = shop.invoice()
    worker.drain()
    agree(shop, invoice, SyncState.BLOCKED)


def test_needs_you(shop: Shop, worker) -> None:
    shop.quickbooks.fault(match=INVOICE, action="status", status=400, body=fault("6190", "Invalid Company Status"))
    invoice = shop.invoice()
    worker.drain()
    agree(shop, invoice, SyncState.FAILED_USER)


def test_sent_and_verified(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    worker.drain()
    agree(shop, invoice, SyncState.VERIFIED)


def test_sent_without_a_comparison(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    worker.drain()
    _link(shop).remote_total = None
    agree(shop, invoice, SyncState.SENT)


def test_differs(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    worker.drain()
    link = _link(shop)
    link.remote_total, link.verified = invoice.total + Decimal("0.02"), False
    agree(shop, invoice, SyncState.DIFFERS)
    assert "QuickBooks shows 10.02" in shop.sync(invoice).help


def test_changed_since_sent(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    worker.drain()
    edit(shop, invoice, 7)
    agree(shop, invoice, SyncState.CHANGED)
    assert shop.sync(invoice).send_label == "Update QuickBooks"


def test_voided_before_it_was_sent(shop: Shop) -> None:
    invoice = shop.invoice()
    invoicing.void_invoice(shop.session, invoice, actor=ACTOR)
    agree(shop, invoice, SyncState.VOIDED)
    assert shop.sync(invoice).help == "Voided before it was sent."
    shop.choose(auto_invoice=False, enabled=False)
    agree(shop, invoice, SyncState.NOT_APPLICABLE)


def test_voided_in_both(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    worker.drain()
    shop.session.expire_all()
    invoice.status = "voided"
    invoice.balance = Decimal(0)
    agree(shop, invoice, SyncState.VOIDED)


def test_a_doubt_without_a_message_is_still_checking(shop: Shop, worker) -> None:
    shop.quickbooks.fault(match=INVOICE, action="reset_after")
    invoice = shop.invoice()
    worker.drain()
    shop.session.expire_all()
    outbox.drop(shop.session, f"quickbooks:invoice:{invoice.id}", "a test")
    assert shop.session.scalar(select(Attempt.outcome).where(Attempt.entity == "Invoice")) == Outcome.UNKNOWN
    agree(shop, invoice, SyncState.UNKNOWN)


def test_many_are_described_with_one_query(shop: Shop, worker, app) -> None:
    invoices = [shop.invoice() for _ in range(5)]
    worker.drain()
    edit(shop, invoices[0], 3)
    send_invoices(shop.session, invoices[:1], actor=ACTOR)
    shop.session.commit()
    assert all(invoice.instance.timezone for invoice in invoices)  # loaded, so that only what describe asks is counted
    with counted() as statements:
        found = describe(shop.session, invoices)
    assert len(found) == 5
    assert len([one for one in statements if one.startswith("SELECT")]) == 1


def test_both_columns_of_a_list_need_one_query(shop: Shop, worker, client) -> None:
    for _ in range(3):
        shop.invoice()
    worker.drain()
    client.login(shop.user)
    with counted() as statements:
        page = client.get("/invoices")
    assert "Sent and verified" in page.text
    assert len([one for one in statements if "quickbooks_link.sync_token" in one]) == 1


def test_sending_many_needs_few_statements(shop: Shop) -> None:
    shop.choose(auto_invoice=False)
    product, customer = shop.product(), shop.customer()
    invoices = [shop.invoice((product, 1), customer=customer) for _ in range(20)]
    with counted() as statements:
        assert len(send_invoices(shop.session, invoices, actor=ACTOR).queued) == 20
    assert len(statements) < 20 + 15


@pytest.mark.parametrize("state", list(SyncState))
def test_every_state_has_words(state: SyncState) -> None:
    assert LOOKS[state].label


def _link(shop: Shop) -> Link:
    shop.session.expire_all()
    return shop.session.scalars(select(Link).where(Link.entity == "Invoice")).one()
