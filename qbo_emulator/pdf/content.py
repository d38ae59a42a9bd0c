"""What is printed of a document, as plain text: decided here, placed by the layout."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from qbo_emulator.books import Books
from qbo_emulator.money import plain
from qbo_emulator.tables import ENTITIES
from qbo_emulator.tables.schema import Entity
from qbo_emulator.wire import Body
from qbo_emulator.wording import document, kind_name

SHIPPING = "SHIPPING_ITEM_ID"
# Members that are printed beside the address, in this order; the first of several names that is there.
FACTS = (
    ("Number", ("DocNumber", "PaymentRefNum")),
    ("Date", ("TxnDate",)),
    ("Due date", ("DueDate",)),
    ("Valid until", ("ExpirationDate",)),
    ("Terms", ("SalesTermRef", "TermRef")),
    ("Payment method", ("PaymentMethodRef",)),
    ("Ship date", ("ShipDate",)),
    ("Ship via", ("ShipMethodRef",)),
    ("Tracking no.", ("TrackingNum",)),
    ("Currency", ("CurrencyRef",)),
)
DATES = ("TxnDate", "DueDate", "ExpirationDate", "ShipDate")
# What is left of a document: the first member that is there.
LEFT = (("Remaining credit", "RemainingCredit"), ("Balance due", "Balance"), ("Not applied", "UnappliedAmt"))


@dataclass(frozen=True)
class Row:
    """A line of the table. A group's members are indented; bare rows have no figures."""

    name: str
    description: str = ""
    quantity: str = ""
    rate: str = ""
    amount: str = ""
    indent: bool = False


@dataclass
class Paper:
    """Everything that is printed, in the order of reading. name is what people call the document."""

    title: str
    name: str
    company: str
    company_lines: list[str]
    to_label: str
    to_lines: list[str]
    ship_lines: list[str]
    facts: list[tuple[str, str]]
    columns: tuple[str, ...]
    rows: list[Row]
    totals: list[tuple[str, str]]
    due: tuple[str, str] | None
    message: str
    voided: bool
    letter: bool
    fields: list[tuple[str, str]] = field(default_factory=list)


def is_voided(body: Body) -> bool:
    """Whether it was voided: nothing in it, and a note that says so."""
    return not Decimal(body.get("TotalAmt", 0)) and "Voided" in body.get("PrivateNote", "")


def paper(books: Books, entity: Entity, body: Body) -> Paper:
    """What is printed of a document of this company."""
    company = books.get("CompanyInfo", "1") or {}
    party = _party(books, body)
    home = books.preference("CurrencyPrefs", "HomeCurrency")
    foreign = body.get("CurrencyRef", {}).get("value") != (home.get("value") if isinstance(home, dict) else None)
    subtotal, discount = _line(body, "SubTotalLineDetail"), _line(body, "DiscountLineDetail")
    rows = [row for line in body.get("Line", []) for row in _rows(books, line)]
    totals = []
    if subtotal is not None and "Amount" in subtotal:
        totals.append(("Subtotal", money(subtotal["Amount"])))
    if discount is not None and Decimal(discount.get("Amount", 0)):
        percent = discount.get("DiscountLineDetail", {}).get("DiscountPercent")
        label = "Discount" if percent is None else f"Discount {_figure(percent)}%"
        totals.append((label, money(-Decimal(discount["Amount"]))))
    totals += [("Shipping", money(line["Amount"])) for line in body.get("Line", []) if _is_shipping(line)]
    totals += _taxes(books, body)
    total = Decimal(body.get("TotalAmt", 0))
    totals.append(
        (f"Total {body['CurrencyRef']['value']}" if foreign and "CurrencyRef" in body else "Total", money(total))
    )
    left = next(((label, body[name]) for label, name in LEFT if name in body), None)
    deposit = Decimal(body.get("Deposit", 0))
    if deposit:
        totals.append(("Deposit", money(-deposit)))
    if left is not None and left[0] == "Balance due" and (paid := total - deposit - Decimal(left[1])):
        totals.append(("Payments", money(-paid)))
    facts = [fact for fact in _facts(body) if fact[0] != "Currency" or foreign]
    fields_ = [
        (str(row.get("Name", "")), str(row["StringValue"]))
        for row in body.get("CustomField", [])
        if row.get("StringValue")
    ]
    applied = not any(line.get("DetailType") for line in body.get("Line", []))
    return Paper(
        title=kind_name(entity.name),
        name=document(entity.name, body),
        company=str(company.get("CompanyName", "")),
        company_lines=[*_address(company.get("CompanyAddr")), *_contact(company)],
        to_label="Vendor" if "VendorRef" in body else ("Received from" if applied else "Bill to"),
        to_lines=party,
        ship_lines=_address(body.get("ShipAddr")),
        facts=facts,
        columns=("Applied to", "", "", "Amount") if applied else ("Product or service", "Qty", "Rate", "Amount"),
        rows=rows,
        totals=totals,
        due=None if left is None else (left[0], money(left[1])),
        message=str(body.get("CustomerMemo", {}).get("value", "") or body.get("Memo", "")),
        voided=is_voided(body),
        letter=company.get("Country", "US") in ("US", "CA", "USA"),
        fields=fields_,
    )


def money(amount: Any) -> str:
    """An amount with two decimals and thousands: 1,234.50."""
    return f"{Decimal(amount):,.2f}"


