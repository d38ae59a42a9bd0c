"""Customers out of a CSV file: look at every row first, then take the good ones or nothing."""

import csv
import io
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from qbo_emulator import faults, operations
from qbo_emulator.books import Books
from qbo_emulator.screen import lists
from qbo_emulator.screen.desk import Desk, Page, Refusal, WrongInput
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body

if TYPE_CHECKING:
    from qbo_emulator.emulator import Emulator

LARGEST_FILE = 1024 * 1024
MOST_ROWS = 1000
COLUMNS = (
    "DisplayName", "CompanyName", "GivenName", "FamilyName", "Email", "Phone", "Terms", "Taxable", "Notes",
    "Line1", "Line2", "City", "State", "PostalCode", "Country",
    "ShipLine1", "ShipLine2", "ShipCity", "ShipState", "ShipPostalCode", "ShipCountry",
)  # fmt: skip
EXAMPLE = (
    "Fernhill Bakery", "Fernhill Bakery LLC", "Rosa", "Lind", "rosa@fernhill.example", "(555) 010-0199", "Net 30",
    "yes", "Closed on Mondays", "12 Mill Road", "", "Bath", "ME", "04530", "USA",
    "", "", "", "", "", "",
)  # fmt: skip
OTHER_NAMES = {
    "name": "DisplayName", "customer": "DisplayName", "fullname": "DisplayName", "company": "CompanyName",
    "firstname": "GivenName", "lastname": "FamilyName", "emailaddress": "Email", "mail": "Email",
    "primaryemailaddr": "Email", "telephone": "Phone", "primaryphone": "Phone", "street": "Line1", "address": "Line1",
    "billaddrline1": "Line1", "billaddrline2": "Line2", "billaddrcity": "City", "billaddrpostalcode": "PostalCode",
    "province": "State", "countrysubdivisioncode": "State", "zip": "PostalCode", "zipcode": "PostalCode",
    "postcode": "PostalCode", "note": "Notes",
}  # fmt: skip
ADDRESS = {
    "Line1": "Line1", "Line2": "Line2", "City": "City", "State": "CountrySubDivisionCode",
    "PostalCode": "PostalCode", "Country": "Country",
}  # fmt: skip
COLUMN_OF = {
    **{name: name for name in ("DisplayName", "CompanyName", "GivenName", "FamilyName", "Notes")},
    "PrimaryEmailAddr.Address": "Email", "PrimaryPhone.FreeFormNumber": "Phone", "BillAddr.Line": "Line",
    "ShipAddr.Line": "ShipLine",
    **{f"BillAddr.{name}": column for column, name in ADDRESS.items()},
    **{f"ShipAddr.{name}": f"Ship{column}" for column, name in ADDRESS.items()},
}  # fmt: skip
MOST_PROBLEMS = 20
YES, NO = {"yes", "y", "true", "1", "x"}, {"no", "n", "false", "0"}


