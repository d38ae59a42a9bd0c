"""Invoices on the screen, and what the API shows of it."""

import re

import pytest
import requests

from tests.emulator.bookkeeper import Bookkeeper, Page
from tests.emulator.books import link, now, pay, sale
from tests.emulator.test_webhooks import hook, receiver, told  # noqa: F401 - fixtures


@pytest.fixture
def person(emulator, qbo):
    someone = Bookkeeper(emulator, qbo.realm)
    yield someone
    someone.close()


def test_each_state_has_its_filter_and_its_word(qbo, person):
    sale(qbo, "Invoice", 10, DocNumber="S-OPEN")
    sale(qbo, "Invoice", 10, DocNumber="S-LATE", TxnDate="2020-01-01")
    part = sale(qbo, "Invoice", 10, DocNumber="S-PART")
    full = sale(qbo, "Invoice", 10, DocNumber="S-FULL")
    gone = sale(qbo, "Invoice", 10, DocNumber="S-VOID")
    qbo.create("Payment", pay(14, link(4, part), link(10, full)))
    qbo.post("invoice", {"Id": gone["Id"], "SyncToken": gone["SyncToken"]}, operation="void")
    shown = {"open": {"OPEN", "LATE", "PART"}, "overdue": {"LATE"}, "partly": {"PART"}, "paid": {"FULL"},
             "voided": {"VOID"}}  # fmt: skip
    for show, expected in shown.items():
        text = person.open(f"/invoices?show={show}&q=s-").text
        assert {name for name in ("OPEN", "LATE", "PART", "FULL", "VOID") if f"S-{name}" in text} == expected
    for name, word in (("LATE", "Overdue"), ("PART", "Partly paid"), ("FULL", "Paid"), ("VOID", "Voided")):
        assert f"S-{name}" in person.open("/invoices?q=juniper").text
        row = person.open(f"/invoices?q=S-{name}").text.split(f"S-{name} ")[-1]
        assert word in row


def test_a_new_invoice_takes_price_description_and_terms_from_the_books(qbo, person):
    chosen = person.open("/invoices/new").links["Juniper Market"]
    path = chosen.removeprefix(f"/app/{qbo.realm}")
    typed = {"DocNumber": "NEW-1", "TxnDate": "2026-03-02", "PrivateNote": "by hand", "line-0-item": "1",
             "line-0-qty": "3", "line-1-item": "2", "line-1-qty": "2", "line-1-price": "10.005"}  # fmt: skip
    page = person.press(path, "Save invoice", typed)
    assert "Invoice NEW-1 over $39.51 saved" in page.said
    made = qbo.first("Invoice", "WHERE DocNumber = 'NEW-1'")
    assert (made["CustomerRef"]["value"], made["TotalAmt"], made["Balance"]) == ("1", 39.51, 39.51)
    assert (made["TxnDate"], made["DueDate"], made["PrivateNote"]) == ("2026-03-02", "2026-03-17", "by hand")
    assert made["Line"][0]["Description"] == "Trail mix with almonds, raisins and cashews"
    assert [line.get("Amount") for line in made["Line"]] == [19.5, 20.01, 39.51]


def test_a_form_without_lines_or_with_a_wrong_number_keeps_what_was_typed(qbo, person):
    count = len(qbo.rows("SELECT * FROM Invoice"))
    empty = person.press("/invoices/new?customer=1", "Save invoice", DocNumber="KEEP")
    assert "There is no line" in empty.refused
    assert next(form for form in empty.forms if form.method == "post").values["DocNumber"] == "KEEP"
    typed = {"line-0-item": "1", "line-0-qty": "many", "line-0-description": "Nuts"}
    wrong = person.press("/invoices/new?customer=1", "Save invoice", typed)
    assert wrong.status == 400
    assert "Line Nuts, quantity: “many” is not a number" in wrong.refused
    values = next(form for form in wrong.forms if form.method == "post").values
    assert (values["line-0-item"], values["line-0-qty"]) == ("1", "many")
    assert len(qbo.rows("SELECT * FROM Invoice")) == count


def test_more_lines_are_offered_without_saving(qbo, person):
    count = len(qbo.rows("SELECT * FROM Invoice"))
    page = person.press("/invoices/new?customer=1", "Add lines", {"line-0-item": "2"})
    form = next(form for form in page.forms if form.method == "post")
    assert form.values["lines"] == "6"
    assert form.values["line-0-item"] == "2"
    assert len(qbo.rows("SELECT * FROM Invoice")) == count


