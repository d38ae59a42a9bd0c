"""References carry the current name: after a rename, everything that refers to the object says the new one."""

from collections.abc import Collection, Mapping
from typing import Any

from qbo_emulator.books import Books
from qbo_emulator.rules.merging import targets
from qbo_emulator.rules.references import label
from qbo_emulator.tables import ENTITIES
from qbo_emulator.tables.schema import Entity
from qbo_emulator.wire import Body, dumps, loads

Names = Mapping[str, Mapping[str, str]]


def follow_rename(books: Books, entity: Entity, old: Body, new: Body) -> None:
    """Write the new name of an object into references to it, when it has one. Quiet: no document counts as changed."""
    if not entity.name_field:
        return
    names = {label(entity.name, old): label(entity.name, new), old[entity.name_field]: new[entity.name_field]}
    changed = {before: after for before, after in names.items() if before and before != after}
    if changed:
        rename_references(books, entity.name, {new["Id"]: changed}, changed)


def rename_references(books: Books, kind: str, names: Names, beginnings: Collection[str]) -> None:
    """Replace names in references to several objects; every old name has one of these beginnings."""
    anywhere = " OR ".join("instr(body, ?)" for _ in beginnings)
    rows = books.connection.execute(
        f"SELECT type, body FROM entities WHERE realm = ? AND deleted = 0 AND ({anywhere})",  # noqa: S608 - only question marks are put in
        (books.realm, *(f'"name":{dumps(text)[:-1]}' for text in beginnings)),
    ).fetchall()
    for row in rows:
        body = loads(row["body"])
        if _rename(body, {**targets(), "ParentRef": row["type"]}, kind, names):
            books.put(row["type"], body, quiet=True)


def _rename(value: Any, kinds: Mapping[str, str], kind: str, names: Names) -> bool:
    """Rename the references inside a value at every depth; whether there were any."""
    if isinstance(value, list):
        return sum(_rename(member, kinds, kind, names) for member in value) > 0
    if not isinstance(value, dict):
        return False
    done = False
    for name, member in value.items():
        if isinstance(member, dict) and "value" in member:
            given = (member.get("type"), value.get("Type") if name == "EntityRef" else None, kinds.get(name))
            new = names.get(str(member["value"]), {}).get(str(member.get("name")))
            if new is not None and next((found for found in given if found in ENTITIES), None) == kind:
                member["name"] = new
                done = True
        else:
            done |= _rename(member, kinds, kind, names)
    return done
