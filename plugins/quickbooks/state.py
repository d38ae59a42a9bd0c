"""Where each invoice stands with QuickBooks: one expression, which list filter, counts, badge, panel and API all read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_time
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    ScalarSelect,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from erp_core.toolkit import (
    MOST_FAILURES,
    Cause,
    Instance,
    Invoice,
    InvoiceStatus,
    Message,
    MessageState,
    PluginInstance,
    PluginSetting,
    Stream,
    clock,
)
from plugins.quickbooks import causes
from plugins.quickbooks.models import UNDECIDED, Attempt, Connection, Entity, Link
from plugins.quickbooks.settings import PLUGIN


class SyncState(StrEnum):
    """Where an invoice stands with QuickBooks."""

    NOT_APPLICABLE = "not_applicable"
    OFF = "off"
    BLOCKED = "blocked"
    QUEUED = "queued"
    SENDING = "sending"
    THROTTLED = "throttled"
    PAUSED = "paused"
    SENT = "sent"
    VERIFIED = "verified"
    DIFFERS = "differs"
    CHANGED = "changed"
    FAILED_RETRY = "failed_retry"
    FAILED_USER = "failed_user"
    UNKNOWN = "unknown"
    VOIDED = "voided"


@dataclass(frozen=True)
class Look:
    """How a state looks: always text and an icon, never colour alone."""

    label: str
    tone: str
    icon: str


LOOKS: dict[SyncState, Look] = {
    SyncState.NOT_APPLICABLE: Look("–", "secondary", ""),
    SyncState.OFF: Look("Not sent", "secondary", "dash-circle"),
    SyncState.BLOCKED: Look("Needs setup", "warning", "wrench"),
    SyncState.QUEUED: Look("Waiting", "info", "clock"),
    SyncState.SENDING: Look("Sending", "info", "arrow-repeat"),
    SyncState.THROTTLED: Look("Waiting for QuickBooks", "info", "hourglass-split"),
    SyncState.PAUSED: Look("Paused", "secondary", "pause-circle"),
    SyncState.SENT: Look("Sent", "success", "check2"),
    SyncState.VERIFIED: Look("Sent and verified", "success", "check2-all"),
    SyncState.DIFFERS: Look("Sent, differs", "warning", "plus-slash-minus"),
    SyncState.CHANGED: Look("Changed since sent", "warning", "pencil"),
    SyncState.FAILED_RETRY: Look("Retrying", "orange", "arrow-clockwise"),
    SyncState.FAILED_USER: Look("Needs you", "danger", "exclamation-circle"),
    SyncState.UNKNOWN: Look("Checking", "violet", "question-circle"),
    SyncState.VOIDED: Look("Voided", "secondary", "x-circle"),
}

IN_QUICKBOOKS = (SyncState.SENT, SyncState.VERIFIED, SyncState.DIFFERS, SyncState.CHANGED)
ON_THE_WAY = (
    SyncState.QUEUED,
    SyncState.SENDING,
    SyncState.THROTTLED,
    SyncState.PAUSED,
    SyncState.FAILED_RETRY,
    SyncState.UNKNOWN,
)
MOVING = (SyncState.QUEUED, SyncState.SENDING, SyncState.THROTTLED, SyncState.FAILED_RETRY, SyncState.UNKNOWN)
"""States that pass by themselves: a page that shows one looks again."""

_BY_MESSAGE = {*ON_THE_WAY, SyncState.BLOCKED, SyncState.FAILED_USER}

SUBJECT = "quickbooks:invoice:"
_OPEN = (MessageState.PENDING, MessageState.HELD, MessageState.IN_FLIGHT, MessageState.FAILED)


# ------------------------------------------------------------------------------------------------ in the database


class _Setting(FunctionElement[Any]):
    """A member of saved settings, as text; `values` holds JSON in a text column."""

    inherit_cache = True
    type = String()


@compiles(_Setting, "sqlite")
def _setting_sqlite(element: _Setting, compiler: Any, **options: Any) -> str:
    return f"json_extract({compiler.process(element.clauses, **options)})"


@compiles(_Setting, "postgresql")
def _setting_postgresql(element: _Setting, compiler: Any, **options: Any) -> str:
    values, path = element.clauses
    name = path.value.removeprefix("$.")
    return f"(CAST({compiler.process(values, **options)} AS JSON) ->> '{name}')"


def connection_of_instance(
    instance_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
) -> ScalarSelect[Any]:
    """The connection that an instance has chosen, in SQL; NULL when it has none."""
    return _setting(instance_id, "connection_id", Integer())


def auto_invoice_of_instance(instance_id: InstrumentedAttribute[int]) -> ScalarSelect[Any]:
    """Whether Auto Invoice is chosen in an instance, in SQL."""
    return _setting(instance_id, "auto_invoice", Boolean())


def _setting(
    instance_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], name: str, kind: TypeEngine[Any]
) -> ScalarSelect[Any]:
    member = _Setting(PluginSetting.values, literal(f"$.{name}", literal_execute=True))
    return (
        select(cast(member, kind))
        .where(PluginSetting.plugin == PLUGIN, PluginSetting.scope == "instance")
        .where(PluginSetting.scope_id == instance_id)
        .correlate(Invoice)
        .scalar_subquery()
    )


def enabled_in_instance(instance_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether QuickBooks is enabled in an instance, in SQL."""
    return (
        exists()
        .where(PluginInstance.plugin == PLUGIN, PluginInstance.instance_id == instance_id, PluginInstance.enabled)
        .correlate(Invoice)
    )


