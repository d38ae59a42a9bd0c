"""The PDF of a document, and sending an invoice by e-mail."""

from flask import Blueprint, Response, abort, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from qbo_emulator.api.documents import send_by_email
from qbo_emulator.books import Books
from qbo_emulator.pdf.content import paper
from qbo_emulator.pdf.layout import render
from qbo_emulator.screen import forms
from qbo_emulator.screen.desk import Desk, Page, Refusal, found
from qbo_emulator.screen.invoices import show_invoice
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body


def register(pages: Blueprint, desk: Desk) -> None:
    """The paths /app/<realm>/pdf and /app/<realm>/invoice/<id>/send."""

    @pages.get("/app/<realm>/pdf/<kind>/<object_id>.pdf")
    def pdf(realm: str, kind: str, object_id: str) -> Response:
        desk.company(realm)
        entity = ENTITIES.get(kind)
        if entity is None or not entity.printable:
            abort(404)
        with desk.emulator.books(realm) as books:
            content = paper(books, entity, found(books, kind, object_id))
        return Response(render(content), content_type="application/pdf")

    @pages.post("/app/<realm>/invoice/<object_id>/send")
    def send_invoice(realm: str, object_id: str) -> Page | AnyResponse:
        desk.company(realm)

        def send(books: Books) -> Body:
            found(books, "Invoice", object_id)
            return send_by_email(books, ENTITIES["Invoice"], object_id, forms.text("sendTo"))

        done = desk.attempt(realm, send)
        if isinstance(done, Refusal):
            return show_invoice(desk, realm, object_id, done)
        flash(f"Marked as sent to {done['BillEmail']['Address']}. No e-mail leaves this machine.")
        return redirect(url_for("screen.invoice", realm=realm, object_id=object_id))
