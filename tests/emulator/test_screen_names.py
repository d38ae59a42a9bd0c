"""Customers and items on the screen, and what the API shows of it."""

import pytest

from tests.emulator.bookkeeper import Bookkeeper
from tests.emulator.books import now, sale
from tests.emulator.test_webhooks import hook, receiver, told  # noqa: F401 - fixtures


@pytest.fixture
def person(emulator, qbo):
    someone = Bookkeeper(emulator, qbo.realm)
    yield someone
    someone.close()


def test_a_new_customer_is_in_the_books_with_all_that_was_typed(qbo, person):
    typed = {
        "DisplayName": "Fernhill Bakery", "CompanyName": "Fernhill LLC", "GivenName": "Rosa", "FamilyName": "Lind",
        "PrimaryEmailAddr.Address": "rosa@fernhill.example", "PrimaryPhone.FreeFormNumber": "(555) 010-0199",
        "Notes": "Closed on Mondays", "BillAddr.Line1": "12 Mill Road", "BillAddr.City": "Bath",
        "BillAddr.CountrySubDivisionCode": "ME", "BillAddr.PostalCode": "04530", "Taxable": None,
    }  # fmt: skip
    page = person.press("/customers/new", "Save customer", typed)
    assert page.said.endswith("Customer Fernhill Bakery saved.")
    assert "12 Mill Road" in page.text
    made = qbo.first("Customer", "WHERE DisplayName = 'Fernhill Bakery'")
    assert (made["GivenName"], made["FamilyName"], made["Taxable"]) == ("Rosa", "Lind", False)
    assert made["PrimaryEmailAddr"]["Address"] == "rosa@fernhill.example"
    assert (made["BillAddr"]["City"], made["BillAddr"]["PostalCode"]) == ("Bath", "04530")
    assert "ShipAddr" not in made


def test_a_name_that_is_taken_is_refused_and_what_was_typed_stays(qbo, person):
    page = person.press("/customers/new", "Save customer", DisplayName="Cedar Farm Supply", Notes="keep <me>")
    assert page.status == 400
    assert "already using this name" in page.refused
    assert "Code 6240" in page.refused
    (form,) = [form for form in page.forms if "Save customer" in form.buttons]
    assert (form.values["DisplayName"], form.values["Notes"]) == ("Cedar Farm Supply", "keep <me>")
    assert qbo.rows("SELECT * FROM Customer WHERE DisplayName = 'Cedar Farm Supply'") == []


def test_an_edit_changes_what_was_typed_and_leaves_the_rest(qbo, person):
    before = qbo.first("Customer")
    form = {"PrimaryEmailAddr.Address": "new@juniper.example", "BillAddr.City": "Stowe", "Taxable": None}
    person.press(f"/customer/{before['Id']}/edit", "Save customer", form)
    after = now(qbo, "Customer", before)
    assert after["PrimaryEmailAddr"]["Address"] == "new@juniper.example"
    assert (after["BillAddr"]["City"], after["BillAddr"]["Line1"]) == ("Stowe", before["BillAddr"]["Line1"])
    assert after["Taxable"] is False
    for kept in ("DisplayName", "SalesTermRef", "ShipAddr", "CompanyName", "Balance"):
        assert after[kept] == before[kept]
    person.press(f"/customer/{before['Id']}/edit", "Save customer", {"PrimaryEmailAddr.Address": ""})
    assert "PrimaryEmailAddr" not in now(qbo, "Customer", before)


def test_an_edit_of_an_old_version_is_refused(qbo, person):
    old = qbo.first("Customer")
    page = person.open(f"/customer/{old['Id']}/edit")
    qbo.create("Customer", {"Id": old["Id"], "SyncToken": old["SyncToken"], "sparse": True, "Notes": "meanwhile"})
    refused = person.confirm(page, "Save customer")
    assert refused.status == 400
    assert "changed while you were looking" in refused.refused
    assert "Code 5010" in refused.refused


