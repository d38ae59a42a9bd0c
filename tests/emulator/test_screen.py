"""What a person sees and can change in the browser."""

import re

import pytest
import requests

from tests.emulator.conftest import RawClient


@pytest.fixture
def page(emulator, qbo):
    def open_page(path: str = "", status: int = 200) -> str:
        answer = requests.get(f"{emulator.url}/app/{qbo.realm}{path}", timeout=10)
        assert answer.status_code == status
        return answer.text

    return open_page


def test_the_first_page_lists_the_companies(emulator):
    text = requests.get(emulator.url, timeout=10).text
    assert "Harbor &amp; Pine Provisions LLC" in text
    assert "Northwind Pantry Inc" in text


@pytest.mark.parametrize("path", ["", "/customers", "/items", "/invoices", "/settings"])
def test_no_page_loads_anything_from_another_host(page, path):
    text = page(path)
    assert '<html lang="en">' in text
    assert "viewport" in text
    assert re.findall(r'(?:src|href)="((?:https?:)?//[^"]*)"', text) == []


def test_customers_show_their_balance_and_items_their_sku(page):
    assert "$205.50" in page("/customers")
    assert "Old Mill Deli (deleted)" in page("/customers")
    assert "TM-CLASSIC" in page("/items")
    assert "Trail Mix" not in page("/items?q=apricots")
    assert "No items here" in page("/items?q=zzz'%25")


def test_an_invoice_shows_its_lines_and_totals(qbo, page):
    shipping = qbo.line(7, ItemRef={"value": "SHIPPING_ITEM_ID"})
    percent = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10}}
    words = {"DetailType": "DescriptionOnly", "Description": "Packed <by hand>"}
    body = qbo.invoice(
        qbo.line(1200, Qty=2, UnitPrice=600), words, percent, shipping, DocNumber="SC-1", PrivateNote="note"
    )
    made = qbo.create("Invoice", body)
    text = page(f"/invoice/{made['Id']}")
    for expected in ("Invoice SC-1", "$1,200.00", "Discount 10%", "-$120.00", "Shipping", "$7.00", "$1,087.00",
                     "Packed &lt;by hand&gt;", "note", "Open"):  # fmt: skip
        assert expected in text
    assert "SC-1" in page("/invoices?q=sc-")
    assert "SC-1" in page()
    page("/invoice/999", status=404)


def test_a_deep_link_finds_the_invoice(emulator, qbo):
    made = qbo.create("Invoice", qbo.invoice(DocNumber="DL-1"))
    answer = requests.get(f"{emulator.url}/app/invoice", params={"txnId": made["Id"]}, timeout=10)
    assert "DL-1" in answer.text
    assert answer.url.endswith(f"/app/{qbo.realm}/invoice/{made['Id']}")
    assert requests.get(f"{emulator.url}/app/invoice?txnId=999", timeout=10).status_code == 404


def test_settings_change_what_the_company_allows(emulator, qbo, page):
    form = {"CustomTxnNumbers": "on", "AllowShipping": "on", "BookCloseDate": "2026-01-31"}
    answer = requests.post(f"{emulator.url}/app/{qbo.realm}/settings", data=form, timeout=10)
    assert answer.status_code == 200
    assert "Saved." in answer.text
    preferences = qbo.get("preferences").json()["Preferences"]
    sales = preferences["SalesFormsPrefs"]
    assert (sales["CustomTxnNumbers"], sales["AllowShipping"], sales["AllowDiscount"]) == (True, True, False)
    assert sales["DefaultTerms"]["name"] == "Net 30"
    assert qbo.fault("invoice", qbo.invoice(TxnDate="2026-01-31"))["code"] == "6210"
    requests.post(f"{emulator.url}/app/{qbo.realm}/settings", data={**form, "BookCloseDate": ""}, timeout=10)
    assert "BookCloseDate" not in qbo.get("preferences").json()["Preferences"]["AccountingInfoPrefs"]
    wrong = requests.post(f"{emulator.url}/app/{qbo.realm}/settings", data={"BookCloseDate": "31/01"}, timeout=10)
    assert wrong.status_code == 400
    assert "is not a date" in wrong.text


@pytest.mark.parametrize(
    ("name", "entity", "field"), [("items", "Item", "Name"), ("customers", "Customer", "DisplayName")]
)
def test_a_person_makes_things_inactive_and_active_again(emulator, qbo, name, entity, field):
    row = qbo.first(entity)
    address = f"{emulator.url}/app/{qbo.realm}/{name}/{row['Id']}/active"
    assert requests.post(address, data={"active": "false"}, timeout=10).status_code == 200
    assert qbo.get(f"{entity}/{row['Id']}").json()[entity][field] == f"{row[field]} (deleted)"
    assert requests.post(address, data={"active": "true"}, timeout=10).status_code == 200
    back = qbo.get(f"{entity}/{row['Id']}").json()[entity]
    assert (back[field], back["Active"]) == (row[field], True)


def test_a_refusal_is_shown_in_words(emulator, qbo):
    emulator.switch(refuse_inactive_with_balance=True)
    address = f"{emulator.url}/app/{qbo.realm}/customers/1/active"
    answer = requests.post(address, data={"active": "false"}, timeout=10)
    assert answer.status_code == 400
    assert "has an open balance" in answer.text


def test_long_lists_have_pages(emulator, qbo, page):
    for start in range(0, 60, 30):
        items = [
            {"bId": str(n), "operation": "create", "Customer": {"DisplayName": f"Page {n:02}"}}
            for n in range(start, start + 30)
        ]
        qbo.post("batch", {"BatchItemRequest": items})
    first, second = page("/customers?q=Page"), page("/customers?q=Page&page=2")
    assert "60 found" in first
    assert "Next page" in first
    assert "Page 49" in first
    assert "Page 50" not in first
    assert "Page 59" in second
    assert "Next page" not in second


def test_unknown_companies_are_not_found(emulator):
    for path in ("/app/1", "/app/1/items", "/app/1/invoice/1"):
        assert requests.get(emulator.url + path, timeout=10).status_code == 404


def test_the_second_company_has_its_own_pages(emulator):
    other = RawClient(emulator, emulator.realms()[1])
    assert "NP-2001" in requests.get(f"{emulator.url}/app/{other.realm}/invoices", timeout=10).text
    other.session.close()
