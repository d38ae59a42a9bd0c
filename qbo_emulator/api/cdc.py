"""Change data capture: what changed since a moment, deleted objects included."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from qbo_emulator import faults, operations
from qbo_emulator.api.asked import Answer, Asked
from qbo_emulator.books import Books
from qbo_emulator.tables import BY_PATH
from qbo_emulator.tables.schema import Entity
from qbo_emulator.wire import Body, Raw, meta_time, parse_moment

MOST_OBJECTS = 1000
LOOK_BACK = timedelta(days=30)
# Entities of QuickBooks Online that are not captured.
NOT_CAPTURED = ("JournalCode", "TimeActivity", "TaxAgency", "TaxCode", "TaxRate")


def answer(asked: Asked) -> Answer:
    """GET /cdc?entities=A,B&changedSince=...: full objects, at most 1,000 in all, the oldest changes of each first."""
    entities = _entities(asked.args.get("entities", ""))
    since = _since(asked)
    groups: list[Body] = []
    left = MOST_OBJECTS
    for entity in entities:
        group = changed(asked.books, entity, since, left)
        left -= len(group.get(entity.name, ()))
        groups.append(group)
    return asked.envelope({"CDCResponse": [{"QueryResponse": groups}]})


def changed(books: Books, entity: Entity, since: datetime, most: int) -> Body:
    """What changed of one entity, in the order of its changes and deleted ones last; empty when nothing did."""
    rows = books.connection.execute(
        "SELECT id, deleted, updated_at, body FROM entities WHERE realm = ? AND type = ? AND updated_at >= ? "
        "ORDER BY deleted, updated_at, changed LIMIT ?",
        (books.realm, entity.name, int(since.timestamp()), most),
    ).fetchall()
    if not rows:
        return {}
    objects = [
        _stub(row["id"], row["updated_at"]) if row["deleted"] else Raw(operations.rendered(books, entity, row["body"]))
        for row in rows
    ]
    group: Body = {entity.name: objects, "startPosition": 1, "maxResults": len(objects)}
    if books.switches.cdc_total_count:
        group["totalCount"] = len(objects)
    return group


def _stub(object_id: int, deleted_at: int) -> Body:
    stamp = meta_time(datetime.fromtimestamp(deleted_at, UTC))
    return {"domain": "QBO", "status": "Deleted", "Id": str(object_id), "MetaData": {"LastUpdatedTime": stamp}}


def _entities(text: str) -> list[Entity]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise faults.missing("entities")
    entities = []
    for name in names:
        entity = BY_PATH.get(name.lower())
        if name.lower() in (refused.lower() for refused in NOT_CAPTURED):
            raise faults.unsupported(f"change data capture of {name[:60]}")
        if entity is None:
            raise faults.validation(
                "2000", "Invalid or unsupported object name", f"Object Name: {name[:60]}", "entities"
            )
        entities.append(entity)
    return entities


def _since(asked: Asked) -> datetime:
    text = asked.args.get("changedSince", "").strip()
    if not text:
        raise faults.missing("changedSince")
    try:
        since = parse_moment(text)
        since.timestamp()
    except (ValueError, OverflowError):
        raise faults.validation(
            "2060", "Invalid Date Format", f"Invalid Date Format : {text[:60]}", "changedSince"
        ) from None
    if asked.books.switches.cdc_look_back and since < asked.books.now - LOOK_BACK:
        raise faults.validation(
            "2070", "Invalid Date", "Invalid Date : changedSince must be within the last 30 days", "changedSince"
        )
    return since


RESOURCES: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {("GET", "cdc"): answer}
ACTIONS: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {}
