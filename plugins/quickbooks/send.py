"""Puts invoices on their way to QuickBooks: by hand, by Auto Invoice, and by the sweep. Nothing here calls QuickBooks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import String, cast, literal, select
from sqlalchemy.orm import Session

from erp_core.toolkit import (
    Actor,
    Customer,
    Instance,
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
    tenants,
)
from plugins.quickbooks import causes
from plugins.quickbooks.models import UNDECIDED, Attempt, AutoInvoice, Connection, ConnectionStatus, Entity, Link
from plugins.quickbooks.models.connection import STREAM
from plugins.quickbooks.settings import PLUGIN, instance_settings
from plugins.quickbooks.state import (
    PAID_FIRST,
    SUBJECT,
    auto_invoice_of_instance,
    connection_of_instance,
    enabled_in_instance,
    has_message,
    in_doubt,
    invoice_id_of,
    is_paid,
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
    found = _locked(session, [invoice.id for invoice in invoices])
    links, doubts = _links(session, found), _doubts(session, found)
    homes = {one.id: _home(session, one) for one in {invoice.instance for invoice in found}}
    messages = outbox.open_messages(session, [subject(invoice.id) for invoice in found])
    result, wishes = SendResult(), []
    for invoice in found:
        link, message = links.get(invoice.id), messages.get(subject(invoice.id))
        # Where it is, or may be, it stays: a second company would get a second invoice.
        realm_id = doubts.get(invoice.id) or (link.realm_id if link else None)
        try:
            connection = _where_to(session, invoice, homes[invoice.instance_id], realm_id)
            _check(invoice, link, message, in_doubt=invoice.id in doubts)
        except Refused as refusal:
            result.skipped.append((invoice, refusal.message))
            continue
        wishes.append(_wish(invoice, connection, actor=actor, priority=Priority.PERSON, before=message))
        result.queued.append(invoice)
    outbox.put_all(session, wishes)
    return result


def _locked(session: Session, invoice_ids: Collection[int]) -> Sequence[Invoice]:
    """The invoices as they stand now, kept from being voided or edited until the transaction ends.

    By rising id, so that two who send the same invoices never wait for each other in a circle."""
    return session.scalars(
        select(Invoice)
        .where(Invoice.id.in_(invoice_ids))
        .order_by(Invoice.id)
        .with_for_update(read=True, of=Invoice)
        .execution_options(populate_existing=True)
    ).all()


def queue(session: Session, invoice: Invoice, connection: Connection) -> None:
    """Wish for the push of an invoice that Auto Invoice sends, in the caller's transaction."""
    outbox.put_all(session, [_wish(invoice, connection, actor=AUTO_INVOICE, priority=Priority.NORMAL)])


