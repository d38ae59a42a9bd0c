"""ERP records as QuickBooks payloads: pure functions, exact numbers, documented members only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from erp_core.toolkit import Address, Customer, Invoice, InvoiceLine, Product, ProductKind
from plugins.quickbooks.qbo.money import line_amount, rounded
from plugins.quickbooks.qbo.query import unsupported_characters
from plugins.quickbooks.settings import ConnectionSettings, ItemType

SHIPPING_ITEM = "SHIPPING_ITEM_ID"
"""QuickBooks' own item for shipping, where the company's preferences allow shipping."""
LONGEST_DOC_NUMBER = 21
NOT_IN_NAMES = re.compile(r"[:\t\n\r]")

Payload = dict[str, Any]


@dataclass(frozen=True)
class Ref:
    """A record in QuickBooks."""

    id: str
    name: str = ""


@dataclass(frozen=True)
class InvoiceRefs:
    """What an invoice refers to in QuickBooks: its customer, the item of each product, its terms."""

    customer: Ref
    items: Mapping[int, Ref]
    term_id: str = ""
    discount_account_id: str = ""


@dataclass(frozen=True)
class Form:
    """How the company wants its sales forms."""

    custom_numbers: bool = False
    multicurrency: bool = False
    untaxed_lines: bool = False
    """Say of each line that it is not taxed, because the company would otherwise tax it."""


def reference(invoice: Invoice) -> str:
    """What our invoice is recognised by in QuickBooks. A re-seeded database never gives the same one."""
    return f"ERP {invoice.number}, reference {invoice.uuid}"


def refers_to(invoice: Invoice, private_note: str) -> bool:
    """Whether a document in QuickBooks is this invoice's."""
    return str(invoice.uuid) in private_note


def customer(record: Customer, *, multicurrency: bool = False) -> Payload:
    """A new customer."""
    payload: Payload = {"DisplayName": record.name, "CompanyName": record.name}
    contact = next(iter(record.contacts), None)
    if record.email:
        payload["PrimaryEmailAddr"] = {"Address": record.email}
    if contact is not None and contact.phone:
        payload["PrimaryPhone"] = {"FreeFormNumber": contact.phone}
    if record.billing:
        payload["BillAddr"] = address(record.billing)
    if record.shipping:
        payload["ShipAddr"] = address(record.shipping)
    if multicurrency:
        payload["CurrencyRef"] = {"value": record.currency}
    return payload


def address(record: Address) -> Payload:
    """A postal address, without its empty parts."""
    parts = {
        "Line1": record.line1,
        "Line2": record.line2,
        "City": record.city,
        "CountrySubDivisionCode": record.region,
        "PostalCode": record.postal_code,
        "Country": record.country,
    }
    return {name: text for name, text in parts.items() if text}


def item_type(record: Product, settings: ConnectionSettings) -> ItemType:
    """What a new item becomes. A service is never kept in stock."""
    return ItemType.SERVICE if record.kind == ProductKind.SERVICE else settings.item_type


def accounts_needed(record: Product, settings: ConnectionSettings) -> dict[str, str | None]:
    """The accounts that a new item takes, by their setting; None where none is chosen."""
    needed = {"income_account_id": settings.income_account_id}
    if item_type(record, settings) is ItemType.INVENTORY:
        needed["expense_account_id"] = settings.expense_account_id
        needed["asset_account_id"] = settings.asset_account_id
    return needed


def item(record: Product, settings: ConnectionSettings, *, first_day: date) -> Payload:
    """A new item. The accounts that it needs must have been chosen (`accounts_needed`)."""
    kind = item_type(record, settings)
    payload: Payload = {
        "Name": record.name,
        "Type": str(kind),
        "Sku": record.sku,
        "UnitPrice": plain(record.price),
        "Taxable": record.taxable,
        "IncomeAccountRef": {"value": settings.income_account_id},
    }
    if record.description:
        payload["Description"] = record.description
    if settings.expense_account_id and (kind is not ItemType.SERVICE or record.cost):
        payload["ExpenseAccountRef"] = {"value": settings.expense_account_id}
        payload["PurchaseCost"] = plain(record.cost)
    if kind is ItemType.INVENTORY:
        payload["TrackQtyOnHand"] = True
        payload["QtyOnHand"] = plain(settings.inventory_quantity)
        payload["InvStartDate"] = (settings.inventory_start_date or first_day).isoformat()
        payload["AssetAccountRef"] = {"value": settings.asset_account_id}
    return payload


