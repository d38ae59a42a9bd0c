"""The query language: a statement is parsed by a grammar, checked against the tables and run as SQL."""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from qbo_emulator import faults, operations
from qbo_emulator.api import virtual_rows
from qbo_emulator.api.asked import Answer, Asked
from qbo_emulator.api.invoice_link import linked_text
from qbo_emulator.books import Books
from qbo_emulator.store import fold
from qbo_emulator.tables import BY_PATH, ENTITIES
from qbo_emulator.tables.fields import Field, Kind, number_in
from qbo_emulator.tables.schema import Entity
from qbo_emulator.wire import Body, Raw, loads, parse_moment

GRAMMAR = r"""
start: SELECT columns FROM NAME where? tail*
columns: COUNT -> count
       | column ("," column)* -> columns
column: STAR | NAME
where: WHERE condition (AND condition)*
condition: NAME OPERATOR value -> compare
         | NAME LIKE value -> like
         | NAME IN "(" value ("," value)* ")" -> among
?value: STRING -> string
      | NUMBER -> number
      | BOOLEAN -> boolean
tail: (ORDERBY | ORDER BY) sort ("," sort)* -> order
    | STARTPOSITION NUMBER -> startposition
    | MAXRESULTS NUMBER -> maxresults
sort: NAME (ASC | DESC)?

SELECT.3: /select\b/i
FROM.3: /from\b/i
WHERE.3: /where\b/i
AND.3: /and\b/i
LIKE.3: /like\b/i
IN.3: /in\b/i
ORDERBY.3: /orderby\b/i
ORDER.3: /order\b/i
BY.3: /by\b/i
ASC.3: /asc\b/i
DESC.3: /desc\b/i
STARTPOSITION.3: /startposition\b/i
MAXRESULTS.3: /maxresults\b/i
COUNT.4: /count\s*\(\s*\*\s*\)/i
BOOLEAN.3: /(true|false)\b/i
STAR: "*"
OPERATOR: "<=" | ">=" | "=" | "<" | ">"
NAME: /[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*/
STRING: /'(?:[^'\\]|\\.)*'/s
NUMBER: /-?(\d+(\.\d+)?|\.\d+)/
%import common.WS
%ignore WS
"""
DEFAULT_ROWS, MOST_ROWS = 100, 1000
LONGEST_STATEMENT, MOST_CONDITIONS, MOST_VALUES, LONGEST_PATTERN = 100_000, 100, 1000, 4000
_INDEXED = frozenset({"id", "name_key", "doc_key", "customer"})
_PARSER = Lark(GRAMMAR, parser="lalr", lexer="contextual")


@dataclass(frozen=True)
class Condition:
    """A property, an operator, and the values it is compared with."""

    name: str
    operator: str
    values: tuple[Any, ...]


@dataclass
class Statement:
    """A parsed statement."""

    entity: str = ""
    columns: list[str] = field(default_factory=list)
    count: bool = False
    conditions: list[Condition] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    start: int | None = None
    rows: int | None = None


class _Reading(Transformer[Token, Statement]):
    def string(self, tokens: list[Token]) -> str:
        return re.sub(r"\\(.)", r"\1", str(tokens[0])[1:-1], flags=re.DOTALL)

    def number(self, tokens: list[Token]) -> Decimal:
        return Decimal(str(tokens[0]))

    def boolean(self, tokens: list[Token]) -> bool:
        return str(tokens[0]).lower() == "true"

    def column(self, tokens: list[Token]) -> str:
        return str(tokens[0])

    def count(self, _: list[Token]) -> tuple[str, None]:
        return ("count", None)

    def columns(self, names: list[str]) -> tuple[str, list[str]]:
        return ("columns", names)

    def compare(self, parts: list[Any]) -> Condition:
        return Condition(str(parts[0]), str(parts[1]), (parts[2],))

    def like(self, parts: list[Any]) -> Condition:
        return Condition(str(parts[0]), "LIKE", (parts[2],))

    def among(self, parts: list[Any]) -> Condition:
        return Condition(str(parts[0]), "IN", tuple(parts[2:]))

    def where(self, parts: list[Any]) -> tuple[str, list[Condition]]:
        return ("where", [part for part in parts if isinstance(part, Condition)])

    def sort(self, parts: list[Token]) -> tuple[str, bool]:
        return (str(parts[0]), len(parts) > 1 and parts[1].type == "DESC")

    def order(self, parts: list[Any]) -> tuple[str, list[tuple[str, bool]]]:
        return ("order", [part for part in parts if isinstance(part, tuple)])

    def startposition(self, parts: list[Token]) -> tuple[str, Decimal]:
        return ("start", Decimal(str(parts[1])))

    def maxresults(self, parts: list[Token]) -> tuple[str, Decimal]:
        return ("rows", Decimal(str(parts[1])))

    def start(self, parts: list[Any]) -> Statement:
        statement = Statement(
            entity=str(next(part for part in parts if isinstance(part, Token) and part.type == "NAME"))
        )
        seen: set[str] = set()
        for part in parts:
            if not isinstance(part, tuple):
                continue
            name, value = part
            if name in seen:
                raise faults.malformed_query(f'Encountered " <{name.upper()}> " twice.')
            seen.add(name)
            match name:
                case "count":
                    statement.count = True
                case "columns":
                    statement.columns = value
                case "where":
                    statement.conditions = value
                case "order":
                    statement.order = value
                case "start" | "rows":
                    setattr(statement, name, _whole(value))
        return statement


