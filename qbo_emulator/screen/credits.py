"""Credit memos, and applying a credit or an unapplied payment to invoices."""

from decimal import Decimal

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from qbo_emulator import operations
from qbo_emulator.books import Books
from qbo_emulator.money import ZERO
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
from qbo_emulator.screen.invoices import create, tax_lines
from qbo_emulator.screen.payments import linked_lines, open_invoices, typed_shares
from qbo_emulator.screen.words import credit_state, money
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body
from qbo_emulator.wording import document

SHOWS = ("all", "remaining", "voided")


def available(kind: str, body: Body) -> Decimal:
    """What of a credit memo or a payment is still to be applied."""
    return Decimal(body.get("RemainingCredit" if kind == "CreditMemo" else "UnappliedAmt", 0))


def apply(books: Books, kind: str, object_id: str) -> str:
    """Apply what was ticked, and answer how much in words: a payment gets more lines, a credit memo is netted by a payment
    over nothing."""
    source = found(books, kind, object_id)
    customer = source["CustomerRef"]["value"]
    shares = typed_shares(open_invoices(books, customer), available(kind, source))
    used = sum((share for _, share in shares), ZERO)
    if not used:
        raise WrongInput("Tick at least one invoice.")
    if kind == "Payment":
        same = {"CustomerRef": source["CustomerRef"], "TotalAmt": source["TotalAmt"]}
        update(books, kind, source, **same, Line=[*source.get("Line", []), *linked_lines(shares)])
        return money(used, source.get("CurrencyRef"))
    credit = {"Amount": used, "LinkedTxn": [{"TxnId": object_id, "TxnType": kind}]}
    body = {**party(books, customer), "TotalAmt": 0, "Line": [credit, *linked_lines(shares)]}
    operations.write(books, ENTITIES["Payment"], body)
    return money(used, source.get("CurrencyRef"))


def show_credit(desk: Desk, realm: str, object_id: str, refusal: Refusal | None = None) -> Page:
    """The page of one credit memo."""
    desk.company(realm)
    with desk.emulator.books(realm) as books:
        body = found(books, "CreditMemo", object_id)
        taxes, codes = tax_lines(books, body), dict(document_form.tax_codes(books))
    return desk.show(
        "credit.html", realm, "credits", refusal, credit=body, taxes=taxes, codes=codes, state=credit_state(body)
    )


def register(pages: Blueprint, desk: Desk) -> None:
    """The pages below /app/<realm>/credits and /app/<realm>/credit."""

    @pages.get("/app/<realm>/credits", endpoint="credits")
    def credit_memos(realm: str) -> Page:
        desk.company(realm)
        show, search = chosen(SHOWS), search_text()
        with desk.emulator.books(realm) as books:
            rows = lists.listed(books, "CreditMemo", show, search, page_number())
            counts = lists.counts(books, "CreditMemo", SHOWS)
        return desk.show(
            "credits.html", realm, "credits", rows=rows, show=show, search=search, counts=counts, shows=SHOWS
        )

    @pages.route("/app/<realm>/credits/new", methods=["GET", "POST"])
    def new_credit(realm: str) -> Page | Response:
        desk.company(realm)
        customer_id = request.values.get("customer", "")
        if not customer_id:
            return choose_customer(desk, realm, "credits", "New credit memo", "screen.new_credit")
        refusal = None
        if request.method == "POST" and "more" not in request.form:
            done = desk.attempt(realm, lambda books: create(books, "CreditMemo", customer_id))
            if not isinstance(done, Refusal):
                flash(f"{document('CreditMemo', done)} over {money(done['TotalAmt'], done.get('CurrencyRef'))} saved.")
                return redirect(url_for("screen.credit", realm=realm, object_id=done["Id"]))
            refusal = done
        with desk.emulator.books(realm) as books:
            customer = found(books, "Customer", customer_id)
            choices = document_form.choices_of(books, None)
            custom = bool(books.preference("SalesFormsPrefs", "CustomTxnNumbers"))
            first = {"TxnDate": books.today.isoformat()}
        sent = request.method == "POST"
        rows = document_form.rows_typed() if sent else document_form.rows_of(None)
        return desk.show(
            "document_form.html", realm, "credits", refusal, kind="CreditMemo", document=None, customer=customer,
            values=forms.typed(first), rows=rows, custom=custom, **choices,
        )  # fmt: skip

    @pages.get("/app/<realm>/credit/<object_id>")
    def credit(realm: str, object_id: str) -> Page:
        return show_credit(desk, realm, object_id)

    @pages.route("/app/<realm>/<any(credit, payment):name>/<object_id>/apply", methods=["GET", "POST"])
    def apply_credit(realm: str, name: str, object_id: str) -> Page | Response:
        desk.company(realm)
        kind = "CreditMemo" if name == "credit" else "Payment"
        refusal = None
        if request.method == "POST":
            done = desk.attempt(realm, lambda books: apply(books, kind, object_id))
            if not isinstance(done, Refusal):
                flash(f"{done} applied.")
                return redirect(url_for(f"screen.{name}", realm=realm, object_id=object_id))
            refusal = done
        with desk.emulator.books(realm) as books:
            body = found(books, kind, object_id)
            owed = open_invoices(books, body["CustomerRef"]["value"])
        values = {"SyncToken": body["SyncToken"], **{f"apply-{invoice['Id']}": "on" for invoice in owed}}
        return desk.show(
            "apply.html", realm, "credits" if name == "credit" else "payments", refusal, body=body, owed=owed,
            left=available(kind, body), title=document(kind, body), back=f"screen.{name}", values=forms.typed(values),
        )  # fmt: skip
