"""Rows of a list: filtered, searched, sorted and paged where they lie."""

from dataclasses import dataclass

from qbo_emulator.books import Books
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body, loads

PAGE_ROWS = 50
MOST_CHOICES = 1000

_VOIDED = (
    "json_extract(body, '$.TotalAmt') = 0 AND instr(coalesce(json_extract(body, '$.PrivateNote'), ''), 'Voided') > 0"
)
_OPEN = "json_extract(body, '$.Balance') > 0"
FILTERS = {
    "all": "1",
    "open": _OPEN,
    "overdue": f"{_OPEN} AND json_extract(body, '$.DueDate') < :today",
    "partly": f"{_OPEN} AND json_extract(body, '$.Balance') < json_extract(body, '$.TotalAmt')",
    "paid": f"json_extract(body, '$.Balance') = 0 AND NOT ({_VOIDED})",
    "voided": _VOIDED,
    "active": "active = 1",
    "inactive": "active = 0",
    "unapplied": "json_extract(body, '$.UnappliedAmt') > 0",
    "remaining": "json_extract(body, '$.RemainingCredit') > 0",
}
SEARCHED = {
    "Customer": ("DisplayName", "CompanyName", "PrimaryEmailAddr.Address"),
    "Item": ("FullyQualifiedName", "Sku", "Description"),
    "Invoice": ("DocNumber", "CustomerRef.name"),
    "Payment": ("PaymentRefNum", "CustomerRef.name"),
    "CreditMemo": ("DocNumber", "CustomerRef.name"),
    "Estimate": ("DocNumber", "CustomerRef.name"),
}
ORDER = {
    "Customer": "active DESC, fold(json_extract(body, '$.FullyQualifiedName')), id",
    "Item": "active DESC, fold(json_extract(body, '$.FullyQualifiedName')), id",
}


@dataclass(frozen=True)
class Rows:
    """One page of a list."""

    rows: list[Body]
    total: int
    page: int

    @property
    def more(self) -> bool:
        """Whether there is another page."""
        return self.page * PAGE_ROWS < self.total


def listed(books: Books, kind: str, show: str, search: str, page: int) -> Rows:
    """A page of the objects of a type, people and items by name, transactions the newest first."""
    where = f"realm = :realm AND type = :kind AND deleted = 0 AND ({FILTERS[show]})"
    if search:
        hits = (f"instr(fold(json_extract(body, '$.{name}')), fold(:search)) > 0" for name in SEARCHED[kind])
        where += f" AND ({' OR '.join(hits)})"
    values = {
        "realm": books.realm, "kind": kind, "today": books.today.isoformat(), "search": search,
        "rows": PAGE_ROWS, "skip": (page - 1) * PAGE_ROWS,
    }  # fmt: skip
    order = ORDER.get(kind, "json_extract(body, '$.TxnDate') DESC, id DESC")
    total = books.connection.execute(f"SELECT count(*) FROM entities WHERE {where}", values).fetchone()[0]  # noqa: S608 - put together from the constants above
    rows = books.connection.execute(
        f"SELECT body FROM entities WHERE {where} ORDER BY {order} LIMIT :rows OFFSET :skip",  # noqa: S608 - put together from the constants above
        values,
    ).fetchall()
    return Rows([loads(row["body"]) for row in rows], int(total), page)


def counts(books: Books, kind: str, shows: tuple[str, ...]) -> dict[str, int]:
    """How many objects of a type each filter leaves."""
    sums = ", ".join(f"count(*) FILTER (WHERE {FILTERS[show]}) AS {show}_rows" for show in shows)
    row = books.connection.execute(
        f"SELECT {sums} FROM entities WHERE realm = :realm AND type = :kind AND deleted = 0",  # noqa: S608 - put together from the constants above
        {"realm": books.realm, "kind": kind, "today": books.today.isoformat()},
    ).fetchone()
    return {show: int(row[f"{show}_rows"]) for show in shows}


def of_customer(
    books: Books, kind: str, customer: str, show: str = "all", oldest_first: bool = False, most: int = MOST_CHOICES
) -> list[Body]:
    """The transactions of a customer, the newest first unless the oldest are asked for."""
    order = "ASC" if oldest_first else "DESC"
    rows = books.connection.execute(
        f"SELECT body FROM entities WHERE realm = :realm AND type = :kind AND deleted = 0 AND customer = :customer "  # noqa: S608 - put together from the constants above
        f"AND ({FILTERS[show]}) ORDER BY json_extract(body, '$.TxnDate') {order}, id {order} LIMIT :most",
        {
            "realm": books.realm,
            "kind": kind,
            "customer": customer,
            "today": books.today.isoformat(),
            "most": most,
        },
    ).fetchall()
    return [loads(row["body"]) for row in rows]


def count_of_customer(books: Books, kind: str, customer: str) -> int:
    """How many transactions of a type a customer has."""
    row = books.connection.execute(
        "SELECT count(*) FROM entities WHERE realm = ? AND type = ? AND deleted = 0 AND customer = ?",
        (books.realm, kind, customer),
    ).fetchone()
    return int(row[0])


def transactions(books: Books, kind: str, search: str, page: int) -> tuple[list[tuple[str, Body]], Rows]:
    """A page of the transactions of every type, or of one, the newest first; each with its type."""
    kinds = [name for name, entity in ENTITIES.items() if entity.transaction and kind in ("", name)]
    marks = ", ".join("?" * len(kinds))
    where, values = f"realm = ? AND type IN ({marks}) AND deleted = 0", [books.realm, *kinds]
    if search:
        paths = ("DocNumber", "CustomerRef.name", "VendorRef.name", "EntityRef.name", "PaymentRefNum")
        hits = (f"instr(fold(json_extract(body, '$.{name}')), fold(?)) > 0" for name in paths)
        where += f" AND ({' OR '.join(hits)})"
        values += [search] * len(paths)
    total = books.connection.execute(f"SELECT count(*) FROM entities WHERE {where}", values).fetchone()[0]  # noqa: S608 - put together from constants and question marks
    rows = books.connection.execute(
        f"SELECT type, body FROM entities WHERE {where} ORDER BY json_extract(body, '$.TxnDate') DESC, id DESC "  # noqa: S608 - put together from constants and question marks
        "LIMIT ? OFFSET ?",
        [*values, PAGE_ROWS, (page - 1) * PAGE_ROWS],
    ).fetchall()
    bodies = [(str(row["type"]), loads(row["body"])) for row in rows]
    return bodies, Rows([body for _, body in bodies], int(total), page)


def choices(books: Books, kind: str, label: str = "", types: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Id and name of the active objects of a name list, by name, for a form to choose from; at most 1000.

    label is the member that names them; types keeps only those of these types.
    """
    name = label or ENTITIES[kind].name_field
    rows = books.connection.execute(
        "SELECT body FROM entities WHERE realm = ? AND type = ? AND deleted = 0 AND active = 1 "
        "ORDER BY name_key, id LIMIT ?",
        (books.realm, kind, MOST_CHOICES),
    ).fetchall()
    bodies = [loads(row["body"]) for row in rows]
    return [
        (body["Id"], str(body.get(name) or body.get(ENTITIES[kind].name_field)))
        for body in bodies
        if not types or body.get("Type") in types
    ]


def accounts(books: Books, types: tuple[str, ...], subtypes: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Id and name of the active accounts of these types."""
    return [
        (account["Id"], account["FullyQualifiedName"])
        for account in books.all("Account")
        if account["Active"] and account["AccountType"] in types
        if not subtypes or account["AccountSubType"] in subtypes
    ]