def _whole(value: Decimal) -> int:
    if value < 1:
        raise faults.invalid_query(f"value {value} is too small. Min allowed value is 1")
    if value != value.to_integral_value() or value > 10**12:
        raise faults.malformed_query(f'Encountered " <NUMBER> "{value} "".')
    return int(value)


@lru_cache(maxsize=512)
def _parse_tree(text: str) -> Any:
    return _PARSER.parse(text)


def parse(text: str) -> Statement:
    """The statement; fault 4000 when it does not follow the grammar, 4001 for numbers that are out of range."""
    if len(text) > LONGEST_STATEMENT:
        raise faults.malformed_query("The statement is too long.")
    try:
        statement: Statement = _Reading().transform(_parse_tree(text))
        return statement
    except UnexpectedInput as error:
        raise faults.malformed_query(_encountered(error)) from None
    except VisitError as error:
        if isinstance(error.orig_exc, faults.Fault):
            raise error.orig_exc from None
        raise


def _encountered(error: UnexpectedInput) -> str:
    expected: set[str] = set()
    if isinstance(error, UnexpectedToken):
        expected, seen = set(error.expected), f'" <{error.token.type}> "{error.token} ""'
        if error.token.type == "$END":
            seen = '"<EOF>"'
    elif isinstance(error, UnexpectedCharacters):
        expected, seen = set(error.allowed or ()), f'" "{error.char} ""'
    else:
        seen = '"<EOF>"'
    wanted = "\n".join(f"    <{name}> ..." for name in sorted(expected))
    return (
        f"Encountered {seen} at line {max(error.line, 1)}, column {max(error.column, 1)}.\nWas expecting:\n{wanted}\n"
    )


@dataclass(frozen=True)
class Column:
    """A property in SQL: its expression, its kind, and how it may be used; each is the list it is in, if any."""

    sql: str
    kind: Kind
    query: bool
    sort: bool
    plain_text: bool = False
    each: str = ""


def column(entity: Entity, name: str) -> Column:
    """The property of this name in any case; fault 4001 when the entity has none."""
    parts = name.lower().split(".")
    fields, path, each = entity.by_name, "$", ""
    found: Field | None = None
    for part in parts:
        outer, found = found, next((row for row in fields.values() if row.name.lower() == part), None)
        if found is None:
            found = _same_as(outer, part)
            break
        path, fields = f"{path}.{found.name}", found.by_name
        if found.kind is Kind.LIST and not each:
            path, each = "$", path
    if found is None:
        raise faults.invalid_query(f"Property {name} not found for Entity {entity.name}")
    if found.name in ("CreateTime", "LastUpdatedTime") and len(parts) == 2:
        return Column("created_at" if found.name == "CreateTime" else "updated_at", Kind.DATE, True, True)
    if found.name == "Id" and len(parts) == 1:
        return Column("id", Kind.INTEGER, True, True)
    if found.name == entity.name_field:
        return Column("name_key", Kind.STRING, True, found.sort)
    if found.name == "DocNumber":
        return Column("doc_key", Kind.STRING, True, True)
    if found.name == "Active":
        return Column("active", Kind.BOOLEAN, True, False)
    if found.name == "CustomerRef" and entity.transaction:
        return Column("customer", Kind.STRING, True, False, plain_text=True)
    return replace(_json_column(found, path, "member.value" if each else "body"), each=each)