def _wish(
    invoice: Invoice, connection: Connection, *, actor: Actor, priority: Priority, before: Message | None = None
) -> outbox.Wish:
    """What a person answered on the message `before` is kept, as long as it is about the same company."""
    same_company = before is not None and before.stream == connection.stream
    answers = {"new": before.payload["new"]} if before and same_company and "new" in before.payload else {}
    return outbox.Wish(
        JOB,
        connection.stream,
        subject(invoice.id),
        {"invoice_id": invoice.id, **answers},
        invoice.tenant_id,
        actor,
        invoice.instance_id,
        PLUGIN,
        priority,
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


def queue_missed(session: Session, *, most: int = MOST_IN_A_SWEEP) -> int:
    """Queue the invoices that Auto Invoice should have sent and nobody wished for: a listener failed. Answers how many."""
    missed = (
        session.execute(
            select(Invoice, Connection)
            .join(AutoInvoice, AutoInvoice.instance_id == Invoice.instance_id)
            # Joined, so that those whose company is gone take no place of the others.
            .join(Connection, Connection.id == connection_of_instance(Invoice.instance_id))
            .where(
                Invoice.issued_at >= AutoInvoice.since_at,
                Invoice.status.not_in([InvoiceStatus.DRAFT, InvoiceStatus.VOIDED]),
                Connection.status != ConnectionStatus.DISCONNECTED,
                enabled_in_instance(Invoice.instance_id),
                auto_invoice_of_instance(Invoice.instance_id),
                Invoice.balance == Invoice.total,
                ~linked(),
                ~has_message(),
                ~in_doubt(),
            )
            .order_by(Invoice.id)
            .limit(most)
            .with_for_update(read=True, of=Invoice, skip_locked=True)
            .execution_options(populate_existing=True)
        )
        .tuples()
        .all()
    )
    outbox.put_all(
        session,
        [_wish(invoice, there, actor=AUTO_INVOICE, priority=Priority.NORMAL) for invoice, there in missed],
    )
    return len(missed)


def bring_home(session: Session) -> None:
    """Let waiting work that an instance left with its former company follow it: it was in flight when the other was chosen."""
    strays = session.execute(
        select(Message.instance_id, Connection.id)
        .join(Connection, Connection.id == connection_of_instance(Message.instance_id))
        .where(
            Message.job == JOB,
            Message.state == MessageState.PENDING,
            Message.stream != literal(STREAM) + cast(Connection.id, String),
            Connection.status != ConnectionStatus.DISCONNECTED,
        )
        .distinct()
    ).tuples()
    for instance_id, connection_id in strays.all():
        if instance_id is not None:
            follow(session, instance_id, session.get_one(Connection, connection_id))


def resend_blocked(session: Session, connection: Connection, *, actor: Actor) -> int:
    """Send again what waited for settings of this company; call after they were saved. Answers how many.

    Where Enable is off it is held, and goes when Enable is turned on."""
    blocked = (
        Message.stream == connection.stream,
        Message.job == JOB,
        Message.state == MessageState.FAILED,
        Message.error["code"].as_string() == causes.BLOCKED,
    )
    invoice_id = invoice_id_of(Message.subject)
    _locked(session, session.scalars(select(invoice_id).where(*blocked)).all())
    messages = session.scalars(
        select(Message)
        .where(*blocked)
        .order_by(Message.subject, Message.id.desc())
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    off = {one: tenants.switched_off(session, PLUGIN, one) for one in {message.instance_id for message in messages}}
    for message in messages:
        outbox.send_again(session, message, actor, hold=off[message.instance_id])
    return sum(off[message.instance_id] is None for message in messages)


def follow(session: Session, instance_id: int, connection: Connection) -> None:
    """Let what waits or has failed in an instance wait for this company, unless another one has it or may have it.

    A failed one stays failed, and what a person answered about the other company's records is forgotten."""
    invoice_id = invoice_id_of(Message.subject)
    mine = (
        Message.instance_id == instance_id,
        Message.job == JOB,
        Message.stream != connection.stream,
        Message.state.in_([MessageState.PENDING, MessageState.HELD, MessageState.FAILED]),
    )
    invoices = _locked(session, session.scalars(select(invoice_id).where(*mine)).all())
    settled = {*_links(session, invoices), *_doubts(session, invoices)}
    messages = session.scalars(
        select(Message)
        .where(*mine)
        .order_by(Message.subject, Message.id.desc())
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    cause = causes.company_changed(connection.company_name).cause.to_json()
    for message in messages:
        if message.payload["invoice_id"] not in settled:
            message.payload = {"invoice_id": message.payload["invoice_id"]}
            outbox.move(session, message, connection.stream, error=cause)


def choose(
    session: Session, invoice: Invoice, kind: str, local_id: int, qbo_id: str | None, *, actor: Actor
) -> Message:
    """A person's answer to the question which QuickBooks customer or item a record of ours is; then it is sent again.

    `kind` is `customer` or `product`; `qbo_id` one of the offered candidates, or None to create a new one.
    Raises `Refused` when nobody asks any more, Enable is off, or the candidate is another record's."""
    _locked(session, [invoice.id])
    if not registry().is_enabled(session, PLUGIN, invoice.instance_id):
        raise Refused(_switched_off(invoice.instance.name))
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


@dataclass(frozen=True)
class _Home:
    """What an instance says about its invoices."""

    name: str
    enabled: bool
    connection: Connection | None


def _home(session: Session, instance: Instance) -> _Home:
    chosen = instance_settings(session, instance.id).connection_id
    return _Home(
        instance.name,
        registry().is_enabled(session, PLUGIN, instance.id),
        session.get(Connection, chosen) if chosen else None,
    )


def _where_to(session: Session, invoice: Invoice, home: _Home, realm_id: str | None) -> Connection:
    """The company of an invoice: where it is or may be, else the one of its instance. Raises `Refused` with the reason."""
    if not home.enabled:
        raise Refused(_switched_off(home.name))
    connection = home.connection
    if realm_id is not None and (connection is None or connection.realm_id != realm_id):
        connection = session.scalars(
            select(Connection).where(Connection.tenant_id == invoice.tenant_id, Connection.realm_id == realm_id)
        ).first()
    if connection is None or connection.tenant_id != invoice.tenant_id:
        raise Refused(f"No QuickBooks company is chosen for {home.name}. Choose one on the page of the instance.")
    if connection.status == ConnectionStatus.DISCONNECTED:
        raise Refused(f"“{connection.company_name}” is disconnected. Connect it again in the QuickBooks settings.")
    if not connection.enabled:
        raise Refused(f"“{connection.company_name}” is switched off in the QuickBooks settings. Switch it on to send.")
    return connection


def _switched_off(instance_name: str) -> str:
    return f"QuickBooks is switched off in {instance_name}. Turn on Enable on the page of the instance."


def _check(invoice: Invoice, link: Link | None, message: Message | None, *, in_doubt: bool) -> None:
    if invoice.status == InvoiceStatus.DRAFT:
        raise Refused("it is a draft. Issue it first.")
    if invoice.status == InvoiceStatus.VOIDED:
        raise Refused("it is voided.")
    # What was wished for before the payment goes its way, and a doubt must be settled.
    if link is None and message is None and not in_doubt and is_paid(invoice):
        raise Refused(f"it is paid. {PAID_FIRST}")
    if message is not None and message.state == MessageState.IN_FLIGHT:
        raise Refused("it is being sent right now.")
    if link is not None and link.sent_revision == invoice.revision:
        shown = f", as {link.name}" if link.name else ""
        raise Refused(f"it is in QuickBooks already{shown}, and nothing was changed since.")


def _links(session: Session, invoices: Sequence[Invoice]) -> dict[int, Link]:
    ids = [invoice.id for invoice in invoices]
    found = session.scalars(select(Link).where(Link.entity == Entity.INVOICE, Link.local_id.in_(ids)))
    return {link.local_id: link for link in found}


def _doubts(session: Session, invoices: Sequence[Invoice]) -> dict[int, str]:
    """The companies that may have an invoice, because the outcome of a write is not known: realms by invoice id."""
    found = session.execute(
        select(Attempt.local_id, Attempt.realm_id).where(
            Attempt.entity == Entity.INVOICE,
            Attempt.local_id.in_([invoice.id for invoice in invoices]),
            Attempt.outcome.in_(UNDECIDED),
        )
    ).tuples()
    return dict(found.all())
