"""The PDF of a document: what a person reads on it, and what a cache may rely on."""

import io
import subprocess
import sys
from decimal import Decimal

import pytest
from pypdf import PdfReader
from quickbooks.objects.invoice import Invoice

from qbo_emulator.tables import ENTITIES
from tests.emulator.conftest import error_of


def pages(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/pdf"
    return [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]


def text_of(qbo, entity, object_id):
    return "\n".join(pages(qbo.get(f"{entity.lower()}/{object_id}/pdf")))


def mentions(text, *expected):
    text = " ".join(text.split())
    missing = [words for words in expected if words not in text]
    assert not missing, f"{missing} not in\n{text}"


def test_an_invoice_shows_everything_that_a_customer_needs(qbo):
    customer = qbo.first("Customer", "WHERE DisplayName = 'Juniper Market'")
    lines = [
        qbo.line("162.50", Qty="12.5", UnitPrice="13") | {"Description": "Trail mix for the shelf"},
        qbo.line("2469.12", Qty=2, UnitPrice="1234.56"),
        {
            "DetailType": "DiscountLineDetail",
            "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
        },
    ]
    body = qbo.invoice(
        *lines, CustomerRef={"value": customer["Id"]}, DocNumber="A-77", TxnDate="2026-03-05", DueDate="2026-04-04",
        CustomerMemo={"value": "Thank you for your business"}, PrivateNote="not for the customer",
    )  # fmt: skip
    invoice = qbo.create("Invoice", body)
    text = text_of(qbo, "Invoice", invoice["Id"])
    mentions(
        text, "INVOICE", "Harbor & Pine Provisions LLC", "210 Wharf Street", "Portland, ME 04101", "BILL TO",
        "Juniper Market", "18 Elm Street", "Burlington, VT 05401", "A-77", "Mar 5, 2026", "Apr 4, 2026", "Net 15",
        "Trail mix for the shelf", "12.5", "13.00", "162.50", "1,234.56", "2,469.12", "Thank you for your business",
        "2,631.62", "Discount 10%", "-263.16", f"{Decimal(str(invoice['TotalAmt'])):,.2f}", "BALANCE DUE", "Page 1 of 1",
    )  # fmt: skip
    assert "not for the customer" not in text
    assert "VOID" not in text
    assert "Payments" not in text


def test_a_payment_shows_on_its_invoice_and_has_a_paper_of_its_own(qbo):
    invoice = qbo.create("Invoice", qbo.invoice(qbo.line(80), DocNumber="P-1", TxnDate="2026-03-05"))
    paid = {"Amount": 30, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    payment = qbo.create(
        "Payment", {"CustomerRef": invoice["CustomerRef"], "TotalAmt": 45, "PaymentRefNum": "CHK 9", "Line": [paid]}
    )
    total, balance = Decimal(str(invoice["TotalAmt"])), Decimal(str(invoice["TotalAmt"])) - 30
    mentions(text_of(qbo, "Invoice", invoice["Id"]), "Payments", "-30.00", f"{total:.2f}", f"{balance:.2f}")
    paper = text_of(qbo, "Payment", payment["Id"])
    mentions(paper, "PAYMENT", "CHK 9", "Invoice P-1 of Mar 5, 2026", "30.00", "45.00", "NOT APPLIED", "15.00")


@pytest.mark.parametrize("entity", ["Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt"])
def test_other_sales_documents_have_a_paper_too(qbo, entity):
    body = qbo.invoice(qbo.line("33.25"))
    if entity == "RefundReceipt":
        body["DepositToAccountRef"] = {"value": qbo.first("Account", "WHERE AccountType = 'Bank'")["Id"]}
    document = qbo.create(entity, body)
    mentions(text_of(qbo, entity, document["Id"]), "33.25", document["CustomerRef"]["name"])


def test_a_purchase_order_names_its_vendor(qbo):
    vendor, account = qbo.first("Vendor"), qbo.first("Account", "WHERE AccountType = 'Accounts Payable'")
    line = {
        "DetailType": "ItemBasedExpenseLineDetail", "Amount": 21, "Description": "For the storeroom",
        "ItemBasedExpenseLineDetail": {"ItemRef": {"value": qbo.first("Item")["Id"]}, "Qty": 3, "UnitPrice": 7},
    }  # fmt: skip
    order = qbo.create(
        "PurchaseOrder",
        {"VendorRef": {"value": vendor["Id"]}, "APAccountRef": {"value": account["Id"]}, "Line": [line]},
    )
    text = text_of(qbo, "PurchaseOrder", order["Id"])
    mentions(text, "PURCHASE ORDER", "VENDOR", vendor["DisplayName"], "For the storeroom", "7.00", "21.00")


def test_each_sales_tax_is_a_line_of_its_own(emulator, qbo):
    automated = next(realm for realm, name in emulator.emulator.companies() if name.startswith("Larkspur"))
    company = type(qbo)(emulator, automated)
    invoice = company.first("Invoice", "WHERE TotalAmt > '500'")
    lines = invoice["TxnTaxDetail"]["TaxLine"]
    assert len(lines) > 1
    text = text_of(company, "Invoice", invoice["Id"])
    for line in lines:
        rate = company.get(f"taxrate/{line['TaxLineDetail']['TaxRateRef']['value']}").json()["TaxRate"]
        mentions(text, f"{rate['Name']} {line['TaxLineDetail']['TaxPercent']:g}% {line['Amount']:.2f}")
    mentions(text, f"Total {invoice['TotalAmt']:.2f}")
    company.session.close()


def test_a_foreign_currency_is_named(emulator, qbo):
    abroad = next(realm for realm, name in emulator.emulator.companies() if name.startswith("Cedar"))
    company = type(qbo)(emulator, abroad)
    texts = {
        row["CurrencyRef"]["value"]: text_of(company, "Invoice", row["Id"])
        for row in company.rows("SELECT * FROM Invoice")
    }
    mentions(texts["USD"], "Currency USD", "Total USD")
    assert "Currency" not in texts["CAD"]
    company.session.close()


def test_a_voided_invoice_is_marked_on_every_page(qbo):
    invoice = qbo.create("Invoice", qbo.invoice(*[qbo.line(5) for _ in range(60)]))
    assert "VOID" not in text_of(qbo, "Invoice", invoice["Id"])
    qbo.post("invoice", {"Id": invoice["Id"], "SyncToken": invoice["SyncToken"]}, operation="void")
    found = pages(qbo.get(f"invoice/{invoice['Id']}/pdf"))
    assert len(found) > 1
    assert all("VOID" in page for page in found)


def test_many_lines_take_many_pages_and_none_is_lost(qbo):
    lines = [qbo.line(1) | {"Description": f"Piece number {number}."} for number in range(1, 301)]
    invoice = qbo.create("Invoice", qbo.invoice(*lines))
    found = pages(qbo.get(f"invoice/{invoice['Id']}/pdf"))
    assert len(found) > 5
    for number, page in enumerate(found, 1):
        assert f"Page {number} of {len(found)}" in page
    text = "\n".join(found)
    assert all(f"Piece number {number}." in text for number in range(1, 301))
    assert text.count("BALANCE DUE") == 1
    assert "BALANCE DUE" in found[-1]


def test_the_same_document_gives_the_same_bytes_and_a_changed_one_others(qbo):
    invoice = qbo.create("Invoice", qbo.invoice(qbo.line(10)))
    first = qbo.get(f"invoice/{invoice['Id']}/pdf").content
    qbo.emulator.advance(600)
    assert qbo.get(f"invoice/{invoice['Id']}/pdf").content == first
    qbo.post("invoice", {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "DueDate": "2030-01-31"})
    changed = qbo.get(f"invoice/{invoice['Id']}/pdf").content
    assert changed != first
    assert changed[:5] == b"%PDF-"


def test_text_beyond_latin_does_not_break_the_paper(qbo):
    qbo.emulator.switch(unicode=True)
    memo = "Käse für Zoë €5 — “ok” / Łódź / 東京 / \u202e\U0001f4a5 / مرحبا & <b>not bold</b>"
    line = qbo.line(10) | {"Description": "一二三 cheese " + "x" * 300}
    invoice = qbo.create("Invoice", qbo.invoice(line, CustomerMemo={"value": memo}))
    text = text_of(qbo, "Invoice", invoice["Id"])
    mentions(text, "Käse für Zoë €5 — “ok” / Łódz / 東京 / ? /", "一二三 cheese", "& <b>not bold</b>")
    assert text.replace("\n", "").count("x") >= 300


def fonts_of(content):
    found = PdfReader(io.BytesIO(content)).pages[0]["/Resources"]["/Font"].values()
    return {
        str(font.get_object()["/BaseFont"]).partition("+")[2] or str(font.get_object()["/BaseFont"]) for font in found
    }


def test_each_run_of_text_has_a_font_that_shows_it(qbo):
    qbo.emulator.switch(unicode=True)
    memo = "Łódź Čapek ž / 星野文具店カフェ / 这是简体们 / 안녕하세요 / ő / Ω"
    invoice = qbo.create("Invoice", qbo.invoice(qbo.line(10), CustomerMemo={"value": memo}))
    answer = qbo.get(f"invoice/{invoice['Id']}/pdf")
    fonts = " ".join(fonts_of(answer.content))
    for font in ("Helvetica", "Vera", "HeiseiKakuGo-W5", "STSong-Light", "HYGothic-Medium"):
        assert font in fonts
    text = "\n".join(pages(answer))
    mentions(text, "Łódz Čapek ž /", "/ 星野文具店カフェ / 这是简体们 /", "안녕하세요", "/ o /", "Ω")
    assert "?" not in text
    plain = qbo.create("Invoice", qbo.invoice(qbo.line(10)))
    assert fonts_of(qbo.get(f"invoice/{plain['Id']}/pdf").content) == {"/Helvetica", "/Helvetica-Bold"}


def test_the_same_document_gives_the_same_bytes_in_another_process(qbo):
    qbo.emulator.switch(unicode=True)
    memo = {"value": "Łódź 星野文具店"}
    qbo.create("Invoice", qbo.invoice(CustomerMemo=memo, DocNumber="OTHER"))
    code = (
        "import dataclasses, hashlib, sys; from qbo_emulator.pdf.content import Paper, Row;"
        "from qbo_emulator.pdf.layout import render;"
        "page = Paper('Invoice', 'Invoice 1', 'Łódź', [], 'Bill to', ['星野文具店'], [], [], ('A', 'B', 'C', 'D'), [Row('안녕')],"
        " [], None, '', False, True); print(hashlib.sha256(render(page)).hexdigest())"
    )
    found = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout
        for _ in range(2)
    }
    assert len(found) == 1


def test_the_japanese_customer_of_the_sample_is_printed(emulator, qbo):
    realm = next(realm for realm, name in emulator.emulator.companies() if name.startswith("Cedar"))
    company = type(qbo)(emulator, realm)
    customer = company.first("Customer", "WHERE DisplayName = '星野文具店'")
    received = {"CustomerRef": {"value": customer["Id"]}, "CurrencyRef": customer["CurrencyRef"], "TotalAmt": 5000}
    payment = company.create("Payment", received)
    mentions(text_of(company, "Payment", payment["Id"]), "星野文具店", "Sapporo")
    company.session.close()


def test_a_document_without_a_number_is_called_so(qbo):
    qbo.preference("SalesFormsPrefs", CustomTxnNumbers=True)
    invoice = qbo.create("Invoice", qbo.invoice())
    assert "DocNumber" not in invoice
    called = f"Invoice without a number (ID {invoice['Id']})"
    answer = qbo.get(f"invoice/{invoice['Id']}/pdf")
    assert PdfReader(io.BytesIO(answer.content)).metadata.title == called
    mentions(pages(answer)[0], called)
    assert qbo.post(f"invoice/{invoice['Id']}/send", None, sendTo="a@customer.example").status_code == 200
    email = qbo.emulator.emails(qbo.realm)[-1]
    assert email["subject"] == f"{called} from Harbor & Pine Provisions LLC"
    assert email["document"] == {"entity": "Invoice", "id": invoice["Id"], "number": None}


def test_long_texts_are_printed_whole(qbo):
    words = [f"word{number}" for number in range(400)]
    tall = [f"row{number}" for number in range(200)]
    lines = [qbo.line(1) | {"Description": " ".join(words)}, qbo.line(1) | {"Description": "\n".join(tall)}]
    invoice = qbo.create("Invoice", qbo.invoice(*lines))
    printed = set(text_of(qbo, "Invoice", invoice["Id"]).split())
    assert set(words) | set(tall) <= printed


def test_every_document_of_every_sample_company_can_be_printed(emulator, qbo):
    printed = 0
    for realm in emulator.realms():
        company = type(qbo)(emulator, realm)
        for name, entity in ENTITIES.items():
            for body in emulator.books(realm)[name] if entity.printable else ():
                found = pages(company.get(f"{name.lower()}/{body['Id']}/pdf"))
                assert f"Page 1 of {len(found)}" in found[0]
                printed += 1
        company.session.close()
    assert printed >= 8


def test_a_document_that_is_not_there_is_a_fault_in_json(qbo):
    assert error_of(qbo.get("invoice/99999/pdf"))["code"] == "610"
    assert error_of(qbo.get("invoice/abc/pdf"))["code"] == "2030"
    assert error_of(qbo.get("customer/1/pdf"))["code"] == "500"
    assert error_of(qbo.get("nothing/1/pdf"))["code"] == "500"
    invoice = qbo.create("Invoice", qbo.invoice())
    qbo.post("invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="delete")
    assert error_of(qbo.get(f"invoice/{invoice['Id']}/pdf"))["code"] == "610"


def test_reading_the_paper_changes_nothing(qbo):
    before = qbo.first("Invoice")
    pages(qbo.get(f"invoice/{before['Id']}/pdf"))
    assert qbo.first("Invoice") == before


def test_python_quickbooks_downloads_it(library):
    invoice = Invoice.all(max_results=1, qb=library)[0]
    assert invoice.download_pdf(qb=library).startswith(b"%PDF-")
