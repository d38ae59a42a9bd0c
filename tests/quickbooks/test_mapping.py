"""Records as payloads: exact numbers, documented members, nothing lost and nothing added."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_core.models import Address, Contact, Customer, Invoice, InvoiceLine, Product, ProductKind
from erp_core.money import line_amount
from plugins.quickbooks import mapping
from plugins.quickbooks.mapping import Form, InvoiceRefs, Ref
from plugins.quickbooks.qbo import payload as exact
from plugins.quickbooks.settings import ConnectionSettings, ItemType

REFS = InvoiceRefs(customer=Ref("58"), items={1: Ref("11"), 2: Ref("12")}, term_id="3")
SETTINGS = ConnectionSettings(income_account_id="79", expense_account_id="80", asset_account_id="81")


def product(**values: Any) -> Product:
    given = {"id": 1, "sku": "GRAN", "name": "Granola", "description": "", "kind": ProductKind.GOODS, "taxable": True}
    return Product(**{**given, "price": Decimal("4.50"), "cost": Decimal("2.10"), **values})


def customer(**values: Any) -> Customer:
    blank = Address()
    given = {"id": 5, "name": "Acme", "currency": "USD", "billing": blank, "shipping": blank, "contacts": []}
    return Customer(**{**given, **values})


def line(
    quantity: str, price: str, *, note: str = "", text: str = "", of: int = 1, currency: str = "USD"
) -> InvoiceLine:
    return InvoiceLine(
        position=1,
        product_id=of,
        product=product(id=of),
        description=text,
        note=note,
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        amount=line_amount(Decimal(quantity), Decimal(price), currency),
    )


def invoice(*lines: InvoiceLine, **values: Any) -> Invoice:
    given = {
        "uuid": uuid.UUID(int=7), "number": "INV-1001", "currency": "USD", "memo": "", "customer": customer(),
        "invoice_date": date(2026, 3, 28), "due_date": date(2026, 4, 27), "discount": Decimal(0), "shipping": Decimal(0),
        "lines": list(lines or [line("2.000000", "4.500000")]),
    }  # fmt: skip
    return Invoice(**{**given, **values})


def test_an_ordinary_invoice() -> None:
    payload = mapping.invoice(invoice(line("2.000000", "4.500000", text="Granola", note="Large")), REFS, Form())
    assert payload == {
        "CustomerRef": {"value": "58"},
        "TxnDate": "2026-03-28",
        "DueDate": "2026-04-27",
        "PrivateNote": f"ERP INV-1001, reference {uuid.UUID(int=7)}",
        "SalesTermRef": {"value": "3"},
        "Line": [
            {
                "Amount": Decimal("9.00"),
                "Description": "Granola (Large)",
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {"ItemRef": {"value": "11"}, "Qty": Decimal(2), "UnitPrice": Decimal("4.5")},
            }
        ],
    }


def test_numbers_leave_exactly_and_without_trailing_zeros() -> None:
    text = exact.to_json(mapping.invoice(invoice(line("100.000000", "0.123456")), REFS, Form()))
    assert '"Qty":100,' in text
    assert '"UnitPrice":0.123456' in text
    assert '"Amount":12.35' in text


def test_our_number_is_sent_only_to_companies_that_number_by_hand() -> None:
    assert "DocNumber" not in mapping.invoice(invoice(), REFS, Form())
    assert mapping.invoice(invoice(), REFS, Form(custom_numbers=True))["DocNumber"] == "INV-1001"


def test_memo_address_and_mail_are_sent_when_there_are_any() -> None:
    there = customer(
        billing=Address(line1="1 Main St", city="Camden", region="ME"), contacts=[Contact(email="a@b.example")]
    )
    payload = mapping.invoice(invoice(memo="Thanks", customer=there), REFS, Form())
    assert payload["CustomerMemo"] == {"value": "Thanks"}
    assert payload["BillEmail"] == {"Address": "a@b.example"}
    assert payload["BillAddr"] == {"Line1": "1 Main St", "City": "Camden", "CountrySubDivisionCode": "ME"}
    assert "ShipAddr" not in payload


def test_discount_and_shipping_follow_the_goods() -> None:
    payload = mapping.invoice(invoice(discount=Decimal("1.0000"), shipping=Decimal("2.5000")), REFS, Form())
    discount, shipping = payload["Line"][1:]
    assert (discount["DetailType"], discount["Amount"]) == ("DiscountLineDetail", Decimal("1.00"))
    assert shipping["SalesItemLineDetail"] == {"ItemRef": {"value": "SHIPPING_ITEM_ID"}}
    assert mapping.total_of(payload) == Decimal("10.50")


def test_lines_say_that_they_are_not_taxed_where_the_company_would_tax_them() -> None:
    payload = mapping.invoice(invoice(shipping=Decimal(1)), REFS, Form(untaxed_lines=True))
    assert all(one["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"} for one in payload["Line"])


def test_an_update_keeps_the_number_and_empties_a_memo_that_was_removed() -> None:
    form = Form(custom_numbers=True, multicurrency=True)
    payload = mapping.invoice_update(
        invoice(), REFS, form, qbo_id="130", sync_token="2", before={"CustomerMemo": {"value": "Thank you"}}
    )
    assert (payload["Id"], payload["SyncToken"]) == ("130", "2")
    assert "DocNumber" not in payload
    assert "CurrencyRef" not in payload
    assert payload["CustomerMemo"] == {"value": ""}


@pytest.mark.parametrize(
    ("kind", "configured", "expected"),
    [
        (ProductKind.GOODS, ItemType.NON_INVENTORY, "NonInventory"),
        (ProductKind.GOODS, ItemType.INVENTORY, "Inventory"),
        (ProductKind.SERVICE, ItemType.INVENTORY, "Service"),
        (ProductKind.GOODS, ItemType.SERVICE, "Service"),
    ],
)
def test_a_service_is_never_kept_in_stock(kind: ProductKind, configured: ItemType, expected: str) -> None:
    payload = mapping.item(product(kind=kind), _with(item_type=configured), first_day=date(2026, 1, 1))
    assert payload["Type"] == expected
    assert payload["IncomeAccountRef"] == {"value": "79"}
    assert payload.get("TrackQtyOnHand", False) is (expected == "Inventory")
    if expected == "Inventory":
        assert payload["InvStartDate"] == "2026-01-01"
        assert payload["AssetAccountRef"] == {"value": "81"}


def test_inventory_starts_on_the_day_of_the_settings() -> None:
    settings = _with(item_type=ItemType.INVENTORY, inventory_start_date=date(2025, 7, 1), inventory_quantity=Decimal(3))
    payload = mapping.item(product(), settings, first_day=date(2026, 1, 1))
    assert (payload["InvStartDate"], payload["QtyOnHand"]) == ("2025-07-01", Decimal(3))


def test_a_customer_has_its_first_contact() -> None:
    payload = mapping.customer(customer(contacts=[Contact(email="a@b.example", phone="555-0100")]), multicurrency=True)
    assert payload == {
        "DisplayName": "Acme",
        "CompanyName": "Acme",
        "PrimaryEmailAddr": {"Address": "a@b.example"},
        "PrimaryPhone": {"FreeFormNumber": "555-0100"},
        "CurrencyRef": {"value": "USD"},
    }


@given(
    quantity=st.decimals(min_value="0.000001", max_value="99999", places=6),
    price=st.decimals(min_value="0", max_value="99999", places=6),
)
def test_every_amount_is_what_quickbooks_computes(quantity: Decimal, price: Decimal) -> None:
    made = line(str(quantity), str(price))
    assert mapping.amount_agrees(made, "USD")
    payload = mapping.invoice(invoice(made), REFS, Form())
    detail = payload["Line"][0]["SalesItemLineDetail"]
    assert detail["Qty"] == quantity
    assert detail["UnitPrice"] == price
    assert mapping.total_of(payload) == made.amount
    assert exact.from_json(exact.to_json(payload)) == payload


def test_an_amount_that_is_not_the_product_is_noticed() -> None:
    made = line("2", "4.50")
    made.amount = Decimal("9.01")
    assert not mapping.amount_agrees(made, "USD")


@pytest.mark.parametrize(
    ("theirs", "same"),
    [
        ({}, True),
        ({"PrintStatus": "NeedToPrint", "Balance": 0}, True),
        ({"DueDate": "2030-01-01"}, False),
        ({"CustomerMemo": {"value": "Hello"}}, False),
        ({"BillAddr": {"Line1": "Rewritten"}}, True),
        ({"CustomerRef": {"value": "59"}}, False),
    ],
)
def test_what_we_own_is_compared_and_nothing_else(theirs: dict[str, Any], same: bool) -> None:
    sent = mapping.invoice(invoice(customer=customer(billing=Address(line1="1 Main St"))), REFS, Form())
    subtotal = {"Amount": Decimal("9.00"), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    remote = {**sent, "Line": [{**sent["Line"][0], "Id": "1", "LineNum": 1}, subtotal], **theirs}
    assert mapping.same_content(sent, remote) is same


def test_a_line_that_was_added_or_changed_there_is_noticed() -> None:
    sent = mapping.invoice(invoice(), REFS, Form())
    [ours] = sent["Line"]
    assert not mapping.same_content(sent, {**sent, "Line": [ours, ours]})
    assert not mapping.same_content(sent, {**sent, "Line": [{**ours, "Amount": Decimal("9.50")}]})
    assert mapping.same_content(sent, {**sent, "Line": [{**ours, "Amount": 9}]})


def test_characters_of_other_scripts_are_found_wherever_they_are() -> None:
    payload = {"Line": [{"Description": "Käse 奶酪"}], "CustomerMemo": {"value": "– ok"}}
    assert mapping.unsupported(payload) == ("奶", "酪", "–")


def _with(**values: Any) -> ConnectionSettings:
    return SETTINGS.model_copy(update=values)
