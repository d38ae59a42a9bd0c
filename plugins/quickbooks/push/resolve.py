"""Which QuickBooks customer and items an invoice is about: by link, by match, or newly created; never by guess.

All names of a run are looked up together: one statement for each field with many names in it, and all statements in
one batch. Links and answers of earlier writes come first, because reading costs money.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core.toolkit import Actor, Customer, NeedsAttention, Product, RetryLater, Run, activity
from plugins.quickbooks import causes, mapping
from plugins.quickbooks.causes import Candidate, Doing, Gap, Record
from plugins.quickbooks.mapping import Payload, Ref
from plugins.quickbooks.models import Attempt, Connection, Entity, Link, Outcome
from plugins.quickbooks.push import attempts, preflight
from plugins.quickbooks.push.attempts import Write
from plugins.quickbooks.push.remote import Remote
from plugins.quickbooks.qbo.batch import BATCH_SIZE, BatchQuery
from plugins.quickbooks.qbo.errors import QBODuplicate, QBOError
from plugins.quickbooks.qbo.query import Query, names_in
from plugins.quickbooks.qbo.request_id import batch_item_id, new_batch
from plugins.quickbooks.settings import ConnectionSettings, CustomerMatch

Row = dict[str, Any]
NOT_FOR_SALE = ("Category", "Group")
WORDS = {Entity.CUSTOMER: "customer", Entity.ITEM: "product"}
NAMES = {Entity.CUSTOMER: "DisplayName", Entity.ITEM: "Name"}

Answer = Ref | NeedsAttention | RetryLater | tuple[Gap, ...]
"""The twin, or why there is none: a question or a refusal, a wait, or what is missing to create it."""


@dataclass(frozen=True)
class Wanted:
    """A record of ours that needs a twin."""

    entity: Entity
    local_id: int
    local_uuid: uuid.UUID
    name: str
    keys: tuple[tuple[str, str], ...]
    """Field and value to find it by, the first that finds something decides."""
    gaps: tuple[Gap, ...] = ()
    """What keeps it from being created."""
    payload: Callable[[], Payload] = field(default=dict, repr=False, compare=False)
    new: bool = False
    """A person said that it is none of those that are there."""

    @property
    def key(self) -> tuple[Entity, int]:
        """What it is known by within a run."""
        return self.entity, self.local_id

    @property
    def doing(self) -> Doing:
        """For the sentences."""
        record = Record(WORDS[self.entity], self.local_id)
        return Doing(f"the {WORDS[self.entity]} “{self.name}”", name=self.name, record=record)


def wanted_customer(
    customer: Customer, connection: Connection, settings: ConnectionSettings, *, new: bool = False
) -> Wanted:
    """The buyer of an invoice."""
    keys = [("PrimaryEmailAddr", customer.email), ("DisplayName", customer.name)]
    if settings.match_customers_by is CustomerMatch.NAME_FIRST:
        keys.reverse()
    return Wanted(
        Entity.CUSTOMER,
        customer.id,
        customer.uuid,
        customer.name,
        _askable(keys, connection),
        tuple(preflight.customer_gaps(customer, connection, settings)),
        lambda: mapping.customer(customer, multicurrency=connection.multicurrency),
        new,
    )


def wanted_item(
    product: Product, connection: Connection, settings: ConnectionSettings, *, first_day: date, new: bool = False
) -> Wanted:
    """The product of a line. New inventory starts on `first_day` at the latest, unless the settings name a day."""
    return Wanted(
        Entity.ITEM,
        product.id,
        product.uuid,
        product.name,
        _askable([("Sku", product.sku), ("Name", product.name)], connection),
        tuple(preflight.item_gaps(product, connection, settings)),
        lambda: mapping.item(product, settings, first_day=first_day),
        new,
    )


def _askable(keys: list[tuple[str, str]], connection: Connection) -> tuple[tuple[str, str], ...]:
    """The keys that can be found there: a name that the company can't store would only spoil the question of the others."""
    american = preflight.in_united_states(connection)
    return tuple((name, value) for name, value in keys if value and not (american and mapping.unsupported(value)))


