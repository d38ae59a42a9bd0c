"""Create, read, update, delete and void: the same for a single call, a batch item and the screen."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.rules import BEHAVIOURS, references
from qbo_emulator.rules.behaviour import as_stored
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.renaming import follow_rename
from qbo_emulator.rules.tax.regime import abroad
from qbo_emulator.rules.voiding import is_void
from qbo_emulator.tables.fields import Reader
from qbo_emulator.tables.schema import Entity
from qbo_emulator.wire import Body, dumps, loads


def read(books: Books, entity: Entity, object_id: str) -> Body:
    """The object as a client sees it; fault 2030 for an id that is no number, 610 when there is none."""
    return BEHAVIOURS[entity.rules].shown(books, _stored(books, entity, object_id))


def rendered(books: Books, entity: Entity, text: str) -> str:
    """The JSON of an object as a client sees it, from its JSON as it is stored."""
    shown = BEHAVIOURS[entity.rules].shown
    return text if shown is as_stored else dumps(shown(books, loads(text)))


def _stored(books: Books, entity: Entity, object_id: str) -> Body:
    if entity.singleton:
        object_id = "1"
    body = books.get(entity.name, _number(object_id))
    if body is None:
        raise faults.not_found()
    return body


@contextmanager
def _within_numbers() -> Iterator[None]:
    """Sums and days beyond what the books can hold are bad input: fault 2090."""
    try:
        yield
    except ArithmeticError:
        raise faults.validation(
            "2090", "Invalid Number", "Invalid Number : the transaction comes to a number that is too large"
        ) from None


@_within_numbers()
def write(books: Books, entity: Entity, payload: Any, include: frozenset[str] = frozenset()) -> Body:
    """Create the object, or update it when it has an Id. Answers it as it is now in the books."""
    kept = _grown(books, entity, payload)
    given = _given(books, entity, {**payload, **dict.fromkeys(kept)} if kept else payload)
    given |= kept
    object_id = _id(payload)
    if object_id is None and not entity.singleton and _is_sparse(payload) and payload.get("SyncToken"):
        raise faults.missing("Id")
    old = None
    if object_id is not None or entity.singleton:
        old = _stored(books, entity, object_id or "1")
        _check_token(payload, old)
    sparse = _is_sparse(payload) or entity.singleton
    new = _merge(entity, old, given, sparse)
    change = Change(books, entity, new, old, given, include, sparse)
    if old is None or not entity.singleton:
        for field in entity.fields:
            if field.required and not new.get(field.name):
                raise faults.missing(field.name)
    references.check(books, entity.fields, new, old)
    behaviour = BEHAVIOURS[entity.rules]
    behaviour.complete(change)
    if old is not None and change.new == old and not old.get("Active", True):
        return old
    books.put(entity.name, change.new)
    behaviour.written(change)
    if old is not None:
        follow_rename(books, entity, old, change.new)
    return read(books, entity, change.new["Id"])


@_within_numbers()
def delete(books: Books, entity: Entity, payload: Any) -> Body:
    """Delete a transaction and take back what it did."""
    old = _current(books, entity, payload, "delete")
    BEHAVIOURS[entity.rules].remove(books, old)
    books.remove(entity.name, old["Id"])
    return {"domain": "QBO", "status": "Deleted", "Id": old["Id"]}


@_within_numbers()
def void(books: Books, entity: Entity, payload: Any) -> Body:
    """Void a transaction: it stays, with nothing in it."""
    old = _current(books, entity, payload, "void")
    take_back = BEHAVIOURS[entity.rules].void
    if take_back is None:
        raise faults.unsupported(f"void of {entity.name}")
    if is_void(old):
        return old
    new = take_back(books, old)
    books.put(entity.name, new, operation="Void")
    return read(books, entity, new["Id"])


def _current(books: Books, entity: Entity, payload: Any, operation: str) -> Body:
    if operation not in entity.operations:
        raise faults.unsupported(f"{operation} of {entity.name}")
    _given(books, entity, payload)
    object_id = _id(payload)
    if object_id is None:
        raise faults.missing("Id")
    old = _stored(books, entity, object_id)
    _check_token(payload, old)
    return old


def _grown(books: Books, entity: Entity, payload: Any) -> Body:
    """Texts that come back as they are in the books, though the books made them longer than a client may."""
    long = [
        name
        for name, value in (payload.items() if isinstance(payload, Mapping) and payload.get("Id") else ())
        if isinstance(value, str)
        and (field := entity.by_name.get(name)) is not None
        and len(value) > (field.limit or len(value))
    ]
    old = _stored(books, entity, _number(str(payload["Id"]))) if long else {}
    return {name: payload[name] for name in long if payload[name] == old.get(name)}


def _given(books: Books, entity: Entity, payload: Any) -> Body:
    reader = Reader(unicode=books.switches.unicode or abroad(books), lenient=entity.lenient)
    return reader.members(entity.by_name, entity.name, payload)


def _id(payload: Mapping[str, Any]) -> str | None:
    object_id = payload.get("Id")
    if object_id is None or object_id == "":
        return None
    return _number(str(object_id))


def _number(object_id: str) -> str:
    if not (object_id.isascii() and object_id.isdigit()):
        raise faults.bad_id(object_id[:60])
    return object_id


def _is_sparse(payload: Mapping[str, Any]) -> bool:
    return str(payload.get("sparse", "")).lower() == "true"


def _check_token(payload: Mapping[str, Any], old: Body) -> None:
    token = payload.get("SyncToken")
    if token is None or token == "":
        raise faults.missing("SyncToken")
    if str(token) != old["SyncToken"]:
        raise faults.stale()


def _merge(entity: Entity, old: Body | None, given: Body, sparse: bool) -> Body:
    """What the object becomes: a sparse update keeps what was not given, a full one clears it.

    What always has a value keeps it when a sparse update empties it; a full one brings back the value of new objects.
    """
    new: Body = {}
    for name, value in (old or {}).items():
        field = entity.by_name.get(name)
        if sparse or field is None or field.read_only or field.sticky:
            new[name] = value
    new.update({name: _without_nothing(value) for name, value in given.items()})
    for field in entity.fields:
        if field.default is not None and new.get(field.name) is None:
            kept = (old or {}).get(field.name) if sparse else None
            new[field.name] = field.default if kept is None else kept
    return {name: value for name, value in new.items() if value is not None and value != {}}


def _without_nothing(value: Any) -> Any:
    """Members that were emptied are left out, at every depth but in lists of lines, whose rules look at them."""
    if isinstance(value, dict):
        return {name: _without_nothing(member) for name, member in value.items() if member is not None}
    return value
