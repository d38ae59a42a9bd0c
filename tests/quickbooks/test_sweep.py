"""The net under the listeners: what Auto Invoice should have sent and nobody wished for."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from erp_core.models import Message, MessageState
from erp_core.services import invoicing, tenants
from erp_core.testing.factories import ACTOR, InstanceFactory, InvoiceFactory
from plugins.quickbooks import connect, hooks, send
from plugins.quickbooks.send import queue_missed
from plugins.quickbooks.state import SyncState
from tests.quickbooks.conftest import NORTHWIND, Shop


def lose(shop: Shop) -> None:
    """As if the listeners had failed."""
    shop.session.execute(delete(Message))
    shop.session.commit()


def test_invoices_of_a_disconnected_company_do_not_hide_the_others(shop: Shop, connect_company, transaction) -> None:
    other = InstanceFactory(tenant=shop.instance.tenant)
    northwind = connect_company(shop.instance.tenant_id, NORTHWIND)
    values = {"connection_id": northwind, "auto_invoice": True}
    tenants.save_plugin_settings(shop.session, other, "quickbooks", True, values, actor=ACTOR)
    shop.session.commit()
    connect.disconnect(transaction, shop.connection.id, actor=ACTOR)
    shop.session.expire_all()
    for _ in range(3):
        shop.invoice()
    missed = InvoiceFactory(instance=other)
    lose(shop)
    assert queue_missed(shop.session, most=3) == 1
    assert shop.session.scalars(select(Message.subject)).all() == [send.subject(missed.id)]


def test_a_draft_from_before_auto_invoice_that_is_issued_after_it_is_found(shop: Shop, worker, clock) -> None:
    shop.choose(auto_invoice=False)
    draft = invoicing.invoice_order(shop.session, shop.order(), actor=ACTOR, draft=True)
    shop.session.commit()
    clock.move(minutes=1)
    shop.choose()
    invoicing.issue_invoice(shop.session, draft, actor=ACTOR)
    lose(shop)
    hooks.sweep(shop.session)
    shop.session.commit()
    worker.drain()
    assert shop.sync(draft).state is SyncState.VERIFIED


def test_a_draft_is_issued_when_it_gets_its_number(shop: Shop, clock) -> None:
    draft = invoicing.invoice_order(shop.session, shop.order(), actor=ACTOR, draft=True)
    assert draft.issued_at is None
    clock.move(minutes=1)
    before = clock.now()
    invoicing.issue_invoice(shop.session, draft, actor=ACTOR)
    assert draft.issued_at >= before > draft.created_at


@pytest.mark.parametrize(("state", "found"), [(MessageState.DONE, 1), (MessageState.FAILED, 0), (MessageState.HELD, 0)])
def test_a_message_that_ended_without_a_link_is_no_wish(shop: Shop, state: MessageState, found: int) -> None:
    shop.invoice()
    shop.session.execute(update(Message).values(state=state, hold_reason="a test"))
    shop.session.commit()
    assert queue_missed(shop.session) == found
