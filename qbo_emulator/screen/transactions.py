"""Every transaction in one list, estimates, and the JSON of any object."""

from flask import Blueprint, abort, request

from qbo_emulator.screen import lists
from qbo_emulator.screen.desk import Desk, Page, found, page_number, search_text
from qbo_emulator.screen.words import pretty
from qbo_emulator.tables import ENTITIES


def register(pages: Blueprint, desk: Desk) -> None:
    """The pages /app/<realm>/transactions, /estimates and /raw."""

    @pages.get("/app/<realm>/transactions")
    def transactions(realm: str) -> Page:
        desk.company(realm)
        kinds = [name for name, entity in ENTITIES.items() if entity.transaction]
        kind = request.args.get("kind", "")
        kind, search = kind if kind in kinds else "", search_text()
        with desk.emulator.books(realm) as books:
            found_rows, rows = lists.transactions(books, kind, search, page_number())
        return desk.show(
            "transactions.html", realm, "transactions", found=found_rows, rows=rows, kind=kind, kinds=kinds,
            search=search,
        )  # fmt: skip

    @pages.get("/app/<realm>/estimates")
    def estimates(realm: str) -> Page:
        desk.company(realm)
        search = search_text()
        with desk.emulator.books(realm) as books:
            rows = lists.listed(books, "Estimate", "all", search, page_number())
        return desk.show("estimates.html", realm, "estimates", rows=rows, search=search)

    @pages.get("/app/<realm>/raw/<kind>/<object_id>")
    def raw(realm: str, kind: str, object_id: str) -> Page:
        desk.company(realm)
        if kind not in ENTITIES:
            abort(404)
        with desk.emulator.books(realm) as books:
            body = found(books, kind, object_id)
        return desk.show(
            "raw.html", realm, "transactions", kind=kind, body=body, json=pretty(body),
            transaction=ENTITIES[kind].transaction,
        )  # fmt: skip