def newest_message() -> ScalarSelect[int]:
    """The id of the message that says where the invoice stands: the one in flight, else the newest that is open."""
    return (
        select(Message.id)
        .where(Message.subject == _subject(), Message.state.in_(_OPEN))
        .order_by(case((Message.state == MessageState.IN_FLIGHT, 0), else_=1), Message.id.desc())
        .limit(1)
        .correlate(Invoice)
        .scalar_subquery()
    )


def sync_state() -> ColumnElement[str]:
    """The state of the query's `Invoice`."""
    return case(
        (Invoice.status == InvoiceStatus.DRAFT, SyncState.NOT_APPLICABLE.value),
        (
            Invoice.status == InvoiceStatus.VOIDED,
            case((or_(_linked(), _available()), SyncState.VOIDED.value), else_=SyncState.NOT_APPLICABLE.value),
        ),
        else_=func.coalesce(_by_message(), _by_link(), _without_either()),
    )


def in_states(*states: SyncState) -> ColumnElement[bool]:
    """Whether the query's `Invoice` is in one of these states. What waits or failed is found from its message's side."""
    condition = sync_state().in_([state.value for state in states])
    if not set(states) <= _BY_MESSAGE:
        return condition
    messages = (
        select(invoice_id_of(Message.subject))
        .where(Message.subject.startswith(SUBJECT), Message.state.in_(_OPEN))
        .correlate(None)
    )
    doubts = (
        select(Attempt.local_id).where(Attempt.entity == Entity.INVOICE, Attempt.outcome.in_(UNDECIDED)).correlate(None)
    )
    return and_(or_(Invoice.id.in_(messages), Invoice.id.in_(doubts)), condition)


def invoice_id_of(subject: InstrumentedAttribute[str]) -> ColumnElement[int]:
    """The invoice that a message of ours is about, in SQL."""
    return cast(func.substr(subject, len(SUBJECT) + 1), Integer)


def linked() -> ColumnElement[bool]:
    """Whether the query's `Invoice` has a twin in QuickBooks."""
    return _linked()


def in_doubt() -> ColumnElement[bool]:
    """Whether a write of the query's `Invoice` is not settled, so that it may be in QuickBooks."""
    return (
        exists()
        .where(
            Attempt.entity == Entity.INVOICE,
            Attempt.local_id == Invoice.id,
            Attempt.tenant_id == Invoice.tenant_id,
            Attempt.outcome.in_(UNDECIDED),
        )
        .correlate(Invoice)
    )


def has_message() -> ColumnElement[bool]:
    """Whether the push of the query's `Invoice` waits, runs or has failed. One that is done or dropped is no wish any more."""
    return exists().where(Message.subject == _subject(), Message.state.in_(_OPEN)).correlate(Invoice)


def _subject() -> ColumnElement[str]:
    return literal(SUBJECT).concat(cast(Invoice.id, String))


def _linked() -> ColumnElement[bool]:
    return (
        exists()
        .where(Link.entity == Entity.INVOICE, Link.local_id == Invoice.id, Link.tenant_id == Invoice.tenant_id)
        .correlate(Invoice)
    )


