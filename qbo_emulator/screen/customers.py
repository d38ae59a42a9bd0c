"""Customers: the list, the page of one, and what a bookkeeper does with them."""

import re
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from qbo_emulator import operations
from qbo_emulator.books import Books
from qbo_emulator.rules import naming
from qbo_emulator.screen import forms, lists
from qbo_emulator.screen.desk import (
    Desk,
    Page,
    Refusal,
    WrongInput,
    chosen,
    found,
    page_number,
    search_text,
    update,
)
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body

SHOWS = ("all", "active", "inactive")
NEWEST = 20
MOST_FOUND = 10
FIELDS = (
    "DisplayName", "CompanyName", "GivenName", "FamilyName", "PrimaryEmailAddr.Address",
    "PrimaryPhone.FreeFormNumber", "SalesTermRef.value", "Taxable", "Notes",
    *(f"{name}.{part}" for name in ("BillAddr", "ShipAddr") for part in forms.ADDRESS),
)  # fmt: skip
_DELETED = re.compile(r" \(deleted(?: \d+)?\)\Z")


def restored_name(kind: str, body: Body) -> dict[str, str]:
    """The name an inactive object had before, as a member of the update that makes it active again."""
    field = ENTITIES[kind].name_field
    return {field: _DELETED.sub("", body[field])}


def typed_customer(old: Body) -> Body:
    """The members of a customer from its form."""
    return {
        "DisplayName": forms.text("DisplayName"),
        "CompanyName": forms.text("CompanyName"),
        "GivenName": forms.text("GivenName"),
        "FamilyName": forms.text("FamilyName"),
        "PrimaryEmailAddr": {"Address": forms.text("PrimaryEmailAddr.Address")},
        "PrimaryPhone": {"FreeFormNumber": forms.text("PrimaryPhone.FreeFormNumber")},
        "SalesTermRef": forms.reference("SalesTermRef.value"),
        "Taxable": "Taxable" in request.form,
        "Notes": forms.text("Notes"),
        "BillAddr": forms.address("BillAddr", old),
        "ShipAddr": forms.address("ShipAddr", old),
    }


def _of(books: Books, customer: Body) -> dict[str, Any]:
    kinds = {"invoices": "Invoice", "payments": "Payment", "credits": "CreditMemo"}
    newest = {name: lists.of_customer(books, kind, customer["Id"], most=NEWEST) for name, kind in kinds.items()}
    counts = {name: lists.count_of_customer(books, kind, customer["Id"]) for name, kind in kinds.items()}
    return {**newest, "counts": counts, "today": books.today.isoformat()}


def choose_customer(desk: Desk, realm: str, here: str, title: str, target: str) -> Page:
    """The page that asks for which customer something new is; each of them leads to the endpoint target."""
    search = search_text()
    with desk.emulator.books(realm) as books:
        rows = lists.listed(books, "Customer", "active", search, page_number())
    return desk.show("choose.html", realm, here, rows=rows, search=search, title=title, next=target)


