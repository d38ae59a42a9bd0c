"""Sends invoices to QuickBooks: steps 4 to 8 of the straight path.

Each message ends in exactly one way: recorded and done in one transaction, a cause for a person, or a wait. What will
be sent is written down and committed before the call, so a crash at any point is settled by the same request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core.toolkit import (
    Cause,
    Invoice,
    Message,
    MessageState,
    NeedsAttention,
    Priority,
    RetryLater,
    Run,
    activity,
    clock,
    round_money,
)
from plugins.quickbooks import causes, company, connect, mapping
from plugins.quickbooks.causes import Gap
from plugins.quickbooks.mapping import Form, InvoiceRefs, Payload, Ref
from plugins.quickbooks.models import Attempt, Connection, Entity, Link, Operation, Outcome, Term
from plugins.quickbooks.push import attempts, preflight
from plugins.quickbooks.push.attempts import Write
from plugins.quickbooks.push.remote import Remote
from plugins.quickbooks.push.resolve import Resolver, Wanted, wanted_customer, wanted_item
from plugins.quickbooks.push.tasks import NOT_SENT, Task, links, read
from plugins.quickbooks.qbo.errors import QBOError, QBONotFound, QBOStale
from plugins.quickbooks.qbo.query import Query, at_least, equals
from plugins.quickbooks.settings import ConnectionSettings, connection_settings

CLOCKS_DIFFER = timedelta(minutes=10)
"""QuickBooks' clock may be so much behind ours when we look for what we may have sent."""

PREFERENCES_LAST = timedelta(minutes=1)

Row = dict[str, Any]


class _Withdrawn(Exception):
    """There is nothing to send any more."""


def push_invoices(run: Run) -> None:
    """Send the invoices of the run's messages, or bring those that are there up to date."""
    connection_id = Connection.id_of(run.stream)
    with Remote(run, connection_id) as remote:
        _Push(run, remote, connection_id).all()


