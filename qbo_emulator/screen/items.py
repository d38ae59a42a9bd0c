"""Products and services."""

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from qbo_emulator import operations
from qbo_emulator.books import Books
from qbo_emulator.screen import forms, lists
from qbo_emulator.screen.customers import restored_name
from qbo_emulator.screen.desk import Desk, Page, Refusal, chosen, found, page_number, search_text, update
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body

SHOWS = ("all", "active", "inactive")
TYPES = (
    ("NonInventory", "Non-inventory: bought and sold, not counted"),
    ("Service", "Service"),
    ("Inventory", "Inventory: the quantity on hand is counted"),
)
FIELDS = ("Name", "Sku", "Description", "UnitPrice", "PurchaseCost", "Taxable", "Type")


def _typed() -> Body:
    body: Body = {
        "Name": forms.text("Name"),
        "Sku": forms.text("Sku"),
        "Description": forms.text("Description"),
        "Taxable": "Taxable" in request.form,
    }
    for name, label in (("UnitPrice", "Price"), ("PurchaseCost", "Cost")):
        if forms.text(name):
            body[name] = forms.number(forms.text(name), label)
    return body


def _account(books: Books, types: tuple[str, ...], subtypes: tuple[str, ...]) -> Body | None:
    fitting = lists.accounts(books, types, subtypes) or lists.accounts(books, types)
    return {"value": fitting[0][0]} if fitting else None


def _new(books: Books) -> Body:
    """A new item with the accounts that a company proposes for its type."""
    body = {**_typed(), "Type": forms.text("Type")}
    service = body["Type"] == "Service"
    chosen_income = forms.reference("IncomeAccountRef.value")
    subtypes = ("ServiceFeeIncome",) if service else ("SalesOfProductIncome",)
    body["IncomeAccountRef"] = chosen_income or _account(books, ("Income",), subtypes)
    if not service:
        body["ExpenseAccountRef"] = _account(books, ("Cost of Goods Sold",), ("SuppliesMaterialsCogs",))
    if body["Type"] == "Inventory":
        body["TrackQtyOnHand"] = True
        body["QtyOnHand"] = forms.number(forms.text("QtyOnHand") or "0", "Quantity on hand")
        body["InvStartDate"] = forms.day("InvStartDate", "Start date") or books.today.isoformat()
        body["AssetAccountRef"] = _account(books, ("Other Current Asset",), ("Inventory",))
    return operations.write(books, ENTITIES["Item"], body)


def register(pages: Blueprint, desk: Desk) -> None:
    """The pages below /app/<realm>/items and /app/<realm>/item."""

    @pages.get("/app/<realm>/items")
    def items(realm: str) -> Page:
        desk.company(realm)
        show, search = chosen(SHOWS), search_text()
        with desk.emulator.books(realm) as books:
            rows = lists.listed(books, "Item", show, search, page_number())
            counts = lists.counts(books, "Item", SHOWS)
        return desk.show("items.html", realm, "items", rows=rows, show=show, search=search, counts=counts, shows=SHOWS)

    @pages.route("/app/<realm>/items/new", methods=["GET", "POST"])
    def new_item(realm: str) -> Page | Response:
        desk.company(realm)
        refusal = None
        if request.method == "POST":
            done = desk.attempt(realm, _new)
            if not isinstance(done, Refusal):
                flash(f"Item {done['Name']} saved.")
                return redirect(url_for("screen.items", realm=realm))
            refusal = done
        with desk.emulator.books(realm) as books:
            income = lists.accounts(books, ("Income",))
            today = books.today.isoformat()
        values = forms.typed({"Type": "NonInventory", "InvStartDate": today})
        return desk.show(
            "item_form.html", realm, "items", refusal, values=values, item=None, types=TYPES, income=income
        )

    def _edit(realm: str, object_id: str, refusal: Refusal | None = None, sent: bool = False) -> Page:
        with desk.emulator.books(realm) as books:
            body = found(books, "Item", object_id)
        first = {**forms.fields_of(body, FIELDS), "SyncToken": body["SyncToken"]}
        values = forms.typed(first) if sent else first
        return desk.show("item_form.html", realm, "items", refusal, values=values, item=body, types=TYPES, income=[])

    @pages.route("/app/<realm>/item/<object_id>/edit", methods=["GET", "POST"])
    def edit_item(realm: str, object_id: str) -> Page | Response:
        desk.company(realm)
        if request.method == "GET":
            return _edit(realm, object_id)
        done = desk.attempt(realm, lambda books: update(books, "Item", found(books, "Item", object_id), **_typed()))
        if isinstance(done, Refusal):
            return _edit(realm, object_id, done, sent=True)
        flash(f"Item {done['Name']} saved.")
        return redirect(url_for("screen.items", realm=realm))

    @pages.post("/app/<realm>/items/<object_id>/active")
    def activate_item(realm: str, object_id: str) -> Page | Response:
        desk.company(realm)
        active = request.form.get("active") == "true"

        def save(books: Books) -> Body:
            old = found(books, "Item", object_id)
            return update(books, "Item", old, Active=active, **(restored_name("Item", old) if active else {}))

        done = desk.attempt(realm, save)
        if isinstance(done, Refusal):
            return _edit(realm, object_id, done)
        flash(f"{done['Name']} is {'active again' if active else 'inactive now'}.")
        return redirect(url_for("screen.edit_item", realm=realm, object_id=object_id))
