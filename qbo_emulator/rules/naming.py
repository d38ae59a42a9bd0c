"""What all name lists share: unique names, names of inactive objects, parents, numbered addresses."""

from collections.abc import Mapping

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.merging import absorb, redirect
from qbo_emulator.rules.renaming import rename_references
from qbo_emulator.tables import ENTITIES
from qbo_emulator.tables.schema import Entity
from qbo_emulator.wire import Body

DEEPEST_LEVEL = 4


def set_active(change: Change, name_field: str, types: tuple[str, ...]) -> None:
    """Making an object inactive frees its name: ' (deleted)' is added. Nothing takes it off again."""
    new = change.new
    if new["Active"] or not change.was.get("Active", True):
        return
    name, number = f"{new[name_field]} (deleted)", 0
    while change.books.find(types, name):
        number += 1
        name = f"{new[name_field]} (deleted {number})"
    new[name_field] = name


def qualify(change: Change, name_field: str) -> None:
    """Fill in FullyQualifiedName and Level from the parents; refuse circles and more than five levels."""
    books, new, kind = change.books, change.new, change.entity.name
    parents: list[str] = []
    reference = new.get("ParentRef")
    while reference:
        parent = books.get(kind, reference["value"])
        if parent is None:
            break
        if parent["Id"] == new.get("Id"):
            raise faults.validation("900", "Parent cannot be child", "An object cannot be its own parent", "ParentRef")
        parents.insert(0, parent[name_field])
        reference = parent.get("ParentRef")
    if len(parents) > DEEPEST_LEVEL:
        raise faults.validation("6180", "Sub Level Limit", "There can be five levels at most", "ParentRef")
    new["FullyQualifiedName"] = ":".join([*parents, new[name_field]])
    if parents:
        new["Level"] = len(parents)
    else:
        new.pop("Level", None)


def requalify_children(change: Change) -> None:
    """After a rename or a move the children carry the new name of their parent."""
    if change.old is not None and change.old.get("FullyQualifiedName") != change.new.get("FullyQualifiedName"):
        requalify(change.books, change.entity, change.new)


def requalify(books: Books, entity: Entity, parent: Body) -> None:
    """Write the names and levels of everything below a parent; 6180 where that makes more than five levels."""
    below, waiting = _below(books, entity.name), [parent]
    names: dict[str, dict[str, str]] = {}
    while waiting:
        above = waiting.pop()
        for number in below.get(above["Id"], ()):
            child = books.get(entity.name, number)
            if child is None:
                continue
            before = child["FullyQualifiedName"]
            child["ParentRef"]["name"] = above["FullyQualifiedName"]
            child["FullyQualifiedName"] = f"{above['FullyQualifiedName']}:{child[entity.name_field]}"
            if "Level" in child:
                child["Level"] = above.get("Level", 0) + 1
                if child["Level"] > DEEPEST_LEVEL:
                    raise faults.validation("6180", "Sub Level Limit", "There can be five levels at most", "ParentRef")
            books.put(entity.name, child, quiet=True)
            names[child["Id"]] = {before: child["FullyQualifiedName"]}
            waiting.append(child)
    if names:
        parents = {before.rpartition(":")[0] for changed in names.values() for before in changed}
        highest = {f"{name}:" for name in parents if not any(name.startswith(f"{other}:") for other in parents)}
        rename_references(books, entity.name, names, highest)


def _below(books: Books, kind: str) -> dict[str, list[str]]:
    """The ids of the children of each parent; the database looks, no object is decoded."""
    rows = books.connection.execute(
        "SELECT id, json_extract(body, '$.ParentRef.value') AS parent FROM entities WHERE realm = ? AND type = ? "
        "AND deleted = 0 AND json_extract(body, '$.ParentRef.value') IS NOT NULL ORDER BY id",
        (books.realm, kind),
    ).fetchall()
    below: dict[str, list[str]] = {}
    for row in rows:
        below.setdefault(str(row["parent"]), []).append(str(row["id"]))
    return below


def unique_among_siblings(change: Change) -> None:
    """6240 when another object under the same parent has this name."""
    new, kind = change.new, change.entity.name
    parent = new.get("ParentRef", {}).get("value")
    for _, other in change.books.find((kind,), new[change.entity.name_field]):
        if other["Id"] != new.get("Id") and other.get("ParentRef", {}).get("value") == parent:
            raise faults.duplicate_name(other["Id"], _in_words(kind))


def _in_words(kind: str) -> str:
    """PaymentMethod as payment method."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind).strip()


def follow_parent(change: Change, flag: str) -> None:
    """A parent and the flag that there is one belong together: 6150 for the flag alone, and taking it off frees."""
    new = change.new
    if change.given.get(flag) is False and "ParentRef" not in change.given:
        new.pop("ParentRef", None)
    if new.get(flag) and not new.get("ParentRef"):
        raise faults.validation("6150", "ParentRef Required", f"ParentRef is required when {flag} is true", "ParentRef")
    new[flag] = bool(new.get("ParentRef"))


def listed(change: Change) -> None:
    """A name in a flat list."""
    set_active(change, change.entity.name_field, (change.entity.name,))
    unique_among_siblings(change)


def tree(change: Change) -> None:
    """A name in a list with levels: departments and classes."""
    follow_parent(change, f"Sub{change.entity.name}")
    listed(change)
    qualify(change, change.entity.name_field)
    change.new.pop("Level", None)
    number_address(change, "Address")


def number_address(change: Change, name: str) -> None:
    """An address that is new or changed gets a new Id."""
    address = change.new.get(name)
    if not address:
        change.new.pop(name, None)
        return
    before = change.was.get(name)
    plain = {key: value for key, value in address.items() if key != "Id"}
    if isinstance(before, dict) and plain == {key: value for key, value in before.items() if key != "Id"}:
        change.new[name] = before
    else:
        change.new[name] = {"Id": str(change.books.count_up("id:address")), **plain}


def merge(books: Books, entity: str, keep_id: str, gone_id: str) -> Body:
    """Merge one name into another, as people do on QuickBooks' screens, and answer the kept one.

    What referred to the gone name refers to the kept one; balances add up; the gone one is removed. Faults: 610 when
    one of them does not exist, 6000 or 900 when these two cannot be merged.
    """
    kept, gone = books.get(entity, keep_id), books.get(entity, gone_id)
    if kept is None or gone is None:
        raise faults.not_found()
    parent = kept.get("ParentRef")
    while parent:
        if parent["value"] == gone["Id"]:
            raise faults.validation("900", "Parent cannot be child", "A name cannot be merged into one below it")
        parent = (books.get(entity, parent["value"]) or {}).get("ParentRef")
    absorb(books, entity, kept, gone)
    redirect(books, entity, gone["Id"], kept)
    books.remove(entity, gone["Id"], quiet=True)
    kept = books.get(entity, keep_id) or kept
    if "FullyQualifiedName" in kept:
        requalify(books, ENTITIES[entity], kept)
    books.note(entity, kept["Id"], "Merge", gone["Id"])
    return kept


BEHAVIOURS: Mapping[str, Behaviour] = {
    "payment method": Behaviour(complete=listed),
    "tree": Behaviour(complete=tree, written=requalify_children),
}
