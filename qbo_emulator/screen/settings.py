"""Preferences of a company, and the switches of the emulator."""

from dataclasses import fields

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from qbo_emulator import operations
from qbo_emulator.books import Books
from qbo_emulator.screen import forms
from qbo_emulator.screen.desk import Desk, Page, Refusal
from qbo_emulator.switches import Switches
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body

PREFERENCES = (
    (
        "SalesFormsPrefs",
        "CustomTxnNumbers",
        "Custom transaction numbers",
        "Invoices keep the number they are sent with. Off: the company counts up by itself.",
    ),
    ("SalesFormsPrefs", "AllowDiscount", "Discount", "Invoices may have a discount line."),
    ("SalesFormsPrefs", "AllowShipping", "Shipping", "Invoices may have a shipping line."),
    ("SalesFormsPrefs", "AllowDeposit", "Deposit", "Invoices may have a deposit."),
    (
        "SalesFormsPrefs",
        "AutoApplyCredit",
        "Apply credits automatically",
        "A new invoice takes credits and unapplied payments of its customer at once.",
    ),
    ("TaxPrefs", "UsingSalesTax", "Sales tax", "Invoices carry sales tax."),
)


def switches(now: Switches) -> list[tuple[str, str, str]]:
    """Name, option of the command line and meaning of every switch that is on or off."""
    return [
        (field.name, "--" + field.name.replace("_", "-"), str(field.metadata.get("help", "")))
        for field in fields(Switches)
        if isinstance(getattr(now, field.name), bool)
    ]


def save(books: Books) -> None:
    """Save the form of the preferences."""
    day = forms.day("BookCloseDate", "The closing date")
    given: Body = {"Id": "1", "SyncToken": books.preferences["SyncToken"]}
    given["AccountingInfoPrefs"] = {"BookCloseDate": day}
    for section, name, _, _ in PREFERENCES:
        given.setdefault(section, {})[name] = name in request.form
    operations.write(books, ENTITIES["Preferences"], given)


def register(pages: Blueprint, desk: Desk) -> None:
    """The page /app/<realm>/settings."""

    @pages.route("/app/<realm>/settings", methods=["GET", "POST"])
    def settings(realm: str) -> Page | Response:
        desk.company(realm)
        refusal = None
        if request.method == "POST":
            done = desk.attempt(realm, save)
            if not isinstance(done, Refusal):
                flash("Saved.")
                return redirect(url_for("screen.settings", realm=realm))
            refusal = done
        with desk.emulator.books(realm) as books:
            preferences = books.preferences
        first = {name: "on" if preferences[section].get(name) else "" for section, name, _, _ in PREFERENCES}
        first["BookCloseDate"] = preferences["AccountingInfoPrefs"].get("BookCloseDate", "")
        return desk.show(
            "settings.html", realm, "settings", refusal, values=forms.typed(first), preferences=PREFERENCES,
            switches=switches(desk.emulator.switches), now=vars(desk.emulator.switches),
        )  # fmt: skip

    @pages.post("/app/<realm>/settings/switches")
    def save_switches(realm: str) -> Response:
        desk.company(realm)
        wanted = {name: name in request.form for name, *_ in switches(desk.emulator.switches)}
        desk.emulator.switches.change(wanted)
        flash("Saved for every company, until the emulator starts again.")
        return redirect(url_for("screen.settings", realm=realm))