def _same_as(outer: Field | None, part: str) -> Field | None:
    """A reference is its value."""
    return outer if outer is not None and outer.kind is Kind.REF and part == "value" else None


def _json_column(found: Field, path: str, source: str) -> Column:
    sort = found.sort
    if found.kind is Kind.REF:
        return Column(f"json_extract({source}, '{path}.value')", Kind.STRING, found.query, sort, plain_text=True)
    if found.kind is Kind.OBJECT and "Address" in found.by_name:
        return Column(f"fold(json_extract({source}, '{path}.Address'))", Kind.STRING, found.query, sort)
    expression = f"json_extract({source}, '{path}')"
    if found.kind is Kind.STRING:
        expression = f"fold({expression})"
    # Days are compared as the text YYYY-MM-DD, whereas MetaData's times are columns of seconds.
    kind = Kind.ANY if found.kind is Kind.DATE else found.kind
    return Column(expression, kind, found.query, sort)


def _value(where: Column, name: str, raw: Any) -> Any:
    """The value in the form of its column; fault 4001 when it has none."""
    try:
        match where.kind:
            case Kind.NUMBER | Kind.MONEY:
                return float(number_in(str(raw)))
            case Kind.INTEGER if where.sql == "id" and str(raw) in virtual_rows.IDS:
                return str(raw)
            case Kind.INTEGER:
                number = number_in(str(raw))
                return int(number) if number == number.to_integral_value() and abs(number) < 10**18 else -1
            case Kind.BOOLEAN:
                return ("false", "true").index(str(raw).lower())
            case Kind.DATE:
                return parse_moment(str(raw)).timestamp()
            case Kind.ANY:
                return date.fromisoformat(str(raw)[:10]).isoformat()
            case _:
                return str(raw) if where.plain_text else fold(str(raw))
    except (ValueError, InvalidOperation, OverflowError):
        raise faults.invalid_query(f"Invalid value {str(raw)[:60]} for property {name}") from None


@dataclass(frozen=True)
class Clause:
    """A condition in SQL with its values; one about members of a list names that list."""

    sql: str
    values: tuple[Any, ...] = ()
    each: str = ""


def _condition(entity: Entity, condition: Condition) -> Clause:
    where = column(entity, condition.name)
    if not where.query:
        raise faults.invalid_query(f"property '{condition.name}' is not queryable")
    if condition.operator == "=" and condition.values[0] == " ":
        if where.each:
            return Clause(f"NOT {_members(where.each, f'{where.sql} IS NOT NULL')}")
        return Clause(f"{where.sql} IS NULL")
    if condition.operator == "LIKE":
        if where.kind in (Kind.BOOLEAN, Kind.DATE):
            raise faults.invalid_query(f"operator LIKE is not supported for property {condition.name}")
        pattern = fold(str(condition.values[0])) or ""
        if len(pattern) > LONGEST_PATTERN:
            raise faults.invalid_query(f"The pattern for {condition.name} is too long")
        for special in ("\\", "_"):
            pattern = pattern.replace(special, "\\" + special)
        return Clause(f"{where.sql} LIKE ? ESCAPE '\\'", (pattern,), where.each)
    values = tuple(_value(where, condition.name, raw) for raw in condition.values)
    if len(values) > MOST_VALUES:
        raise faults.invalid_query(f"There are too many values for {condition.name}")
    if condition.operator == "IN":
        return Clause(f"{where.sql} IN ({', '.join('?' * len(values))})", values, where.each)
    return Clause(f"{where.sql} {condition.operator} ?", values, where.each)


def _members(path: str, sql: str) -> str:
    return f"EXISTS (SELECT 1 FROM json_each(body, '{path}') AS member WHERE {sql})"  # noqa: S608 - paths come from the tables


def _together(clauses: list[Clause]) -> list[Clause]:
    """Conditions about members of one list hold for one and the same member."""
    plain = [clause for clause in clauses if not clause.each]
    for path in dict.fromkeys(clause.each for clause in clauses if clause.each):
        mine = [clause for clause in clauses if clause.each == path]
        sql = _members(path, " AND ".join(clause.sql for clause in mine))
        plain.append(Clause(sql, tuple(value for clause in mine for value in clause.values)))
    return plain


def answer(asked: Asked) -> Answer:
    """GET or POST /query; the statement is the body, else the parameter query."""
    if len(asked.parts) > 1:
        raise faults.unsupported("/".join(asked.parts)[:200])
    statement = asked.text() or asked.args.get("query", "")
    return asked.envelope({"QueryResponse": run(asked.books, statement, asked.include())})


