"""Payments: receive, apply, unapply, void and delete."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from qbo_emulator import operations
from qbo_emulator.books import Books
from qbo_emulator.money import ZERO
from qbo_emulator.screen import forms, lists
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
from qbo_emulator.screen.words import money, payment_state
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body
from qbo_emulator.wording import document

SHOWS = ("all", "unapplied", "voided")
DEPOSIT_TYPES = ("Bank", "Other Current Asset")


def typed_shares(invoices: Sequence[Body], total: Decimal) -> list[tuple[Body, Decimal]]:
    """What a payment pays of each ticked invoice: the amount that was typed, else as much as is left of the total."""
    left, shares = total, []
    paid_in = invoices[0].get("CurrencyRef") if invoices else None
    for invoice in invoices:
        if f"apply-{invoice['Id']}" not in request.form:
            continue
        wanted = forms.text(f"amount-{invoice['Id']}")
        label = document("Invoice", invoice)
        share = forms.number(wanted, label) if wanted else min(left, Decimal(invoice["Balance"]))
        if share < 0:
            raise WrongInput(f"{label}: an amount below zero can't be applied.")
        if share:
            shares.append((invoice, share))
            left -= share
    if left < 0:
        raise WrongInput(
            f"The invoices get {money(total - left, paid_in)}, but only {money(total, paid_in)} was received. "
            "Lower an amount or untick an invoice."
        )
    return shares


def linked_lines(shares: Sequence[tuple[Body, Decimal]]) -> list[Body]:
    """Lines of a payment that pay these invoices."""
    return [
        {"Amount": share, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]} for invoice, share in shares
    ]


def open_invoices(books: Books, customer: str, first: str = "") -> list[Body]:
    """What a customer owes, oldest first; the invoice that one comes from leads."""
    rows = lists.of_customer(books, "Invoice", customer, "open", oldest_first=True)
    return sorted(rows, key=lambda invoice: invoice["Id"] != first)


def _receive(books: Books, customer: str, first: str) -> tuple[Body, list[Body]]:
    total = forms.number(forms.text("TotalAmt"), "Amount received") if forms.text("TotalAmt") else None
    if total is None:
        raise WrongInput("Write how much was received.")
    if total <= 0:
        raise WrongInput("The amount must be more than zero.")
    shares = typed_shares(open_invoices(books, customer, first), total)
    body: Body = {
        **party(books, customer),
        "TotalAmt": total,
        "TxnDate": forms.day("TxnDate", "The payment date"),
        "PaymentMethodRef": forms.reference("PaymentMethodRef.value"),
        "PaymentRefNum": forms.text("PaymentRefNum"),
        "DepositToAccountRef": forms.reference("DepositToAccountRef.value"),
        "PrivateNote": forms.text("PrivateNote"),
        "Line": linked_lines(shares),
    }
    body = {name: value for name, value in body.items() if value not in (None, "")}
    payment = operations.write(books, ENTITIES["Payment"], body)
    return payment, [found(books, "Invoice", invoice["Id"]) for invoice, _ in shares]


def _received(payment: Body, paid: Sequence[Body]) -> str:
    words = ["Payment received."]
    for invoice in paid[:5]:
        name, left = document("Invoice", invoice), Decimal(invoice["Balance"])
        words.append(
            f"{name} has {money(left, invoice.get('CurrencyRef'))} left to pay." if left else f"{name} is paid."
        )
    if len(paid) > 5:
        words.append(f"So are {len(paid) - 5} more.")
    if unapplied := Decimal(payment.get("UnappliedAmt", 0)):
        words.append(f"{money(unapplied, payment.get('CurrencyRef'))} is not applied and stays as a credit.")
    return " ".join(words)


def _lines(books: Books, payment: Body) -> list[dict[str, Any]]:
    return [
        {"kind": link["TxnType"], "body": books.get(link["TxnType"], link["TxnId"]), "amount": line["Amount"]}
        for line in payment.get("Line", [])
        for link in line.get("LinkedTxn", [])
    ]


def show_payment(desk: Desk, realm: str, object_id: str, refusal: Refusal | None = None) -> Page:
    """The page of one payment."""
    desk.company(realm)
    with desk.emulator.books(realm) as books:
        body = found(books, "Payment", object_id)
        lines = _lines(books, body)
    return desk.show("payment.html", realm, "payments", refusal, payment=body, lines=lines, state=payment_state(body))


def register(pages: Blueprint, desk: Desk) -> None:
    """The pages below /app/<realm>/payments and /app/<realm>/payment."""

    @pages.get("/app/<realm>/payments")
    def payments(realm: str) -> Page:
        desk.company(realm)
        show, search = chosen(SHOWS), search_text()
        with desk.emulator.books(realm) as books:
            rows = lists.listed(books, "Payment", show, search, page_number())
            counts = lists.counts(books, "Payment", SHOWS)
        return desk.show(
            "payments.html", realm, "payments", rows=rows, show=show, search=search, counts=counts, shows=SHOWS
        )

    @pages.route("/app/<realm>/payments/new", methods=["GET", "POST"])
    def new_payment(realm: str) -> Page | Response:
        desk.company(realm)
        customer_id, first = request.values.get("customer", ""), request.values.get("invoice", "")
        if not customer_id:
            return choose_customer(desk, realm, "payments", "Receive a payment", "screen.new_payment")
        refusal = None
        if request.method == "POST":
            done = desk.attempt(realm, lambda books: _receive(books, customer_id, first))
            if not isinstance(done, Refusal):
                payment, paid = done
                flash(_received(payment, paid))
                if first:
                    return redirect(url_for("screen.invoice", realm=realm, object_id=first))
                return redirect(url_for("screen.payment", realm=realm, object_id=payment["Id"]))
            refusal = done
        with desk.emulator.books(realm) as books:
            customer = found(books, "Customer", customer_id)
            owed = open_invoices(books, customer_id, first)
            methods = lists.choices(books, "PaymentMethod", "Name")
            deposit_to = lists.accounts(books, DEPOSIT_TYPES)
            undeposited = lists.accounts(books, ("Other Current Asset",), ("UndepositedFunds",))
            values = {"TxnDate": books.today.isoformat(), "invoice": first}
        if undeposited:
            values["DepositToAccountRef.value"] = undeposited[0][0]
        for invoice in owed:
            if invoice["Id"] == first:
                values |= {"TotalAmt": str(invoice["Balance"]), f"apply-{first}": "on"}
            elif not first:
                values[f"apply-{invoice['Id']}"] = "on"
        return desk.show(
            "payment_form.html", realm, "payments", refusal, customer=customer, owed=owed, methods=methods,
            deposit_to=deposit_to, values=forms.typed(values),
        )  # fmt: skip

    @pages.get("/app/<realm>/payment/<object_id>")
    def payment(realm: str, object_id: str) -> Page:
        return show_payment(desk, realm, object_id)

    @pages.post("/app/<realm>/payment/<object_id>/unapply")
    def unapply_payment(realm: str, object_id: str) -> Page | Response:
        desk.company(realm)

        def unapply(books: Books) -> Body:
            old = found(books, "Payment", object_id)
            same = {"CustomerRef": old["CustomerRef"], "TotalAmt": old["TotalAmt"]}
            return update(books, "Payment", old, **same, Line=[])

        done = desk.attempt(realm, unapply)
        if isinstance(done, Refusal):
            return show_payment(desk, realm, object_id, done)
        flash(
            f"The payment pays nothing now. {money(done.get('UnappliedAmt', ZERO), done.get('CurrencyRef'))} stays as a credit."
        )
        return redirect(url_for("screen.payment", realm=realm, object_id=object_id))
