"""Invoices: lines, totals, numbers, dates, void and delete."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbo_emulator.wire import loads
from tests.emulator.conftest import error_of

quantities = st.decimals(min_value="0.01", max_value="999", places=2)
prices = st.decimals(min_value="0.0001", max_value="999", places=4)
SHIPPING = {"value": "SHIPPING_ITEM_ID"}


def half_up(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def discount(percent: object = None, amount: object = None) -> dict[str, object]:
    line: dict[str, object] = {"DetailType": "DiscountLineDetail"}
    if amount is not None:
        line["Amount"] = str(amount)
    line["DiscountLineDetail"] = {"PercentBased": percent is not None} | (
        {"DiscountPercent": str(percent)} if percent is not None else {}
    )
    return line


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    goods=st.lists(st.tuples(quantities, prices), min_size=1, max_size=6),
    percent=st.none() | st.decimals(min_value="0.01", max_value="100", places=2),
    shipping=st.none() | st.decimals(min_value="0.01", max_value="99", places=2),
)
def test_totals_are_the_rounded_lines_less_the_discount_plus_shipping(qbo, goods, percent, shipping):
    lines = [qbo.line(str(half_up(q * p)), Qty=str(q), UnitPrice=str(p), ItemRef={"value": "1"}) for q, p in goods]
    if percent is not None:
        lines.append(discount(percent))
    if shipping is not None:
        lines.append(qbo.line(str(shipping), ItemRef=SHIPPING))
    before = Decimal(str(qbo.first("Customer", "WHERE Id = '1'")["Balance"]))
    answer = qbo.post("invoice", qbo.invoice(*lines, CustomerRef={"value": "1"}))
    assert answer.status_code == 200, answer.text
    invoice = loads(answer.text)["Invoice"]
    subtotal = sum(half_up(q * p) for q, p in goods)
    less = half_up(subtotal * percent / 100) if percent is not None else Decimal(0)
    total = subtotal - less + (shipping or 0)
    assert invoice["TotalAmt"] == invoice["Balance"] == total
    (written,) = [line["Amount"] for line in invoice["Line"] if line["DetailType"] == "SubTotalLineDetail"]
    assert written == subtotal
    after = loads(qbo.get("customer/1").text)["Customer"]["Balance"]
    assert after == before + total
    read = qbo.get(f"invoice/{invoice['Id']}")
    assert loads(read.text)["Invoice"] == invoice


def test_money_has_two_decimals_and_zero_has_none(qbo):
    answer = qbo.post(
        "invoice", qbo.invoice(qbo.line(100, Qty=4, UnitPrice=25), qbo.line("13.5", Qty="4.5", UnitPrice=3))
    )
    assert '"TotalAmt":113.50' in answer.text
    assert '"Qty":4.5' in answer.text
    assert '"UnitPrice":25,' in answer.text or '"UnitPrice":25}' in answer.text
    assert '"TotalTax":0}' in answer.text
    assert '"LineNum":1' in answer.text
    assert '"SyncToken":"0"' in answer.text


def test_a_new_invoice_is_completed(qbo):
    customer = qbo.first("Customer", "WHERE DisplayName = 'Juniper Market'")
    invoice = qbo.create("Invoice", qbo.invoice(CustomerRef={"value": customer["Id"]}, TxnDate="2026-03-01"))
    assert invoice["CustomerRef"]["name"] == "Juniper Market"
    assert invoice["DueDate"] == "2026-03-16"
    assert invoice["SalesTermRef"]["name"] == "Net 15"
    assert invoice["CurrencyRef"] == {"value": "USD", "name": "United States Dollar"}
    assert invoice["BillAddr"]["Line1"] == "18 Elm Street"
    assert invoice["BillAddr"]["Id"] != customer["BillAddr"]["Id"]
    assert invoice["LinkedTxn"] == []
    assert invoice["TxnTaxDetail"] == {"TotalTax": 0}
    assert invoice["EmailStatus"] == "NotSet"
    assert invoice["PrintStatus"] == "NeedToPrint"
    assert invoice["CustomField"] == [{"DefinitionId": "1", "Name": "Sales Rep", "Type": "StringType"}]
    assert (invoice["domain"], invoice["sparse"], invoice["SyncToken"]) == ("QBO", False, "0")
    assert "DocNumber" not in invoice
    line, subtotal = invoice["Line"]
    assert (line["Id"], line["LineNum"]) == ("1", 1)
    assert line["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}
    assert line["SalesItemLineDetail"]["ItemRef"]["name"]
    assert set(subtotal) == {"Amount", "DetailType", "SubTotalLineDetail"}


def test_without_terms_those_of_the_company_count(qbo):
    customer = qbo.first("Customer", "WHERE DisplayName LIKE 'O%'")
    invoice = qbo.create("Invoice", qbo.invoice(CustomerRef={"value": customer["Id"]}, TxnDate="2020-09-29"))
    assert invoice["DueDate"] == "2020-10-29"


@pytest.mark.parametrize(
    ("day", "term", "due"),
    [
        ("2026-01-05", {"DayOfMonthDue": 31}, "2026-01-31"),
        ("2026-02-05", {"DayOfMonthDue": 31}, "2026-02-28"),
        ("2026-12-20", {"DayOfMonthDue": 10}, "2027-01-10"),
        ("2026-01-28", {"DayOfMonthDue": 30, "DueNextMonthDays": 5}, "2026-02-28"),
        ("2026-01-28", {"DueDays": 7}, "2026-02-04"),
    ],
)
def test_due_dates_follow_the_terms(qbo, day, term, due):
    made = qbo.create("Term", {"Name": "Special", **term})
    body = qbo.invoice(TxnDate=day, SalesTermRef={"value": made["Id"]})
    assert qbo.create("Invoice", body)["DueDate"] == due


def test_the_day_of_the_company_is_the_default_date(emulator, qbo):
    from qbo_emulator.wire import company_date

    before = company_date(emulator.emulator.store.now())
    made = date.fromisoformat(qbo.create("Invoice", qbo.invoice())["TxnDate"])
    assert made in (before, before + timedelta(days=1))


def test_own_numbers_are_kept_and_unique(qbo):
    first = qbo.create("Invoice", qbo.invoice(DocNumber="A-1"))
    error = qbo.fault("invoice", qbo.invoice(DocNumber="a-1"))
    assert error["code"] == "6140"
    assert error["Detail"].endswith(f"DocNumber=a-1 is assigned to TxnType=Invoice with TxnId={first['Id']}")
    twin = qbo.create("Invoice", qbo.invoice(DocNumber="A-1"), include="allowduplicatedocnum")
    assert twin["DocNumber"] == "A-1"
    assert qbo.create("Invoice", qbo.invoice(DocNumber="AUTO_GENERATE"))["DocNumber"] == "1001"


def test_the_company_numbers_when_custom_numbers_are_off(qbo):
    qbo.preference("SalesFormsPrefs", CustomTxnNumbers=False)
    numbers = [qbo.create("Invoice", qbo.invoice())["DocNumber"] for _ in range(3)]
    assert numbers == ["1001", "1002", "1003"]
    assert qbo.create("Invoice", qbo.invoice(DocNumber="2000"))["DocNumber"] == "2000"
    assert qbo.create("Invoice", qbo.invoice())["DocNumber"] == "2001"
    assert qbo.create("Invoice", qbo.invoice(DocNumber="2000"))["DocNumber"] == "2000"


@pytest.mark.parametrize(
    ("amount", "detail", "accepted"),
    [
        (100, {"Qty": 0, "UnitPrice": 0}, True),
        (100, {}, True),
        ("10.01", {"Qty": "3.5", "UnitPrice": "2.86"}, True),
        ("0.13", {"Qty": "0.5", "UnitPrice": "0.25"}, True),
        ("0.125", {"Qty": "0.5", "UnitPrice": "0.25"}, True),
        ("0.12", {"Qty": "0.5", "UnitPrice": "0.25"}, False),
        (100, {"Qty": 3, "UnitPrice": 33}, False),
        (100, {"Qty": 0, "UnitPrice": 33}, True),
        (-20, {"Qty": -2, "UnitPrice": 10}, True),
    ],
)
def test_an_amount_is_quantity_times_price_rounded_half_up(qbo, amount, detail, accepted):
    answer = qbo.post("invoice", qbo.invoice(qbo.line(50), qbo.line(amount, **detail)))
    if accepted:
        assert answer.status_code == 200, answer.text
    else:
        error = error_of(answer)
        assert error["code"] == "6070"
        assert error["Detail"] == f"Amount is not equal to UnitPrice * Qty. Supplied value:{amount}"


def test_a_missing_price_is_worked_out(qbo):
    line = qbo.create("Invoice", qbo.invoice(qbo.line(10, Qty=4)))["Line"][0]
    assert line["SalesItemLineDetail"]["UnitPrice"] == 2.5


def test_a_description_with_the_word_subtotal_adds_up_what_stands_above(qbo):
    words = {"DetailType": "DescriptionOnly", "Description": "Subtotal:", "DescriptionLineDetail": {}}
    lines = qbo.create("Invoice", qbo.invoice(qbo.line(10), qbo.line(5), words, qbo.line(3), words))["Line"]
    assert [line["Amount"] for line in lines] == [10, 5, 15, 3, 3, 18]


def test_a_line_without_an_item_is_documentation(qbo):
    line = {"DetailType": "SalesItemLineDetail", "Amount": 99, "Description": "note", "SalesItemLineDetail": {}}
    invoice = qbo.create("Invoice", qbo.invoice(qbo.line(10), line))
    assert invoice["TotalAmt"] == 10
    assert "Amount" not in invoice["Line"][1]


def test_discount_shipping_and_deposit_need_their_preferences(qbo):
    qbo.preference("SalesFormsPrefs", AllowDiscount=False, AllowShipping=False)
    assert qbo.fault("invoice", qbo.invoice(qbo.line(10), discount(10)))["code"] == "6000"
    assert qbo.fault("invoice", qbo.invoice(qbo.line(10), qbo.line(5, ItemRef=SHIPPING)))["code"] == "6000"
    assert qbo.fault("invoice", qbo.invoice(Deposit=5))["code"] == "6000"
    qbo.preference("SalesFormsPrefs", AllowDeposit=True)
    invoice = qbo.create("Invoice", qbo.invoice(Deposit=4))
    assert (invoice["TotalAmt"], invoice["Balance"]) == (10, 6)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([discount()], "6090"),
        ([{"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True}}], "6090"),
        ([discount(101)], "2150"),
        ([discount(amount=-5)], "2290"),
        ([discount(amount=11)], "6000"),
        ([discount(5), discount(5)], "6000"),
        ([{"DetailType": "GroupLineDetail"}], "2020"),
    ],
)
def test_wrong_lines_are_refused(qbo, lines, code):
    assert qbo.fault("invoice", qbo.invoice(qbo.line(10), *lines))["code"] == code


def test_sales_tax_is_ignored_while_it_is_off_and_kept_while_it_is_on(qbo):
    body = qbo.invoice(TxnTaxDetail={"TotalTax": 0.8})
    assert qbo.create("Invoice", body)["TotalAmt"] == 10
    qbo.preference("TaxPrefs", UsingSalesTax=True)
    invoice = qbo.create("Invoice", body)
    assert (invoice["TotalAmt"], invoice["TxnTaxDetail"]["TotalTax"]) == (10.8, 0.8)
    assert qbo.fault("invoice", qbo.invoice(qbo.line(1, TaxCodeRef={"value": "7"})))["code"] == "6100"


def test_closed_books_refuse_create_update_void_and_delete(qbo):
    old = qbo.create("Invoice", qbo.invoice(TxnDate="2025-12-31"))
    new = qbo.create("Invoice", qbo.invoice(TxnDate="2026-01-01"))
    qbo.preference("AccountingInfoPrefs", BookCloseDate="2025-12-31")
    assert qbo.fault("invoice", qbo.invoice(TxnDate="2025-12-31"))["code"] == "6210"
    key = {"Id": old["Id"], "SyncToken": "0"}
    assert qbo.fault("invoice", {**key, "sparse": True, "PrivateNote": "x"})["code"] == "6210"
    assert qbo.fault("invoice", {**key, "sparse": True, "TxnDate": "2026-02-01"})["code"] == "6210"
    assert qbo.fault("invoice", key, operation="void")["code"] == "6210"
    assert qbo.fault("invoice", key, operation="delete")["code"] == "6210"
    assert qbo.create("Invoice", {"Id": new["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"})


def test_a_void_empties_the_document_and_keeps_it(qbo):
    before = qbo.create("Invoice", qbo.invoice(qbo.line(20, Qty=2, UnitPrice=10), DocNumber="V-1"))
    customer = before["CustomerRef"]["value"]
    key = {"Id": before["Id"], "SyncToken": "0"}
    after = qbo.create("Invoice", key, operation="void")
    assert (after["SyncToken"], after["PrivateNote"]) == ("1", "Voided")
    assert after["TotalAmt"] == after["Balance"] == after["TxnTaxDetail"]["TotalTax"] == 0
    assert [line["Amount"] for line in after["Line"]] == [0, 0]
    assert after["Line"][0]["SalesItemLineDetail"]["Qty"] == 0
    for name in ("DocNumber", "DueDate", "EmailStatus", "PrintStatus", "BillAddr", "TxnDate"):
        assert after.get(name) == before.get(name)
    assert qbo.get(f"customer/{customer}").json()["Customer"]["Balance"] == 0
    assert qbo.rows("SELECT * FROM Invoice WHERE DocNumber = 'V-1'") == [after]
    assert qbo.fault("invoice", key, operation="void")["code"] == "5010"


def test_a_deleted_invoice_is_gone_and_its_number_is_free(qbo):
    made = qbo.create("Invoice", qbo.invoice(DocNumber="D-1"))
    key = {"Id": made["Id"], "SyncToken": "0"}
    assert qbo.create("Invoice", key, operation="delete") == {"domain": "QBO", "status": "Deleted", "Id": made["Id"]}
    assert error_of(qbo.get(f"invoice/{made['Id']}"))["code"] == "610"
    assert qbo.fault("invoice", key, operation="delete")["code"] == "610"
    assert qbo.rows("SELECT * FROM Invoice WHERE DocNumber = 'D-1'") == []
    assert int(qbo.create("Invoice", qbo.invoice(DocNumber="D-1"))["Id"]) > int(made["Id"])


def test_a_sparse_update_keeps_and_a_full_update_clears(qbo):
    made = qbo.create("Invoice", qbo.invoice(PrivateNote="keep", CustomerMemo={"value": "hello"}, DocNumber="U-1"))
    sparse = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "CustomerMemo": {"value": "bye"}}
    changed = qbo.create("Invoice", sparse)
    assert (changed["PrivateNote"], changed["CustomerMemo"]["value"], changed["SyncToken"]) == ("keep", "bye", "1")
    assert changed["Line"] == made["Line"]
    full = qbo.invoice(Id=made["Id"], SyncToken="1")
    cleared = qbo.create("Invoice", full)
    assert "PrivateNote" not in cleared
    assert "CustomerMemo" not in cleared
    assert (cleared["DocNumber"], cleared["TxnDate"]) == ("U-1", made["TxnDate"])


def test_lines_are_replaced_as_a_whole_and_known_ids_stay(qbo):
    made = qbo.create("Invoice", qbo.invoice(qbo.line(1), qbo.line(2), qbo.line(3)))
    kept = {**qbo.line(30), "Id": "3"}
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Line": [kept, qbo.line(4)]}
    changed = qbo.create("Invoice", body)
    assert [(line.get("Id"), line["Amount"]) for line in changed["Line"]] == [("3", 30), ("4", 4), (None, 34)]
    assert changed["TotalAmt"] == 34


def test_balances_follow_a_change_of_customer(qbo):
    one = qbo.create("Customer", {"DisplayName": "One"})
    two = qbo.create("Customer", {"DisplayName": "Two"})
    job = qbo.create("Customer", {"DisplayName": "Job", "Job": True, "ParentRef": {"value": two["Id"]}})
    made = qbo.create("Invoice", qbo.invoice(CustomerRef={"value": one["Id"]}))
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "CustomerRef": {"value": job["Id"]}}
    qbo.create("Invoice", body)
    found = [qbo.get(f"customer/{row['Id']}").json()["Customer"] for row in (one, two, job)]
    assert [(row["Balance"], row["BalanceWithJobs"]) for row in found] == [(0, 0), (0, 10), (10, 10)]
    assert found[0]["SyncToken"] == "0"


def test_stock_goes_down_with_a_sale_and_up_with_its_void(qbo):
    accounts = {row["Name"]: {"value": row["Id"]} for row in qbo.rows("SELECT * FROM Account")}
    item = qbo.create(
        "Item",
        {
            "Name": "Walnuts", "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 10, "UnitPrice": 4,
            "InvStartDate": "2026-01-01", "IncomeAccountRef": accounts["Sales of Product Income"],
            "AssetAccountRef": accounts["Inventory Asset"], "ExpenseAccountRef": accounts["Cost of Goods Sold"],
        },
    )  # fmt: skip
    line = qbo.line(12, Qty=3, UnitPrice=4, ItemRef={"value": item["Id"]})
    made = qbo.create("Invoice", qbo.invoice(line, TxnDate="2026-02-01"))
    assert qbo.get(f"item/{item['Id']}").json()["Item"]["QtyOnHand"] == 7
    qbo.create("Invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="void")
    assert qbo.get(f"item/{item['Id']}").json()["Item"]["QtyOnHand"] == 10
    assert qbo.fault("invoice", qbo.invoice(line, TxnDate="2025-12-31"))["code"] == "6270"


def test_custom_fields_of_the_company_travel_and_others_are_refused(qbo):
    field = {"DefinitionId": "1", "Name": "Sales Rep", "Type": "StringType", "StringValue": "Ada"}
    assert qbo.create("Invoice", qbo.invoice(CustomField=[field]))["CustomField"] == [field]
    assert qbo.fault("invoice", qbo.invoice(CustomField=[field | {"DefinitionId": "3"}]))["code"] == "3000"
    nameless = qbo.fault("invoice", qbo.invoice(CustomField=[{"Name": "Sales Rep", "StringValue": "Ann"}]))
    assert (nameless["code"], nameless["element"]) == ("2020", "CustomField.DefinitionId")