@dataclass(frozen=True)
class Row:
    """A row of the file: where it stands, what it says, and everything because of which it cannot be taken."""

    line: int
    values: Mapping[str, str]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What an import would do."""

    rows: list[Row] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def good(self) -> list[Row]:
        """The rows that can be taken."""
        return [row for row in self.rows if not row.problems]


class _OnlyALook(Exception):
    """Ends a transaction in which rows were only tried."""


def text_of(raw: bytes) -> str:
    """The text of a file, with or without a byte order mark."""
    if len(raw) > LARGEST_FILE:
        raise WrongInput("This file is larger than 1 MB. Split it into smaller ones.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongInput("This file is not in UTF-8. Save it as “CSV UTF-8” and choose it again.") from None


def _key(heading: str) -> str:
    return "".join(character for character in heading.casefold() if character.isalnum())


def read(text: str) -> tuple[list[Row], list[str]]:
    """The rows of a CSV file, whatever separates its columns, and the headings that mean nothing here."""
    if "\0" in text:
        raise WrongInput("This file is not a text. Choose a CSV file.")
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(",;\t", key=first.count)
    known = {_key(name): name for name in COLUMNS} | OTHER_NAMES
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        raise WrongInput("This file has a quotation mark that does not end. Mend it and choose it again.") from None
    lines = [(at, cells) for at, cells in enumerate(table, 1) if any(cell.strip() for cell in cells)]
    if not lines:
        raise WrongInput("This file is empty.")
    headings = [known.get(_key(cell), "") for cell in lines[0][1]]
    if "DisplayName" not in headings:
        raise WrongInput(
            "The first row must name the columns, and one of them must be DisplayName. "
            "Start from the template when in doubt."
        )
    twice = {name for name in headings if name and headings.count(name) > 1}
    if twice:
        raise WrongInput(f"The column {sorted(twice)[0]} is there twice.")
    if len(lines) - 1 > MOST_ROWS:
        raise WrongInput(f"This file has {len(lines) - 1} rows; {MOST_ROWS} is the most. Split it into smaller ones.")
    unknown = [cell.strip() for cell, name in zip(lines[0][1], headings, strict=True) if cell.strip() and not name]
    rows = []
    for at, cells in lines[1:]:
        values = {name: cell.strip() for name, cell in zip(headings, cells, strict=False) if name}
        extra = ("This row has more cells than there are columns.",) if any(cells[len(headings) :]) else ()
        rows.append(Row(at, values, extra))
    return rows, unknown


def _address(values: Mapping[str, str], prefix: str) -> Body:
    given = {name: values.get(f"{prefix}{column}", "") for column, name in ADDRESS.items()}
    return {name: value for name, value in given.items() if value}


def body_of(values: Mapping[str, str], terms: Mapping[str, str]) -> tuple[Body, list[str]]:
    """The customer of a row, and what is wrong with the row at first sight; terms are the company's, by their name in
    lower case."""
    problems = [] if values.get("DisplayName") else ["DisplayName is empty."]
    taxable = values.get("Taxable", "").casefold()
    if taxable and taxable not in YES | NO:
        problems.append(f"Taxable is yes or no, not “{values['Taxable'][:40]}”.")
    term = values.get("Terms", "").casefold()
    if term and term not in terms:
        problems.append(f"There are no terms “{values['Terms'][:40]}” in this company.")
    plain = {name: values.get(name) for name in ("DisplayName", "CompanyName", "GivenName", "FamilyName", "Notes")}
    body: Body = {
        **plain,
        "PrimaryEmailAddr": {"Address": values["Email"]} if values.get("Email") else None,
        "PrimaryPhone": {"FreeFormNumber": values["Phone"]} if values.get("Phone") else None,
        "SalesTermRef": {"value": terms[term]} if term in terms else None,
        "Taxable": taxable in YES if taxable else None,
        "BillAddr": _address(values, ""),
        "ShipAddr": _address(values, "Ship") or _address(values, ""),
    }
    return {name: value for name, value in body.items() if value not in (None, "", {})}, problems


def take(books: Books, rows: list[Row]) -> list[Row]:
    """Write the rows that the company takes; the answer has every problem of the others."""
    terms = {name.casefold(): term for term, name in lists.choices(books, "Term")}
    taken: dict[str, int] = {}
    result = []
    for row in rows:
        body, problems = body_of(row.values, terms)
        made, problems = _written(books, row, body, [*row.problems, *problems], taken)
        if made is not None:
            taken[made["Id"]] = row.line
        result.append(replace(row, problems=tuple(problems)))
    return result


def _written(
    books: Books, row: Row, body: Body, problems: list[str], taken: Mapping[str, int]
) -> tuple[Body | None, list[str]]:
    """The customer when nothing is wrong with its row. The books name one fault at a time: what they refuse is left
    out and the rest tried again, until nothing is refused any more."""
    if not body.get("DisplayName"):
        body["DisplayName"] = _free_name()
    for _ in range(MOST_PROBLEMS):
        try:
            with books.savepoint():
                made = operations.write(books, ENTITIES["Customer"], body)
                if problems:
                    raise _OnlyALook
        except _OnlyALook:
            return None, problems
        except faults.Fault as fault:
            path = "DisplayName" if fault.errors[0].code == "6240" else fault.errors[0].element or ""
            problems = [*problems, _why(books, fault, path, row, taken)]
            if not _leave_out(body, path, row):
                return None, problems
        else:
            return made, []
    return None, problems


def _free_name() -> str:
    """A name that nobody has, for a row whose own cannot be taken."""
    return f"Row {uuid.uuid4()}"


def _leave_out(body: Body, path: str, row: Row) -> bool:
    """Take what was refused out of a customer; False when it is not there."""
    if path == "DisplayName":
        body["DisplayName"] = _free_name()
        return True
    first, _, rest = path.partition(".")
    if first == "BillAddr" and not any(row.values.get(f"Ship{column}") for column in ADDRESS):
        _leave_out_of(body, "ShipAddr", rest)
    return _leave_out_of(body, first, rest)


def _leave_out_of(body: Body, name: str, part: str) -> bool:
    if name not in body:
        return False
    if not part:
        del body[name]
        return True
    gone = [known for known in body[name] if known == part or (part == "Line" and known.startswith("Line"))]
    for known in gone:
        del body[name][known]
    return bool(gone)


def _why(books: Books, fault: faults.Fault, path: str, row: Row, taken: Mapping[str, int]) -> str:
    error = fault.errors[0]
    if error.code == "6240":
        for kind, other in books.find(("Customer", "Vendor", "Employee"), row.values["DisplayName"]):
            if kind == "Customer" and other["Id"] in taken:
                return f"“{other['DisplayName']}” is already in row {taken[other['Id']]} of this file."
            return f"“{other['DisplayName']}” is already a {kind.lower()} here (ID {other['Id']})."
    column = COLUMN_OF.get(path, "")
    typed = row.values.get(column, "") or row.values.get(column.removeprefix("Ship"), "")
    if column:
        return _in_words(error, column, typed) or f"{column}: {Refusal.of(fault).sentence}"
    return f"{Refusal.of(fault).sentence} (code {error.code})"


def _in_words(error: faults.Error, column: str, typed: str) -> str:
    """A fault of one cell in words, empty when there are none for it."""
    figures = [int(figure) for figure in re.findall(r"\d+", error.detail)]
    match error.code:
        case "2050" if len(figures) >= 3:
            words = "The street" if column.endswith("Line") else column
            return f"{words} is too long: {figures[-1]:,} characters, {figures[-2]:,} are the most."
        case "2040" if "position" in error.detail:
            return (
                f"{column} has “{typed[figures[-1] - 1 : figures[-1]]}”, a character that this company does not take."
            )
        case "2040" if "control" in error.detail:
            return f"{column} has a character that can't be seen. Type it again."
        case "2040":
            return f"{column} can't have a colon, a tab or a new line."
        case "2210":
            return f"{column}: “{typed[:60]}” is not an e-mail address. Write it like name@company.com."
    return ""


def preview(emulator: "Emulator", realm: str, text: str) -> Preview:
    """Try every row in a transaction that leaves nothing behind."""
    rows, unknown = read(text)
    tried: list[Row] = []
    try:
        with emulator.books(realm) as books:
            tried = take(books, rows)
            raise _OnlyALook
    except _OnlyALook:
        return Preview(tried, unknown)


def _import(books: Books, text: str, expected: str) -> int:
    rows, _ = read(text)
    good = sum(1 for row in take(books, rows) if not row.problems)
    if str(good) != expected:
        raise WrongInput("The company changed meanwhile, so nothing was imported. Look at the rows again.")
    return good


def register(pages: Blueprint, desk: Desk) -> None:
    """The pages /app/<realm>/customers/import and its template."""

    @pages.get("/app/<realm>/customers/template.csv")
    def import_template(realm: str) -> Response:
        desk.company(realm)
        file = io.StringIO(newline="")
        csv.writer(file).writerows((COLUMNS, EXAMPLE))
        content = file.getvalue().encode("utf-8-sig")
        headers = {"Content-Disposition": 'attachment; filename="customers.csv"'}
        return Response(content, content_type="text/csv; charset=utf-8", headers=headers)

    @pages.route("/app/<realm>/customers/import", methods=["GET", "POST"])
    def import_customers(realm: str) -> Page | AnyResponse:
        desk.company(realm)
        refusal, shown, text = None, None, ""
        try:
            if "content" in request.form:
                text = request.form["content"]
                done = desk.attempt(realm, lambda books: _import(books, text, request.form.get("expected", "")))
                if not isinstance(done, Refusal):
                    flash(f"{done} customer{'s' if done != 1 else ''} imported.")
                    return redirect(url_for("screen.customers", realm=realm))
                refusal = done
            elif request.method == "POST":
                file = request.files.get("file")
                if file is None or not file.filename:
                    raise WrongInput("Choose a file first.")
                text = text_of(file.read(LARGEST_FILE + 1))
                if not text.strip():
                    raise WrongInput("This file is empty.")
            if text:
                shown = preview(desk.emulator, realm, text)
        except WrongInput as wrong:
            refusal = Refusal(str(wrong))
        return desk.show(
            "import.html", realm, "customers", refusal, preview=shown, content=text, columns=COLUMNS, most=MOST_ROWS
        )
