"""The work of one run, read before anything is sent: what it sends, what is done, what belongs to another company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from erp_core.toolkit import (
    Cause,
    Customer,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    Message,
    Priority,
    RetryLater,
    Run,
    outbox,
)
from plugins.quickbooks.causes import Doing, Record
from plugins.quickbooks.models import Attempt, Connection, Entity, Link
from plugins.quickbooks.push import attempts
from plugins.quickbooks.settings import PLUGIN, instance_settings

NOT_SENT = (InvoiceStatus.DRAFT, InvoiceStatus.VOIDED)

_UNTIL_CHOSEN = timedelta(minutes=1)
_NO_COMPANY = Cause(
    "no_company",
    "No QuickBooks company is chosen",
    "Choose one on the page of the instance.",
    next="It is sent after that, by itself.",
)


@dataclass
class Task:
    """One message and what it is about, as read before anything is sent."""

    message: Message
    invoice: Invoice
    link: Link | None
    doubt: Attempt | None
    """A write of this invoice whose outcome is not known."""

    @property
    def doing(self) -> Doing:
        """For the sentences."""
        number = self.invoice.number or ""
        return Doing(
            f"invoice {number}",
            number,
            self.invoice.invoice_date,
            tries=self.message.attempts,
            buyer=Record("customer", self.invoice.customer_id),
        )


def read(run: Run, connection: Connection) -> list[Task]:
    """The work of the run. What needs none is done at once."""
    ids = {message.id: int(message.payload["invoice_id"]) for message in run.messages}
    with run.transaction() as session:
        # Locked, so that no edit or void comes between an invoice and its lines, which are read one after the other.
        invoices = {
            invoice.id: invoice
            for invoice in session.scalars(
                select(Invoice)
                .where(Invoice.id.in_(ids.values()), Invoice.tenant_id == connection.tenant_id)
                .order_by(Invoice.id)
                .with_for_update(read=True)
                .options(
                    selectinload(Invoice.lines).selectinload(InvoiceLine.product),
                    selectinload(Invoice.customer).selectinload(Customer.contacts),
                    selectinload(Invoice.tax_lines),
                )
            )
        }
        found = links(session, connection, list(invoices))
        doubts = attempts.undecided(session, connection, Entity.INVOICE, list(invoices))
        homes = _homes(session, connection, list(invoices.values()))
    tasks = []
    for message in run.messages:
        invoice = invoices.get(ids[message.id])
        link, doubt = found.get(ids[message.id]), doubts.get(ids[message.id])
        if invoice is None or not (doubt or _has_work(invoice, link)):
            with run.finish(message):
                pass
        elif link or doubt or homes[invoice.id] == connection.id:
            tasks.append(Task(message, invoice, link, doubt))
        else:
            _move(run, message, homes[invoice.id])
    return tasks


def _homes(session: Session, connection: Connection, invoices: list[Invoice]) -> dict[int, int | None]:
    """Where each invoice belongs that is neither here nor in doubt here: to the company that may have it, since only
    that one's books can tell; else to the one that has it; else to the one that its instance has chosen, if any."""
    ids = [invoice.id for invoice in invoices]
    chosen = {one: instance_settings(session, one).connection_id for one in {row.instance_id for row in invoices}}
    tenants = Connection.tenant_id == connection.tenant_id
    companies = dict(session.execute(select(Connection.realm_id, Connection.id).where(tenants)).tuples().all())
    realms = {
        **_linked_realms(session, connection, ids),
        **attempts.elsewhere(session, connection, Entity.INVOICE, ids),
    }
    return {
        invoice.id: companies[realms[invoice.id]] if invoice.id in realms else chosen[invoice.instance_id]
        for invoice in invoices
    }


def _move(run: Run, message: Message, home: int | None) -> None:
    """The invoice belongs to another company, and nothing was sent to this one. Without a company it waits for one."""
    if home is None:
        run.retry(message, RetryLater(_UNTIL_CHOSEN, _NO_COMPANY))
        return
    with run.finish(message) as session:
        outbox.put(
            session,
            message.job,
            stream=session.get_one(Connection, home).stream,
            subject=message.subject,
            payload={"invoice_id": message.payload["invoice_id"]},  # a person's answers were about the other company
            tenant_id=message.tenant_id,
            instance_id=message.instance_id,
            plugin=PLUGIN,
            priority=Priority(message.priority),
            actor=message.actor,
        )


def _has_work(invoice: Invoice, link: Link | None) -> bool:
    """Whether QuickBooks does not have this invoice as it stands now."""
    if invoice.status in NOT_SENT:
        return False
    return link is None or link.sent_revision != invoice.revision


def links(session: Session, connection: Connection, invoice_ids: list[int]) -> dict[int, Link]:
    """The links of these invoices in this company."""
    found = session.scalars(
        select(Link).where(
            Link.tenant_id == connection.tenant_id,
            Link.realm_id == connection.realm_id,
            Link.entity == Entity.INVOICE,
            Link.local_id.in_(invoice_ids),
        )
    )
    return {link.local_id: link for link in found}


def _linked_realms(session: Session, connection: Connection, invoice_ids: list[int]) -> dict[int, str]:
    """The realms that have these invoices already."""
    found = session.execute(
        select(Link.local_id, Link.realm_id).where(
            Link.tenant_id == connection.tenant_id, Link.entity == Entity.INVOICE, Link.local_id.in_(invoice_ids)
        )
    ).tuples()
    return dict(found.all())
