"""One invoice, several companies: it goes to one of them, and work follows its instance."""

from __future__ import annotations

from sqlalchemy import select

from erp_core.models import Message, MessageState
from erp_core.testing.factories import ACTOR
from plugins.quickbooks import connect
from plugins.quickbooks.models import Attempt
from plugins.quickbooks.send import send_invoices
from plugins.quickbooks.state import SyncState
from tests.quickbooks.conftest import HARBOR, NORTHWIND, Shop
from tests.quickbooks.test_rules import edit

INVOICE = {"method": "POST", "path_glob": "/v3/company/*/invoice"}


def ours(shop: Shop, realm: str) -> list[str]:
    return [one["DocNumber"] for one in shop.quickbooks.invoices(realm) if "ERP " in one.get("PrivateNote", "")]


def test_an_invoice_in_doubt_stays_with_the_company_that_may_have_it(
    shop: Shop, worker, clock, connect_company
) -> None:
    shop.quickbooks.fault(match=INVOICE, action="reset_after")
    invoice = shop.invoice()
    worker.drain()
    assert shop.sync(invoice).state is SyncState.UNKNOWN
    shop.choose(connection_id=connect_company(shop.instance.tenant_id, NORTHWIND))
    assert send_invoices(shop.session, [invoice], actor=ACTOR).queued
    shop.session.commit()
    worker.drain()
    clock.move(hours=1)
    worker.drain()
    assert (ours(shop, HARBOR), ours(shop, NORTHWIND)) == ([invoice.number], [])
    assert shop.session.scalars(select(Attempt.realm_id).where(Attempt.entity == "Invoice")).all() == [HARBOR]
    assert shop.sync(invoice).state is SyncState.VERIFIED


def test_waiting_work_leaves_a_disconnected_company_with_its_instance(
    shop: Shop, worker, connect_company, transaction
) -> None:
    connect.switch(shop.session, shop.connection, False, actor=ACTOR)
    invoice = shop.invoice()
    connect.disconnect(transaction, shop.connection.id, actor=ACTOR)
    shop.session.expire_all()
    shop.choose(connection_id=connect_company(shop.instance.tenant_id, NORTHWIND))
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert (ours(shop, HARBOR), ours(shop, NORTHWIND)) == ([], [invoice.number])


def test_waiting_work_follows_also_when_no_company_was_chosen_in_between(
    shop: Shop, worker, connect_company, transaction
) -> None:
    connect.switch(shop.session, shop.connection, False, actor=ACTOR)
    invoice = shop.invoice()
    shop.choose(connection_id=None, auto_invoice=False)
    shop.choose(connection_id=connect_company(shop.instance.tenant_id, NORTHWIND))
    worker.drain()
    assert ours(shop, NORTHWIND) == [invoice.number]


def test_what_failed_follows_too_and_waits_for_a_person(shop: Shop, worker, connect_company) -> None:
    shop.configure(income_account_id=None)
    invoice = shop.invoice()
    worker.drain()
    shop.choose(auto_invoice=False, connection_id=connect_company(shop.instance.tenant_id, NORTHWIND))
    worker.drain()
    sync = shop.sync(invoice)
    assert (sync.state, sync.error and sync.error.code) == (SyncState.FAILED_USER, "company_changed")
    assert sync.send_label == "Send again"
    send_invoices(shop.session, [invoice], actor=ACTOR)
    shop.session.commit()
    worker.drain()
    assert (ours(shop, HARBOR), ours(shop, NORTHWIND)) == ([], [invoice.number])


def test_what_is_in_a_company_stays_there(shop: Shop, worker, connect_company) -> None:
    invoice = shop.invoice((shop.product(), 1))
    worker.drain()
    edit(shop, invoice, 2)
    connect.switch(shop.session, shop.connection, False, actor=ACTOR)
    connect.switch(shop.session, shop.connection, True, actor=ACTOR)
    send_invoices(shop.session, [invoice], actor=ACTOR)
    shop.session.commit()
    shop.choose(connection_id=connect_company(shop.instance.tenant_id, NORTHWIND))
    [stream] = shop.session.scalars(select(Message.stream).where(Message.state == MessageState.PENDING))
    assert stream == shop.connection.stream
