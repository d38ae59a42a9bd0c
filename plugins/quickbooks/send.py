"""Puts invoices on their way to QuickBooks: by hand, by Auto Invoice, and by the sweep. Nothing here calls QuickBooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core.toolkit import (
    Actor,
    Customer,
    Invoice,
    InvoiceStatus,
    Message,
    MessageState,
    NotFound,
    Priority,
    Product,
    Refused,
    activity,
    find,
    outbox,
    registry,
)
from plugins.quickbooks import causes
from plugins.quickbooks.models import AutoInvoice, Connection, ConnectionStatus, Entity, Link
from plugins.quickbooks.settings import PLUGIN, instance_settings
from plugins.quickbooks.state import (
    SUBJECT,
    auto_invoice_of_instance,
    enabled_in_instance,
    has_message,
    in_doubt,
    linked,
)

JOB = "quickbooks.push_invoice"
AUTO_INVOICE = Actor(name="Auto Invoice")
MOST_IN_A_SWEEP = 500


@dataclass(frozen=True)
class SendResult:
    """What was queued, and what was not, each with a sentence that says why."""

    queued: list[Invoice] = field(default_factory=list)
    skipped: list[tuple[Invoice, str]] = field(default_factory=list)


def subject(invoice_id: int) -> str:
    """The outbox subject of an invoice."""
    return f"{SUBJECT}{invoice_id}"


def send_invoices(session: Session, invoices: Sequence[Invoice], *, actor: Actor) -> SendResult:
    """Queue invoices with a person's priority, or bring changed ones up to date; failed ones are sent again.

    Works with Auto Invoice off; with Enable off it says why not. Each invoice has one message at most."""
    links = _links(session, invoices)
    homes = {
        one: instance_settings(session, one).connection_id for one in {invoice.instance_id for invoice in invoices}
    }
    messages = outbox.open_messages(session, [subject(invoice.id) for invoice in invoices])
    result = SendResult()
    for invoice in invoices:
        message = messages.get(subject(invoice.id))
        try:
            connection = _where_to(session, invoice, links.get(invoice.id), homes[invoice.instance_id])
            _check(invoice, links.get(invoice.id), message)
        except Refused as refusal:
            result.skipped.append((invoice, refusal.message))
            continue
        queue(session, invoice, connection, actor=actor, priority=Priority.PERSON, before=message)
        result.queued.append(invoice)
    return result


def queue(
    session: Session,
    invoice: Invoice,
    connection: Connection,
    *,
    actor: Actor,
    priority: Priority,
    before: Message | None = None,
) -> Message:
    """Wish for the push, in the caller's transaction. What a person answered on the message `before` is kept."""
    answers = {"new": before.payload["new"]} if before is not None and "new" in before.payload else {}
    return outbox.put(
        session,
        JOB,
        stream=connection.stream,
        subject=subject(invoice.id),
        payload={"invoice_id": invoice.id, **answers},
        tenant_id=invoice.tenant_id,
        instance_id=invoice.instance_id,
        plugin=PLUGIN,
        priority=priority,
        actor=actor,
    )


def auto_invoice_connection(session: Session, instance_id: int) -> Connection | None:
    """Where new invoices of an instance go by themselves; None when Enable or Auto Invoice is off."""
    settings = instance_settings(session, instance_id)
    if not settings.auto_invoice or settings.connection_id is None:
        return None
    if not registry().is_enabled(session, PLUGIN, instance_id):
        return None
    connection = session.get(Connection, settings.connection_id)
    return connection if connection and connection.status != ConnectionStatus.DISCONNECTED else None


def queue_missed(session: Session) -> int:
    """Queue the invoices that Auto Invoice should have sent and nobody wished for: a listener failed. Answers how many."""
    missed = session.scalars(
        select(Invoice)
        .join(AutoInvoice, AutoInvoice.instance_id == Invoice.instance_id)
        .where(
            Invoice.created_at >= AutoInvoice.since_at,
            Invoice.status.not_in([InvoiceStatus.DRAFT, InvoiceStatus.VOIDED]),
            enabled_in_instance(Invoice.instance_id),
            auto_invoice_of_instance(Invoice.instance_id),
            ~linked(),
            ~has_message(),
            ~in_doubt(),
        )
        .order_by(Invoice.id)
        .limit(MOST_IN_A_SWEEP)
    ).all()
    queued = 0
    for invoice in missed:
        if (connection := auto_invoice_connection(session, invoice.instance_id)) is not None:
            queue(session, invoice, connection, actor=AUTO_INVOICE, priority=Priority.NORMAL)
            queued += 1
    return queued


def resend_blocked(session: Session, connection: Connection, *, actor: Actor) -> int:
    """Send again what waited for settings of this company; call after they were saved. Answers how many."""
    blocked = session.scalars(
        select(Message).where(
            Message.stream == connection.stream,
            Message.job == JOB,
            Message.state == MessageState.FAILED,
            Message.error["code"].as_string() == causes.BLOCKED,
        )
    ).all()
    for message in blocked:
        outbox.send_again(session, message, actor)
    return len(blocked)


