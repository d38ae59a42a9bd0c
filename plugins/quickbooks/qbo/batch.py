"""Batches: up to 30 items in one call, each carried out for itself, in no promised order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from plugins.quickbooks.qbo import faults
from plugins.quickbooks.qbo.envelopes import CallKind, Entity, check_entity, entity_of, rows_of, sparse
from plugins.quickbooks.qbo.errors import QBOError, QBOUnavailable
from plugins.quickbooks.qbo.request_id import ITEM_LIMIT

BATCH_SIZE = 30
"""The most items that QuickBooks takes in one batch (code 1040 above)."""


@dataclass(frozen=True)
class BatchWrite:
    """Create, sparsely update or void one record. ``item_id`` is unique in its batch, at most 10 characters; for a
    void, ``members`` are Id and SyncToken."""

    item_id: str
    operation: Literal["create", "update", "void"]
    entity: str
    members: Mapping[str, Any]

    @property
    def kind(self) -> CallKind:
        return "write"

    def body(self) -> dict[str, Any]:
        check_entity(self.entity)
        if self.operation == "create":
            return {"bId": self.item_id, "operation": "create", self.entity: dict(self.members)}
        body = {"bId": self.item_id, "operation": "update", self.entity: sparse(self.entity, self.members)}
        return body if self.operation == "update" else {**body, "optionsData": "void"}


@dataclass(frozen=True)
class BatchQuery:
    """One statement, whose rows are the item's result."""

    item_id: str
    statement: str

    @property
    def kind(self) -> CallKind:
        return "query"

    def body(self) -> dict[str, Any]:
        return {"bId": self.item_id, "Query": self.statement}


BatchItem = BatchWrite | BatchQuery


@dataclass(frozen=True)
class BatchResult:
    """What became of one item: the record as stored, or the rows of a query, or the error."""

    item_id: str
    entity: Entity | None = None
    rows: tuple[Entity, ...] = ()
    error: QBOError | None = None


def batch_body(items: Sequence[BatchItem]) -> dict[str, Any]:
    """The batch as QuickBooks takes it. Raises ValueError for a wrong number of items, or item ids that are too long
    or not unique."""
    if not 1 <= len(items) <= BATCH_SIZE:
        raise ValueError(f"a batch has 1 to {BATCH_SIZE} items, not {len(items)}")
    if any(not 1 <= len(item.item_id) <= ITEM_LIMIT for item in items):
        raise ValueError(f"the id of a batch's item has 1 to {ITEM_LIMIT} characters")
    if len({item.item_id for item in items}) != len(items):
        raise ValueError("two items of a batch have the same id")
    return {"BatchItemRequest": [item.body() for item in items]}


def batch_results(
    items: Sequence[BatchItem], answer: Mapping[str, Any], *, intuit_tid: str = "", secrets: Collection[str] = ()
) -> list[BatchResult]:
    """One result for each item, in the order of ``items``. An item that the answer leaves out is an error whose
    outcome is unknown."""
    responses = answer.get("BatchItemResponse")
    if not isinstance(responses, list):
        raise QBOUnavailable("QuickBooks' answer to a batch holds no results", status=200, intuit_tid=intuit_tid)
    by_id = {response.get("bId"): response for response in responses if isinstance(response, dict)}
    return [_result(item, by_id.get(item.item_id), intuit_tid, secrets) for item in items]


def _result(
    item: BatchItem, response: Mapping[str, Any] | None, intuit_tid: str, secrets: Collection[str]
) -> BatchResult:
    if response is None:
        missing = QBOUnavailable("QuickBooks' answer leaves this item out", status=200, intuit_tid=intuit_tid)
        return BatchResult(item.item_id, error=missing)
    fault = response.get("Fault", response.get("fault"))
    if isinstance(fault, dict):
        error = faults.error_for_item(fault, intuit_tid=intuit_tid, secrets=secrets)
        return BatchResult(item.item_id, error=error)
    try:
        if isinstance(item, BatchQuery):
            return BatchResult(item.item_id, rows=tuple(rows_of(response)))
        return BatchResult(item.item_id, entity=entity_of(response, item.entity))
    except QBOUnavailable as error:
        error.intuit_tid = intuit_tid
        return BatchResult(item.item_id, error=error)
