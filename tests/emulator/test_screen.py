"""What a person sees and can change in the browser."""

import html
import json
import re

import pytest
import requests

from tests.emulator.bookkeeper import Bookkeeper
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


@pytest.fixture
def person(emulator, qbo):
    someone = Bookkeeper(emulator, qbo.realm)
    yield someone
    someone.close()


PAGES = ("", "/customers", "/customers/new", "/customers/import", "/customer/1", "/customer/1/edit", "/customer/1/merge",
         "/items", "/items/new", "/item/1/edit", "/invoices", "/invoices/new", "/invoices/new?customer=1", "/invoice/1",
         "/invoice/1/edit", "/invoice/1/void", "/payments", "/payments/new", "/payments/new?customer=1", "/deposits/new",
         "/credits", "/credits/new?customer=1", "/estimates", "/transactions", "/raw/Invoice/1", "/settings")  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_that_it_is_an_emulator_and_labels_every_field(page, path):
    text = page(path)
    assert "Not QuickBooks, not your ERP" in text
    assert "emulator</title>" in text
    assert len(re.findall(r"<h1[ >]", text)) == 1
    assert "style=" not in text
    assert "<script" not in text
    for tag in re.findall(r"<(?:input|select|textarea)\b[^>]*>", text):
        if 'type="hidden"' in tag:
            continue
        name = re.search(r'\bid="([^"]+)"', tag)
        labelled = "aria-label=" in tag or (name and f'<label for="{name[1]}"' in text)
        assert labelled, tag
    identifiers = re.findall(r'\bid="([^"]+)"', text)
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize("path", [one for one in PAGES if not re.search(r"\d", one)])
def test_every_list_works_with_empty_books(emulator, path):
    emulator.reset("empty")
    answer = requests.get(f"{emulator.url}/app/{emulator.realms()[0]}{path}", timeout=10)
    assert answer.status_code == 200
    if path in ("/customers", "/items", "/invoices", "/payments", "/credits", "/estimates", "/transactions"):
        assert 'class="empty"' in answer.text


def test_the_list_of_companies_tells_who_is_connected_and_how_tax_is_computed(emulator):
    emulator.reset()
    before = requests.get(emulator.url, timeout=10).text
    assert before.count("No app connected") == len(emulator.realms())
    emulator.connection(emulator.realms()[0])
    text = requests.get(emulator.url, timeout=10).text
    assert text.count("No app connected") == len(emulator.realms()) - 1
    for shown in ("no sales tax", "automated sales tax", "tax by code"):
        assert shown in text


