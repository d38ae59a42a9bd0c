"""What happens in the ERP, turned into wishes: three-line adapters from events to the outbox."""

from __future__ import annotations

from sqlalchemy.orm import Session

from erp_core.toolkit import Invoice, OrderInvoiced
from plugins.quickbooks import send


def queue_push(session: Session, event: OrderInvoiced) -> None:
    """Queue the new invoice for QuickBooks, in the same transaction."""
    if (connection := send.auto_invoice_connection(session, event.instance_id)) is not None:
        invoice = session.get_one(Invoice, event.invoice_id)
        send.queue(session, invoice, connection)


def sweep(session: Session) -> None:
    """Every minute: queue what a failed listener missed, and bring home what waits for a former company."""
    send.queue_missed(session)
    send.bring_home(session)