def _figure(value: Any) -> str:
    """A quantity or percentage as short as it can be, with thousands."""
    return f"{plain(Decimal(value)):,f}"


def _rate(value: Any) -> str:
    """A price: two decimals at least, more when it has them."""
    short = plain(Decimal(value))
    exponent = short.as_tuple().exponent
    return f"{short:,f}" if isinstance(exponent, int) and exponent < -2 else money(short)


def _day(text: str) -> str:
    day = date.fromisoformat(text[:10])
    return f"{day:%b} {day.day}, {day.year}"


def _facts(body: Body) -> Iterator[tuple[str, str]]:
    for label, names in FACTS:
        value = next((body[name] for name in names if body.get(name)), None)
        if isinstance(value, dict):
            value = value.get("value") if label == "Currency" else value.get("name") or value.get("value")
        if value:
            yield label, _day(str(value)) if names[0] in DATES else str(value)


def _party(books: Books, body: Body) -> list[str]:
    """Name and address of the customer or vendor; the document's own address goes before the one on file."""
    kind = "Vendor" if "VendorRef" in body else "Customer"
    reference = body.get(f"{kind}Ref", {})
    on_file = books.get(kind, str(reference.get("value", ""))) or {}
    name = str(reference.get("name") or on_file.get("DisplayName", ""))
    address = _address(body.get("BillAddr") or body.get("VendorAddr") or on_file.get("BillAddr"))
    company = on_file.get("CompanyName")
    lines = [name, *([str(company)] if company and company != name else []), *address]
    return [line for position, line in enumerate(lines) if line and line not in lines[:position]]


def _address(address: Body | None) -> list[str]:
    if not address:
        return []
    lines = [str(address[name]) for name in (f"Line{position}" for position in range(1, 6)) if address.get(name)]
    city = ", ".join(str(address[name]) for name in ("City", "CountrySubDivisionCode") if address.get(name))
    place = f"{city} {address.get('PostalCode', '')}".strip()
    return [line for line in (*lines, place, str(address.get("Country", ""))) if line]


def _contact(company: Body) -> list[str]:
    found = (
        company.get("PrimaryPhone", {}).get("FreeFormNumber"),
        company.get("Email", {}).get("Address"),
        company.get("WebAddr", {}).get("URI"),
    )
    return [str(line) for line in found if line]


def _line(body: Body, kind: str) -> Body | None:
    return next((line for line in body.get("Line", []) if line.get("DetailType") == kind), None)


def _is_shipping(line: Body) -> bool:
    reference = line.get("SalesItemLineDetail", {}).get("ItemRef", {})
    return bool(reference.get("value") == SHIPPING)


def _rows(books: Books, line: Body, indent: bool = False) -> Iterator[Row]:
    kind = line.get("DetailType")
    if kind in ("SubTotalLineDetail", "DiscountLineDetail") or _is_shipping(line):
        return
    description = str(line.get("Description") or "")
    if kind == "GroupLineDetail":
        detail = line.get(kind, {})
        quantity = detail.get("Quantity")
        name = str(detail.get("GroupItemRef", {}).get("name") or "")
        yield Row(name, description, "" if quantity is None else _figure(quantity))
        for member in detail.get("Line", []):
            yield from _rows(books, member, indent=True)
        return
    amount = money(line["Amount"]) if line.get("Amount") is not None else ""
    if kind == "DescriptionOnly" or not (kind or line.get("LinkedTxn")):
        yield Row("", description, amount=amount if kind is None else "", indent=indent)
        return
    if not kind:
        yield Row(_linked(books, line["LinkedTxn"][0]), description, amount=amount)
        return
    detail = line.get(kind, {})
    name = detail.get("ItemRef", {}).get("name") or detail.get("AccountRef", {}).get("name") or ""
    quantity, rate = detail.get("Qty"), detail.get("UnitPrice")
    yield Row(
        str(name),
        "" if description == name else description,
        "" if quantity is None else _figure(quantity),
        "" if rate is None else _rate(rate),
        amount,
        indent,
    )


def _linked(books: Books, link: Body) -> str:
    """A document that money was applied to: Invoice 1001 of Nov 21, 2026."""
    kind, txn_id = str(link.get("TxnType", "")), str(link.get("TxnId", ""))
    body = books.get(kind, txn_id) if kind in ENTITIES else None
    if body is None:
        return f"{kind} {txn_id}"
    return f"{document(kind, body)} of {_day(body['TxnDate'])}"


def _taxes(books: Books, body: Body) -> Iterator[tuple[str, str]]:
    detail = body.get("TxnTaxDetail", {})
    included = " (included)" if body.get("GlobalTaxCalculation") == "TaxInclusive" else ""
    lines = detail.get("TaxLine", [])
    for line in lines:
        rate = line.get("TaxLineDetail", {})
        reference = rate.get("TaxRateRef", {})
        known = books.get("TaxRate", str(reference.get("value", ""))) if "TaxRate" in ENTITIES else None
        name = str(reference.get("name") or (known or {}).get("Name") or "Tax")
        percent = rate.get("TaxPercent")
        label = name if percent is None else f"{name} {_figure(percent)}%"
        yield f"{label}{included}", money(line.get("Amount", 0))
    if not lines and Decimal(detail.get("TotalTax", 0)):
        yield f"Tax{included}", money(detail["TotalTax"])