class Resolver:
    """Finds the twins of one run, and creates those that are missing once somebody needs them."""

    def __init__(self, run: Run, remote: Remote, connection: Connection) -> None:
        self._run = run
        self._remote = remote
        self._connection = connection
        self._wanted: dict[tuple[Entity, int], Wanted] = {}
        self._answers: dict[tuple[Entity, int], Answer] = {}
        self._doubts: dict[tuple[Entity, int], Attempt] = {}
        self._missing: set[tuple[Entity, int]] = set()

    def find(self, wanted: Iterable[Wanted], actor: Actor) -> None:
        """Answer all of these from links, from writes that are still in doubt, and by looking in QuickBooks."""
        self._wanted = {one.key: one for one in wanted}
        with self._run.transaction() as session:
            for entity in WORDS:
                self._read(session, entity, [key[1] for key in self._wanted if key[0] is entity])
        for key, attempt in list(self._doubts.items()):
            if attempts.is_young(attempt):
                self._answers[key] = self._write(self._wanted[key], attempt, actor)
        unknown = [one for key, one in self._wanted.items() if key not in self._answers]
        rows = self._look_up([one for one in unknown if not one.new or one.key in self._doubts])
        with self._run.recording() as session:
            taken = self._taken(session, rows)
            for one in unknown:
                self._match(session, one, rows, taken)

    def missing(self, keys: Collection[tuple[Entity, int]]) -> Iterator[Answer]:
        """What keeps these from being used: questions, refusals, waits and gaps. Those to be created without one are not named."""
        for key in keys:
            answer = self._answers.get(key)
            if answer is not None and not isinstance(answer, Ref):
                yield answer
            elif key in self._missing and self._wanted[key].gaps:
                yield self._wanted[key].gaps

    def need(self, key: tuple[Entity, int], actor: Actor) -> Answer:
        """The twin, created now if there is none."""
        if key in self._missing:
            self._missing.discard(key)
            self._answers[key] = self._create(self._wanted[key], actor)
        return self._answers[key]

    # -------------------------------------------------------------------------------------------- what we know

    def _read(self, session: Session, entity: Entity, ids: list[int]) -> None:
        links = session.scalars(
            select(Link).where(
                Link.tenant_id == self._connection.tenant_id,
                Link.realm_id == self._connection.realm_id,
                Link.entity == entity,
                Link.local_id.in_(ids),
            )
        )
        for link in links:
            self._answers[entity, link.local_id] = Ref(link.qbo_id, link.name)
        for local_id, attempt in attempts.undecided(session, self._connection, entity, ids).items():
            key = entity, local_id
            if key not in self._answers:
                self._doubts[key] = attempt
                self._wanted[key] = _as_sent(self._wanted[key], attempt)

    def _taken(self, session: Session, rows: Mapping[tuple[Entity, str], list[Row]]) -> dict[tuple[Entity, str], int]:
        """Which of the candidates belong to another record of ours."""
        found = {(entity, row["Id"]) for (entity, _), group in rows.items() for row in group}
        links = session.scalars(
            select(Link).where(
                Link.tenant_id == self._connection.tenant_id,
                Link.realm_id == self._connection.realm_id,
                Link.qbo_id.in_({qbo_id for _, qbo_id in found}),
            )
        )
        return {(link.entity, link.qbo_id): link.local_id for link in links}

    # -------------------------------------------------------------------------------------------- looking

    def _look_up(self, unknown: list[Wanted]) -> dict[tuple[Entity, str], list[Row]]:
        """The active records that have one of the names, by entity and field."""
        names: dict[tuple[Entity, str], list[str]] = {}
        for one in unknown:
            for name, value in one.keys:
                names.setdefault((one.entity, name), []).append(value)
        questions = [
            ((entity, name), query)
            for (entity, name), values in names.items()
            for query in names_in(entity, name, values, include_inactive=False)
        ]
        rows: dict[tuple[Entity, str], list[Row]] = {key: [] for key in names}
        for start in range(0, len(questions), BATCH_SIZE):
            some = questions[start : start + BATCH_SIZE]
            for (key, _), answer in zip(some, self._ask([query for _, query in some]), strict=True):
                rows[key] += answer
        return rows

    def _ask(self, queries: list[Query]) -> list[list[Row]]:
        try:
            if len(queries) == 1:
                return [self._remote.call(lambda client: client.query(queries[0].page()))]
            items = [BatchQuery(batch_item_id(number), query.page()) for number, query in enumerate(queries)]
            results = self._remote.call(lambda client: client.batch(items, new_batch()))
            for result in results:
                if result.error is not None:
                    raise result.error
        except QBOError as error:
            raise _nothing_sent(error) from error
        return [list(result.rows) for result in results]

    def _match(
        self,
        session: Session,
        one: Wanted,
        rows: Mapping[tuple[Entity, str], list[Row]],
        taken: dict[tuple[Entity, str], int],
    ) -> None:
        doubt = self._doubts.get(one.key)
        if one.new and doubt is None:
            self._missing.add(one.key)
            return
        for name, value in one.keys:
            found = [row for row in rows.get((one.entity, name), ()) if _fits(one.entity, row, name, value)]
            if not found:
                continue
            free = [row for row in found if (one.entity, row["Id"]) not in taken]
            if len(found) == 1 and free:
                row = found[0]
                self._link(session, one, row, created=doubt is not None)
                if doubt is not None:
                    attempts.settle(session, doubt, Outcome.ACCEPTED, code="looked_up")
                taken[one.entity, row["Id"]] = one.local_id
                self._answers[one.key] = Ref(row["Id"], _name(one.entity, row))
            else:
                self._answers[one.key] = _question(one, name, value, found, free)
            return
        self._missing.add(one.key)

    # -------------------------------------------------------------------------------------------- creating

    def _create(self, one: Wanted, actor: Actor) -> Answer:
        attempt = self._doubts.get(one.key)
        if attempt is None:
            write = Write(one.entity, one.local_id, one.local_uuid, one.payload())
            with self._run.recording() as session:
                attempt = attempts.begin(session, self._connection, write, actor)
            return self._write(one, attempt, actor, again=False)
        return self._write(one, attempt, actor)

    def _write(self, one: Wanted, attempt: Attempt, actor: Actor, *, again: bool = True) -> Answer:
        try:
            row = attempts.perform(self._run, self._remote, attempt, again=again)
        except QBODuplicate as error:
            if again:
                # QuickBooks remembers a young one, and an older one was looked up by its name: the name is another's.
                attempts.failed(self._run, attempt, error, Outcome.REFUSED)
            return causes.of_error(error, one.doing)
        except QBOError as error:
            outcome = causes.of_error(error, one.doing)
            if isinstance(outcome, RetryLater) and outcome.delays_stream and not error.outcome_unknown:
                raise outcome from error
            return outcome
        with self._run.recording() as session:
            if _folded(_name(one.entity, row)) != _folded(one.name):
                # No proof that nothing was written: it stays in doubt.
                attempts.settle(session, attempt, Outcome.UNKNOWN, code="other_record")
                return causes.someone_elses_answer(one.doing, str(row.get("Id")))
            attempts.settle(session, attempt, Outcome.ACCEPTED)
            self._link(session, one, row, created=True)
            activity.record(
                session,
                actor=actor,
                action=f"quickbooks_{WORDS[one.entity]}_created",
                subject=(WORDS[one.entity], one.local_id),
                summary=f"Created the {WORDS[one.entity]} {one.name} in QuickBooks",
                tenant_id=self._connection.tenant_id,
                details={"qbo_id": row["Id"], "company": self._connection.company_name},
            )
        return Ref(row["Id"], _name(one.entity, row))

    def _link(self, session: Session, one: Wanted, row: Row, *, created: bool) -> None:
        session.add(
            Link(
                tenant_id=self._connection.tenant_id,
                realm_id=self._connection.realm_id,
                entity=one.entity,
                local_id=one.local_id,
                qbo_id=row["Id"],
                sync_token=str(row.get("SyncToken", "0")),
                name=_name(one.entity, row)[:200],
                created_by_us=created,
            )
        )
        session.flush()