class _Push:
    def __init__(self, run: Run, remote: Remote, connection_id: int) -> None:
        self._run = run
        self._remote = remote
        with run.transaction() as session:
            self._connection = session.get_one(Connection, connection_id)
            self._settings: ConnectionSettings = connection_settings(session, connection_id)
            terms = select(Term).where(Term.connection_id == connection_id, Term.active)
            self._terms = {term.due_days: term.qbo_id for term in session.scalars(terms)}
        self._resolver = Resolver(run, remote, self._connection)
        self._first_day: date | None = None

    def all(self) -> None:
        """One message is one call here; a refusal or a wait of one message leaves its neighbours alone."""
        if not self._connection.usable:
            reason = self._connection.status_reason or f"“{self._connection.company_name}” is switched off."
            cause = Cause("connection_ended", "The QuickBooks connection is not active", reason)
            raise RetryLater(connect.WHILE_HELD, cause, delays_stream=True)
        tasks = read(self._run, self._connection)
        in_doubt = [(task, task.doubt) for task in tasks if task.doubt is not None]
        self._each([(task, partial(self._settle_doubt, task, doubt)) for task, doubt in in_doubt])
        rest = [task for task in tasks if task.doubt is None]
        if rest:
            self._first_day = min(task.invoice.invoice_date for task in rest)
            actor = rest[0].message.actor
            self._resolver.find((wanted for task in rest for wanted in self._wanted(task)), actor)
            self._each([(task, partial(self._send, task)) for task in rest])

    def _each(self, steps: list[tuple[Task, Callable[[], None]]]) -> None:
        for task, step in steps:
            try:
                step()
            except _Withdrawn:
                with self._run.finish(task.message):
                    pass
            except NeedsAttention as error:
                self._run.fail(task.message, error)
            except RetryLater as error:
                self._run.retry(task.message, error)
                if error.delays_stream:
                    # The neighbours were not sent, so they wait for QuickBooks and are not in doubt.
                    waiting = error.cause if error.cause and error.cause.code != causes.CHECKING else _QUIET
                    raise RetryLater(error.after, waiting, delays_stream=True) from error
            self._let_a_person_pass()

    def _let_a_person_pass(self) -> None:
        """A backlog can be long. What a person waits for goes first; the rest of this run waits for its turn again."""
        if self._run.messages[0].priority <= Priority.PERSON:
            return
        with self._run.transaction() as session:
            somebody_waits = session.scalar(
                select(Message.id)
                .where(
                    Message.stream == self._run.stream,
                    Message.state == MessageState.PENDING,
                    Message.priority <= Priority.PERSON,
                    Message.not_before_at <= clock.now(),
                )
                .limit(1)
            )
        if somebody_waits is not None:
            raise RetryLater(timedelta(0))

    # -------------------------------------------------------------------------------------------- reading

    def _wanted(self, task: Task) -> Iterator[Wanted]:
        """The customer and the items of an invoice. A person may have said that one of them is new."""
        new = set(task.message.payload.get("new", ()))
        customer = task.invoice.customer
        yield wanted_customer(customer, self._connection, self._settings, new=f"customer:{customer.id}" in new)
        for line in task.invoice.lines:
            product = line.product
            yield wanted_item(
                product,
                self._connection,
                self._settings,
                # An item that starts after an invoice can't stand on it.
                first_day=self._first_day or task.invoice.invoice_date,
                new=f"product:{product.id}" in new,
            )

    # -------------------------------------------------------------------------------------------- sending

    def _send(self, task: Task) -> None:
        refs = self._resolved(task)
        with self._run.recording() as session:
            attempt = self._begin(session, task, refs, task.link.sync_token if task.link else None)
        try:
            answer = attempts.perform(self._run, self._remote, attempt, again=False)
        except QBOStale as error:
            if task.link is None:
                raise causes.of_error(error, task.doing) from error
            self._after_stale(task, task.link, refs, error)
            return
        except QBOError as error:
            raise causes.of_error(error, task.doing) from error
        self._record(task, attempt, answer)

    def _begin(self, session: Session, task: Task, refs: InvoiceRefs, sync_token: str | None) -> Attempt:
        """Write down what will be sent, unless the invoice was voided meanwhile; it can't be before this is committed."""
        status = select(Invoice.status).where(Invoice.id == task.invoice.id).with_for_update(read=True)
        if session.scalar(status) in NOT_SENT:
            raise _Withdrawn
        payload, operation = self._payload(session, task, refs, sync_token)
        if mapping.total_of(payload) + task.invoice.tax != task.invoice.total:
            raise causes.needs_setup([_TOTAL_DISAGREES])
        write = Write(Entity.INVOICE, task.invoice.id, task.invoice.uuid, payload, operation, task.invoice.revision)
        return attempts.begin(session, self._connection, write, task.message.actor)

    def _resolved(self, task: Task) -> InvoiceRefs:
        """Everything the invoice refers to. Raises one cause for all gaps; creates what is missing only without any."""
        wanted = {one.key: one for one in self._wanted(task)}
        gaps = self._gaps(task)
        others: list[NeedsAttention | RetryLater] = []
        for problem in self._resolver.missing(wanted):
            if isinstance(problem, tuple):
                gaps += problem
            elif isinstance(problem, NeedsAttention | RetryLater):
                others.append(problem)
        if gaps:
            questions = [problem.cause for problem in others if isinstance(problem, NeedsAttention)]
            gaps += [Gap(cause.code, f"{cause.headline}.", cause.body) for cause in questions]
            raise causes.needs_setup(list(dict.fromkeys(gaps)))
        for problem in others:
            raise problem
        refs: dict[tuple[Entity, int], Ref] = {}
        for key in wanted:
            answer = self._resolver.need(key, task.message.actor)
            if isinstance(answer, Exception):
                raise answer
            if isinstance(answer, tuple):
                raise causes.needs_setup(answer)
            refs[key] = answer
        return InvoiceRefs(
            customer=refs[Entity.CUSTOMER, task.invoice.customer_id],
            items={local_id: ref for (entity, local_id), ref in refs.items() if entity is Entity.ITEM},
            term_id=self._terms.get(task.invoice.customer.terms_days, ""),
            discount_account_id=self._settings.discount_account_id or "",
        )

    def _gaps(self, task: Task) -> list[Gap]:
        """What keeps the invoice itself from being sent. A person may have mended it in QuickBooks just now, so for a
        person what we know of the company's preferences must not be older than a minute."""
        gaps = list(preflight.invoice_gaps(task.invoice, self._connection))
        read_at = self._connection.company_read_at
        old = read_at is None or clock.now() - read_at > PREFERENCES_LAST
        if old and task.message.priority <= Priority.PERSON and any(_of_preferences(gap, task.invoice) for gap in gaps):
            self._read_preferences(task)
            gaps = list(preflight.invoice_gaps(task.invoice, self._connection))
        return gaps

    def _read_preferences(self, task: Task) -> None:
        try:
            answer = self._remote.call(lambda client: client.preferences())
        except QBOError as error:
            raise causes.outage(error) if error.retryable else causes.of_error(error, task.doing) from error
        with self._run.transaction() as session:
            company.keep_preferences(session.get_one(Connection, self._connection.id), answer)
        company.keep_preferences(self._connection, answer)

    def _payload(
        self, session: Session, task: Task, refs: InvoiceRefs, sync_token: str | None
    ) -> tuple[Payload, Operation]:
        preferences = self._connection.preferences
        form = Form(
            custom_numbers=preferences.custom_txn_numbers,
            multicurrency=self._connection.multicurrency,
            untaxed_lines=preferences.using_sales_tax,
        )
        if task.link is None or sync_token is None:
            return mapping.invoice(task.invoice, refs, form), Operation.CREATE
        last = self._last_accepted(session, task)
        before = attempts.payload_of(last) if last is not None else {}
        update = mapping.invoice_update(
            task.invoice, refs, form, qbo_id=task.link.qbo_id, sync_token=sync_token, before=before
        )
        return update, Operation.UPDATE

    def _last_accepted(self, session: Session, task: Task) -> Attempt | None:
        return attempts.newest(session, self._connection, Entity.INVOICE, task.invoice.id, Outcome.ACCEPTED)

    def _after_stale(self, task: Task, link: Link, refs: InvoiceRefs, error: QBOStale) -> None:
        """Read once. If nothing we own differs from what we last sent, send again; otherwise a person decides."""
        remote = self._reread(task, link.qbo_id)
        with self._run.recording() as session:
            last = self._last_accepted(session, task)
            if remote.get("Balance") != remote.get("TotalAmt"):
                raise causes.paid_there(task.doing) from error
            if last is None or not mapping.same_content(_owned(attempts.payload_of(last)), remote):
                raise causes.changed_there(task.doing) from error
            attempt = self._begin(session, task, refs, str(remote["SyncToken"]))
        try:
            answer = attempts.perform(self._run, self._remote, attempt, again=False)
        except QBOError as again:
            raise causes.of_error(again, task.doing) from again
        self._record(task, attempt, answer)

    # -------------------------------------------------------------------------------------------- settling doubts

    def _settle_doubt(self, task: Task, attempt: Attempt) -> None:
        """Only what was written down may be sent now, whatever the invoice says today: as an edit it follows later."""
        found = None if attempts.is_young(attempt) else self._look_up(task, attempt)
        if found is not None:
            self._record(task, attempt, found)
            return
        try:
            answer = attempts.perform(self._run, self._remote, attempt, again=True)
        except QBOError as error:
            # QuickBooks may have forgotten the request but kept its invoice: ours is known by its reference.
            if attempts.needs_a_look(error):
                if (found := self._look_up(task, attempt)) is not None:
                    self._record(task, attempt, found)
                    return
                attempts.failed(self._run, attempt, error, Outcome.REFUSED)
            raise causes.of_error(error, task.doing) from error
        self._record(task, attempt, answer)

    def _look_up(self, task: Task, attempt: Attempt) -> Row | None:
        """The invoice that this write made in QuickBooks, if it did."""
        payload = attempts.payload_of(attempt)
        if attempt.operation == Operation.UPDATE:
            remote = self._reread(task, payload["Id"])
            return remote if mapping.same_content(_owned(payload), remote) else None
        query = Query(
            "Invoice",
            (
                equals("CustomerRef", payload["CustomerRef"]["value"]),
                at_least("MetaData.CreateTime", attempt.sent_at - CLOCKS_DIFFER),
            ),
        )
        try:
            rows = self._remote.call(lambda client: list(client.query_all(query)))
        except QBOError as error:
            raise causes.outage(error) if error.retryable else causes.of_error(error, task.doing) from error
        return next((row for row in rows if mapping.refers_to(task.invoice, str(row.get("PrivateNote", "")))), None)

    def _reread(self, task: Task, qbo_id: str) -> Row:
        try:
            return self._remote.call(lambda client: client.read("Invoice", qbo_id))
        except QBONotFound as error:
            raise NeedsAttention(
                Cause(
                    "deleted_in_quickbooks",
                    "This invoice was deleted in QuickBooks",
                    "It will not be sent again by itself.",
                    next="It waits for you.",
                )
            ) from error
        except QBOError as error:
            raise causes.outage(error) if error.retryable else causes.of_error(error, task.doing) from error

    # -------------------------------------------------------------------------------------------- recording

    def _record(self, task: Task, attempt: Attempt, answer: Row) -> None:
        """Compare the answer with what was sent; then link, totals, activity and the message's end in one transaction."""
        payload = attempts.payload_of(attempt)
        qbo_id = str(answer.get("Id", ""))
        customer = (answer.get("CustomerRef") or {}).get("value")
        ours = mapping.refers_to(task.invoice, str(answer.get("PrivateNote", "")))
        if not ours or customer != payload["CustomerRef"]["value"]:
            error = causes.someone_elses_answer(task.doing, qbo_id)
            with self._run.failing(task.message, error) as session:
                # No proof that nothing was written: it stays in doubt.
                attempts.settle(session, attempt, Outcome.UNKNOWN, code="other_record")
            return
        with self._run.finish(task.message) as session:
            attempts.settle(session, attempt, Outcome.ACCEPTED)
            link = self._keep_link(session, task, attempt, payload, answer)
            shown = f" as {link.name}" if link.name else ""
            number = task.invoice.number
            verb = "updated in QuickBooks" if task.link else f"sent to QuickBooks{shown}"
            activity.record(
                session,
                actor=task.message.actor,
                action="invoice_updated" if task.link else "invoice_created",
                subject=("invoice", task.invoice.id),
                summary=f"Invoice {number} {verb}",
                tenant_id=task.invoice.tenant_id,
                instance_id=task.invoice.instance_id,
                details={
                    "qbo_id": qbo_id,
                    "doc_number": link.name,
                    "company": self._connection.company_name,
                    "sent_total": str(link.sent_total),
                    "quickbooks_total": str(link.remote_total),
                    "request_id": attempt.request_id,
                },
            )

    def _keep_link(
        self, session: Session, task: Task, attempt: Attempt, payload: Mapping[str, Any], answer: Row
    ) -> Link:
        found = links(session, self._connection, [task.invoice.id]).get(task.invoice.id)
        link = found or Link(
            tenant_id=self._connection.tenant_id,
            realm_id=self._connection.realm_id,
            entity=Entity.INVOICE,
            local_id=task.invoice.id,
            created_by_us=True,
        )
        currency = task.invoice.currency
        link.qbo_id = str(answer["Id"])
        link.sync_token = str(answer.get("SyncToken", "0"))
        link.name = str(answer.get("DocNumber") or "")
        link.sent_at = link.last_read_at = clock.now()
        link.sent_revision = attempt.revision
        link.sent_fingerprint = attempt.fingerprint
        link.sent_total = round_money(mapping.total_of(payload), currency)
        link.remote_total = round_money(Decimal(answer.get("TotalAmt", 0)), currency)
        link.remote_balance = round_money(Decimal(answer.get("Balance", 0)), currency)
        link.verified = link.remote_total == link.sent_total
        session.add(link)
        session.flush()
        return link


_TOTAL_DISAGREES = Gap(
    "total",
    "The lines of this invoice do not come to its total.",
    "Save its order again, which computes the invoice anew.",
)
_QUIET = Cause(causes.OUTAGE, "QuickBooks is not answering", "No action needed.", next="It is tried again by itself.")


def _of_preferences(gap: Gap, invoice: Invoice) -> bool:
    """Whether other preferences of the company may close a gap of this invoice."""
    if gap.code == "tax":
        return not invoice.tax
    return gap.code in ("currency", "number_too_long", "discount", "shipping", "period_closed")


def _owned(payload: Mapping[str, Any]) -> Payload:
    """What we decide about in a document: all that was sent, apart from its version."""
    return {name: value for name, value in payload.items() if name not in ("Id", "SyncToken", "sparse")}
