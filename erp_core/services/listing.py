"""Lists: search, filters with counts, sorting and keyset paging. One engine for the pages and for the REST API.

A page begins after the last row of the page before it, not after so-and-so many rows: a list stays stable while rows
are added, and its last page is as fast as its first. Rows with equal sort values are told apart by their id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.interfaces import ORMOption

from erp_core.errors import Invalid
from erp_core.models.types import InvalidKey, keyring

T = TypeVar("T")

COUNT_LIMIT = 1000
"""Counts are exact up to here; more is "1,000+"."""
PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
MAX_SEARCH = 200


@dataclass(frozen=True)
class Filter:
    """A condition that a person can switch on. At most one filter of a group is on; groups combine with AND.

    The condition speaks of the list's own model, or of others in subqueries: joined records are there only for a search.
    """

    key: str
    label: str
    condition: Callable[[], ColumnElement[bool]]
    group: str = "state"
    tone: str = "secondary"
    icon: str = ""
    hide_when_empty: bool = False


@dataclass(frozen=True)
class ListSpec(Generic[T]):
    """What a list shows. Sort expressions must never be NULL; `search` lists the texts that are searched."""

    model: type[T]
    search: Sequence[SQLColumnExpression[Any]]
    sorts: dict[str, SQLColumnExpression[Any]]
    default_sort: str
    """A key of `sorts`; a leading minus means descending."""
    filters: tuple[Filter, ...] = ()
    joins: tuple[Any, ...] = ()
    """Relationships to join, for search and sorting."""
    options: tuple[ORMOption, ...] = ()

    def with_filters(self, filters: Sequence[Filter]) -> ListSpec[T]:
        """The same list with more filters, such as those of plugins."""
        return ListSpec(
            self.model, self.search, self.sorts, self.default_sort, (*self.filters, *filters), self.joins, self.options
        )


@dataclass(frozen=True)
class Query:
    """What a person or a program asked for."""

    search: str = ""
    filters: tuple[str, ...] = ()
    sort: str = ""
    cursor: str = ""
    size: int = PAGE_SIZE


@dataclass(frozen=True)
class Count:
    """How many rows; `more` when there are more than that."""

    number: int
    more: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}{'+' if self.more else ''}"

    def __bool__(self) -> bool:
        return self.number > 0


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list. An empty cursor means that there is no such page."""

    rows: list[T]
    sort: str
    next_cursor: str
    previous_cursor: str
    total: Count = Count(0)
    counts: dict[str, Count] = field(default_factory=dict)


def run(
    session: Session,
    spec: ListSpec[T],
    query: Query,
    *,
    tenant_id: int,
    conditions: Sequence[ColumnElement[bool]] = (),
    counts: bool = True,
) -> Page[T]:
    """One page of one tenant's list.

    Raises `Invalid` for an unknown filter or sort key, and for a cursor that this list did not hand out.
    """
    active = _active(spec, query.filters)
    base = [_column(spec, "tenant_id") == tenant_id, *conditions, *_search(spec, query.search)]
    where = [*base, *(chosen.condition() for chosen in active)]
    rows, sort, next_cursor, previous_cursor = _rows(session, spec, query, where)
    if not counts:
        return Page(rows, sort, next_cursor, previous_cursor)
    wanted = {"": where}
    for chip in spec.filters:
        others = [chosen.condition() for chosen in active if chosen.group != chip.group]
        wanted[chip.key] = [*base, *others, chip.condition()]
    counted = _count(session, spec, wanted, joined=bool(query.search))
    return Page(rows, sort, next_cursor, previous_cursor, counted.pop(""), counted)


def count(
    session: Session, spec: ListSpec[Any], *, tenant_id: int, conditions: Sequence[ColumnElement[bool]] = ()
) -> Count:
    """How many rows of one tenant meet the conditions, exact up to 1,000."""
    return _count(session, spec, {"": [_column(spec, "tenant_id") == tenant_id, *conditions]}, joined=False)[""]


def _column(spec: ListSpec[Any], name: str) -> Any:
    return getattr(spec.model, name)


def _active(spec: ListSpec[Any], keys: Sequence[str]) -> list[Filter]:
    by_key = {chip.key: chip for chip in spec.filters}
    unknown = [key for key in keys if key not in by_key]
    if unknown:
        raise Invalid(f"There is no filter named {unknown[0]}.", fields={"filter": "Unknown filter."})
    return list({by_key[key].group: by_key[key] for key in keys}.values())