def run(books: Books, text: str, include: frozenset[str] = frozenset()) -> Body:
    """The content of QueryResponse; include are the words of the parameter of that name."""
    statement = parse(text)
    # Documented as case sensitive, yet clients that live on it (node-quickbooks) write every name in their own case.
    entity = ENTITIES.get(statement.entity)
    if entity is None and not books.switches.case_sensitive_entities:
        entity = BY_PATH.get(statement.entity.lower())
    if entity is None:
        raise faults.invalid_query(f"invalid context declaration: {statement.entity}")
    if len(statement.conditions) > MOST_CONDITIONS:
        raise faults.invalid_query("The statement has too many conditions")
    clauses, values = ["realm = ?", "type = ?", "deleted = 0"], [books.realm, entity.name]
    for clause in _together([_condition(entity, condition) for condition in statement.conditions]):
        clauses.append(clause.sql)
        values += clause.values
    if entity.has_active and not any(condition.name.lower() == "active" for condition in statement.conditions):
        clauses.append("active = 1")
    # A plus sign keeps SQLite from walking the index of the order where a condition has a better one.
    order = ("+" if _INDEXED.intersection(clause.split(" ")[0] for clause in clauses) else "") + _order(
        entity, statement
    )
    projection = _projection(entity, statement.columns)
    where = " AND ".join(clauses)
    source, rows_beside = virtual_rows.source(books, entity.name, statement)
    values = [*rows_beside, *values]
    if statement.count:
        row = books.connection.execute(f"SELECT count(*) FROM {source} WHERE {where}", values).fetchone()  # noqa: S608 - columns come from the tables, values are parameters
        return {"totalCount": row[0]}
    start, rows = statement.start or 1, statement.rows or DEFAULT_ROWS
    if rows > MOST_ROWS and not books.switches.cap_max_results:
        raise faults.invalid_query(f"value {rows} is too large. Max allowed value is {MOST_ROWS}.")
    found = books.connection.execute(
        f"SELECT body FROM {source} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608 - columns come from the tables, values are parameters
        [*values, min(rows, MOST_ROWS), start - 1],
    ).fetchall()
    if not found:
        return {}
    shown = (operations.rendered(books, entity, row["body"]) for row in found)
    bodies = [_pick(linked_text(books, entity, one, include), projection) for one in shown]
    return {entity.name: bodies, "startPosition": start, "maxResults": len(bodies)}


def _order(entity: Entity, statement: Statement) -> str:
    parts: list[str] = []
    for name, descending in statement.order:
        by = column(entity, name)
        if not by.sort or by.each:
            raise faults.invalid_query(f"property '{name}' is not sortable")
        parts.append(f"{by.sql} {'DESC' if descending else 'ASC'}")
    if not parts:
        parts.append("name_key" if entity.name_field else "changed DESC")
    return ", ".join([*parts, "id"])


def _projection(entity: Entity, names: list[str]) -> list[list[str]] | None:
    """The paths of a field list; None for everything."""
    if not names or "*" in names:
        for name in names:
            if name != "*":
                column(entity, name)
        return None
    paths: list[list[str]] = []
    for name in names:
        column(entity, name)
        path: list[str] = []
        fields = entity.by_name
        for part in name.lower().split("."):
            row = next((row for row in fields.values() if row.name.lower() == part), None)
            path.append(row.name if row is not None else part)
            fields = row.by_name if row is not None else {}
        paths.append(path)
    return paths


def _pick(text: str, projection: list[list[str]] | None) -> Any:
    if projection is None:
        return Raw(text)
    body = loads(text)
    picked: Body = {}
    for path in projection:
        _copy(body, picked, path)
    picked |= {"domain": "QBO", "sparse": True}
    return {**picked, "Id": body["Id"]} if "Id" in body else picked


def _copy(source: Body, target: Body, path: list[str]) -> None:
    """Copy what a path leads to; through a list it leads into every member."""
    name, rest = path[0], path[1:]
    value = source.get(name)
    if value is None:
        return
    if not rest:
        target[name] = value
    elif isinstance(value, list):
        for member, into in zip(value, target.setdefault(name, [{} for _ in value]), strict=True):
            _copy(member, into, rest)
    elif isinstance(value, dict):
        _copy(value, target.setdefault(name, {}), rest)
