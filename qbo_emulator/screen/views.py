"""The screen: companies, customers, items, invoices and a few settings, for the eyes of a person.

Its forms have no CSRF tokens: it is a test tool without sign-in, meant for this machine only.
"""

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from qbo_emulator import faults, operations
from qbo_emulator.api import query
from qbo_emulator.books import Books
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body, dumps, loads

if TYPE_CHECKING:
    from qbo_emulator.emulator import Emulator

PAGE_ROWS = 50
LISTS = {"invoices": "Invoice", "customers": "Customer", "items": "Item"}
SEARCHED = {"Invoice": "DocNumber", "Customer": "DisplayName", "Item": "Name"}
NEWEST_FIRST = {"Invoice": "ORDERBY Id DESC"}
SWITCHES = (
    (
        "SalesFormsPrefs",
        "CustomTxnNumbers",
        "Custom transaction numbers",
        "Invoices keep the number they are sent with.",
    ),
    ("SalesFormsPrefs", "AllowDiscount", "Discount", "Invoices may have a discount line."),
    ("SalesFormsPrefs", "AllowShipping", "Shipping", "Invoices may have a shipping line."),
    ("SalesFormsPrefs", "AllowDeposit", "Deposit", "Invoices may have a deposit."),
    ("TaxPrefs", "UsingSalesTax", "Sales tax", "The tax that is sent with an invoice is kept."),
)
_DELETED = re.compile(r" \(deleted(?: \d+)?\)\Z")


def money(value: Any) -> str:
    """Dollars and cents with thousands separated."""
    amount = Decimal(value or 0)
    return f"-${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"


def _rows(books: Books, statement: str) -> list[Body]:
    found: list[Body] = loads(dumps(query.run(books, statement))).get(statement.split()[3], [])
    return found


def _status(invoice: Body, today: str) -> str:
    if not Decimal(invoice["TotalAmt"]) and "Voided" in invoice.get("PrivateNote", ""):
        return "Voided"
    if not Decimal(invoice["Balance"]):
        return "Paid"
    return "Overdue" if invoice["DueDate"] < today else "Open"


def _page() -> int:
    text = request.args.get("page", "1")
    return max(int(text), 1) if text.isdigit() and len(text) < 7 else 1