def _by_message() -> ScalarSelect[str]:
    code = Message.error["code"].as_string()
    return (
        select(
            case(
                (Message.state == MessageState.IN_FLIGHT, SyncState.SENDING.value),
                (
                    Message.state == MessageState.FAILED,
                    case((code == causes.BLOCKED, SyncState.BLOCKED.value), else_=SyncState.FAILED_USER.value),
                ),
                (
                    or_(Message.state == MessageState.HELD, Stream.stopped.is_not(None)),
                    SyncState.PAUSED.value,
                ),
                (or_(code == causes.CHECKING, in_doubt()), SyncState.UNKNOWN.value),
                (Message.failures > 0, SyncState.FAILED_RETRY.value),
                (
                    or_(code.in_(causes.WAITS_FOR_QUICKBOOKS), Stream.delay_until_at > clock.now()),
                    SyncState.THROTTLED.value,
                ),
                else_=SyncState.QUEUED.value,
            )
        )
        .outerjoin(Stream, Stream.name == Message.stream)
        .where(Message.id == newest_message())
        .correlate(Invoice)
        .scalar_subquery()
    )


def _by_link() -> ScalarSelect[str]:
    return (
        select(
            case(
                (Link.sent_revision != Invoice.revision, SyncState.CHANGED.value),
                (Link.remote_total.is_(None), SyncState.SENT.value),
                (Link.verified, SyncState.VERIFIED.value),
                else_=SyncState.DIFFERS.value,
            )
        )
        .where(Link.entity == Entity.INVOICE, Link.local_id == Invoice.id, Link.tenant_id == Invoice.tenant_id)
        .limit(1)
        .correlate(Invoice)
        .scalar_subquery()
    )


def _available() -> ColumnElement[bool]:
    """Whether the instance of the query's `Invoice` can send."""
    return and_(enabled_in_instance(Invoice.instance_id), connection_of_instance(Invoice.instance_id).is_not(None))


def _without_either() -> ColumnElement[str]:
    return case(
        (in_doubt(), SyncState.UNKNOWN.value),
        (~_available(), SyncState.NOT_APPLICABLE.value),
        else_=SyncState.OFF.value,
    )


# ------------------------------------------------------------------------------------------------ for people


@dataclass(frozen=True)
class InvoiceSync:
    """Everything that a badge, a panel and the API say about one invoice."""

    state: SyncState
    help: str
    """One short sentence."""
    qbo_id: str | None = None
    doc_number: str | None = None
    error: Cause | None = None
    """What went wrong, for states that need a person or wait because of it."""
    send_label: str = ""
    """The button that sends it; empty when sending can't help now."""
    company: str = ""
    invoice_id: int = 0
    realm_id: str = ""

    @property
    def label(self) -> str:
        """The words on the badge."""
        return LOOKS[self.state].label

    @property
    def tone(self) -> str:
        """The colour family of the badge."""
        return LOOKS[self.state].tone

    @property
    def icon(self) -> str:
        """The icon of the badge."""
        return LOOKS[self.state].icon

    @property
    def moving(self) -> bool:
        """It will change by itself."""
        return self.state in MOVING


PAID_FIRST = (
    "A payment is recorded here, and payments can't be sent yet: QuickBooks would show the invoice as owed. "
    "To have it there, void the payment here, send the invoice, and record the payment in both."
)


def is_paid(invoice: Invoice) -> bool:
    """Whether something was paid here: the order table allows no sending then."""
    return invoice.status in (InvoiceStatus.PARTIAL, InvoiceStatus.PAID) and invoice.balance < invoice.total


def describe(session: Session, invoices: Sequence[Invoice]) -> dict[int, InvoiceSync]:
    """The state of many invoices with one query, by invoice id."""
    ids = [invoice.id for invoice in invoices]
    rows = session.execute(
        select(Invoice, sync_state(), Link, Message, Stream, Connection)
        .outerjoin(Link, and_(Link.entity == Entity.INVOICE, Link.local_id == Invoice.id))
        .outerjoin(Message, Message.id == newest_message())
        .outerjoin(Stream, Stream.name == Message.stream)
        .outerjoin(Connection, Connection.id == connection_of_instance(Invoice.instance_id))
        .where(Invoice.id.in_(ids))
        # A message may have been settled by a worker since this session saw it.
        .execution_options(populate_existing=True)
    ).tuples()
    return {
        invoice.id: _describe(SyncState(state), invoice, link, message, stream, connection)
        for invoice, state, link, message, stream, connection in rows
    }