def register(pages: Blueprint, desk: Desk) -> None:
    """The pages below /app/<realm>/customers and /app/<realm>/customer."""

    @pages.get("/app/<realm>/customers")
    def customers(realm: str) -> Page:
        desk.company(realm)
        show, search = chosen(SHOWS), search_text()
        with desk.emulator.books(realm) as books:
            rows = lists.listed(books, "Customer", show, search, page_number())
            counts = lists.counts(books, "Customer", SHOWS)
        return desk.show(
            "customers.html", realm, "customers", rows=rows, show=show, search=search, counts=counts, shows=SHOWS
        )

    @pages.get("/app/<realm>/customer/<object_id>")
    def customer(realm: str, object_id: str) -> Page:
        return _customer(realm, object_id)

    def _customer(realm: str, object_id: str, refusal: Refusal | None = None) -> Page:
        desk.company(realm)
        with desk.emulator.books(realm) as books:
            body = found(books, "Customer", object_id)
            theirs = _of(books, body)
        return desk.show("customer.html", realm, "customers", refusal, customer=body, **theirs)

    @pages.route("/app/<realm>/customers/new", methods=["GET", "POST"])
    def new_customer(realm: str) -> Page | Response:
        desk.company(realm)
        refusal = None
        if request.method == "POST":
            done = desk.attempt(realm, lambda books: operations.write(books, ENTITIES["Customer"], typed_customer({})))
            if not isinstance(done, Refusal):
                flash(f"Customer {done['DisplayName']} saved.")
                return redirect(url_for("screen.customer", realm=realm, object_id=done["Id"]))
            refusal = done
        with desk.emulator.books(realm) as books:
            terms = lists.choices(books, "Term")
        values = forms.typed({"Taxable": "on"})
        return desk.show("customer_form.html", realm, "customers", refusal, values=values, terms=terms, customer=None)

    @pages.route("/app/<realm>/customer/<object_id>/edit", methods=["GET", "POST"])
    def edit_customer(realm: str, object_id: str) -> Page | Response:
        desk.company(realm)
        refusal = None
        if request.method == "POST":

            def save(books: Books) -> Body:
                old = found(books, "Customer", object_id)
                return update(books, "Customer", old, **typed_customer(old))

            done = desk.attempt(realm, save)
            if not isinstance(done, Refusal):
                flash(f"Customer {done['DisplayName']} saved.")
                return redirect(url_for("screen.customer", realm=realm, object_id=object_id))
            refusal = done
        with desk.emulator.books(realm) as books:
            body = found(books, "Customer", object_id)
            terms = lists.choices(books, "Term")
        values = forms.typed({**forms.fields_of(body, FIELDS), "SyncToken": body["SyncToken"]})
        return desk.show("customer_form.html", realm, "customers", refusal, values=values, terms=terms, customer=body)

    @pages.post("/app/<realm>/customers/<object_id>/active")
    def activate_customer(realm: str, object_id: str) -> Page | Response:
        desk.company(realm)
        active = request.form.get("active") == "true"

        def save(books: Books) -> Body:
            old = found(books, "Customer", object_id)
            return update(books, "Customer", old, Active=active, **(restored_name("Customer", old) if active else {}))

        done = desk.attempt(realm, save)
        if isinstance(done, Refusal):
            return _customer(realm, object_id, done)
        flash(f"{done['DisplayName']} is {'active again' if active else 'inactive now'}.")
        return redirect(url_for("screen.customer", realm=realm, object_id=object_id))

    @pages.route("/app/<realm>/customer/<object_id>/merge", methods=["GET", "POST"])
    def merge_customer(realm: str, object_id: str) -> Page | Response:
        desk.company(realm)
        refusal = None
        if request.method == "POST":

            def merge(books: Books) -> Body:
                if not forms.text("into"):
                    raise WrongInput("Search for the other customer and choose it.")
                old, kept = found(books, "Customer", object_id), found(books, "Customer", forms.text("into"))
                if old["Id"] == kept["Id"]:
                    raise WrongInput("A customer can't be merged into itself. Choose another one.")
                return naming.merge(books, "Customer", keep_id=kept["Id"], gone_id=old["Id"])

            done = desk.attempt(realm, merge)
            if not isinstance(done, Refusal):
                flash(f"Merged. Everything is with {done['DisplayName']} now.")
                return redirect(url_for("screen.customer", realm=realm, object_id=done["Id"]))
            refusal = done
        with desk.emulator.books(realm) as books:
            body = found(books, "Customer", object_id)
            theirs = _of(books, body)
            found_rows = lists.listed(books, "Customer", "active", search_text(), 1).rows if search_text() else []
            others = [row for row in found_rows if row["Id"] != object_id]
        return desk.show(
            "merge.html", realm, "customers", refusal, customer=body, others=others[:MOST_FOUND],
            more=len(others) > MOST_FOUND, search=search_text(), **theirs,
        )  # fmt: skip
