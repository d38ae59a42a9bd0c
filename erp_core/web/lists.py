"""From a request to a list as the templates show it: chips with links, columns with sort links, pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import flash, request, url_for
from sqlalchemy import ColumnElement

from erp_core.access import current_tenant_id
from erp_core.errors import Invalid
from erp_core.extensions import db
from erp_core.services import listing
from erp_core.services.listing import Count, ListSpec, Query
from erp_core.web.format import count

T = TypeVar("T")


@dataclass(frozen=True)
class Column:
    """The head of a column. With `sort`, a key of the list's sorts, a click sorts by it."""

    label: str
    sort: str = ""
    numeric: bool = False
    hidden_label: bool = False


@dataclass(frozen=True)
class Head:
    """A column's head as it is shown now. `direction` is for aria-sort: ascending, descending or empty."""

    column: Column
    url: str
    direction: str


@dataclass(frozen=True)
class Chip:
    """A filter as it is shown now; its link switches it on or off."""

    key: str
    label: str
    count: Count
    url: str
    active: bool
    tone: str
    icon: str


@dataclass(frozen=True)
class ListView(Generic[T]):
    """One page of a list with all its links, for `erp/lists.html`."""

    name: str
    rows: list[T]
    total: Count
    heads: list[Head]
    chips: list[Chip]
    search: str
    filtered: bool
    clear_url: str
    next_url: str
    previous_url: str
    hidden: list[tuple[str, str]] = field(default_factory=list)
    """What the search form carries along: the filters and the order."""

    @property
    def narrowing(self) -> dict[str, Any]:
        """The search and the filters as parameters, for an address that counts the chips anew."""
        search = {"q": self.search} if self.search else {}
        return {"filter": [chip.key for chip in self.chips if chip.active], **search}

    @property
    def ids(self) -> str:
        """The ids of this page, for polling."""
        return ",".join(str(getattr(row, "id")) for row in self.rows)  # noqa: B009 - rows are of any model


def build(
    name: str,
    spec: ListSpec[T],
    columns: Sequence[Column],
    *,
    conditions: Sequence[ColumnElement[bool]] = (),
    narrowed: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
    size: int = listing.PAGE_SIZE,
) -> ListView[T]:
    """The list that this request asks for. `narrowed` are parameters of the view that narrow the list; `kept` are
    others, such as a tab. Both stay in links, and only what narrows is cleared by "Clear filters".

    Whatever stands in the address: an unknown filter or order is passed over, and a page that is no longer there
    becomes the first one, with a sentence.
    """
    sort = request.args.get("sort", "")
    query = Query(
        search=request.args.get("q", "").strip(),
        filters=_filters(spec),
        sort=sort if sort.removeprefix("-") in spec.sorts else "",
        cursor=request.args.get("page", ""),
        size=size,
    )
    narrow = {key: value for key, value in (narrowed or {}).items() if value}
    stays = dict(kept or {})
    try:
        page = listing.run(db.session(), spec, query, tenant_id=current_tenant_id(), conditions=conditions)
    except Invalid as error:
        flash(error.message, "info")
        query = Query(query.search, query.filters, query.sort, "", size)
        page = listing.run(db.session(), spec, query, tenant_id=current_tenant_id(), conditions=conditions)

    links = _Links(spec, query, {**stays, **narrow})
    return ListView(
        name=name,
        rows=page.rows,
        total=page.total,
        heads=[links.head(column, page.sort) for column in columns],
        chips=[
            Chip(
                chip.key,
                chip.label,
                page.counts[chip.key],
                links.toggled(chip),
                chip.key in query.filters,
                chip.tone,
                chip.icon,
            )
            for chip in spec.filters
            if chip.key in query.filters or page.counts[chip.key] or not chip.hide_when_empty
        ],
        search=query.search,
        filtered=bool(query.search or query.filters or narrow),
        clear_url=url_for(request.endpoint or "", **{**stays, **(request.view_args or {})}),
        next_url=links.page(page.next_cursor),
        previous_url=links.page(page.previous_cursor),
        hidden=[
            *stays.items(),
            *(("filter", key) for key in query.filters),
            *([("sort", query.sort)] if query.sort else []),
        ],
    )


def counts(spec: ListSpec[Any], *, conditions: Sequence[ColumnElement[bool]] = ()) -> dict[str, str]:
    """How many rows each filter would show, as it is written on the chips of the list that this request is about."""
    query = Query(search=request.args.get("q", "").strip(), filters=_filters(spec), size=1)
    page = listing.run(db.session(), spec, query, tenant_id=current_tenant_id(), conditions=conditions)
    return {key: count(number) for key, number in page.counts.items()}


def _filters(spec: ListSpec[Any]) -> tuple[str, ...]:
    known = {chip.key for chip in spec.filters}
    return tuple(key for key in request.args.getlist("filter") if key in known)


class _Links:
    """Addresses of this list with one thing changed."""

    def __init__(self, spec: ListSpec[Any], query: Query, kept: Mapping[str, str]) -> None:
        self._groups = {chip.key: chip.group for chip in spec.filters}
        self._query = query
        self._kept = kept

    def _url(self, *, filters: Sequence[str] | None = None, sort: str | None = None, page: str = "") -> str:
        query = self._query
        values: dict[str, Any] = {**self._kept, **(request.view_args or {})}
        if query.search:
            values["q"] = query.search
        if chosen := list(query.filters if filters is None else filters):
            values["filter"] = chosen
        if order := query.sort if sort is None else sort:
            values["sort"] = order
        if page:
            values["page"] = page
        return url_for(request.endpoint or "", **values)

    def toggled(self, chip: listing.Filter) -> str:
        on = self._query.filters
        if chip.key in on:
            return self._url(filters=[key for key in on if key != chip.key])
        return self._url(filters=[*(key for key in on if self._groups[key] != chip.group), chip.key])

    def head(self, column: Column, sort: str) -> Head:
        if not column.sort:
            return Head(column, "", "")
        direction = {column.sort: "ascending", f"-{column.sort}": "descending"}.get(sort, "")
        return Head(column, self._url(sort=f"-{column.sort}" if direction == "ascending" else column.sort), direction)

    def page(self, cursor: str) -> str:
        return self._url(page=cursor) if cursor else ""


def posted_ids(limit: int = 1000) -> list[int]:
    """The ticked rows of a POST, each once, in the order of the page. Raises `Invalid` when none is ticked."""
    ids = list(dict.fromkeys(int(text) for text in request.form.getlist("ids") if text.isdecimal() and len(text) < 10))
    if not ids:
        raise Invalid("Nothing is selected. Tick at least one row, then press the button again.")
    if len(ids) > limit:
        raise Invalid(f"Select {limit} rows at most.")
    return ids