def _search(spec: ListSpec[Any], text: str) -> list[ColumnElement[bool]]:
    """Every word must stand somewhere in the searched texts, whatever its case."""
    words = text.replace("\x00", "")[:MAX_SEARCH].split()
    return [or_(*(column.icontains(word, autoescape=True) for column in spec.search)) for word in words]


def _joined(spec: ListSpec[Any], statement: Select[Any]) -> Select[Any]:
    for relationship in spec.joins:
        statement = statement.join(relationship)
    return statement


def _rows(
    session: Session, spec: ListSpec[T], query: Query, where: Sequence[ColumnElement[bool]]
) -> tuple[list[T], str, str, str]:
    sort = query.sort or spec.default_sort
    descending, key = sort.startswith("-"), sort.removeprefix("-")
    if key not in spec.sorts:
        raise Invalid(f"This list can't be sorted by {key}.", fields={"sort": "Unknown column."})
    size = max(1, min(query.size, MAX_PAGE_SIZE))
    value, row_id = spec.sorts[key], _column(spec, "id")
    statement = _joined(spec, select(spec.model, value)).where(*where).options(*spec.options)
    backwards = False
    if query.cursor:
        backwards, at, last_id = _read_cursor(query.cursor, sort)
        up = descending == backwards
        beyond = (value > at, row_id > last_id) if up else (value < at, row_id < last_id)
        statement = statement.where(or_(beyond[0], and_(value == at, beyond[1])))
    if descending != backwards:
        statement = statement.order_by(value.desc(), row_id.desc())
    else:
        statement = statement.order_by(value.asc(), row_id.asc())
    found = session.execute(statement.limit(size + 1)).all()
    more, found = len(found) > size, found[:size]
    if backwards:
        found = found[::-1]
    has_next = more if not backwards else bool(query.cursor)
    has_previous = more if backwards else bool(query.cursor)
    if not found:
        return [], sort, "", ""
    return (
        [row[0] for row in found],
        sort,
        _write_cursor(sort, False, found[-1][1], found[-1][0].id) if has_next else "",
        _write_cursor(sort, True, found[0][1], found[0][0].id) if has_previous else "",
    )


def _count(
    session: Session, spec: ListSpec[Any], wanted: dict[str, list[ColumnElement[bool]]], *, joined: bool
) -> dict[str, Count]:
    """All counts with one statement; each looks at 1,001 rows at most. Only a search needs the joined records."""
    parts = []
    for conditions in wanted.values():
        rows = select(_column(spec, "id"))
        rows = _joined(spec, rows) if joined else rows
        found = rows.where(*conditions).limit(COUNT_LIMIT + 1).subquery()
        parts.append(select(func.count()).select_from(found).scalar_subquery())
    numbers = session.execute(select(*parts)).one()
    return {
        key: Count(min(number, COUNT_LIMIT), number > COUNT_LIMIT) for key, number in zip(wanted, numbers, strict=True)
    }


def _write_cursor(sort: str, backwards: bool, value: Any, row_id: int) -> str:
    """A place in a list, encrypted: nobody can read it or make one up."""
    return keyring.encrypt(json.dumps([sort, backwards, *_pack(value), row_id])).decode()


def _read_cursor(cursor: str, sort: str) -> tuple[bool, Any, int]:
    try:
        written_sort, backwards, kind, value, row_id = json.loads(keyring.decrypt(cursor.encode()))
    except (InvalidKey, ValueError):
        written_sort = None
    if written_sort != sort:
        raise Invalid("This page of the list is no longer there. Start at the first page.", code="bad_cursor")
    return backwards, _unpack(kind, value), row_id


def _pack(value: Any) -> tuple[str, Any]:
    match value:
        case Decimal():
            return "decimal", str(value)
        case datetime():
            return "datetime", value.isoformat()
        case date():
            return "date", value.isoformat()
        case StrEnum():
            return "plain", value.value
        case _:
            return "plain", value


def _unpack(kind: str, value: Any) -> Any:
    match kind:
        case "decimal":
            return Decimal(value)
        case "datetime":
            return datetime.fromisoformat(value)
        case "date":
            return date.fromisoformat(value)
        case _:
            return value
