"""The screen: a small accounting program in front of the books, for the eyes and hands of a person.

Its forms have no CSRF tokens: it is a test tool without sign-in, meant for this machine only. What another
site sends here is refused all the same (control.sites).
"""

import secrets
from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException

from qbo_emulator import wording
from qbo_emulator.screen import (
    activity,
    companies,
    connections,
    credits,
    customer_import,
    customers,
    deposits,
    documents,
    endings,
    invoices,
    items,
    links,
    payments,
    settings,
    transactions,
    words,
)
from qbo_emulator.screen.desk import Desk

if TYPE_CHECKING:
    from qbo_emulator.emulator import Emulator

AREAS = (
    companies, activity, links, customers, customer_import, items, invoices, payments, deposits, credits, documents,
    endings, transactions, settings, connections,
)  # fmt: skip
LARGEST_FORM = 4 * 1024 * 1024


def blueprint(emulator: "Emulator") -> Blueprint:
    """The pages at / and /app."""
    pages = Blueprint("screen", __name__)
    desk = Desk(emulator)
    pages.add_app_template_filter(words.money, "money")
    pages.add_app_template_filter(words.price, "price")
    pages.add_app_template_filter(words.sentence, "sentence")
    pages.add_app_template_filter(wording.kind_name, "kind_name")
    pages.add_app_template_global(wording.document, "called")
    pages.add_app_template_global(wording.number_of, "number_of")
    pages.add_app_template_global(words.invoice_state, "invoice_state")
    pages.add_app_template_global(words.payment_state, "payment_state")
    pages.add_app_template_global(words.credit_state, "credit_state")

    @pages.record_once
    def remember_messages(state: BlueprintSetupState) -> None:
        # A message waits in a cookie for the page after the redirect; the name keeps it apart from the cookies of
        # other programs on this machine, and nothing of it needs to outlive the process.
        state.app.config.update(
            SECRET_KEY=secrets.token_hex(), SESSION_COOKIE_NAME="qbo_emulator_screen", SESSION_COOKIE_SAMESITE="Lax"
        )

    @pages.before_request
    def larger_forms() -> None:
        request.max_form_memory_size = LARGEST_FORM

    @pages.app_errorhandler(404)
    def missing(error: HTTPException) -> HTTPException | tuple[str, int]:
        if not request.path.startswith("/app"):
            return error
        realm = (request.view_args or {}).get("realm", "")
        names = dict(emulator.companies())
        known = {"realm": realm, "company": names[realm]} if realm in names else {}
        return render_template("emulator/missing.html", **known), 404

    for area in AREAS:
        area.register(pages, desk)
    return pages