def test_an_edit_changes_adds_and_removes_lines_and_keeps_the_others(qbo, person):
    percent = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10}}
    words = {"DetailType": "DescriptionOnly", "Description": "Packed by hand"}
    shipping = qbo.line(7, ItemRef={"value": "SHIPPING_ITEM_ID"})
    lines = (qbo.line(20, Qty=2, UnitPrice=10), qbo.line(5, Qty=1, UnitPrice=5), qbo.line(30), words, percent, shipping)
    made = qbo.create("Invoice", qbo.invoice(*lines, DocNumber="ED-1", CustomerMemo={"value": "Thanks"}))
    assert made["TotalAmt"] == 56.5
    typed = {"TxnDate": "2026-04-01", "DueDate": "2026-04-20", "PrivateNote": "called", "line-0-qty": "3",
             "line-0-description": "Three of them", "line-1-remove": "on", "line-6-item": "3", "line-6-qty": "1",
             "line-6-price": "2"}  # fmt: skip
    page = person.press(f"/invoice/{made['Id']}/edit", "Save invoice", typed)
    assert page.said.endswith("Its total is $62.80.")
    after = now(qbo, "Invoice", made)
    assert (after["TxnDate"], after["DueDate"], after["PrivateNote"]) == ("2026-04-01", "2026-04-20", "called")
    assert (after["CustomerMemo"], after["DocNumber"]) == ({"value": "Thanks"}, "ED-1")
    kinds = [(line["DetailType"], line.get("Amount"), line.get("Description")) for line in after["Line"]]
    assert ("SalesItemLineDetail", 30, "Three of them") in kinds
    assert ("SalesItemLineDetail", 30, None) in kinds
    assert ("DescriptionOnly", None, "Packed by hand") in kinds
    assert ("DiscountLineDetail", 6.2, None) in kinds
    assert not any(amount == 5 for _, amount, _ in kinds)
    first = next(line for line in after["Line"] if line.get("Description") == "Three of them")
    assert (first["Id"], first["SalesItemLineDetail"]["Qty"]) == (made["Line"][0]["Id"], 3)
    assert after["TotalAmt"] == 62.8


def test_a_date_in_closed_books_is_refused_with_a_way_out(qbo, person):
    qbo.preference("AccountingInfoPrefs", BookCloseDate="2026-01-31")
    typed = {"TxnDate": "2026-01-31", "line-0-item": "1", "line-0-qty": "1"}
    page = person.press("/invoices/new?customer=1", "Save invoice", typed)
    assert "books are closed for this date" in page.refused
    assert "Code 6210" in page.refused


def test_void_asks_first_and_then_takes_everything_back(qbo, person, hook):  # noqa: F811 - the fixture
    owed = now(qbo, "Customer", "1")["Balance"]
    assert "Void invoice HP-1001?" in person.open("/invoice/1/void").text
    page = person.press("/invoice/1/void", "Void invoice")
    assert "Invoice HP-1001 is voided" in page.said
    after = now(qbo, "Invoice", "1")
    assert (after["TotalAmt"], after["Balance"], after["PrivateNote"]) == (0, 0, "Voided")
    assert now(qbo, "Customer", "1")["Balance"] == pytest.approx(owed - 205.5)
    assert ("invoice", "1", "Void") in told(qbo, hook)


def test_an_invoice_with_payments_says_before_that_it_cannot_be_voided(emulator, qbo, person):
    paid = qbo.create("Payment", pay(5, link(5, {"Id": "1"}), PaymentRefNum="CHK 8"))
    for path in ("/invoice/1", "/invoice/1/void"):
        page = person.open(path)
        assert "can't be voided while payments are applied" in page.text
        assert page.links["Payment CHK 8"].endswith(f"/payment/{paid['Id']}")
        assert "Void" not in page.links
        assert not any("Void invoice" in form.buttons for form in page.forms)
    emulator.switch(void_paid_invoices=True)
    assert "can't be voided" not in person.open("/invoice/1").text
    done = person.press("/invoice/1/void", "Void invoice")
    assert "Invoice HP-1001 is voided" in done.said
    assert now(qbo, "Payment", paid)["UnappliedAmt"] == 5