def _nothing_sent(error: QBOError) -> NeedsAttention | RetryLater:
    """A look-up that failed wrote nothing, so there is nothing to check: it is a plain wait or a cause."""
    outcome = causes.of_error(error, Doing("a question about names"))
    if isinstance(outcome, RetryLater) and error.outcome_unknown:
        return causes.outage(error)
    return outcome


def _as_sent(one: Wanted, attempt: Attempt) -> Wanted:
    """A record in doubt, by the name that was written down: that is what stands there, whatever it is called by now."""
    name = _name(one.entity, attempts.payload_of(attempt))
    return replace(one, name=name, keys=((NAMES[one.entity], name),))


def _name(entity: Entity, row: Mapping[str, Any]) -> str:
    return str(row.get(NAMES[entity], ""))


def _folded(name: str) -> str:
    """A name as QuickBooks compares it: case and runs of blanks make no difference."""
    return " ".join(name.split()).casefold()


def _fits(entity: Entity, row: Mapping[str, Any], name: str, value: str) -> bool:
    """Whether a row really has this value; names and addresses differ only in case there."""
    if entity is Entity.ITEM and row.get("Type") in NOT_FOR_SALE:
        return False
    found = row.get(name, "")
    if name == "PrimaryEmailAddr":
        found = (found or {}).get("Address", "")
    return _folded(str(found)) == _folded(value)


def _question(one: Wanted, name: str, value: str, found: list[Row], free: list[Row]) -> NeedsAttention:
    free_ids = {row["Id"] for row in free}
    candidates = [
        Candidate(
            row["Id"],
            _name(one.entity, row),
            (row.get("PrimaryEmailAddr") or {}).get("Address", "") or str(row.get("Sku") or ""),
            free=row["Id"] in free_ids,
        )
        for row in found
    ]
    word = WORDS[one.entity]
    if len(found) > 1:
        label = {"PrimaryEmailAddr": "share", "Sku": "have the SKU"}.get(name, "are called")
        what = "customers" if one.entity is Entity.CUSTOMER else "items"
        why = f"{len(found)} {what} {label} {value}."
    else:
        why = f"“{candidates[0].name}” there is linked to another {word} of yours already."
    return causes.ambiguous(word, one.name, one.local_id, why, candidates)
