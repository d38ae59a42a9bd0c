"""Invoices: the list, the page of one, and what a bookkeeper does with them."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from qbo_emulator import operations
from qbo_emulator.books import Books
from qbo_emulator.screen import document_form, forms, lists
from qbo_emulator.screen.customers import choose_customer
from qbo_emulator.screen.desk import (
    Desk,
    Page,
    Refusal,
    WrongInput,
    chosen,
    found,
    page_number,
    party,
    search_text,
    update,
)
from qbo_emulator.screen.words import invoice_state, is_voided, money
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body
from qbo_emulator.wording import document

SHOWS = ("all", "open", "overdue", "partly", "paid", "voided")
FIELDS = (
    "DocNumber", "TxnDate", "DueDate", "SalesTermRef.value", "BillEmail.Address", "CustomerMemo.value", "PrivateNote",
)  # fmt: skip
SHIP_TO = tuple(f"ShipAddr.{part}" for part in forms.ADDRESS)


def applied_to(books: Books, invoice: Body) -> list[dict[str, Any]]:
    """The payments and credits of an invoice with the amount that each of them pays of it."""
    shown = []
    for link in invoice.get("LinkedTxn", []):
        body = books.get(link["TxnType"], link["TxnId"])
        if body is None:
            continue
        lines = body.get("Line", []) if link["TxnType"] == "Payment" else []
        amount = sum(
            (
                Decimal(line["Amount"])
                for line in lines
                for paid in line.get("LinkedTxn", [])
                if (paid["TxnType"], paid["TxnId"]) == ("Invoice", invoice["Id"])
            ),
            Decimal(0),
        )
        shown.append({"kind": link["TxnType"], "body": body, "amount": amount if lines else None})
    return shown


def holding(books: Books, invoice: Body) -> list[Body]:
    """The payments because of which a void would be refused; none when the switch lets it go through."""
    if books.switches.void_paid_invoices or is_voided(invoice):
        return []
    ids = [link["TxnId"] for link in invoice.get("LinkedTxn", []) if link["TxnType"] == "Payment"]
    return [found(books, "Payment", payment) for payment in dict.fromkeys(ids)]


def tax_lines(books: Books, body: Body) -> list[dict[str, Any]]:
    """The taxes of a transaction, each with its name; none of one that is voided."""
    shown: list[dict[str, Any]] = []
    for line in [] if is_voided(body) else body.get("TxnTaxDetail", {}).get("TaxLine", []):
        detail = line.get("TaxLineDetail", {})
        rate = books.get("TaxRate", detail.get("TaxRateRef", {}).get("value", "")) or {}
        shown.append({"name": rate.get("Name", "Sales tax"), "percent": detail.get("TaxPercent"), **line})
    return shown


def _ship_to(shown: Body) -> Body | None:
    """The address to ship to, when it was changed from what the form showed."""
    before = forms.fields_of(shown, SHIP_TO)
    if all(request.form.get(name, "").strip() == value for name, value in before.items() if name in request.form):
        return None
    return forms.address("ShipAddr", shown)


def _head(kind: str, shown: Body) -> Body:
    """The head of a document; shown is what its address came from: the document, or the customer of a new one."""
    body: Body = {
        "TxnDate": forms.day("TxnDate", "The date"),
        "CustomerMemo": {"value": forms.text("CustomerMemo.value")},
        "PrivateNote": forms.text("PrivateNote"),
        "BillEmail": {"Address": forms.text("BillEmail.Address")},
    }
    if forms.text("DocNumber"):
        body["DocNumber"] = forms.text("DocNumber")
    if kind == "Invoice":
        body["SalesTermRef"] = forms.reference("SalesTermRef.value")
        body["DueDate"] = forms.day("DueDate", "The due date")
        body["ShipAddr"] = _ship_to(shown)
        if body["DueDate"] and body["TxnDate"] and body["DueDate"] < body["TxnDate"]:
            raise WrongInput(
                f"The due date {body['DueDate']} is before the invoice date {body['TxnDate']}. "
                "Choose a later one, or leave it empty to take it from the terms."
            )
    return {name: value for name, value in body.items() if value is not None}


def create(books: Books, kind: str, customer: str) -> Body:
    """A new document from the form."""
    head = _head(kind, found(books, "Customer", customer))
    body = {name: value for name, value in head.items() if value not in ("", {"value": ""}, {"Address": ""})}
    body |= {**party(books, customer), "Line": document_form.lines_typed(books, {})}
    return operations.write(books, ENTITIES[kind], body)


def change(books: Books, kind: str, object_id: str) -> Body:
    """A document changed from the form."""
    old = found(books, kind, object_id)
    return update(books, kind, old, **_head(kind, old), Line=document_form.lines_typed(books, old))


def show_invoice(desk: Desk, realm: str, object_id: str, refusal: Refusal | None = None) -> Page:
    """The page of one invoice."""
    desk.company(realm)
    with desk.emulator.books(realm) as books:
        body = found(books, "Invoice", object_id)
        applied, taxes, today = applied_to(books, body), tax_lines(books, body), books.today.isoformat()
        codes, held = dict(document_form.tax_codes(books)), holding(books, body)
    return desk.show(
        "invoice.html", realm, "invoices", refusal, invoice=body, state=invoice_state(body, today),
        applied=applied, taxes=taxes, codes=codes, holding=held, today=today,
    )  # fmt: skip


def register(pages: Blueprint, desk: Desk) -> None:
    """The pages below /app/<realm>/invoices and /app/<realm>/invoice."""

    @pages.get("/app/<realm>/invoices")
    def invoices(realm: str) -> Page:
        desk.company(realm)
        show, search = chosen(SHOWS), search_text()
        with desk.emulator.books(realm) as books:
            rows = lists.listed(books, "Invoice", show, search, page_number())
            counts = lists.counts(books, "Invoice", SHOWS)
            today = books.today.isoformat()
        return desk.show(
            "invoices.html", realm, "invoices", rows=rows, show=show, search=search, counts=counts, shows=SHOWS,
            today=today,
        )  # fmt: skip

    @pages.get("/app/<realm>/invoice/<object_id>")
    def invoice(realm: str, object_id: str) -> Page:
        return show_invoice(desk, realm, object_id)

    @pages.route("/app/<realm>/invoices/new", methods=["GET", "POST"])
    def new_invoice(realm: str) -> Page | Response:
        desk.company(realm)
        customer_id = request.values.get("customer", "")
        if not customer_id:
            return choose_customer(desk, realm, "invoices", "New invoice", "screen.new_invoice")
        refusal = None
        if request.method == "POST" and "more" not in request.form:
            done = desk.attempt(realm, lambda books: create(books, "Invoice", customer_id))
            if not isinstance(done, Refusal):
                flash(f"{document('Invoice', done)} over {money(done['TotalAmt'], done.get('CurrencyRef'))} saved.")
                return redirect(url_for("screen.invoice", realm=realm, object_id=done["Id"]))
            refusal = done
        with desk.emulator.books(realm) as books:
            customer = found(books, "Customer", customer_id)
            choices = document_form.choices_of(books, None)
            custom = bool(books.preference("SalesFormsPrefs", "CustomTxnNumbers"))
            first = {
                "TxnDate": books.today.isoformat(),
                "SalesTermRef.value": customer.get("SalesTermRef", {}).get("value", ""),
                "BillEmail.Address": customer.get("PrimaryEmailAddr", {}).get("Address", ""),
                **forms.fields_of(customer, SHIP_TO),
            }
        sent = request.method == "POST"
        rows = document_form.rows_typed() if sent else document_form.rows_of(None)
        return desk.show(
            "document_form.html", realm, "invoices", refusal, kind="Invoice", document=None, customer=customer,
            values=forms.typed(first), rows=rows, custom=custom, **choices,
        )  # fmt: skip

    @pages.route("/app/<realm>/invoice/<object_id>/edit", methods=["GET", "POST"])
    def edit_invoice(realm: str, object_id: str) -> Page | Response:
        desk.company(realm)
        refusal = None
        if request.method == "POST" and "more" not in request.form:
            done = desk.attempt(realm, lambda books: change(books, "Invoice", object_id))
            if not isinstance(done, Refusal):
                flash(
                    f"{document('Invoice', done)} saved. Its total is {money(done['TotalAmt'], done.get('CurrencyRef'))}."
                )
                return redirect(url_for("screen.invoice", realm=realm, object_id=object_id))
            refusal = done
        with desk.emulator.books(realm) as books:
            body = found(books, "Invoice", object_id)
            customer = found(books, "Customer", body["CustomerRef"]["value"])
            choices = document_form.choices_of(books, body)
        sent = request.method == "POST"
        rows = document_form.rows_typed() if sent else document_form.rows_of(body)
        first = {"SyncToken": body["SyncToken"], "discount": document_form.discount_of(body)}
        values = forms.typed({**forms.fields_of(body, (*FIELDS, *SHIP_TO)), **first})
        return desk.show(
            "document_form.html", realm, "invoices", refusal, kind="Invoice", document=body, customer=customer,
            values=values, rows=rows, custom=True, **choices,
        )  # fmt: skip
