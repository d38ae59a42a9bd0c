"""With Enable off nothing leaves, and what left before still binds."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from erp_core.errors import Refused
from erp_core.models import Message, MessageState
from erp_core.services import invoicing
from erp_core.testing.factories import ACTOR
from plugins.quickbooks.models import Link
from plugins.quickbooks.send import choose, resend_blocked
from plugins.quickbooks.state import SyncState
from tests.quickbooks.conftest import Shop
from tests.quickbooks.test_rules import edit

INVOICE = {"method": "POST", "path_glob": "/v3/company/*/invoice"}


def switch_off(shop: Shop) -> None:
    shop.choose(enabled=False, auto_invoice=False)


def test_an_invoice_in_quickbooks_is_still_not_voided_here_alone(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    switch_off(shop)
    with pytest.raises(Refused, match="is in QuickBooks as"):
        invoicing.void_invoice(shop.session, invoice, actor=ACTOR)


def test_an_invoice_in_doubt_is_still_not_voided(shop: Shop, worker) -> None:
    shop.quickbooks.fault(match=INVOICE, action="reset_after")
    invoice = shop.invoice()
    worker.drain()
    switch_off(shop)
    with pytest.raises(Refused, match=r"not known whether QuickBooks received .* That is paused"):
        invoicing.void_invoice(shop.session, invoice, actor=ACTOR)


def test_what_is_paid_there_is_still_not_edited_here(shop: Shop, worker) -> None:
    invoice = shop.invoice((shop.product(), 1))
    worker.drain()
    shop.session.expire_all()
    link = shop.session.scalars(select(Link).where(Link.entity == "Invoice")).one()
    link.remote_balance = Decimal(0)
    switch_off(shop)
    with pytest.raises(Refused, match="paid in QuickBooks"):
        edit(shop, invoice, 2)


def test_voiding_what_never_left_settles_its_held_message(shop: Shop) -> None:
    invoice = shop.invoice()
    switch_off(shop)
    invoicing.void_invoice(shop.session, invoice, actor=ACTOR)
    shop.session.commit()
    shop.session.expire_all()
    assert shop.session.scalars(select(Message.state)).all() == [MessageState.DROPPED]


def test_what_waited_for_settings_is_held_until_enable_is_on(shop: Shop, worker) -> None:
    shop.configure(income_account_id=None)
    invoice = shop.invoice()
    worker.drain()
    switch_off(shop)
    account = next(one for one in shop.books["Account"] if one["Name"] == "Sales of Product Income")
    shop.configure(income_account_id=account["Id"])
    assert resend_blocked(shop.session, shop.connection, actor=ACTOR) == 0
    worker.drain()
    assert shop.remote_invoices == []
    assert f"is switched off in {shop.instance.name}" in (shop.session.scalars(select(Message.hold_reason)).one() or "")
    shop.choose(auto_invoice=False)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED


def test_an_answer_to_a_question_is_refused_and_says_why(shop: Shop, worker) -> None:
    shop.invoice(customer=shop.customer(name="Zed", email="same@example.com"))
    worker.drain()
    other = shop.customer(name="Zed again", email="same@example.com")
    invoice = shop.invoice(customer=other)
    worker.drain()
    before = len(shop.remote_invoices)
    switch_off(shop)
    with pytest.raises(Refused, match="QuickBooks is switched off in"):
        choose(shop.session, invoice, "customer", other.id, None, actor=ACTOR)
    worker.drain()
    assert len(shop.remote_invoices) == before