def invoice(record: Invoice, refs: InvoiceRefs, form: Form) -> Payload:
    """A new invoice with all its lines. The commission of its order stays here."""
    payload: Payload = {
        "CustomerRef": {"value": refs.customer.id},
        "TxnDate": record.invoice_date.isoformat(),
        "DueDate": record.due_date.isoformat(),
        "PrivateNote": reference(record),
        "Line": [*_lines(record, refs, form)],
    }
    if form.custom_numbers:
        payload["DocNumber"] = record.number
    if record.memo:
        payload["CustomerMemo"] = {"value": record.memo}
    if record.customer.email:
        payload["BillEmail"] = {"Address": record.customer.email}
    if record.customer.billing:
        payload["BillAddr"] = address(record.customer.billing)
    if record.customer.shipping:
        payload["ShipAddr"] = address(record.customer.shipping)
    if refs.term_id:
        payload["SalesTermRef"] = {"value": refs.term_id}
    if form.multicurrency:
        payload["CurrencyRef"] = {"value": record.currency}
    return payload


def invoice_update(
    record: Invoice, refs: InvoiceRefs, form: Form, *, qbo_id: str, sync_token: str, before: Mapping[str, Any]
) -> Payload:
    """The same invoice again after it was edited here: it keeps its id and its number.

    `before` is what was sent last. What it named and this invoice has no longer is sent empty, because a sparse update
    leaves alone what it does not name; what somebody added in QuickBooks stays."""
    payload = invoice(record, refs, form)
    for name in _REMOVABLE:
        if removed := _emptied(before.get(name, {}), payload.get(name, {})):
            payload[name] = {**payload.get(name, {}), **removed}
    payload.pop("DocNumber", None)
    payload.pop("CurrencyRef", None)
    return {**payload, "Id": qbo_id, "SyncToken": sync_token}


# Not SalesTermRef: nothing says that QuickBooks takes an empty reference, and DueDate, which is always sent, decides.
_REMOVABLE = ("CustomerMemo", "BillEmail", "BillAddr", "ShipAddr")


def _emptied(before: Mapping[str, str], now: Mapping[str, str]) -> Payload:
    return {name: "" for name, text in before.items() if text and name not in now}


def _lines(record: Invoice, refs: InvoiceRefs, form: Form) -> Iterator[Payload]:
    untaxed = {"TaxCodeRef": {"value": "NON"}} if form.untaxed_lines else {}
    for line in record.lines:
        yield {
            "Amount": rounded(line.amount, record.currency),
            "Description": description(line),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": refs.items[line.product_id].id},
                "Qty": plain(line.quantity),
                "UnitPrice": plain(line.unit_price),
                **untaxed,
            },
        }
    if record.discount:
        account = {"DiscountAccountRef": {"value": refs.discount_account_id}} if refs.discount_account_id else {}
        yield {
            "Amount": rounded(record.discount, record.currency),
            "DetailType": "DiscountLineDetail",
            "DiscountLineDetail": {"PercentBased": False, **account},
        }
    if record.shipping:
        yield {
            "Amount": rounded(record.shipping, record.currency),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": SHIPPING_ITEM}, **untaxed},
        }


def description(line: InvoiceLine) -> str:
    """What the customer reads on a line: the description, and the size or grade."""
    text = line.description or line.product.name
    return f"{text} ({line.note})" if line.note else text


def amount_agrees(line: InvoiceLine, currency: str) -> bool:
    """Whether QuickBooks will compute the amount that stands on the line; it refuses a line otherwise."""
    return rounded(line.amount, currency) == line_amount(line.quantity, line.unit_price, currency)


def unsupported(payload: object) -> tuple[str, ...]:
    """The characters in a payload that a company in the United States can't store, each once."""
    return unsupported_characters("".join(_texts(payload)))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _texts(member)


def plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros."""
    return number.normalize()


def total_of(payload: Mapping[str, Any]) -> Decimal:
    """What a payload's lines come to: the total that QuickBooks must answer with, before tax."""
    return sum(
        (
            -line["Amount"] if line["DetailType"] == "DiscountLineDetail" else Decimal(line["Amount"])
            for line in payload["Line"]
        ),
        Decimal(0),
    )


_REFORMATTED = frozenset({"BillAddr", "ShipAddr", "Id", "SyncToken", "sparse"})


def same_content(sent: Mapping[str, Any], remote: Mapping[str, Any]) -> bool:
    """Whether a document in QuickBooks still says what we sent. Addresses, which QuickBooks rewrites, don't count."""
    ours = {"CustomerMemo": {"value": ""}, **sent}
    return all(_same(value, remote.get(name)) for name, value in ours.items() if name not in _REFORMATTED)


def _same(sent: Any, remote: Any) -> bool:
    if isinstance(sent, Mapping):
        if not isinstance(remote, Mapping):
            return not any(_texts(sent))
        return all(_same(value, remote.get(name)) for name, value in sent.items())
    if isinstance(sent, Sequence) and not isinstance(sent, str):
        lines = [line for line in remote or () if line.get("DetailType") != "SubTotalLineDetail"]
        return len(lines) == len(sent) and all(map(_same, sent, lines))
    if isinstance(sent, bool):
        return sent == bool(remote)
    if isinstance(sent, int | Decimal):
        return isinstance(remote, int | Decimal) and Decimal(sent) == Decimal(remote)
    return str(sent or "") == str(remote or "")
