"""Preferences of a company, and the switches of the emulator."""

from dataclasses import fields

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from qbo_emulator import operations
from qbo_emulator.books import Books
from qbo_emulator.screen import forms
from qbo_emulator.screen.connections import connected
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


GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Names and documents",
        (
            "unicode", "refuse_inactive_with_balance", "refuse_inactive_with_stock", "void_paid_invoices",
            "closed_without_password",
        ),
    ),
    ("Queries and refusals", ("cap_max_results", "case_sensitive_entities", "xml_refusals")),
    (
        "Sign-in and tokens",
        (
            "keep_connection_on_reused_code", "previous_refresh_token_lives_a_day", "refresh_tokens_live_100_days",
            "revoke_on_concurrent_refresh",
        ),
    ),
    (
        "Request IDs and batches",
        ("keep_faulted_request_ids", "refuse_repeated_request_ids", "store_partial_batches"),
    ),
    ("Sales tax", ("zero_tax_overrides", "unchanged_tax_is_recomputed")),
    ("Change data capture", ("cdc_look_back", "cdc_total_count")),
)  # fmt: skip
OTHER = "Other"

Switch = tuple[str, str, str]


def switches(now: Switches) -> list[Switch]:
    """Name, option of the command line and meaning of every switch that is on or off."""
    return [
        (field.name, "--" + field.name.replace("_", "-"), str(field.metadata.get("help", "")))
        for field in fields(Switches)
        if isinstance(getattr(now, field.name), bool)
    ]


def grouped(now: Switches) -> list[tuple[str, list[Switch]]]:
    """The switches by what they are about; one that no group knows is among the others."""
    of = {name: title for title, names in GROUPS for name in names}
    by_title: dict[str, list[Switch]] = {title: [] for title in (*(title for title, _ in GROUPS), OTHER)}
    for one in switches(now):
        by_title[of.get(one[0], OTHER)].append(one)
    return [(title, found) for title, found in by_title.items() if found]


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
            preferences, apps = books.preferences, connected(books)
        first = {name: "on" if preferences[section].get(name) else "" for section, name, _, _ in PREFERENCES}
        first["BookCloseDate"] = preferences["AccountingInfoPrefs"].get("BookCloseDate", "")
        return desk.show(
            "settings.html", realm, "settings", refusal, values=forms.typed(first), preferences=PREFERENCES,
            groups=grouped(desk.emulator.switches), now=vars(desk.emulator.switches), apps=apps,
        )  # fmt: skip

    @pages.post("/app/<realm>/settings/switches")
    def save_switches(realm: str) -> Response:
        desk.company(realm)
        wanted = {name: name in request.form for name, *_ in switches(desk.emulator.switches)}
        desk.emulator.switches.change(wanted)
        flash("Saved for every company, until the emulator starts again.")
        return redirect(url_for("screen.settings", realm=realm))
