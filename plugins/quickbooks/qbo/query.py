"""Statements of QuickBooks' query language, written so that no value can change their meaning.

The language has no OR, no NOT and no joins. Order is undocumented without ORDERBY, so every statement orders by
Id: only then do pages not overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

PAGE_SIZE = 1000
"""The most rows that QuickBooks returns at once."""
LONGEST_STATEMENT = 6000
"""Characters; Intuit documents no limit, and long lists of names are asked for in several statements."""

ACTIVE_OR_NOT = "Active IN (true, false)"
"""Customers, items, accounts and other name lists answer with active ones only unless Active is mentioned."""

Value = str | bool | int | Decimal | date | datetime

_NAME_LISTS = frozenset(
    {"Account", "Class", "Customer", "Department", "Employee", "Item", "PaymentMethod"}
    | {"TaxCode", "TaxRate", "Term", "Vendor"}
)


def literal(value: Value) -> str:
    """A value as the language writes it: text quoted with ``'`` and ``\\`` escaped, times with their offset."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return f"'{value:f}'" if isinstance(value, Decimal) else f"'{value}'"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without its offset would be read in the company's time zone")
        return f"'{value.isoformat(timespec='seconds')}'"
    if isinstance(value, date):
        return f"'{value.isoformat()}'"
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def equals(field: str, value: Value) -> str:
    """The condition ``field = value``; a reference is compared by its id: ``equals("CustomerRef", "42")``."""
    return f"{field} = {literal(value)}"


def at_least(field: str, value: Value) -> str:
    """The condition ``field >= value``."""
    return f"{field} >= {literal(value)}"


def one_of(field: str, values: Iterable[Value]) -> str:
    """The condition ``field IN (…)``. Raises ValueError for no values, which the language can't say."""
    literals = [literal(value) for value in values]
    if not literals:
        raise ValueError(f"no values to look for in {field}")
    return f"{field} IN ({', '.join(literals)})"


@dataclass(frozen=True)
class Query:
    """Rows of one entity that meet all conditions, in the order of their ids."""

    entity: str
    conditions: tuple[str, ...] = ()

    def page(self, start: int = 1, size: int = PAGE_SIZE) -> str:
        """The statement for ``size`` rows (at most 1,000) from row ``start``, which counts from 1."""
        if start < 1 or not 1 <= size <= PAGE_SIZE:
            raise ValueError(f"rows {start} and following, {size} of them: QuickBooks counts from 1 and gives 1,000")
        # Items tell their SKU only when it is asked for by name.
        fields = "*, Sku" if self.entity == "Item" else "*"
        where = f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        rows = f"ORDERBY Id STARTPOSITION {start} MAXRESULTS {size}"
        return f"SELECT {fields} FROM {self.entity}{where} {rows}"  # noqa: S608  # `literal` escapes every value


def names_in(
    entity: str,
    field: str,
    names: Sequence[str],
    *,
    include_inactive: bool = True,
    longest: int = LONGEST_STATEMENT,
) -> Iterator[Query]:
    """As few queries as possible for all rows whose field is one of the names; none for no names.

    Each statement is at most ``longest`` characters long unless a single name is longer."""
    always = (ACTIVE_OR_NOT,) if include_inactive and entity in _NAME_LISTS else ()
    room = longest - len(Query(entity, (f"{field} IN ()", *always)).page(start=10**7))
    chunk: list[str] = []
    used = 0
    for name in dict.fromkeys(names):
        length = len(literal(name)) + 2
        if chunk and used + length > room:
            yield Query(entity, (one_of(field, chunk), *always))
            chunk, used = [], 0
        chunk.append(name)
        used += length
    if chunk:
        yield Query(entity, (one_of(field, chunk), *always))


def unsupported_characters(text: str) -> tuple[str, ...]:
    """The characters that a United States company can't store (outside ISO-8859-1), each once, in their order."""
    return tuple(dict.fromkeys(character for character in text if ord(character) > 0xFF))
