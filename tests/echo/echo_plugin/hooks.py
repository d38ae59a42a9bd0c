"""What happens in the ERP, turned into wishes; and what we refuse."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from echo_plugin.models import Note
from echo_plugin.settings import PLUGIN, InstanceSettings
from erp_core.toolkit import (
    Actor,
    Invoice,
    InvoiceStatus,
    OrderInvoiced,
    PluginInstance,
    Refused,
    VoidInvoice,
    outbox,
    read_settings,
)

ACTOR = Actor(name="Echo")


def queue_echo(session: Session, event: OrderInvoiced) -> None:
    """Wish for an echo, in the transaction that makes the invoice: both are there or neither is."""
    _queue(session, event.tenant_id, event.instance_id, event.invoice_id)


def sweep(session: Session) -> None:
    """Wish for the echoes that a failed listener missed. A schedule sees every instance; only some are ours."""
    missed = session.scalars(
        select(Invoice)
        .join(PluginInstance, PluginInstance.instance_id == Invoice.instance_id)
        .where(PluginInstance.plugin == PLUGIN, PluginInstance.enabled)
        .where(Invoice.status == InvoiceStatus.SENT, ~exists().where(Note.invoice_id == Invoice.id))
        .limit(100)
    )
    for invoice in missed:
        if outbox.open_message(session, _subject(invoice.id)) is None:
            _queue(session, invoice.tenant_id, invoice.instance_id, invoice.id)


def keep_echoed_invoices(session: Session, intention: VoidInvoice) -> None:
    """Refuse to void what was echoed, where the settings say so."""
    settings = read_settings(session, PLUGIN, InstanceSettings, intention.instance_id)
    if settings.keep_invoices and session.scalar(select(Note.id).where(Note.invoice_id == intention.invoice_id)):
        raise Refused("Echo keeps this invoice. Turn off Keep invoices in Echo's settings, then void it.")


def _queue(session: Session, tenant_id: int, instance_id: int, invoice_id: int) -> None:
    outbox.put(
        session,
        "echo.write_note",
        stream=f"echo:instance:{instance_id}",
        subject=_subject(invoice_id),
        payload={"invoice_id": invoice_id},
        tenant_id=tenant_id,
        instance_id=instance_id,
        plugin=PLUGIN,
        actor=ACTOR,
    )


def _subject(invoice_id: int) -> str:
    return f"echo:invoice:{invoice_id}"
