"""Amounts, quantities and dates at the edge: a Fault for what cannot be, and every answer can be sent back."""

import pytest

from qbo_emulator.wire import dumps, loads
from tests.emulator.books import key, now, stocked

HUGE = 10**14


def bill(qbo, **detail):
    item = qbo.first("Item")
    kind = "ItemBasedExpenseLineDetail"
    line = {"DetailType": kind, "Amount": 1, kind: {"ItemRef": {"value": item["Id"]}, **detail}}
    return {"VendorRef": {"value": qbo.first("Vendor")["Id"]}, "Line": [line]}


def exact(answer, kind):
    """The object of an answer without floats on the way."""
    assert answer.status_code == 200, answer.text
    return loads(answer.text)[kind]


def test_a_product_beyond_all_digits_is_refused_and_not_an_error_of_ours(qbo):
    line = qbo.line(1, Qty=HUGE, UnitPrice=HUGE)
    assert qbo.fault("invoice", qbo.invoice(line))["code"] == "6070"
    assert qbo.fault("bill", bill(qbo, Qty=HUGE, UnitPrice=HUGE))["code"] == "6070"


def test_in_a_batch_only_the_item_with_the_impossible_amount_fails(qbo):
    bodies = [qbo.invoice(qbo.line(1, Qty=HUGE, UnitPrice=HUGE)), qbo.invoice()]
    items = [{"bId": str(at), "operation": "create", "Invoice": body} for at, body in enumerate(bodies)]
    bad, good = qbo.post("batch", {"BatchItemRequest": items}).json()["BatchItemResponse"]
    assert bad["Fault"]["Error"][0]["code"] == "6070"
    assert good["Invoice"]["TotalAmt"] == 10


def test_sums_that_outgrow_every_number_are_an_invalid_number(qbo):
    item = stocked(qbo, "Dust", 0)
    most = 999_999_999_999_999
    item = qbo.create("Item", key(item, PurchaseCost=99_999_999_999))
    line = qbo.line(0, Qty=most, UnitPrice=0, ItemRef={"value": item["Id"]})
    error = qbo.fault("invoice", qbo.invoice(*[line] * 2000))
    assert (error["code"], error["Message"]) == ("2090", "Invalid Number")
    assert now(qbo, "Item", item)["QtyOnHand"] == 0


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"Qty": 0, "UnitPrice": 100}, {"UnitPrice": 100}),
        ({"Qty": 4, "UnitPrice": 0}, {"Qty": 4, "UnitPrice": 25}),
        ({"Qty": 0, "UnitPrice": 0}, {}),
    ],
)
def test_a_quantity_or_price_of_zero_counts_as_not_given(qbo, given, kept):
    made = qbo.create("Invoice", qbo.invoice(qbo.line(100, **given)))
    detail = made["Line"][0]["SalesItemLineDetail"]
    assert {name: detail[name] for name in ("Qty", "UnitPrice") if name in detail} == kept
    assert made["TotalAmt"] == 100


def test_a_product_that_differs_is_still_refused(qbo):
    assert qbo.fault("invoice", qbo.invoice(qbo.line(100, Qty=3, UnitPrice=33)))["code"] == "6070"
    assert qbo.fault("invoice", qbo.invoice(qbo.line("99.98", Qty=3, UnitPrice="33.33")))["code"] == "6070"


@pytest.mark.parametrize(("quantity", "amount"), [(300_000, 100_000), (7, 100), (10**14, 1), (3, "0.01")])
def test_what_is_answered_for_an_amount_without_price_can_be_sent_back(qbo, quantity, amount):
    made = exact(qbo.post("invoice", qbo.invoice(qbo.line(amount, Qty=quantity))), "Invoice")
    again = exact(qbo.send("invoice", dumps(made).encode()), "Invoice")
    assert again["Line"] == made["Line"]


def test_a_tracked_item_needs_its_quantity(qbo):
    item = stocked(qbo)
    for detail in ({}, {"Qty": 0, "UnitPrice": 0}, {"UnitPrice": 8}, {"Qty": 0, "UnitPrice": 8}):
        line = qbo.line(8, ItemRef={"value": item["Id"]}, **detail)
        assert qbo.fault("invoice", qbo.invoice(line))["code"] == "6520", detail
        body = bill(qbo, **detail, ItemRef={"value": item["Id"]})
        assert qbo.fault("bill", body)["code"] == "6520", detail
    line = qbo.line(8, ItemRef={"value": item["Id"]}, Qty=2, UnitPrice=4)
    voided = qbo.create("Invoice", key(qbo.create("Invoice", qbo.invoice(line))), operation="void")
    assert qbo.create("Invoice", {**voided, "PrivateNote": "Voided by hand"})["TotalAmt"] == 0


@pytest.mark.parametrize("text", ["1_000", "\u0661\u0662", "1e", "0x10", "1,000", "--1", "NaN", "Infinity", "1" * 30])
def test_what_is_no_number_in_json_is_no_number_in_a_string(qbo, text):
    assert qbo.fault("invoice", qbo.invoice(qbo.line(text)))["code"] in ("2010", "2090")
    if text != "1" * 30:
        statement = f"SELECT * FROM Invoice WHERE TotalAmt = '{text}'"
        assert qbo.query(statement).json()["Fault"]["Error"][0]["code"] == "4001"


@pytest.mark.parametrize(("text", "amount"), [(" 12.50 ", 12.5), ("1e2", 100), ("+3", 3), (".5", 0.5), ("4.", 4)])
def test_numbers_as_strings_are_taken(qbo, text, amount):
    assert qbo.create("Invoice", qbo.invoice(qbo.line(text)))["TotalAmt"] == amount


@pytest.mark.parametrize("terms", [{"DueDays": 60}, {"DayOfMonthDue": 5}])
def test_a_due_date_after_the_last_day_of_all_is_refused(qbo, terms):
    term = qbo.create("Term", {"Name": "Late", **terms})
    dated = {"TxnDate": "9999-12-20", "SalesTermRef": {"value": term["Id"]}}
    assert qbo.fault("invoice", qbo.invoice(**dated))["code"] == "2070"
    assert qbo.fault("bill", {**bill(qbo), **dated})["code"] == "2070"
