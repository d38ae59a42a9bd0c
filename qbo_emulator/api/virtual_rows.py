"""Rows that a query sees and that are no objects: the US pseudo tax codes, and exchange rates of any day."""

from datetime import date
from typing import TYPE_CHECKING, Any

from qbo_emulator.books import Books
from qbo_emulator.rules.currency import active_codes, exchange_rate, is_multicurrency
from qbo_emulator.rules.tax.codes import CUSTOM, TAXED, UNTAXED, pseudo_codes
from qbo_emulator.store import fold
from qbo_emulator.wire import Body, dumps, parse_moment

if TYPE_CHECKING:
    from qbo_emulator.api.query import Statement

IDS = frozenset({TAXED, UNTAXED, CUSTOM})
_STORED = (
    "SELECT realm, type, id, name_key, doc_key, customer, active, deleted, created_at, updated_at, changed, body "
    "FROM entities"
)
_NOTHING = _STORED + " WHERE 0"
_BESIDE = (
    "SELECT ?, ?, json_extract(value, '$.id'), json_extract(value, '$.name'), NULL, NULL, 1, 0, "
    "json_extract(value, '$.at'), json_extract(value, '$.at'), 0, json_extract(value, '$.body') FROM json_each(?)"
)


def source(books: Books, kind: str, statement: "Statement") -> tuple[str, list[Any]]:
    """What a statement selects from, with its parameters: the table of entities, or more or less than that."""
    if kind == "TaxCode":
        rows = pseudo_codes(books)
        stored, name = _STORED, "Name"
    elif kind == "ExchangeRate":
        days = _days(books, statement)
        codes = active_codes(books) if is_multicurrency(books) else []
        rows = [exchange_rate(books, code, day) for day in days for code in codes]
        stored, name = _NOTHING, "SourceCurrencyCode"
    else:
        return "entities", []
    beside = [_row(row, name) for row in rows]
    return f"({stored} UNION ALL {_BESIDE})", [books.realm, kind, dumps(beside)]


def _row(row: Body, name: str) -> Body:
    moment = parse_moment(row["MetaData"]["LastUpdatedTime"])
    return {"id": row.get("Id"), "name": fold(row[name]), "at": int(moment.timestamp()), "body": dumps(row)}


def _days(books: Books, statement: "Statement") -> list[str]:
    """The days that the statement names with = or IN, today when it names none."""
    named: set[str] = set()
    for condition in statement.conditions:
        if condition.name.lower() == "asofdate" and condition.operator in ("=", "IN"):
            for value in condition.values:
                try:
                    named.add(date.fromisoformat(str(value)[:10]).isoformat())
                except ValueError:
                    continue
    return sorted(named) or [books.today.isoformat()]