def blueprint(emulator: "Emulator") -> Blueprint:
    """The pages at / and /app."""
    pages = Blueprint("screen", __name__)
    pages.add_app_template_filter(money, "money")

    def company(realm: str) -> dict[str, Any]:
        names = dict(emulator.companies())
        if realm not in names:
            abort(404)
        return {"realm": realm, "company": names[realm]}

    @pages.get("/")
    def companies() -> str:
        return render_template("emulator/companies.html", companies=emulator.companies(), client=emulator.client_id)

    @pages.get("/app/<realm>")
    def overview(realm: str) -> str:
        page = company(realm)
        with emulator.books(realm) as books:
            counts = {
                name: query.run(books, f"SELECT count(*) FROM {kind}")["totalCount"]  # noqa: S608 - QuickBooks' query language
                for name, kind in LISTS.items()
            }
            invoices = _rows(books, "SELECT * FROM Invoice ORDERBY Id DESC MAXRESULTS 10")
            receivable = _rows(books, "SELECT * FROM Account WHERE AccountType = 'Accounts Receivable'")
            today = books.today.isoformat()
        return render_template(
            "emulator/overview.html", here="overview", counts=counts, invoices=invoices, today=today, status=_status,
            open=receivable[0]["CurrentBalance"] if receivable else 0, **page,
        )  # fmt: skip

    @pages.get("/app/<realm>/<any(invoices, customers, items):name>")
    def listing(realm: str, name: str) -> str:
        page, kind, number = company(realm), LISTS[name], _page()
        search = request.args.get("q", "").strip()[:100]
        where = "Active IN (true, false)" if ENTITIES[kind].has_active else "Id > '0'"
        if search:
            escaped = search.replace("\\", "\\\\").replace("'", "\\'")
            where += f" AND {SEARCHED[kind]} LIKE '%{escaped}%'"
        with emulator.books(realm) as books:
            total = query.run(books, f"SELECT count(*) FROM {kind} WHERE {where}")["totalCount"]  # noqa: S608 - QuickBooks' query language, escaped
            rows = _rows(
                books,
                f"SELECT * FROM {kind} WHERE {where} {NEWEST_FIRST.get(kind, '')} "  # noqa: S608 - QuickBooks' query language, escaped
                f"STARTPOSITION {(number - 1) * PAGE_ROWS + 1} MAXRESULTS {PAGE_ROWS}",
            )
            today = books.today.isoformat()
        return render_template(
            f"emulator/{name}.html", here=name, rows=rows, total=total, page=number, search=search, today=today,
            status=_status, more=number * PAGE_ROWS < total, **page,
        )  # fmt: skip

    @pages.get("/app/<realm>/invoice/<object_id>")
    def invoice(realm: str, object_id: str) -> str:
        page = company(realm)
        with emulator.books(realm) as books:
            body = books.get("Invoice", object_id)
            today = books.today.isoformat()
        if body is None:
            abort(404)
        return render_template(
            "emulator/invoice.html", here="invoices", invoice=body, state=_status(body, today), **page
        )

    @pages.get("/app/invoice")
    def deep_link() -> AnyResponse:
        object_id = request.args.get("txnId", "")
        wanted = request.args.get("deeplinkcompanyid") or request.args.get("realmId")
        for realm, _ in emulator.companies():
            with emulator.books(realm) as books:
                found = books.get("Invoice", object_id)
            if found is not None and wanted in (None, realm):
                return redirect(url_for("screen.invoice", realm=realm, object_id=object_id))
        raise NotFound

    @pages.route("/app/<realm>/settings", methods=["GET", "POST"])
    def settings(realm: str) -> str | tuple[str, int]:
        page, problem, saved = company(realm), None, False
        with emulator.books(realm) as books:
            if request.method == "POST":
                problem = _save(books)
                saved = problem is None
            preferences = books.preferences
        closed = preferences["AccountingInfoPrefs"].get("BookCloseDate", "")
        shown = render_template(
            "emulator/settings.html", here="settings", preferences=preferences, switches=SWITCHES, closed=closed,
            problem=problem, saved=saved, **page,
        )  # fmt: skip
        return (shown, 400) if problem else shown

    @pages.post("/app/<realm>/<any(customers, items):name>/<object_id>/active")
    def activate(realm: str, name: str, object_id: str) -> AnyResponse | tuple[str, int]:
        page, kind = company(realm), LISTS[name]
        with emulator.books(realm) as books:
            body = books.get(kind, object_id)
            if body is None:
                abort(404)
            active = request.form.get("active") == "true"
            name_field = ENTITIES[kind].name_field
            given = {"Id": object_id, "SyncToken": body["SyncToken"], "sparse": True, "Active": active}
            if active:
                given[name_field] = _DELETED.sub("", body[name_field])
            try:
                with books.savepoint():
                    operations.write(books, ENTITIES[kind], given)
            except faults.Fault as fault:
                message = fault.errors[0].detail
                return render_template("emulator/problem.html", here=name, message=message, back=name, **page), 400
        return redirect(url_for("screen.listing", realm=realm, name=name))

    return pages


def _save(books: Books) -> str | None:
    """Save the settings form; the answer says what is wrong with it."""
    closed = request.form.get("BookCloseDate", "").strip()
    try:
        day = date.fromisoformat(closed).isoformat() if closed else None
    except ValueError:
        return "The closing date is not a date. Write it as YYYY-MM-DD, or leave it empty."
    given: Body = {"Id": "1", "SyncToken": books.preferences["SyncToken"]}
    given["AccountingInfoPrefs"] = {"BookCloseDate": day}
    for section, name, _, _ in SWITCHES:
        given.setdefault(section, {})[name] = name in request.form
    operations.write(books, ENTITIES["Preferences"], given)
    return None