def test_the_page_of_a_customer_shows_what_belongs_to_it(qbo, person):
    sale(qbo, "Invoice", 120, DocNumber="OF-1")
    qbo.create("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 20, "PaymentRefNum": "CHK 9"})
    sale(qbo, "CreditMemo", 7, DocNumber="CM-7")
    text = person.open("/customer/1").text
    for shown in ("OF-1", "$120.00", "CHK 9", "$20.00", "CM-7", "$7.00", "Net 15"):
        assert shown in text
    assert "OF-1" not in person.open("/customer/2").text


def test_a_customer_becomes_inactive_and_active_again_on_its_page(qbo, person):
    page = person.press("/customer/1", "Make inactive")
    assert "is inactive now" in page.said
    assert now(qbo, "Customer", "1")["DisplayName"] == "Juniper Market (deleted)"
    assert "Juniper Market (deleted)" in person.open("/customers?show=inactive").text
    assert "Juniper" not in person.open("/customers?show=active").text
    person.press("/customer/1", "Make active")
    assert now(qbo, "Customer", "1")["DisplayName"] == "Juniper Market"


def test_two_customers_are_merged_after_a_question(qbo, person, hook):  # noqa: F811 - the fixture
    balance = now(qbo, "Customer", "1")["Balance"] + now(qbo, "Customer", "2")["Balance"]
    page = person.open("/customer/2/merge")
    assert "1 invoice, 0 payments and 0 credit memos" in page.text
    assert "can't be undone" in page.text
    done = person.press("/customer/2/merge?q=juniper", "Merge", into="1")
    assert "Everything is with Juniper Market now" in done.said
    assert done.url.endswith("/customer/1")
    assert now(qbo, "Customer", "1")["Balance"] == balance
    assert {row["CustomerRef"]["value"] for row in qbo.rows("SELECT * FROM Invoice")} == {"1"}
    assert ("customer", "1", "Merge") in told(qbo, hook)
    person.open("/customer/2", status=404)


def test_a_customer_is_not_merged_into_itself(qbo, person):
    page = person.session.post(f"{person.base}/customer/1/merge", data={"into": "1"}, timeout=20)
    assert page.status_code == 400
    assert "merged into itself" in page.text.replace("&#39;", "'")
    assert now(qbo, "Customer", "1")["DisplayName"] == "Juniper Market"


def test_customers_are_found_by_name_company_or_email(person):
    assert "Saltbox" in person.open("/customers?q=HELLO@salt").text
    assert "Juniper" not in person.open("/customers?q=saltbox").text
    nothing = person.open("/customers?q=nobody'%25\\")
    assert "No customers here" in nothing.text
    assert "Clear filters" in nothing.links


@pytest.mark.parametrize("kind", ["Service", "NonInventory", "Inventory"])
def test_a_new_item_of_each_type_gets_the_usual_accounts(qbo, person, kind):
    typed = {"Type": kind, "Name": f"New {kind}", "UnitPrice": "1,250.50", "Sku": "N-1", "Description": "Fresh"}
    stock = {"QtyOnHand": "12", "InvStartDate": "2026-01-01"} if kind == "Inventory" else {}
    page = person.press("/items/new", "Save item", typed, Taxable="on", **stock)
    assert page.said.endswith(f"Item New {kind} saved.")
    made = qbo.first("Item", f"WHERE Name = 'New {kind}'")
    assert (made["Type"], made["UnitPrice"], made["Sku"], made["Taxable"]) == (kind, 1250.5, "N-1", True)
    assert made["IncomeAccountRef"]["value"]
    assert made.get("QtyOnHand") == (12 if kind == "Inventory" else None)
    assert ("AssetAccountRef" in made) is (kind == "Inventory")


def test_an_item_is_edited_and_its_price_is_checked(qbo, person):
    item = qbo.first("Item")
    person.press(f"/item/{item['Id']}/edit", "Save item", UnitPrice="7.25", Description="Mixed", Taxable=None)
    after = now(qbo, "Item", item)
    assert (after["UnitPrice"], after["Description"], after["Taxable"]) == (7.25, "Mixed", False)
    assert after["IncomeAccountRef"] == item["IncomeAccountRef"]
    page = person.press(f"/item/{item['Id']}/edit", "Save item", UnitPrice="cheap")
    assert page.status == 400
    assert "Price: “cheap” is not a number" in page.refused
    assert page.forms[0].values["UnitPrice"] == "cheap"
    assert now(qbo, "Item", item)["UnitPrice"] == 7.25


def test_each_action_on_a_name_is_told_to_webhooks(qbo, person, hook):  # noqa: F811 - the fixture
    person.press("/customers/new", "Save customer", DisplayName="Heard")
    made = qbo.first("Customer", "WHERE DisplayName = 'Heard'")["Id"]
    person.press(f"/customer/{made}/edit", "Save customer", Notes="seen")
    person.press("/item/1/edit", "Save item", UnitPrice="9")
    assert told(qbo, hook) == [("customer", made, "Create"), ("customer", made, "Update"), ("item", "1", "Update")]


def test_the_page_of_a_busy_customer_shows_the_newest_and_leads_to_the_rest(qbo, person):
    for number in range(21):
        sale(qbo, "Invoice", 1, customer="2", DocNumber=f"BUSY-{number:02}")
    page = person.open("/customer/2")
    assert "BUSY-20" in page.text
    assert "BUSY-00" not in page.text
    assert "All 22 invoices" in page.links
    assert "22 found" in person.open("/invoices?q=Saltbox").text


def test_the_other_customer_of_a_merge_is_searched_for_among_many(qbo, person):
    for start in range(0, 60, 30):
        items = [
            {"bId": str(n), "operation": "create", "Customer": {"DisplayName": f"Aa {n:02}"}}
            for n in range(start, start + 30)
        ]
        qbo.post("batch", {"BatchItemRequest": items})
    assert "Saltbox Cafe" not in person.open("/customer/1/merge").text
    person.press("/customer/1/merge?q=saltbox", "Merge", into="2")
    assert {row["CustomerRef"]["value"] for row in qbo.rows("SELECT * FROM Invoice")} == {"2"}


def test_a_merge_searches_first_and_offers_few(qbo, person):
    for start in range(0, 30, 30):
        items = [
            {"bId": str(n), "operation": "create", "Customer": {"DisplayName": f"Few {n:02}"}}
            for n in range(start, start + 30)
        ]
        qbo.post("batch", {"BatchItemRequest": items})
    first = person.open("/customer/1/merge")
    assert "Saltbox Cafe" not in first.text
    assert not any("Merge" in form.buttons for form in first.forms)
    many = person.open("/customer/1/merge?q=few")
    assert many.answer.text.count('type="radio"') == 10
    assert "There are more." in many.text
    assert "<select" not in many.answer.text
    assert "Juniper Market ID 1" not in person.open("/customer/1/merge?q=juniper").text
    assert "No other active customer matches “nobody”" in person.open("/customer/1/merge?q=nobody").text
    nothing = person.session.post(f"{person.base}/customer/1/merge?q=few", timeout=20)
    assert nothing.status_code == 400
    assert "Search for the other customer and choose it." in nothing.text


def test_the_price_of_an_item_is_shown_with_all_its_decimals(qbo, person):
    income = qbo.first("Item")["IncomeAccountRef"]
    for name, price in (("Three", 59.955), ("Seven", 0.1234567), ("Whole", 60)):
        qbo.create("Item", {"Name": name, "Type": "Service", "UnitPrice": price, "IncomeAccountRef": income})
    text = person.open("/items").text
    for shown in ("$59.955", "$0.1234567", "$60.00 "):
        assert shown in text
    assert "$59.96" not in text


def test_the_overview_counts_inactive_names_apart(emulator, qbo, person):
    active = qbo.query("SELECT count(*) FROM Customer").json()["QueryResponse"]["totalCount"]
    for page in (person.open(), person.open(emulator.url)):
        assert f"Customers {active} active, 1 inactive" in page.text
