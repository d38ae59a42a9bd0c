"""What sales documents do to stock, and bundles, classes, locations and limits on their lines."""

import pytest

from tests.emulator.books import account, key, now, stocked


@pytest.fixture
def item(qbo):
    return stocked(qbo)


def on_hand(qbo, item):
    return now(qbo, "Item", item)["QtyOnHand"]


@pytest.mark.parametrize(
    ("kind", "direction"),
    [("Invoice", -1), ("SalesReceipt", -1), ("CreditMemo", 1), ("RefundReceipt", 1), ("Estimate", 0)],
)
def test_stock_follows_a_document_through_edit_void_and_delete(qbo, item, kind, direction):
    bank = (
        {} if kind in ("Estimate", "CreditMemo") else {"DepositToAccountRef": {"value": account(qbo, "Checking")["Id"]}}
    )

    def line(quantity):
        return qbo.line(quantity * 4, Qty=quantity, UnitPrice=4, ItemRef={"value": item["Id"]})

    made = qbo.create(kind, qbo.invoice(line(3), **bank))
    assert on_hand(qbo, item) == 10 + 3 * direction
    changed = qbo.create(kind, key(made, Line=[line(12), line(1)]))
    assert on_hand(qbo, item) == 10 + 13 * direction
    if kind != "Estimate":
        changed = qbo.create(kind, key(changed), operation="void")
        assert on_hand(qbo, item) == 10
    qbo.create(kind, key(changed), operation="delete")
    assert on_hand(qbo, item) == 10
    assert now(qbo, "Item", item)["SyncToken"] == "0"


def test_a_bundle_is_sold_as_the_sum_of_its_members(emulator, qbo, item):
    service = qbo.first("Item", "WHERE Name = 'Delivery'")
    with emulator.emulator.books(qbo.realm) as books:
        members = [{"ItemRef": {"value": item["Id"]}, "Qty": 2}, {"ItemRef": {"value": service["Id"]}, "Qty": 1}]
        group = {"Name": "Gift box", "FullyQualifiedName": "Gift box", "Type": "Group", "Active": True}
        group["ItemGroupDetail"] = {"ItemGroupLine": members}
        books.put("Item", group)
    line = {"DetailType": "GroupLineDetail", "GroupLineDetail": {"GroupItemRef": {"value": group["Id"]}, "Quantity": 3}}
    made = qbo.create("Invoice", qbo.invoice(line, qbo.line(5)))
    bundle, other, subtotal = made["Line"]
    inner = bundle["GroupLineDetail"]["Line"]
    assert bundle["GroupLineDetail"]["GroupItemRef"] == {"value": group["Id"], "name": "Gift box"}
    assert [entry["Amount"] for entry in inner] == [24, 36]
    assert [entry["SalesItemLineDetail"]["Qty"] for entry in inner] == [6, 3]
    assert (bundle["Amount"], other["Amount"], subtotal["Amount"], made["TotalAmt"]) == (60, 5, 65, 65)
    assert [bundle["Id"], *(entry["Id"] for entry in inner), other["Id"]] == ["1", "2", "3", "4"]
    assert on_hand(qbo, item) == 4
    kept = qbo.create("Invoice", key(made, PrivateNote="same"))
    assert kept["Line"] == made["Line"]
    voided = qbo.create("Invoice", key(kept), operation="void")
    assert [entry["Amount"] for entry in voided["Line"][0]["GroupLineDetail"]["Line"]] == [0, 0]
    assert on_hand(qbo, item) == 10
    assert qbo.create("Invoice", key(voided, PrivateNote="Voided by hand"))["TotalAmt"] == 0
    line["GroupLineDetail"]["GroupItemRef"] = {"value": item["Id"]}
    assert qbo.fault("invoice", qbo.invoice(line))["code"] == "6000"


def test_a_voided_invoice_with_a_discount_can_still_get_a_note(qbo):
    discount = {"DetailType": "DiscountLineDetail", "Amount": 2, "DiscountLineDetail": {"PercentBased": False}}
    made = qbo.create("Invoice", qbo.invoice(qbo.line(10), discount))
    voided = qbo.create("Invoice", key(made), operation="void")
    assert qbo.create("Invoice", key(voided, PrivateNote="Voided twice"))["TotalAmt"] == 0


def test_classes_and_locations_are_dropped_until_the_company_tracks_them(qbo):
    kind = qbo.create("Class", {"Name": "Retail"})
    place = qbo.create("Department", {"Name": "Harbor"})
    body = qbo.invoice(
        qbo.line(5, ClassRef={"value": kind["Id"]}),
        ClassRef={"value": kind["Id"]},
        DepartmentRef={"value": place["Id"]},
    )
    made = qbo.create("Invoice", body)
    assert not {"ClassRef", "DepartmentRef"} & set(made)
    assert "ClassRef" not in made["Line"][0]["SalesItemLineDetail"]
    qbo.preference("AccountingInfoPrefs", ClassTrackingPerTxnLine=True, TrackDepartments=True)
    made = qbo.create("Invoice", body)
    assert "ClassRef" not in made
    assert made["DepartmentRef"] == {"value": place["Id"], "name": "Harbor"}
    assert made["Line"][0]["SalesItemLineDetail"]["ClassRef"] == {"value": kind["Id"], "name": "Retail"}
    qbo.preference("AccountingInfoPrefs", ClassTrackingPerTxnLine=False, ClassTrackingPerTxn=True)
    assert qbo.create("Invoice", body)["ClassRef"]["name"] == "Retail"
    assert qbo.fault("invoice", {**body, "ClassRef": {"value": "999"}})["code"] == "2500"


def test_a_transaction_has_so_many_lines_at_most(qbo):
    line = qbo.line(1)
    assert qbo.fault("invoice", qbo.invoice(*[line] * 10_001))["code"] == "6000"
    plain = qbo.create("Invoice", qbo.invoice(*[line] * 751))
    assert plain["TotalAmt"] == 751
    qbo.preference("TaxPrefs", UsingSalesTax=True)
    taxed = qbo.line(1, TaxCodeRef={"value": "TAX"})
    assert "750" in qbo.fault("invoice", qbo.invoice(*[taxed] * 751))["Detail"]
    untaxed = qbo.line(1, TaxCodeRef={"value": "NON"})
    assert qbo.create("Invoice", qbo.invoice(*[untaxed] * 751))["TotalAmt"] == 751


def test_books_closed_without_a_password_say_so(emulator, qbo):
    qbo.preference("AccountingInfoPrefs", BookCloseDate="2025-12-31")
    emulator.switch(closed_without_password=True)
    error = qbo.fault("invoice", qbo.invoice(TxnDate="2025-12-31"))
    assert (error["code"], error["Message"]) == ("6200", "Account Period Closed")


def test_the_value_of_stock_follows_at_cost(qbo):
    item = stocked(qbo, "Hazelnuts", 0)
    item = qbo.create("Item", key(item, PurchaseCost="2.505"))
    line = qbo.line(12, Qty=3, UnitPrice=4, ItemRef={"value": item["Id"]})
    before = account(qbo, "Inventory")["CurrentBalance"]
    made = qbo.create("Invoice", qbo.invoice(line))
    assert account(qbo, "Inventory")["CurrentBalance"] == pytest.approx(before - 7.52)
    changed = qbo.create("Invoice", key(made, Line=[line, line]))
    assert account(qbo, "Inventory")["CurrentBalance"] == pytest.approx(before - 15.03)
    qbo.create("Invoice", key(changed), operation="void")
    assert account(qbo, "Inventory")["CurrentBalance"] == before