def test_a_void_that_is_refused_says_why_on_the_invoice(qbo, person):
    asked = person.open("/invoice/1/void")
    qbo.create("Payment", pay(5, link(5, {"Id": "1"})))
    form = next(form for form in asked.forms if "Void invoice" in form.buttons)
    token = now(qbo, "Invoice", "1")["SyncToken"]
    page = Page(person.session.post(asked.url, data={**form.values, "SyncToken": token}, timeout=20))
    assert page.status == 400
    assert "Code 6000" in page.refused
    assert "Invoice HP-1001" in page.text
    assert now(qbo, "Invoice", "1")["TotalAmt"] == 205.5


def test_delete_asks_first_and_then_removes(qbo, person, hook):  # noqa: F811 - the fixture
    page = person.press("/invoice/1/delete", "Delete invoice")
    assert "Invoice HP-1001 is deleted" in page.said
    assert page.url.endswith("/invoices")
    assert qbo.get("invoice/1").status_code == 400
    assert ("invoice", "1", "Delete") in told(qbo, hook)


def test_a_void_of_an_old_version_is_refused(qbo, person):
    page = person.open("/invoice/1/void")
    old = now(qbo, "Invoice", "1")
    qbo.create("Invoice", {"Id": "1", "SyncToken": old["SyncToken"], "sparse": True, "PrivateNote": "meanwhile"})
    refused = person.confirm(page, "Void invoice")
    assert "Code 5010" in refused.refused
    assert now(qbo, "Invoice", "1")["TotalAmt"] == 205.5


def test_an_invoice_is_sent_by_email(qbo, person, hook):  # noqa: F811 - the fixture
    wrong = person.press("/invoice/1", "Send by e-mail", sendTo="nobody")
    assert "not an e-mail address" in wrong.refused
    page = person.press("/invoice/1", "Send by e-mail", sendTo="ap@juniper.example")
    assert "sent to ap@juniper.example" in page.said
    after = now(qbo, "Invoice", "1")
    assert (after["EmailStatus"], after["BillEmail"]["Address"]) == ("EmailSent", "ap@juniper.example")
    assert ("invoice", "1", "Emailed") in told(qbo, hook)


def test_the_pdf_is_that_of_the_api(qbo, person):
    shown = requests.get(f"{person.base}/pdf/Invoice/1.pdf", timeout=20)
    assert shown.headers["Content-Type"] == "application/pdf"
    assert shown.content.startswith(b"%PDF")
    assert shown.content == qbo.session.get(qbo.url("invoice/1/pdf"), timeout=20).content
    assert requests.get(f"{person.base}/pdf/Customer/1.pdf", timeout=20).status_code == 404
    assert requests.get(f"{person.base}/pdf/Invoice/99.pdf", timeout=20).status_code == 404


@pytest.mark.parametrize(("company", "words"), [(2, ("Illinois State 6.25%", "Cook County 1.75%", "$38.76", "Taxable")),
                                                (4, ("GST 5%", "PST BC 7%", "CA$24.96", "GST/PST BC"))])  # fmt: skip
def test_an_invoice_shows_each_of_its_taxes(emulator, company, words):
    person = Bookkeeper(emulator, emulator.realms()[company])
    text = person.open("/invoice/1").text
    person.close()
    for word in words:
        assert word in text


def test_a_line_can_be_taxed_or_not(emulator):
    realm = emulator.realms()[2]
    person = Bookkeeper(emulator, realm)
    person.press("/invoice/1/edit", "Save invoice", {"line-0-tax": "NON"})
    assert next(one for one in emulator.invoices(realm) if one["Id"] == "1")["TxnTaxDetail"]["TotalTax"] == 0
    person.close()


def test_a_bundle_is_shown_with_its_members_and_survives_an_edit(emulator, qbo, person):
    with emulator.emulator.books(qbo.realm) as books:
        group = {"Name": "Gift box", "FullyQualifiedName": "Gift box", "Type": "Group", "Active": True}
        group["ItemGroupDetail"] = {"ItemGroupLine": [{"ItemRef": {"value": "1"}, "Qty": 2}]}
        books.put("Item", group)
    line = {"DetailType": "GroupLineDetail", "GroupLineDetail": {"GroupItemRef": {"value": group["Id"]}, "Quantity": 3}}
    made = qbo.create("Invoice", qbo.invoice(line, qbo.line(5)))
    assert "Gift box bundle of Trail Mix (Classic)" in person.open(f"/invoice/{made['Id']}").text
    page = person.press(f"/invoice/{made['Id']}/edit", "Save invoice", PrivateNote="same lines")
    assert page.status == 200
    after = now(qbo, "Invoice", made)
    assert (after["TotalAmt"], after["PrivateNote"]) == (made["TotalAmt"], "same lines")
    assert [entry["Amount"] for entry in after["Line"][0]["GroupLineDetail"]["Line"]] == [39]


