"""References: they must point to something that exists and is active, and they carry its name in answers."""

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.tables import ENTITIES
from qbo_emulator.tables.fields import Field, Kind
from qbo_emulator.wire import Body

_FAMILY = {"Customer": "Names", "Vendor": "Names", "Employee": "Names", "Class": "Classes"}


def label(kind: str, body: Body) -> str:
    """The name a reference to this object carries."""
    return str(body.get("FullyQualifiedName") or body.get(ENTITIES[kind].name_field) or body.get("DocNumber") or "")


def resolve(books: Books, kind: str, reference: Body, kept: Body | None = None) -> Body:
    """The object behind a reference, with the reference's name filled in.

    Fault 2500 when it is unknown, or inactive and not the one that was there before.
    """
    target = books.get(kind, reference["value"])
    if target is None:
        raise faults.bad_reference(f"{_FAMILY.get(kind, f'{kind}s')} element id {reference['value']} not found")
    unchanged = kept is not None and kept.get("value") == reference["value"]
    if not target.get("Active", True) and not unchanged:
        raise faults.bad_reference()
    reference["name"] = label(kind, target)
    return target


NAMES = ("Customer", "Vendor", "Employee")


def any_name(books: Books, reference: Body, kept: object = None) -> Body:
    """The customer, vendor or employee behind a reference, whose type is filled in with its name.

    They share their numbers, so a reference without a type is enough. Fault 2500 as for any reference.
    """
    given = str(reference.get("type", "")).lower()
    known = [kind for kind in NAMES if kind.lower() == given] or [
        kind for kind in NAMES if books.get(kind, reference["value"]) is not None
    ]
    target = resolve(books, known[0] if known else NAMES[0], reference, kept if isinstance(kept, dict) else None)
    reference["type"] = known[0]
    return target


def check(books: Books, fields: tuple[Field, ...], body: Body, old: Body | None) -> None:
    """Check every reference of a body and fill in its name."""
    for field in fields:
        value = body.get(field.name)
        if not value:
            continue
        before = (old or {}).get(field.name)
        if field.kind is Kind.REF and field.target:
            resolve(books, field.target, value, before)
        elif field.kind is Kind.OBJECT:
            check(books, field.fields, value, before)
