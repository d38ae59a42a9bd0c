"""Document numbers."""

from qbo_emulator import faults
from qbo_emulator.rules.change import Change

FIRST_NUMBER = 1001


def number(change: Change) -> None:
    """Document numbers: the company's own counter of this type of document, or the number that was sent."""
    books, new, old = change.books, change.new, change.old
    kind = change.entity.name
    counter = "doc_number" if kind == "Invoice" else f"doc_number:{kind}"
    custom = bool(books.preference("SalesFormsPrefs", "CustomTxnNumbers"))
    given = new.get("DocNumber")
    changed = given is not None and (old is None or old.get("DocNumber") != given)
    automatic = given == "AUTO_GENERATE" or (given is None and (not custom or new.get("AutoDocNumber")))
    if automatic:
        given = str(books.count_up(counter, FIRST_NUMBER - 1))
        while books.numbered(kind, given):
            given = str(books.count_up(counter, FIRST_NUMBER - 1))
    elif given is not None and changed and not custom and given.isascii() and given.isdigit() and len(given) < 16:
        books.raise_counter(counter, int(given))
    if given is None:
        new.pop("DocNumber", None)
        return
    new["DocNumber"] = given
    if custom and changed and not automatic and "allowduplicatedocnum" not in change.include:
        for other in books.numbered(kind, given):
            if other["Id"] != new.get("Id"):
                raise faults.validation(
                    "6140",
                    "Duplicate Document Number Error",
                    "Duplicate Document Number Error : You must specify a different number. This number has already "
                    f"been used. DocNumber={given} is assigned to TxnType={kind} with "
                    f"TxnId={other['Id']}",
                )