def choose(
    session: Session, invoice: Invoice, kind: str, local_id: int, qbo_id: str | None, *, actor: Actor
) -> Message:
    """A person's answer to the question which QuickBooks customer or item a record of ours is; then it is sent again.

    `kind` is `customer` or `product`; `qbo_id` one of the offered candidates, or None to create a new one.
    Raises `Refused` when nobody asks any more, or the candidate is another record's."""
    message = outbox.open_message(session, subject(invoice.id))
    cause = (message.error or {}) if message is not None and message.state == MessageState.FAILED else {}
    details = cause.get("details", {})
    if message is None or cause.get("code") != f"ambiguous_{kind}" or details.get("local_id") != local_id:
        raise Refused("This question is answered already. Reload the page.", code="no_question")
    connection = session.get_one(Connection, Connection.id_of(message.stream))
    name = _name_of(session, kind, local_id, invoice.tenant_id)
    payload = dict(message.payload)
    if qbo_id is None:
        payload["new"] = [*payload.get("new", ()), f"{kind}:{local_id}"]
        chosen = "a new one"
    else:
        candidate = next((one for one in details["candidates"] if one["qbo_id"] == qbo_id), None)
        if candidate is None:
            raise NotFound("That was not one of the candidates.")
        entity = Entity.CUSTOMER if kind == "customer" else Entity.ITEM
        _link(session, connection, entity, local_id, candidate)
        chosen = candidate["name"]
    message.payload = payload
    session.flush()
    activity.record(
        session,
        actor=actor,
        action=f"quickbooks_{kind}_chosen",
        subject=(kind, local_id),
        summary=f"Said which QuickBooks record {name} is: {chosen}",
        tenant_id=invoice.tenant_id,
        instance_id=invoice.instance_id,
        details={"qbo_id": qbo_id},
    )
    return outbox.send_again(session, message, actor)


def _name_of(session: Session, kind: str, local_id: int, tenant_id: int) -> str:
    if kind == "customer":
        return find(session, Customer, local_id, tenant_id=tenant_id).name
    return find(session, Product, local_id, tenant_id=tenant_id).name


def _link(session: Session, connection: Connection, entity: Entity, local_id: int, candidate: dict[str, str]) -> None:
    taken = session.scalars(
        select(Link).where(
            Link.tenant_id == connection.tenant_id,
            Link.realm_id == connection.realm_id,
            Link.entity == entity,
            Link.qbo_id == candidate["qbo_id"],
        )
    ).one_or_none()
    if taken is not None:
        raise Refused(f"“{candidate['name']}” is linked to another record of yours. Pick another one.", code="linked")
    session.add(
        Link(
            tenant_id=connection.tenant_id,
            realm_id=connection.realm_id,
            entity=entity,
            local_id=local_id,
            qbo_id=candidate["qbo_id"],
            name=candidate["name"],
        )
    )


def _where_to(session: Session, invoice: Invoice, link: Link | None, home: int | None) -> Connection:
    """The company of an invoice: where it is already, else the one of its instance. Raises `Refused` with the reason."""
    name = invoice.instance.name
    if not registry().is_enabled(session, PLUGIN, invoice.instance_id):
        raise Refused(f"QuickBooks is switched off in {name}. Turn on Enable on the page of the instance.")
    connection = session.get(Connection, home) if home else None
    if link is not None and (connection is None or connection.realm_id != link.realm_id):
        connection = session.scalars(
            select(Connection).where(Connection.tenant_id == invoice.tenant_id, Connection.realm_id == link.realm_id)
        ).first()
    if connection is None or connection.tenant_id != invoice.tenant_id:
        raise Refused(f"No QuickBooks company is chosen for {name}. Choose one on the page of the instance.")
    if connection.status == ConnectionStatus.DISCONNECTED:
        raise Refused(f"“{connection.company_name}” is disconnected. Connect it again in the QuickBooks settings.")
    if not connection.enabled:
        raise Refused(f"“{connection.company_name}” is switched off in the QuickBooks settings. Switch it on to send.")
    return connection


def _check(invoice: Invoice, link: Link | None, message: Message | None) -> None:
    if invoice.status == InvoiceStatus.DRAFT:
        raise Refused("it is a draft. Issue it first.")
    if invoice.status == InvoiceStatus.VOIDED:
        raise Refused("it is voided.")
    if message is not None and message.state == MessageState.IN_FLIGHT:
        raise Refused("it is being sent right now.")
    if link is not None and link.sent_revision == invoice.revision:
        shown = f", as {link.name}" if link.name else ""
        raise Refused(f"it is in QuickBooks already{shown}, and nothing was changed since.")


def _links(session: Session, invoices: Sequence[Invoice]) -> dict[int, Link]:
    ids = [invoice.id for invoice in invoices]
    found = session.scalars(select(Link).where(Link.entity == Entity.INVOICE, Link.local_id.in_(ids)))
    return {link.local_id: link for link in found}