def test_a_company_outside_the_us_chooses_a_tax_code_for_each_line(emulator):
    realm = emulator.realms()[4]
    person = Bookkeeper(emulator, realm)
    home = next(one for one in emulator.invoices(realm) if one["CurrencyRef"]["value"] == "CAD")
    path = f"/invoices/new?customer={home['CustomerRef']['value']}"
    typed = {"DocNumber": "CA-1", "line-0-item": "1", "line-0-qty": "10", "line-0-price": "10"}
    refused = person.press(path, "Save invoice", typed)
    assert "GST rate" in refused.refused
    page = person.press(path, "Save invoice", {**typed, "line-0-tax": "1"})
    assert "Invoice CA-1 over CA$112.00 saved" in page.said
    person.close()


def test_a_document_without_a_number_has_one_name_everywhere(qbo, person):
    qbo.preference("SalesFormsPrefs", CustomTxnNumbers=True)
    bare = sale(qbo, "Invoice", 20)
    assert "DocNumber" not in bare
    name, path = f"nvoice without a number (ID {bare['Id']})", f"/invoice/{bare['Id']}"
    for shown in (path, f"{path}/edit", f"{path}/void", f"{path}/delete", f"/payments/new?customer=1&invoice={bare['Id']}",
                  f"/raw/Invoice/{bare['Id']}"):  # fmt: skip
        page = person.open(shown)
        assert name in page.text, shown
        assert re.search(r"<title>[^<]*ithout a number|<title>(Receive a payment|Invoice \d+) ", page.answer.text)
    for shown in ("/invoices", "/customer/1", "/transactions", ""):
        assert f"Without a number (ID {bare['Id']})" in person.open(shown).links, shown
    paid = person.press(f"/payments/new?customer=1&invoice={bare['Id']}", "Save payment")
    assert f"Invoice without a number (ID {bare['Id']}) is paid." in paid.said
    payment = qbo.first("Payment")
    for shown in (f"/payment/{payment['Id']}", f"/payment/{payment['Id']}/void", "/deposits/new"):
        assert f"ayment without a number (ID {payment['Id']})" in person.open(shown).text, shown
    assert f"Without a number (ID {payment['Id']})" in person.open("/payments").links


def test_a_payment_for_an_invoice_begins_with_what_is_open_and_that_invoice(qbo, person):
    other = sale(qbo, "Invoice", 33)
    qbo.create("Payment", pay(5.5, link(5.5, {"Id": "1"})))
    page = person.open(person.open("/invoice/1").links["Receive payment"].removeprefix(f"/app/{qbo.realm}"))
    values = next(form for form in page.forms if "Save payment" in form.buttons).values
    assert values["TotalAmt"] == "200.00"
    assert "apply-1" in values
    assert f"apply-{other['Id']}" not in values


def test_a_due_date_before_the_invoice_date_is_refused_kindly(qbo, person):
    typed = {"TxnDate": "2026-03-10", "DueDate": "2026-03-09", "line-0-item": "1", "line-0-qty": "1"}
    refused = person.press("/invoices/new?customer=1", "Save invoice", typed)
    assert refused.status == 400
    assert "The due date 2026-03-09 is before the invoice date 2026-03-10." in refused.refused
    assert next(form for form in refused.forms if form.method == "post").values["DueDate"] == "2026-03-09"
    same = person.press("/invoices/new?customer=1", "Save invoice", {**typed, "DueDate": "2026-03-10"})
    assert same.status == 200
    edit = person.press("/invoice/1/edit", "Save invoice", TxnDate="2026-03-10", DueDate="2026-03-01")
    assert "is before the invoice date" in edit.refused


