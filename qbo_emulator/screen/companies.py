"""The list of companies, and what one of them looks like at a glance."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template

from qbo_emulator.books import Books
from qbo_emulator.screen import lists
from qbo_emulator.screen.connections import connected
from qbo_emulator.screen.desk import Desk, Page
from qbo_emulator.wire import Body

RECENT = 8


def tax_kind(books: Books) -> str:
    """Who computes sales tax in a company, in words."""
    country = (books.get("CompanyInfo", "1") or {}).get("Country", "US")
    if not books.preference("TaxPrefs", "UsingSalesTax"):
        return "no sales tax"
    if country not in ("US", "USA"):
        return "tax by code"
    return "automated sales tax" if books.preference("TaxPrefs", "PartnerTaxEnabled") else "sales tax"


def undeposited(books: Books) -> Decimal:
    """What lies in Undeposited Funds."""
    return sum(
        (
            Decimal(account.get("CurrentBalance", 0))
            for account in books.all("Account")
            if account.get("AccountSubType") == "UndepositedFunds"
        ),
        Decimal(0),
    )


def _count(rows: dict[str, int]) -> str:
    """How many names of a list are active, and how many are not when there are such."""
    return f"{rows['active']} active, {rows['inactive']} inactive" if rows["inactive"] else str(rows["active"])


def _card(books: Books, name: str) -> dict[str, Any]:
    kinds = {"customers": "Customer", "items": "Item"}
    counts = {word: _count(lists.counts(books, kind, ("active", "inactive"))) for word, kind in kinds.items()}
    return {
        "realm": books.realm,
        "name": name,
        "country": (books.get("CompanyInfo", "1") or {}).get("Country", ""),
        "tax": tax_kind(books),
        "currency": books.preference("CurrencyPrefs", "HomeCurrency"),
        "counts": {**counts, "invoices": str(lists.counts(books, "Invoice", ("all",))["all"])},
        "apps": [one.app for one in connected(books)],
    }


def _open(books: Books) -> dict[str, Any]:
    row = books.connection.execute(
        "SELECT coalesce(sum(balance), 0) AS owed, coalesce(sum(balance) FILTER (WHERE due < ?), 0) AS late FROM "
        "(SELECT json_extract(body, '$.Balance') * coalesce(json_extract(body, '$.ExchangeRate'), 1) AS balance, "
        "json_extract(body, '$.DueDate') AS due FROM entities "
        "WHERE realm = ? AND type = 'Invoice' AND deleted = 0)",
        (books.today.isoformat(), books.realm),
    ).fetchone()
    # SQLite adds up in binary; two decimals are exact again for any sum that books of a test hold.
    return {"owed": round(Decimal(row["owed"]), 2), "late": round(Decimal(row["late"]), 2)}


def _recent(books: Books, kind: str) -> list[Body]:
    return lists.listed(books, kind, "all", "", 1).rows[:RECENT]


def register(pages: Blueprint, desk: Desk) -> None:
    """The pages / and /app/<realm>."""

    @pages.get("/")
    def companies() -> str:
        cards = []
        for realm, name in desk.emulator.companies():
            with desk.emulator.books(realm) as books:
                cards.append(_card(books, name))
        return render_template("emulator/companies.html", companies=cards, client=desk.emulator.client_id)

    @pages.get("/app/<realm>")
    def overview(realm: str) -> Page:
        desk.company(realm)
        with desk.emulator.books(realm) as books:
            card = _card(books, "")
            figures = {**_open(books), "undeposited": undeposited(books)}
            overdue = lists.counts(books, "Invoice", ("open", "overdue"))
            invoices, payments = _recent(books, "Invoice"), _recent(books, "Payment")
            today = books.today.isoformat()
        return desk.show(
            "overview.html", realm, "overview", card=card, figures=figures, count=overdue, invoices=invoices,
            payments=payments, today=today,
        )  # fmt: skip
