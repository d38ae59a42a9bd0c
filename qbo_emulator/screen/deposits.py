"""Bank deposits out of the payments that wait in Undeposited Funds."""

from decimal import Decimal

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from qbo_emulator import operations
from qbo_emulator.books import Books
from qbo_emulator.money import ZERO
from qbo_emulator.screen import forms, lists
from qbo_emulator.screen.desk import Desk, Page, Refusal, WrongInput
from qbo_emulator.screen.words import is_voided, money
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body


def waiting(books: Books) -> list[Body]:
    """Payments in Undeposited Funds that no deposit holds."""
    funds = {account for account, _ in lists.accounts(books, ("Other Current Asset",), ("UndepositedFunds",))}
    deposited = {
        link["TxnId"]
        for deposit in books.all("Deposit")
        for line in deposit.get("Line", [])
        for link in line.get("LinkedTxn", [])
        if link["TxnType"] == "Payment"
    }
    return [
        payment
        for payment in books.all("Payment")
        if payment.get("DepositToAccountRef", {}).get("value") in funds
        and payment["Id"] not in deposited
        and Decimal(payment["TotalAmt"])
        and not is_voided(payment)
    ]


def _deposit(books: Books) -> Body:
    chosen = [payment for payment in waiting(books) if f"payment-{payment['Id']}" in request.form]
    if not chosen:
        raise WrongInput("Tick at least one payment.")
    lines = [
        {
            "Amount": payment["TotalAmt"],
            "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}],
        }
        for payment in chosen
    ]
    body: Body = {
        "DepositToAccountRef": forms.reference("DepositToAccountRef.value"),
        "TxnDate": forms.day("TxnDate", "The date"),
        "PrivateNote": forms.text("PrivateNote"),
        "Line": lines,
    }
    given = {name: value for name, value in body.items() if value not in (None, "")}
    return operations.write(books, ENTITIES["Deposit"], given)


def register(pages: Blueprint, desk: Desk) -> None:
    """The page /app/<realm>/deposits/new."""

    @pages.route("/app/<realm>/deposits/new", methods=["GET", "POST"])
    def new_deposit(realm: str) -> Page | Response:
        desk.company(realm)
        refusal = None
        if request.method == "POST":
            done = desk.attempt(realm, _deposit)
            if not isinstance(done, Refusal):
                where = done["DepositToAccountRef"].get("name", "the bank")
                flash(f"{money(done['TotalAmt'], done.get('CurrencyRef'))} deposited to {where}.")
                return redirect(url_for("screen.payments", realm=realm))
            refusal = done
        with desk.emulator.books(realm) as books:
            payments = waiting(books)
            banks = lists.accounts(books, ("Bank",))
            values = {"TxnDate": books.today.isoformat()}
        values |= {f"payment-{payment['Id']}": "on" for payment in payments}
        total = sum((Decimal(payment["TotalAmt"]) for payment in payments), ZERO)
        return desk.show(
            "deposit_form.html", realm, "payments", refusal, payments=payments, banks=banks, total=total,
            values=forms.typed(values),
        )  # fmt: skip
