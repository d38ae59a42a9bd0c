"""Void and delete: a question first, then the act."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from qbo_emulator import operations
from qbo_emulator.screen.credits import show_credit
from qbo_emulator.screen.desk import Desk, Page, Refusal, found, seen
from qbo_emulator.screen.invoices import holding, show_invoice
from qbo_emulator.screen.payments import show_payment
from qbo_emulator.screen.words import credit_state, invoice_state, payment_state
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body
from qbo_emulator.wording import document

Show = Callable[[Desk, str, str, Refusal | None], Page]
ENDED: dict[str, tuple[str, Show]] = {
    "invoice": ("Invoice", show_invoice),
    "payment": ("Payment", show_payment),
    "credit": ("CreditMemo", show_credit),
}


def _state(kind: str, body: Body, today: str) -> str:
    match kind:
        case "Invoice":
            return invoice_state(body, today)
        case "Payment":
            return payment_state(body)
    return credit_state(body)


def register(pages: Blueprint, desk: Desk) -> None:
    """The pages /app/<realm>/<invoice, payment or credit>/<id>/void and /delete."""

    @pages.route(
        "/app/<realm>/<any(invoice, payment, credit):name>/<object_id>/<any(void, delete):act>", methods=["GET", "POST"]
    )
    def end(realm: str, name: str, object_id: str, act: str) -> Page | Response:
        desk.company(realm)
        kind, show = ENDED[name]
        with desk.emulator.books(realm) as books:
            body = found(books, kind, object_id)
            today = books.today.isoformat()
            held = holding(books, body) if (kind, act) == ("Invoice", "void") else []
        called = document(kind, body)
        if request.method == "GET":
            state = _state(kind, body, today)
            return desk.show(
                "confirm.html", realm, f"{name}s", kind=kind, body=body, act=act, name=called, state=state, holding=held
            )
        do = operations.void if act == "void" else operations.delete
        done = desk.attempt(realm, lambda books: do(books, ENTITIES[kind], seen(body)))
        if isinstance(done, Refusal):
            return show(desk, realm, object_id, done)
        reopened = " What it paid is open again." if kind == "Payment" else ""
        if act == "void":
            flash(f"{called} is voided. It stays in the books with every amount at zero.{reopened}")
            return redirect(url_for(f"screen.{name}", realm=realm, object_id=object_id))
        flash(f"{called} is deleted.{reopened}")
        return redirect(url_for(f"screen.{name}s", realm=realm))
