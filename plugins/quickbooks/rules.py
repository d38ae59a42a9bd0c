"""Guards: what the plugin refuses, and the sentence that says why."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core.toolkit import (
    EditOrder,
    Invoice,
    InvoiceStatus,
    MessageState,
    PluginSettings,
    Refused,
    SaveSettings,
    SwitchPlugin,
    VoidInvoice,
    clock,
    outbox,
    registry,
)
from plugins.quickbooks.models import AutoInvoice, Connection, Entity, Link
from plugins.quickbooks.readiness import instance_checks
from plugins.quickbooks.send import follow, subject
from plugins.quickbooks.settings import PLUGIN, InstanceSettings, instance_settings
from plugins.quickbooks.state import in_doubt


def auto_invoice_needs_a_ready_company(session: Session, intention: SaveSettings) -> None:
    """Auto Invoice is turned on only when Enable is on and the readiness list is green. It begins now: nothing old is sent.

    While it stays on nothing is checked: a company that must be reconnected shall not lock the page of its instance."""
    before, after = _own(intention.before), _own(intention.after)
    if after.connection_id is not None:
        connection = session.get(Connection, after.connection_id)
        if connection is None or connection.tenant_id != intention.tenant_id:
            raise Refused("There is no such QuickBooks company. Choose one of the list.")
    if not after.auto_invoice:
        _forget(session, intention.instance_id)
        return
    if not intention.enabled:
        raise Refused("Auto Invoice needs Enable. Turn on Enable too, or turn off Auto Invoice.")
    was_on = before.auto_invoice and registry().is_enabled(session, PLUGIN, intention.instance_id)
    if not was_on or before.connection_id != after.connection_id:
        open_checks = [check for check in instance_checks(session, after, intention.tenant_id) if not check.ok]
        if open_checks:
            raise Refused("Auto Invoice can't be turned on yet. " + " ".join(check.help for check in open_checks))
    if session.get(AutoInvoice, intention.instance_id) is None or not before.auto_invoice:
        _begin_now(session, intention.tenant_id, intention.instance_id)


def waiting_work_follows_the_company(session: Session, intention: SaveSettings) -> None:
    """What waits or has failed goes where the instance now sends; what is, or may be, in a company stays there.

    Otherwise it would wait for ever behind a company that was disconnected."""
    company_id = _own(intention.after).connection_id
    if company_id is not None and company_id != _own(intention.before).connection_id:
        follow(session, intention.instance_id, session.get_one(Connection, company_id))


def enabling_sends_nothing_old(session: Session, intention: SwitchPlugin) -> None:
    """While Enable was off nothing was queued; switched on again, Auto Invoice begins anew."""
    if intention.enabled and instance_settings(session, intention.instance_id).auto_invoice:
        _begin_now(session, intention.tenant_id, intention.instance_id)


def sent_invoices_are_not_voided(session: Session, intention: VoidInvoice) -> None:
    """An invoice that is, or may be, in QuickBooks is voided there first, by a person. One that never left is dropped.

    The dropping belongs here and not to a listener: what can't be dropped must refuse the void."""
    invoice = session.get_one(Invoice, intention.invoice_id)
    link = _link(session, invoice)
    if link is not None:
        shown = f" as {link.name}" if link.name else ""
        raise Refused(
            f"Invoice {invoice.number} is in QuickBooks{shown}, so it can't be voided here alone: the two books "
            "would differ. To correct it, edit the order, then press Update QuickBooks. If nothing is owed any more, "
            "enter a credit memo for it in QuickBooks.",
            code="in_quickbooks",
        )
    message = outbox.open_message(session, subject(invoice.id))
    if session.scalar(select(in_doubt()).select_from(Invoice).where(Invoice.id == invoice.id)):
        if message is None or message.state == MessageState.FAILED:
            remedy = "Send it again: that asks QuickBooks. Then decide."
        elif message.state == MessageState.HELD or (message.line is not None and message.line.stopped):
            remedy = "That is paused. Let it go on first: switch QuickBooks on, or reconnect the company. Then decide."
        else:
            remedy = "We are checking. Wait for the answer, then decide."
        raise Refused(
            f"It is not known whether QuickBooks received invoice {invoice.number}. {remedy}", code="checking"
        )
    sending = f"Invoice {invoice.number} is being sent to QuickBooks right now. Wait for the answer, then decide."
    if intention.asking:
        if message is not None and message.state == MessageState.IN_FLIGHT:
            raise Refused(sending, code="in_flight")
        return
    # Dropping locks every open message, so no worker takes one and no Send revives one before the void is committed.
    try:
        outbox.drop(session, subject(invoice.id), "The invoice was voided before it was sent.")
    except Refused as refusal:
        raise Refused(sending, code=refusal.code) from refusal


def paid_in_quickbooks_is_read_only(session: Session, intention: EditOrder) -> None:
    """What is paid in QuickBooks cannot be edited here. In flight it can: it becomes Changed since sent."""
    invoice = session.scalars(
        select(Invoice).where(Invoice.order_id == intention.order_id, Invoice.status != InvoiceStatus.VOIDED)
    ).one_or_none()
    link = _link(session, invoice) if invoice is not None else None
    if link is not None and link.remote_balance is not None and link.remote_balance != link.remote_total:
        raise Refused(
            "This order is paid in QuickBooks and cannot be edited here. Change it in QuickBooks, or remove the "
            "payment there first.",
            code="paid_in_quickbooks",
        )


def _own(settings: PluginSettings) -> InstanceSettings:
    if not isinstance(settings, InstanceSettings):
        raise TypeError(f"{type(settings).__name__} are not the settings of an instance")
    return settings


def _begin_now(session: Session, tenant_id: int, instance_id: int) -> None:
    row = session.get(AutoInvoice, instance_id)
    if row is None:
        row = AutoInvoice(instance_id=instance_id, tenant_id=tenant_id)
        session.add(row)
    row.since_at = clock.now()
    session.flush()


def _forget(session: Session, instance_id: int) -> None:
    row = session.get(AutoInvoice, instance_id)
    if row is not None:
        session.delete(row)
        session.flush()


def _link(session: Session, invoice: Invoice) -> Link | None:
    return session.scalars(
        select(Link).where(
            Link.entity == Entity.INVOICE, Link.local_id == invoice.id, Link.tenant_id == invoice.tenant_id
        )
    ).first()
