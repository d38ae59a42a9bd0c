"""Bundles on sales documents: a line of an item of type Group, with a line for each of its members."""

from collections.abc import Iterator
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.money import cents, plain
from qbo_emulator.rules.references import resolve
from qbo_emulator.wire import Body


def opened(rows: list[Body]) -> Iterator[Body]:
    """The lines, each bundle followed by its members."""
    for row in rows:
        yield row
        yield from (row.get("GroupLineDetail") or {}).get("Line") or ()


def bundle(books: Books, given: Body, before: Body | None) -> tuple[Body, list[Body]]:
    """The line of a bundle without members, and the members as they came, or as the item's ItemGroupDetail has them."""
    detail = {name: value for name, value in (given.get("GroupLineDetail") or {}).items() if value not in (None, {})}
    if not detail.get("GroupItemRef"):
        raise faults.missing("Line.GroupLineDetail.GroupItemRef")
    kept = (before or {}).get("GroupLineDetail", {}).get("GroupItemRef")
    item = resolve(books, "Item", detail["GroupItemRef"], kept)
    if item["Type"] != "Group":
        raise faults.business(f"{item['Name']} is not a bundle.")
    quantity = Decimal(1 if detail.get("Quantity") is None else detail["Quantity"])
    members = detail.pop("Line", None) or list(_members(books, item, quantity))
    for member in members:
        if member.get("DetailType") != "SalesItemLineDetail":
            raise faults.business("A bundle is made of products and services.")
    row = {name: given[name] for name in ("Id", "Description", "DetailType") if given.get(name) is not None}
    row["GroupLineDetail"] = {**detail, "Quantity": plain(quantity), "Line": []}
    return row, members


def _members(books: Books, item: Body, quantity: Decimal) -> Iterator[Body]:
    for member in item.get("ItemGroupDetail", {}).get("ItemGroupLine", ()):
        product = books.get("Item", member["ItemRef"]["value"])
        if product is None:
            raise faults.bad_reference(f"Items element id {member['ItemRef']['value']} not found")
        count = quantity * Decimal(member.get("Qty") or 1)
        price = Decimal(product.get("UnitPrice") or 0)
        yield {
            "DetailType": "SalesItemLineDetail",
            "Description": product.get("Description") or product["Name"],
            "Amount": cents(count * price),
            "SalesItemLineDetail": {"ItemRef": {"value": product["Id"]}, "Qty": plain(count), "UnitPrice": price},
        }
