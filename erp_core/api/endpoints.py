"""How an endpoint is declared: once, with its permission, its schemas and every answer it can give.

A read answers what its view returns. A write runs its view, keeps the answer under the Idempotency-Key and commits, all
in one transaction; a view that raises leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from sqlalchemy import ColumnElement
from sqlalchemy.orm.interfaces import ORMOption

from erp_core.access import current_tenant_id, requires, signed_in
from erp_core.api import bodies, idempotency
from erp_core.api.exact import Choice, Text, Whole
from erp_core.extensions import db
from erp_core.services import listing
from erp_core.services.listing import ListSpec

HIGHEST_ID = 2**31 - 1
RECORD = f"<int(min=1, max={HIGHEST_ID}):record_id>"
"""The part of an address that names a record; larger numbers are no records."""

READ_PROBLEMS = (400, 401, 403, 429, 500)
WRITE_PROBLEMS = (400, 401, 403, 409, 413, 415, 422, 429, 500)
KEY_PARAMETER = {
    "in": "header",
    "name": idempotency.HEADER,
    "description": "Makes a repetition harmless: the same key with the same body gets the same answer, marked "
    f"`{idempotency.REPLAYED}: true`, and the act happens once. Another request under the same key is refused with "
    "422. Kept for at least 24 hours. Refusals are not kept.",
    "schema": {"type": "string", "pattern": f"^{idempotency.KEY.pattern}$"},
    "example": "order-4711-2026-11-21",
}
REPLAYED_HEADER = {
    idempotency.REPLAYED: {
        "description": "`true` when this answer was given before and nothing was done now.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}

View = TypeVar("View", bound=Callable[..., Any])
Dump = Callable[[Any], dict[str, Any]]


class Endpoints(Blueprint):
    """A group of endpoints under /api."""

    def __init__(self, name: str, title: str, description: str) -> None:
        super().__init__(f"api_{name}", __name__, url_prefix="/api", description=description)
        self.title = title

    def reads(
        self, rule: str, answer: type[Schema], *, example: Mapping[str, Any] | None = None
    ) -> Callable[[View], View]:
        """Declare a view that answers one record, or raises `NotFound`."""

        def declare(view: View) -> View:
            @wraps(view)
            def call(**path: int) -> Response:
                return jsonify(answer().dump(view(**path)))

            problems = (*READ_PROBLEMS, 404) if "<" in rule else READ_PROBLEMS
            self._publish(rule, "GET", requires("erp.view")(call), (200, answer), problems, example=example)
            return view

        return declare

    def lists(
        self,
        rule: str,
        item: type[Schema],
        spec: Callable[[], ListSpec[Any]],
        *,
        statuses: Sequence[str],
        options: Sequence[ORMOption] = (),
        more: Mapping[str, fields.Field[Any]] | None = None,
        shape: ListSpec[Any] | None = None,
    ) -> Callable[[View], View]:
        """Declare a list. The view gets the query parameters of `more` and answers further conditions.

        `spec` is asked in each request; give a `shape` with the same sorts if it can't be asked before.
        """
        query = list_query(item, shape or spec(), statuses, more or {})
        answer = list_answer(item)

        def declare(view: View) -> View:
            @wraps(view)
            def call() -> Response:
                asked = bodies.read_query(query)
                wanted = listing.Query(
                    search=asked.pop("search", ""),
                    filters=(asked.pop("status"),) if "status" in asked else (),
                    sort=asked.pop("sort", ""),
                    cursor=asked.pop("cursor", ""),
                    size=asked.pop("limit", listing.PAGE_SIZE),
                )
                conditions: Sequence[ColumnElement[bool]] = view(**asked)
                listed = spec()
                listed = replace(listed, options=(*listed.options, *options))
                page = listing.run(
                    db.session(), listed, wanted, tenant_id=current_tenant_id(), conditions=conditions, counts=False
                )
                return jsonify(data=item(many=True).dump(page.rows), next_cursor=page.next_cursor or None)

            self._publish(rule, "GET", requires("erp.view")(call), (200, answer), (*READ_PROBLEMS, 422), query=query)
            return view

        return declare

    def writes(
        self,
        rule: str,
        body: type[bodies.Body],
        answer: type[Schema],
        *,
        permission: str,
        status: int = 200,
        dump: Dump | None = None,
        example: Mapping[str, Any] | None = None,
    ) -> Callable[[View], View]:
        """Declare a view that changes something. It gets the checked body as `data` and must not commit."""

        def declare(view: View) -> View:
            @wraps(view)
            def call(**path: int) -> Response:
                data = bodies.read(body)
                session = db.session()
                held = idempotency.claim(session, signed_in().id, data)
                if held.row is not None and held.replayed:
                    return _replay(held.row.status, held.row.body)
                result = (dump or answer().dump)(view(data, **path))
                held.keep(status, result)
                session.commit()
                response = jsonify(result)
                response.status_code = status
                return response

            problems = (*WRITE_PROBLEMS, 404) if "<" in rule else WRITE_PROBLEMS
            self._publish(
                rule, "POST", requires(permission)(call), (status, answer), problems, body=body, example=example
            )
            return view

        return declare

    def _publish(
        self,
        rule: str,
        method: str,
        view: Callable[..., Response],
        answer: tuple[int, type[Schema]],
        problems: Sequence[int],
        *,
        query: type[Schema] | None = None,
        body: type[bodies.Body] | None = None,
        example: Mapping[str, Any] | None = None,
    ) -> None:
        """Register the view, and describe it in the OpenAPI document."""
        described = self.response(*answer, headers=REPLAYED_HEADER if body else None)(view)
        manual: dict[str, Any] = {"responses": {status: f"Problem{status}" for status in problems}}
        if query is not None:
            manual["parameters"] = [{"in": "query", "schema": query}]
        if body is not None:
            content: dict[str, Any] = {"schema": body}
            if example is not None:
                content["example"] = dict(example)
            manual["parameters"] = [KEY_PARAMETER]
            manual["requestBody"] = {
                "required": any(field.required for field in body().fields.values()),
                "content": {"application/json": content},
            }
        self.route(rule, methods=[method], tags=[self.title])(self.doc(**manual)(described))


def list_query(
    item: type[Schema], spec: ListSpec[Any], statuses: Sequence[str], more: Mapping[str, fields.Field[Any]]
) -> type[bodies.Body]:
    """The query parameters of a list."""
    sorts = [name for key in spec.sorts for name in (key, f"-{key}")]
    members: dict[str, Any] = {
        "limit": Whole(
            1, listing.MAX_PAGE_SIZE, digits=True, metadata={"description": "How many at most; 50 if not said."}
        ),
        "cursor": Text(
            1000, least=1, metadata={"description": "`next_cursor` of the page before. Keep `sort` the same."}
        ),
        "search": Text(listing.MAX_SEARCH, metadata={"description": "Words that must all occur, whatever their case."}),
        "sort": Choice(
            sorts, metadata={"description": f"A leading minus means descending. `{spec.default_sort}` if not said."}
        ),
        **({"status": Choice(statuses, metadata={"description": "Only records in this state."})} if statuses else {}),
        **more,
    }
    return type(f"{item.__name__}Query", (bodies.Body,), members)


def list_answer(item: type[Schema]) -> type[Schema]:
    """One page of a list."""
    members: dict[str, Any] = {
        "data": fields.List(fields.Nested(item), required=True),
        "next_cursor": fields.String(
            required=True, allow_none=True, metadata={"description": "Ask for the next page with it; null on the last."}
        ),
    }
    return type(f"{item.__name__}List", (Schema,), members)


def _replay(status: int, body: Mapping[str, Any]) -> Response:
    """The answer that was given before. The transaction wrote nothing and is rolled back at the end of the request."""
    response = jsonify(body)
    response.status_code = status
    response.headers[idempotency.REPLAYED] = "true"
    return response
