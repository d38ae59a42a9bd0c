"""Listeners hear what happened, guards refuse what is about to happen; neither can break the host's books."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from echo_plugin.models import Note
from echo_plugin.settings import InstanceSettings
from erp_core.errors import Refused
from erp_core.models import Activity, Invoice, InvoiceStatus, Message
from erp_core.plugins.settings import write
from erp_core.services import invoicing, tenants
from erp_core.testing.factories import ACTOR, InvoiceFactory, OrderFactory


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def test_the_wish_is_committed_with_the_invoice_or_not_at_all(session, shop):
    order = OrderFactory(instance=shop, shipped=True)
    invoicing.invoice_order(session, order, actor=ACTOR)
    assert count(session, Message) == 1
    session.rollback()
    assert (count(session, Message), count(session, Invoice)) == (0, 0)


@pytest.fixture
def broken_listener(session):
    """Echo's listener can't write its wish, because the database refuses it: a trigger, as real as a full disk."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(
            text(
                "CREATE TRIGGER full BEFORE INSERT ON outbox_message WHEN NEW.plugin = 'echo' "
                "BEGIN SELECT RAISE(ABORT, 'the secret word is sesame'); END"
            )
        )
    else:
        session.execute(
            text(
                "CREATE FUNCTION full_up() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'the secret word is sesame'; END $$"
            )
        )
        session.execute(
            text(
                "CREATE TRIGGER full_up BEFORE INSERT ON outbox_message FOR EACH ROW "
                "WHEN (NEW.plugin = 'echo') EXECUTE FUNCTION full_up()"
            )
        )
    session.commit()


def test_a_listener_that_fails_does_not_stop_the_invoice(session, shop, broken_listener):
    invoice = InvoiceFactory(instance=shop)
    session.expire_all()
    assert session.get_one(Invoice, invoice.id).status == InvoiceStatus.SENT
    assert count(session, Message) == 0
    trace = session.scalars(select(Activity).where(Activity.action == "listener_failed")).one()
    assert trace.actor_name == "echo"
    assert (trace.tenant_id, trace.instance_id) == (shop.tenant_id, shop.id)
    assert trace.summary.startswith("echo could not react to OrderInvoiced (")
    assert "sesame" not in trace.summary + str(trace.details)


def test_a_guard_refuses_before_anything_changes(session, worker, shop):
    invoice = InvoiceFactory(instance=shop)
    worker.drain()
    write(session, "echo", shop.id, InstanceSettings(keep_invoices=True))
    session.commit()
    activities = count(session, Activity)
    with pytest.raises(Refused, match="Echo keeps this invoice"):
        invoicing.void_invoice(session, invoice, actor=ACTOR, reason="A mistake")
    session.commit()  # even whoever forgets to roll back has changed nothing
    session.expire_all()
    assert session.get_one(Invoice, invoice.id).status == InvoiceStatus.SENT
    assert count(session, Activity) == activities


def test_a_guard_is_asked_also_where_its_plugin_is_switched_off(session, worker, switch, shop):
    invoice = InvoiceFactory(instance=shop)
    worker.drain()
    write(session, "echo", shop.id, InstanceSettings(keep_invoices=True))
    switch(shop, False)
    with pytest.raises(Refused, match="Echo keeps this invoice"):
        invoicing.void_invoice(session, invoice, actor=ACTOR, reason="A mistake")


def test_a_guard_lets_pass_what_its_plugin_never_touched(session, quiet):
    invoice = InvoiceFactory(instance=quiet)
    write(session, "echo", quiet.id, InstanceSettings(keep_invoices=True))
    invoicing.void_invoice(session, invoice, actor=ACTOR, reason="A mistake")
    session.commit()
    assert invoice.status == InvoiceStatus.VOIDED


def test_a_plugin_that_is_not_loaded_can_not_be_switched_on(session, shop):
    with pytest.raises(Exception, match="The plugin nobody is not loaded"):
        tenants.set_plugin_enabled(session, shop, "nobody", True, actor=ACTOR)


def test_a_job_that_needs_a_person_says_what_to_do_and_goes_on_when_sent_again(session, worker, shop):
    from erp_core.jobs import outbox

    write(session, "echo", shop.id, InstanceSettings(words=""))
    InvoiceFactory(instance=shop)
    worker.drain()
    message = session.scalars(select(Message)).one()
    assert message.state == "failed"
    assert message.error["headline"] == "Echo has no words"
    assert count(session, Note) == 0
    write(session, "echo", shop.id, InstanceSettings(words="At last:", loudness="loud"))
    outbox.send_again(session, message, ACTOR)
    worker.drain()
    session.refresh(message)
    assert message.state == "done"
    assert session.scalars(select(Note.text)).one().startswith("AT LAST: ")