def test_the_overview_adds_up_what_is_open_overdue_and_undeposited(qbo, person):
    qbo.create("Invoice", qbo.invoice(qbo.line(100), TxnDate="2020-01-01"))
    qbo.create("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 30.25, "PaymentRefNum": "CHK 3"})
    text = person.open().text
    assert "Open balance $427.50 3 open invoices" in text
    assert "Overdue $100.00 1 overdue" in text
    assert "Undeposited funds $30.25" in text
    assert "CHK 3" in text


def test_all_transactions_are_in_one_list_with_their_json(qbo, person):
    qbo.create("Payment", {"CustomerRef": {"value": "2"}, "TotalAmt": 30, "PaymentRefNum": "CHK 3"})
    text = person.open("/transactions").text
    assert "HP-1001" in text
    assert "CHK 3" in text
    only = person.open("/transactions?kind=Payment&q=saltbox").text
    assert "CHK 3" in only
    assert "HP-1002" not in only
    raw = person.open("/raw/Invoice/1").answer.text
    shown = html.unescape(re.search(r"<pre[^>]*><code>(.*?)</code>", raw, re.DOTALL)[1])
    assert json.loads(shown) == qbo.get("invoice/1").json()["Invoice"]
    person.open("/raw/Nothing/1", status=404)
    person.open("/raw/Invoice/99", status=404)


def test_deep_links_of_the_real_product_lead_to_the_pages(emulator, qbo):
    paid = qbo.create("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 30})["Id"]
    links = {
        f"customerdetail?nameId=1&deeplinkcompanyid={qbo.realm}": "/customer/1",
        f"invoice?txnId=1&deeplinkcompanyid={qbo.realm}": "/invoice/1",
        f"recvpayment?txnId={paid}": f"/payment/{paid}",
    }
    for link, target in links.items():
        answer = requests.get(f"{emulator.url}/app/{link}", timeout=10)
        assert answer.url == f"{emulator.url}/app/{qbo.realm}{target}"
    other = emulator.realms()[1]
    answer = requests.get(f"{emulator.url}/app/invoice?txnId=1&deeplinkcompanyid={other}", timeout=10)
    assert answer.url == f"{emulator.url}/app/{other}/invoice/1"
    for wrong in ("invoice?txnId=1&deeplinkcompanyid=1", "customerdetail?nameId=999", "invoice?txnId=x'"):
        assert requests.get(f"{emulator.url}/app/{wrong}", timeout=10).status_code == 404


def test_what_is_not_here_is_said_in_friendly_words_with_a_way_back(emulator, person):
    page = person.open("/invoice/999", status=404)
    assert "This is not here" in page.text
    assert "Overview of Harbor & Pine Provisions LLC" in html.unescape(" ".join(page.links))
    assert "All companies" in Bookkeeper(emulator, "1").open("/nothing/of/this", status=404).links


def test_a_form_of_another_site_is_refused(emulator, qbo):
    address = f"{emulator.url}/app/{qbo.realm}/invoice/1/delete"
    answer = requests.post(address, headers={"Origin": "http://elsewhere.example"}, timeout=10)
    assert answer.status_code == 403
    assert qbo.get("invoice/1").status_code == 200


def test_a_message_is_shown_once_and_its_cookie_disturbs_nobody(person):
    assert "Saved." in person.press("/settings", "Save").said
    assert person.open("/settings").said == ""
    assert {cookie.name for cookie in person.session.cookies} <= {"qbo_emulator_screen"}


def test_switches_of_the_emulator_are_set_on_the_screen(emulator, person):
    emulator.reset()
    assert emulator.emulator.switches.refuse_inactive_with_balance is False
    done = person.press("/settings", "Save for every company", refuse_inactive_with_balance="on")
    assert "Saved for every company" in done.said
    assert emulator.emulator.switches.refuse_inactive_with_balance is True
    person.press("/settings", "Save for every company", refuse_inactive_with_balance=None)
    assert emulator.emulator.switches.refuse_inactive_with_balance is False


def test_settings_keep_what_the_form_does_not_show(qbo, person):
    before = qbo.get("preferences").json()["Preferences"]
    person.press("/settings", "Save", AutoApplyCredit="on")
    after = qbo.get("preferences").json()["Preferences"]
    assert after["SalesFormsPrefs"].pop("AutoApplyCredit") is True
    before["SalesFormsPrefs"].pop("AutoApplyCredit")
    for name in ("SalesFormsPrefs", "TaxPrefs", "AccountingInfoPrefs", "CurrencyPrefs", "OtherPrefs"):
        assert after[name] == before[name]


def test_each_switch_stands_in_one_group_and_is_set_there(emulator, person):
    page = person.open("/settings")
    names = [name for name, value in vars(emulator.emulator.switches).items() if isinstance(value, bool)]
    groups = re.findall(r'<fieldset class="group"><legend>(.*?)</legend>(.*?)</fieldset>', page.answer.text, re.DOTALL)
    shown = {title: re.findall(r'<input type="checkbox" id="(\w+)"', inside) for title, inside in groups}
    assert sorted(name for found in shown.values() for name in found) == sorted(names)
    assert "Other" not in shown, "a new switch needs a group in the screen's settings"
    assert "cdc_look_back" in shown["Change data capture"]
    assert len(shown) >= 6
    person.press("/settings", "Save for every company", cdc_look_back="on")
    assert emulator.emulator.switches.cdc_look_back is True
    person.press("/settings", "Save for every company", cdc_look_back=None)
    assert emulator.emulator.switches.cdc_look_back is False