def _describe(
    state: SyncState,
    invoice: Invoice,
    link: Link | None,
    message: Message | None,
    stream: Stream | None,
    connection: Connection | None,
) -> InvoiceSync:
    where = invoice.instance
    shows_error = state in (*ON_THE_WAY, SyncState.BLOCKED, SyncState.FAILED_USER)
    error = Cause.from_json(message.error) if message is not None and message.error and shows_error else None
    return InvoiceSync(
        state=state,
        help=_help(state, invoice, link, message, stream, error, where),
        qbo_id=link.qbo_id if link else None,
        doc_number=(link.name or None) if link else None,
        error=error,
        send_label="" if state is SyncState.OFF and is_paid(invoice) else _send_label(state, message),
        company=connection.company_name if connection else "",
        invoice_id=invoice.id,
        realm_id=link.realm_id if link else "",
    )


def _help(
    state: SyncState,
    invoice: Invoice,
    link: Link | None,
    message: Message | None,
    stream: Stream | None,
    error: Cause | None,
    where: Instance,
) -> str:
    match state:
        case SyncState.NOT_APPLICABLE:
            if invoice.status == InvoiceStatus.DRAFT:
                return "A draft is not sent."
            return "QuickBooks is not used in this instance."
        case SyncState.OFF:
            return PAID_FIRST if is_paid(invoice) else "Not sent by itself. Press Send to QuickBooks."
        case SyncState.BLOCKED | SyncState.FAILED_USER:
            return error.headline if error else "It needs you."
        case SyncState.QUEUED:
            return "It is sent in a moment." if message is None else f"Queued {_clock(message.created_at, where)}."
        case SyncState.SENDING:
            started = message.started_at if message else None
            by = f" by {message.actor_name}" if message else ""
            return f"Started {_clock(started, where)}{by}." if started else "It is being sent."
        case SyncState.THROTTLED:
            return f"{_reason(stream, error)} It goes on by itself{_from(message, stream, where)}."
        case SyncState.PAUSED:
            reason = (message and message.hold_reason) or (stream and stream.stopped)
            return str(reason or "Paused.")
        case SyncState.FAILED_RETRY:
            tries = message.failures if message else 1
            return f"Attempt {tries} of {MOST_FAILURES} did not succeed. It is tried again by itself{_from(message, stream, where)}."
        case SyncState.UNKNOWN:
            return "QuickBooks did not answer. We check before anything is sent again."
    return _sent_help(state, invoice, link, where)


def _sent_help(state: SyncState, invoice: Invoice, link: Link | None, where: Instance) -> str:
    if link is None:
        return "Voided before it was sent."
    number = f"QuickBooks number {link.name}" if link.name else "In QuickBooks without a number"
    when = f", {_clock(link.sent_at, where)}" if link.sent_at else ""
    match state:
        case SyncState.DIFFERS:
            return (
                f"{number}. Sent {link.sent_total} {invoice.currency}, "
                f"QuickBooks shows {link.remote_total} {invoice.currency}."
            )
        case SyncState.CHANGED:
            return f"{number}. It was edited here after it was sent."
        case SyncState.VERIFIED:
            return f"{number}{when}. Totals are equal to the cent."
        case SyncState.VOIDED:
            return f"{number}. Voided."
    return f"{number}{when}."


def _reason(stream: Stream | None, error: Cause | None) -> str:
    reason = error.headline if error else (stream.delay_reason if stream else None)
    return f"{reason or 'QuickBooks asked us to wait'}."


def _from(message: Message | None, stream: Stream | None, where: Instance) -> str:
    times = [message.not_before_at if message else None, stream.delay_until_at if stream else None]
    due = max((time for time in times if time is not None), default=None)
    return f" at {_clock(due, where)}" if due is not None and due > clock.now() else ""


def _clock(moment: datetime | None, where: Instance) -> str:
    """A moment as the host's pages write it: the time today, else with the day, by the instance's locale."""
    if moment is None:
        return ""
    zone = ZoneInfo(where.timezone)
    local = moment.astimezone(zone)
    if local.date() == clock.now().astimezone(zone).date():
        return format_time(local, "short", locale=where.locale)
    return format_datetime(local, "medium", locale=where.locale)


def _send_label(state: SyncState, message: Message | None) -> str:
    match state:
        case SyncState.OFF:
            return "Send to QuickBooks"
        case SyncState.BLOCKED | SyncState.FAILED_USER:
            return "Send again"
        case SyncState.FAILED_RETRY:
            return "Try now"
        case SyncState.QUEUED if message is not None and message.not_before_at > clock.now():
            return "Send now"
        case SyncState.CHANGED:
            return "Update QuickBooks"
    return ""
