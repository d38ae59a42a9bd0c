"""Classes and locations on documents, which a company may have turned off."""

from collections.abc import Iterator

from qbo_emulator.rules.bundles import opened
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.references import resolve
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body


def drop_untracked(change: Change) -> None:
    """Classes and locations are ignored while the company does not track them; else they must exist."""
    books, new, old = change.books, change.new, change.old or {}

    def on(name: str) -> bool:
        return bool(books.preference("AccountingInfoPrefs", name))

    _keep(change, new, "ClassRef", "Class", on("ClassTrackingPerTxn"), old)
    _keep(change, new, "DepartmentRef", "Department", on("TrackDepartments"), old)
    if "Line" not in change.given and change.old is not None:
        return
    before = dict(_details(old))
    for number, detail in _details(new):
        _keep(change, detail, "ClassRef", "Class", on("ClassTrackingPerTxnLine"), before.get(number) or {})


def _keep(change: Change, body: Body, name: str, kind: str, tracked: bool, before: Body) -> None:
    reference = body.get(name)
    if not reference:
        return
    if not tracked:
        body.pop(name)
    elif kind in ENTITIES:
        resolve(change.books, kind, reference, before.get(name))


def _details(body: Body) -> Iterator[tuple[str, Body]]:
    """The details of a document's lines that may have a class, by the ids of their lines."""
    for line in opened(body.get("Line") or []):
        for name in ("SalesItemLineDetail", "DiscountLineDetail", "DepositLineDetail"):
            if line.get(name):
                yield line.get("Id") or "", line[name]
