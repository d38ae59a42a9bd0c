"""Batch: up to thirty operations in one call, each with its own answer."""

from collections.abc import Callable, Mapping
from typing import Any

from qbo_emulator import faults, operations
from qbo_emulator.api import query
from qbo_emulator.api.asked import Answer, Asked, as_many_as_wanted
from qbo_emulator.books import Books
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body

MOST_ITEMS = 30
MOST_OBJECTS = 1000


def items_of(payload: Any, has_request_id: bool) -> list[Mapping[str, Any]]:
    """The items of a batch; fault 1040 when there are too many, 2010 when it is not a batch."""
    if not isinstance(payload, Mapping):
        raise faults.bad_property("Can not deserialize instance of IntuitBatchRequest")
    for name in payload:
        if name != "BatchItemRequest":
            raise faults.unknown_member(name, "IntuitBatchRequest", ["BatchItemRequest"])
    items = payload.get("BatchItemRequest")
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise faults.bad_property("Can not deserialize instance of BatchItemRequest")
    if not items:
        raise faults.missing("BatchItemRequest")
    if len(items) > MOST_ITEMS:
        raise faults.validation(
            "1040", "Batch size exceeds allowed limit", f"Batch size exceeds the allowed limit {MOST_ITEMS}", None
        )
    ids = [str(item["bId"]) for item in items if item.get("bId") is not None]
    if len(set(ids)) < len(ids):
        raise faults.bad_property("bId: each item of a batch needs a bId of its own")
    if has_request_id:
        for item in items:
            if len(str(item.get("bId", ""))) > 10:
                raise faults.validation(
                    "2130", "Invalid Request Id Format", "With a requestid each bId has at most 10 characters", "bId"
                )
    return items


def answer(asked: Asked) -> Answer:
    """POST /batch. Items that were done before, and those after which it is to end, are not executed."""
    items = items_of(asked.payload(), bool(asked.args.get("requestid")))
    injected, first = asked.injected, len(asked.done)
    last = None if injected.stop_after is None else injected.stop_after
    refused = {place - first: injected.fault for place in injected.items or () if injected.fault is not None}
    executed = items[first:last]
    answers = [*asked.done, *run(asked.books, executed, asked.may_read, refused)]
    injected.applied = any(place in refused for place in range(len(executed)))
    done = asked.envelope({"BatchItemResponse": answers})
    done.items = [kind(item) for item in executed]
    return done


def kind(item: Mapping[str, Any]) -> str:
    """What an item does, for the list of calls."""
    return "query" if "Query" in item else "write"


def run(
    books: Books,
    items: list[Mapping[str, Any]],
    may_read: Callable[[], bool] = as_many_as_wanted,
    refused: Mapping[int, faults.Fault] | None = None,
) -> list[Body]:
    """The answers, in the order of the items; what an item wrote before its fault is undone.

    Items whose place is in refused get that fault. Together the items answer with at most 1,000 objects; one that
    would go beyond gets fault 10100.
    """
    answers: list[Body] = []
    objects = 0
    for place, item in enumerate(items):
        try:
            if refused and place in refused:
                raise refused[place]
            with books.savepoint():
                answer = _run_item(books, item, may_read)
                objects += (size := _size(answer))
                if objects > MOST_OBJECTS:
                    objects -= size
                    raise _too_many(objects + size)
        except faults.Fault as fault:
            answer = {"Fault": fault.body()}
        if item.get("bId") is not None:
            answer["bId"] = str(item["bId"])
        answers.append(answer)
    return answers


def _size(answer: Body) -> int:
    """How many objects an item answers with."""
    found = answer.get("QueryResponse")
    return 1 if found is None else sum(len(rows) for rows in found.values() if isinstance(rows, list))


def _too_many(objects: int) -> faults.Fault:
    return faults.validation(
        "10100",
        "Result Set Big",
        f"A batch answers with at most {MOST_OBJECTS} objects; this item makes {objects}",
        None,
    )


def _run_item(books: Books, item: Mapping[str, Any], may_read: Callable[[], bool]) -> Body:
    if "Query" in item:
        if not may_read():
            raise faults.read_refused()
        return {"QueryResponse": query.run(books, str(item["Query"]))}
    members = [name for name in item if name not in ("bId", "operation", "optionsData")]
    if len(members) != 1:
        raise faults.missing("BatchItemRequest.entity")
    entity = ENTITIES.get(members[0])
    if entity is None:
        raise faults.validation("2000", "Invalid or unsupported object name", f"Object Name: {members[0][:60]}", None)
    operation, options = str(item.get("operation", "")).lower(), str(item.get("optionsData", "")).lower()
    payload = item[entity.name]
    if not isinstance(payload, Mapping):
        raise faults.bad_property(f"Can not deserialize instance of {entity.name}")
    match operation:
        case "create":
            body = operations.write(books, entity, {name: value for name, value in payload.items() if name != "Id"})
        case "update" if options == "void":
            body = operations.void(books, entity, payload)
        case "update":
            if payload.get("Id") in (None, ""):
                raise faults.missing("Id")
            body = operations.write(books, entity, payload)
        case "delete":
            body = operations.delete(books, entity, payload)
        case _:
            raise faults.unsupported(f"{operation[:60]} of {entity.name}")
    return {entity.name: body}
