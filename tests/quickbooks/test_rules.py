"""What the plugin refuses, what it remembers, and what the sweep finds."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import delete, select

from erp_core.errors import ERPError, Refused
from erp_core.models import Activity, Message, MessageState
from erp_core.services import invoicing, ordering, payments, tenants
from erp_core.services.order_input import LineInput, OrderInput
from erp_core.testing.factories import ACTOR
from plugins.quickbooks import connect, hooks
from plugins.quickbooks.models import AutoInvoice, Connection, ConnectionStatus, Link
from plugins.quickbooks.send import send_invoices
from plugins.quickbooks.state import SyncState
from tests.quickbooks.conftest import NORTHWIND, Shop, money

INVOICE = {"method": "POST", "path_glob": "/v3/company/*/invoice"}


# ------------------------------------------------------------------------------------------------ switches


def test_auto_invoice_needs_enable(shop: Shop) -> None:
    with pytest.raises(Refused, match="Auto Invoice needs Enable"):
        shop.choose(enabled=False)


def test_auto_invoice_needs_a_company(shop: Shop) -> None:
    with pytest.raises(Refused, match="Choose a company"):
        shop.choose(connection_id=None)


def test_auto_invoice_needs_a_green_list_and_says_what_is_missing(shop: Shop) -> None:
    shop.choose(auto_invoice=False)
    shop.configure(income_account_id=None)
    with pytest.raises(Refused, match="Choose the income account for new products"):
        shop.choose()


def test_the_page_of_an_instance_can_be_saved_while_its_company_must_be_reconnected(shop: Shop) -> None:
    shop.connection.status = ConnectionStatus.NEEDS_RECONNECT
    shop.session.commit()
    since = shop.session.scalars(select(AutoInvoice.since_at)).one()
    shop.choose()
    assert shop.session.scalars(select(AutoInvoice.since_at)).one() == since
    shop.choose(auto_invoice=False)
    with pytest.raises(Refused, match="Connect the company again"):
        shop.choose()


def test_turning_enable_on_with_auto_invoice_needs_a_green_list(shop: Shop) -> None:
    tenants.set_plugin_enabled(shop.session, shop.instance, "quickbooks", False, actor=ACTOR)
    shop.configure(income_account_id=None)
    with pytest.raises(Refused, match="Choose the income account"):
        shop.choose()


def test_another_tenants_company_is_not_there(shop: Shop, connect_company) -> None:
    from erp_core.testing.factories import InstanceFactory

    other = InstanceFactory()
    shop.session.commit()
    theirs = connect_company(other.tenant_id, NORTHWIND)
    with pytest.raises(ERPError):
        shop.choose(connection_id=theirs)


def test_switching_on_sends_nothing_old(shop: Shop, worker, clock) -> None:
    shop.choose(auto_invoice=False)
    old = shop.invoice()
    clock.move(minutes=1)
    shop.choose()
    hooks.sweep(shop.session)
    new = shop.invoice()
    worker.drain()
    assert shop.sync(old).state is SyncState.OFF
    assert shop.sync(new).state is SyncState.VERIFIED


def test_what_was_invoiced_while_enable_was_off_stays(shop: Shop, worker, clock) -> None:
    tenants.set_plugin_enabled(shop.session, shop.instance, "quickbooks", False, actor=ACTOR)
    missed = shop.invoice()
    clock.move(minutes=1)
    tenants.set_plugin_enabled(shop.session, shop.instance, "quickbooks", True, actor=ACTOR)
    hooks.sweep(shop.session)
    worker.drain()
    assert shop.sync(missed).state is SyncState.OFF


def test_the_sweep_finds_what_a_failed_listener_missed(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    shop.session.execute(delete(Message))
    shop.session.commit()
    assert shop.sync(invoice).state is SyncState.OFF
    hooks.sweep(shop.session)
    shop.session.commit()
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    hooks.sweep(shop.session)
    assert worker.drain() == 0


def test_switching_off_forgets_since_when(shop: Shop) -> None:
    assert shop.session.scalars(select(AutoInvoice)).one()
    shop.choose(auto_invoice=False)
    assert shop.session.scalars(select(AutoInvoice)).all() == []


def test_with_enable_off_a_send_says_why(shop: Shop) -> None:
    shop.choose(auto_invoice=False)
    invoice = shop.invoice()
    shop.choose(auto_invoice=False, enabled=False)
    result = send_invoices(shop.session, [invoice], actor=ACTOR)
    assert result.queued == []
    assert "QuickBooks is switched off in" in result.skipped[0][1]


def test_a_switched_off_or_disconnected_company_says_why(shop: Shop, transaction) -> None:
    shop.choose(auto_invoice=False)
    invoice = shop.invoice()
    connect.switch(shop.session, shop.connection, False, actor=ACTOR)
    assert "switched off" in send_invoices(shop.session, [invoice], actor=ACTOR).skipped[0][1]
    shop.session.commit()
    connect.disconnect(transaction, shop.connection.id, actor=ACTOR)
    shop.session.expire_all()
    assert "disconnected" in send_invoices(shop.session, [invoice], actor=ACTOR).skipped[0][1]


def test_drafts_voided_and_sent_invoices_are_skipped_with_a_sentence(shop: Shop, worker) -> None:
    sent = shop.invoice()
    worker.drain()
    draft = invoicing.invoice_order(shop.session, shop.order(), actor=ACTOR, draft=True)
    voided = shop.invoice()
    invoicing.void_invoice(shop.session, voided, actor=ACTOR)
    result = send_invoices(shop.session, [sent, draft, voided], actor=ACTOR)
    assert [sentence for _, sentence in result.skipped] == [
        f"it is in QuickBooks already, as {sent.number}, and nothing was changed since.",
        "it is a draft. Issue it first.",
        "it is voided.",
    ]


# ------------------------------------------------------------------------------------------------ voids and edits


def test_voiding_a_never_sent_invoice_drops_what_waits(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    invoicing.void_invoice(shop.session, invoice, actor=ACTOR)
    shop.session.commit()
    assert worker.drain() == 0
    assert shop.session.scalars(select(Message.state)).all() == [MessageState.DROPPED]
    assert shop.remote_invoices == []


def test_voiding_settles_a_failure(shop: Shop, worker) -> None:
    shop.configure(auto_create_customers=False)
    invoice = shop.invoice()
    worker.drain()
    invoicing.void_invoice(shop.session, invoice, actor=ACTOR)
    shop.session.commit()
    shop.session.expire_all()
    assert shop.session.scalars(select(Message.state)).all() == [MessageState.DROPPED]


@pytest.mark.parametrize("verb", [invoicing.void_invoice, invoicing.replace_invoice])
def test_an_invoice_in_quickbooks_is_not_voided_here_alone(shop: Shop, worker, verb) -> None:
    invoice = shop.invoice()
    worker.drain()
    with pytest.raises(
        Refused, match=f"{invoice.number} is in QuickBooks as {invoice.number}.* press Update QuickBooks"
    ):
        verb(shop.session, invoice, actor=ACTOR)


def test_an_invoice_in_flight_or_in_doubt_is_not_voided(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    message = shop.session.scalars(select(Message)).one()
    message.state = MessageState.IN_FLIGHT
    shop.session.commit()
    with pytest.raises(Refused, match="being sent to QuickBooks right now"):
        invoicing.void_invoice(shop.session, invoice, actor=ACTOR)
    shop.session.rollback()
    message.state = MessageState.PENDING
    shop.session.commit()
    shop.quickbooks.fault(match=INVOICE, action="reset_after")
    worker.drain()
    shop.session.expire_all()
    with pytest.raises(Refused, match=r"not known whether QuickBooks received .* We are checking"):
        invoicing.void_invoice(shop.session, invoice, actor=ACTOR)


def test_replacing_a_never_sent_invoice_sends_the_new_one_only(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    replacement = invoicing.replace_invoice(shop.session, invoice, actor=ACTOR)
    shop.session.commit()
    worker.drain()
    assert [one["DocNumber"] for one in shop.remote_invoices] == [replacement.number]


def edit(shop: Shop, invoice, quantity: int, **values) -> None:
    product_id = invoice.lines[0].product_id
    lines = [LineInput(product_id=product_id, quantity=Decimal(quantity))]
    data = OrderInput(customer_id=invoice.customer_id, lines=lines, **values)
    ordering.edit_order(shop.session, invoice.order, data, actor=ACTOR, version=invoice.order.version)
    shop.session.commit()


def test_an_edit_before_sending_needs_nothing_more(shop: Shop, worker) -> None:
    invoice = shop.invoice((shop.product(), 1))
    edit(shop, invoice, 4)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert [money(one["TotalAmt"]) for one in shop.remote_invoices] == [money(40)]


def test_an_edit_after_sending_is_an_update_that_keeps_id_and_number(shop: Shop, worker) -> None:
    invoice = shop.invoice((shop.product(), 1), memo="Thank you")
    worker.drain()
    [before] = shop.remote_invoices
    assert before["CustomerMemo"]["value"] == "Thank you"
    edit(shop, invoice, 4, memo="")
    worker.drain()
    assert shop.sync(invoice).state is SyncState.CHANGED
    assert send_invoices(shop.session, [invoice], actor=ACTOR).queued == [invoice]
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    [after] = shop.remote_invoices
    assert (after["Id"], after["DocNumber"]) == (before["Id"], before["DocNumber"])
    assert money(after["TotalAmt"]) == money(40)
    assert not after.get("CustomerMemo", {}).get("value")
    shop.session.expire_all()
    assert shop.session.scalars(select(Activity.summary).where(Activity.action == "invoice_updated")).all() == [
        f"Invoice {invoice.number} updated in QuickBooks"
    ]


def touch(shop: Shop, **members) -> None:
    """Somebody changes our invoice in QuickBooks."""
    import requests

    [remote] = shop.remote_invoices
    token = shop.quickbooks.connection(shop.realm)["access_token"]
    answer = requests.post(
        f"{shop.quickbooks.api_url}/company/{shop.realm}/invoice",
        json={"Id": remote["Id"], "SyncToken": remote["SyncToken"], "sparse": True, **members},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text


def test_a_change_there_that_is_not_ours_does_not_stop_an_update(shop: Shop, worker) -> None:
    invoice = shop.invoice((shop.product(), 1))
    worker.drain()
    touch(shop, PrintStatus="NotSet")
    edit(shop, invoice, 2)
    send_invoices(shop.session, [invoice], actor=ACTOR)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert [money(one["TotalAmt"]) for one in shop.remote_invoices] == [money(20)]


@pytest.mark.parametrize("theirs", [{"CustomerMemo": {"value": "Written there"}}, {"DueDate": "2030-01-01"}])
def test_both_sides_changed_is_a_question_and_nothing_is_overwritten(shop: Shop, worker, theirs) -> None:
    invoice = shop.invoice((shop.product(), 1))
    worker.drain()
    touch(shop, **theirs)
    edit(shop, invoice, 2, memo="Written here")
    send_invoices(shop.session, [invoice], actor=ACTOR)
    worker.drain()
    sync = shop.sync(invoice)
    assert sync.state is SyncState.FAILED_USER
    assert sync.error
    assert sync.error.code == "changed_in_quickbooks"
    [remote] = shop.remote_invoices
    assert money(remote["TotalAmt"]) == money(10)
    assert all(remote[name] == value for name, value in theirs.items())


def test_what_is_paid_in_quickbooks_is_not_edited_here(shop: Shop, worker) -> None:
    invoice = shop.invoice((shop.product(), 1))
    worker.drain()
    shop.session.expire_all()
    link = shop.session.scalars(select(Link).where(Link.entity == "Invoice")).one()
    link.remote_balance = Decimal(0)
    shop.session.commit()
    with pytest.raises(Refused, match="paid in QuickBooks"):
        edit(shop, invoice, 2)


# ------------------------------------------------------------------------------------------------ connections


def test_links_survive_disconnect_so_that_reconnecting_makes_no_copies(
    shop: Shop, worker, transaction, connect_company
) -> None:
    product, customer = shop.product(), shop.customer()
    first = shop.invoice((product, 1), customer=customer)
    worker.drain()
    waiting = shop.invoice((product, 1), customer=customer)
    connect.disconnect(transaction, shop.connection.id, actor=ACTOR)
    assert worker.drain() == 0
    assert shop.sync(waiting).state is SyncState.PAUSED
    assert connect_company(shop.instance.tenant_id) == shop.connection.id
    worker.drain()
    assert [shop.sync(one).state for one in (first, waiting)] == [SyncState.VERIFIED] * 2
    assert len(shop.remote_invoices) == 2
    assert [one["DisplayName"] for one in shop.books["Customer"]].count(customer.name) == 1


def test_what_waits_moves_with_its_instance_to_another_company(shop: Shop, worker, connect_company) -> None:
    invoice = shop.invoice()
    shop.choose(connection_id=connect_company(shop.instance.tenant_id, NORTHWIND))
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert shop.remote_invoices == []
    assert [one for one in shop.quickbooks.invoices(NORTHWIND) if one["DocNumber"] == invoice.number]


def test_neutralize_disarms_a_copy(shop: Shop, worker, app) -> None:
    from sqlalchemy.orm import undefer

    invoice = shop.invoice()
    app.extensions["erp_registry"].get("quickbooks").neutralize(shop.session)
    shop.session.commit()
    query = select(Connection).options(undefer(Connection.access_token), undefer(Connection.refresh_token))
    connection = shop.session.scalars(query.execution_options(populate_existing=True)).one()
    assert (connection.access_token, connection.refresh_token) == (None, None)
    assert connection.status == ConnectionStatus.DISCONNECTED
    worker.drain()
    assert shop.remote_invoices == []
    assert shop.sync(invoice).state is not SyncState.VERIFIED


def test_an_invoice_that_was_paid_here_first_is_not_sent_as_owed(shop: Shop, worker) -> None:
    shop.choose(auto_invoice=False)
    invoice = shop.invoice()
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
    result = send_invoices(shop.session, [invoice], actor=ACTOR)
    assert [reason.startswith("it is paid.") for _, reason in result.skipped] == [True]
    sync = shop.sync(invoice)
    assert (sync.state, sync.send_label) == (SyncState.OFF, "")
    assert "void the payment here" in sync.help
    worker.drain()
    assert shop.remote_invoices == []