def test_an_invoice_is_written_with_a_discount_that_an_edit_changes_and_removes(qbo, person):
    qbo.preference("SalesFormsPrefs", AllowDiscount=True)
    typed = {"line-0-item": "1", "line-0-qty": "10", "line-0-price": "10", "discount": "12.5%"}
    page = person.press("/invoices/new?customer=1", "Save invoice", typed)
    assert page.said.endswith("over $87.50 saved.")
    made = page.url.rpartition("/")[2]
    path = f"/invoice/{made}/edit"
    assert next(form for form in person.open(path).forms if form.method == "post").values["discount"] == "12.5%"
    assert "Its total is $87.50." in person.press(path, "Save invoice", PrivateNote="same").said
    assert "Its total is $95.00." in person.press(path, "Save invoice", discount="5").said
    lines = [line["DiscountLineDetail"] for line in now(qbo, "Invoice", made)["Line"] if "DiscountLineDetail" in line]
    assert [line["PercentBased"] for line in lines] == [False]
    assert "Its total is $100.00." in person.press(path, "Save invoice", discount="").said
    for wrong in ("-5", "0", "101%"):
        assert "discount must be more than zero" in person.press(path, "Save invoice", discount=wrong).refused
    assert "The discount: “lots” is not a number" in person.press(path, "Save invoice", discount="lots").refused


def test_a_company_without_discounts_has_no_field_for_them(qbo, person):
    qbo.preference("SalesFormsPrefs", AllowDiscount=False)
    assert 'name="discount"' not in person.open("/invoices/new?customer=1").answer.text
    typed = {"line-0-item": "1", "line-0-qty": "1"}
    assert person.press("/invoices/new?customer=1", "Save invoice", typed).status == 200


def test_an_invoice_ships_to_another_address_than_the_customers(emulator):
    realm = emulator.realms()[2]
    person = Bookkeeper(emulator, realm)
    form = next(form for form in person.open("/invoices/new?customer=1").forms if form.method == "post")
    assert form.values["ShipAddr.City"] == "Chicago"
    typed = {"line-0-item": "1", "line-0-qty": "1", "line-0-price": "100"}
    person.press("/invoices/new?customer=1", "Save invoice", typed)
    elsewhere = {"ShipAddr.Line1": "1 Main Street", "ShipAddr.City": "Austin", "ShipAddr.CountrySubDivisionCode": "TX",
                 "ShipAddr.PostalCode": "78701"}  # fmt: skip
    person.press("/invoices/new?customer=1", "Save invoice", {**typed, **elsewhere})
    home, away = emulator.invoices(realm)[-2:]
    assert home["ShipAddr"]["City"] == "Chicago"
    assert (away["ShipAddr"]["City"], away["ShipAddr"]["Line1"]) == ("Austin", "1 Main Street")
    assert home["TxnTaxDetail"]["TotalTax"] != away["TxnTaxDetail"]["TotalTax"]
    person.press(f"/invoice/{away['Id']}/edit", "Save invoice", {"ShipAddr.Line1": "2 Main Street"})
    after = next(one for one in emulator.invoices(realm) if one["Id"] == away["Id"])
    assert (after["ShipAddr"]["Line1"], after["ShipAddr"]["City"]) == ("2 Main Street", "Austin")
    person.close()


def test_amounts_of_another_currency_carry_its_code_and_yen_have_no_decimals(emulator):
    realm = emulator.realms()[4]
    person = Bookkeeper(emulator, realm)
    customer = next(one for one in emulator.books(realm)["Customer"] if one["CurrencyRef"]["value"] == "JPY")
    path = f"/invoices/new?customer={customer['Id']}"
    assert "amounts in JPY , not in CAD as the company" in person.open(path).text
    tax = next(code["Id"] for code in emulator.books(realm)["TaxCode"] if code["Name"] == "Zero-rated")
    typed = {"DocNumber": "JP-1", "line-0-item": "1", "line-0-qty": "3", "line-0-price": "1250", "line-0-tax": tax}
    page = person.press(path, "Save invoice", typed)
    assert "Invoice JP-1 over ¥3,750 JPY saved." in page.said
    assert "¥3,750.00" not in page.text
    assert "¥3,750 JPY" in person.open("/invoices").text
    assert "CA$" in person.open("/items").text
    assert "amounts in CAD" in person.open("/invoices/new?customer=1").text
    person.close()


def test_a_voided_invoice_lists_no_taxes_of_nothing(emulator):
    person = Bookkeeper(emulator, emulator.realms()[2])
    assert "6.25%" in person.open("/invoice/1").text
    text = person.press("/invoice/1/void", "Void invoice").text
    person.close()
    assert "Voided" in text
    assert "Sales tax $0.00" in text
    assert "6.25%" not in text
