"""The form of an invoice or a credit memo: its head and its lines, typed by a person."""

from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

from flask import request

from qbo_emulator.books import Books
from qbo_emulator.money import cents
from qbo_emulator.screen import forms, lists
from qbo_emulator.screen.desk import WrongInput
from qbo_emulator.wire import Body

BLANK_LINES = 3
MOST_LINES = 750
DISCOUNT = "DiscountLineDetail"
SOLD = ("Service", "NonInventory", "Inventory")
US_CODES = (("TAX", "Taxable"), ("NON", "Not taxed"))


def tax_codes(books: Books) -> list[tuple[str, str]]:
    """What a line can be taxed with; empty when the company has no sales tax."""
    if not books.preference("TaxPrefs", "UsingSalesTax"):
        return []
    country = (books.get("CompanyInfo", "1") or {}).get("Country", "US")
    return list(US_CODES) if country in ("US", "USA") else lists.choices(books, "TaxCode", "Name")


def choices_of(books: Books, document: Body | None) -> dict[str, Any]:
    """What the form offers to choose from."""
    items = lists.choices(books, "Item", "FullyQualifiedName", SOLD)
    known = {value for value, _ in items}
    for line in (document or {}).get("Line", []):
        item = line.get("SalesItemLineDetail", {}).get("ItemRef")
        if item and item["value"] not in known:
            items.append((item["value"], item.get("name", item["value"])))
            known.add(item["value"])
    codes = tax_codes(books)
    untyped = "As the item" if codes == list(US_CODES) else "Choose…"
    discounted = bool(books.preference("SalesFormsPrefs", "AllowDiscount")) or _discount_line(document) is not None
    terms = lists.choices(books, "Term")
    return {"items": items, "terms": terms, "codes": codes, "no_code": untyped, "discounted": discounted}


def _discount_line(document: Mapping[str, Any] | None) -> Body | None:
    lines = (document or {}).get("Line", [])
    return next((line for line in lines if line["DetailType"] == DISCOUNT), None)


def discount_of(document: Mapping[str, Any] | None) -> str:
    """The discount of a document as its field says it: 10%, 25.00, or nothing."""
    line = _discount_line(document)
    if line is None:
        return ""
    detail = line.get(DISCOUNT, {})
    return f"{detail.get('DiscountPercent', '')}%" if detail.get("PercentBased") else str(line.get("Amount", ""))


def _discount_typed(old: Mapping[str, Any]) -> Body | None:
    """The discount line to write; the old one stays when the form did not ask for it."""
    before = _discount_line(old)
    if "discount" not in request.form:
        return before
    typed = forms.text("discount")
    if not typed:
        return None
    value = forms.number(typed.removesuffix("%"), "The discount")
    if value <= 0 or (typed.endswith("%") and value > 100):
        raise WrongInput("The discount must be more than zero, and a percentage at most 100%.")
    line: Body = deepcopy(before) if before is not None else {"DetailType": DISCOUNT}
    detail: Body = line.setdefault(DISCOUNT, {})
    detail.pop("DiscountPercent", None)
    line.pop("Amount", None)
    detail["PercentBased"] = typed.endswith("%")
    if detail["PercentBased"]:
        detail["DiscountPercent"] = value
    else:
        line["Amount"] = cents(value)
    return line


def rows_of(document: Body | None) -> list[dict[str, str]]:
    """The lines of a document as rows of the form, and blank ones below them."""
    rows = []
    for line in (document or {}).get("Line", []):
        detail = line.get("SalesItemLineDetail")
        if line["DetailType"] in ("SubTotalLineDetail", "TaxLineDetail", DISCOUNT):
            continue
        row = {"id": line.get("Id", ""), "kind": line["DetailType"], "description": line.get("Description", "")}
        row["amount"] = str(line.get("Amount", ""))
        if detail is not None:
            row["item"] = detail.get("ItemRef", {}).get("value", "")
            row["qty"] = str(detail.get("Qty", ""))
            row["price"] = str(detail.get("UnitPrice", line.get("Amount", "")))
            row["tax"] = detail.get("TaxCodeRef", {}).get("value", "")
        rows.append(row)
    return [*rows, *({"kind": "SalesItemLineDetail"} for _ in range(BLANK_LINES))]


def rows_typed() -> list[dict[str, str]]:
    """The rows as they were sent, to show them again."""
    names = ("id", "kind", "description", "amount", "item", "qty", "price", "tax", "remove")
    rows = [{name: forms.text(f"line-{at}-{name}") for name in names} for at in range(_row_count())]
    if "more" in request.form:
        rows += [{"kind": "SalesItemLineDetail"} for _ in range(BLANK_LINES)]
    return rows


def _row_count() -> int:
    sent = forms.text("lines")
    return min(int(sent), MOST_LINES) if sent.isdigit() and sent.isascii() and len(sent) < 6 else 0


def lines_typed(books: Books, old: Mapping[str, Any]) -> list[Body]:
    """The lines of the body to write; lines that the form cannot change stay as they are unless they are removed."""
    before = {line["Id"]: line for line in old.get("Line", []) if "Id" in line}
    lines = []
    for row in rows_typed():
        line = deepcopy(before.get(row["id"], {}))
        blank = not row["id"] and not any(row[name] for name in ("item", "description", "qty", "price"))
        if row["remove"] or blank:
            continue
        if row["kind"] == "SalesItemLineDetail":
            lines.append(_sold(books, line, row))
        elif line:
            lines.append({**line, "Description": row["description"]} if row["kind"] == "DescriptionOnly" else line)
    if not lines:
        raise WrongInput("There is no line. Choose a product or service in one of them.")
    discount = _discount_typed(old)
    return lines if discount is None else [*lines, discount]


def _sold(books: Books, line: Body, row: Mapping[str, str]) -> Body:
    label = f"Line {row['description'] or row['id'] or 'without a description'}"
    detail: Body = line.setdefault("SalesItemLineDetail", {})
    line["DetailType"] = "SalesItemLineDetail"
    if not row["item"]:
        raise WrongInput(f"{label}: choose a product or service, or remove the line.")
    if detail.get("ItemRef", {}).get("value") != row["item"]:
        detail.clear()
        detail["ItemRef"] = {"value": row["item"]}
    item = books.get("Item", row["item"]) or {}
    line["Description"] = row["description"] or ("" if row["id"] else item.get("Description", ""))
    typed_price = row["price"] or str(item.get("UnitPrice", "0"))
    price = forms.number(typed_price, f"{label}, rate")
    if row["qty"]:
        quantity = forms.number(row["qty"], f"{label}, quantity")
        detail["Qty"], detail["UnitPrice"], line["Amount"] = quantity, price, cents(quantity * price)
    elif not row["id"] and "Qty" not in detail:
        detail["Qty"], detail["UnitPrice"], line["Amount"] = Decimal(1), price, cents(price)
    else:
        detail.pop("Qty", None)
        detail.pop("UnitPrice", None)
        line["Amount"] = cents(price)
    if row["tax"]:
        detail["TaxCodeRef"] = {"value": row["tax"]}
    return line
