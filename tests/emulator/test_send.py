"""Sending a document by e-mail."""

import pytest
import requests
from quickbooks.objects.invoice import Invoice

from tests.emulator.conftest import error_of


def send(qbo, entity, object_id, **params):
    """As clients do it: no body, octet-stream."""
    headers = {"Content-Type": "application/octet-stream"}
    return qbo.session.post(qbo.url(f"{entity.lower()}/{object_id}/send"), params=params, headers=headers, timeout=30)


def emails(qbo, **params):
    return requests.get(f"{qbo.emulator.url}/_emulator/emails", params=params, timeout=10).json()


@pytest.fixture
def invoice(qbo):
    return qbo.create(
        "Invoice",
        qbo.invoice(
            DocNumber="E-1", BillEmail={"Address": "buyer@shop.example"}, BillEmailCc={"Address": "a@x.example, b@x.example"},
            BillEmailBcc={"Address": "secret@x.example"},
        ),
    )  # fmt: skip


def test_an_invoice_goes_to_its_own_address(qbo, invoice):
    answer = send(qbo, "Invoice", invoice["Id"])
    assert answer.status_code == 200, answer.text
    sent = answer.json()["Invoice"]
    assert sent["EmailStatus"] == "EmailSent"
    assert sent["DeliveryInfo"]["DeliveryType"] == "Email"
    assert sent["DeliveryInfo"]["DeliveryTime"] == sent["MetaData"]["LastUpdatedTime"]
    assert sent["BillEmail"] == {"Address": "buyer@shop.example"}
    assert sent["SyncToken"] == "1"
    assert qbo.get(f"invoice/{invoice['Id']}").json()["Invoice"] == sent
    unchanged = set(invoice) - {"EmailStatus", "SyncToken", "MetaData"}
    assert {name: sent[name] for name in unchanged} == {name: invoice[name] for name in unchanged}


def test_the_outbox_shows_what_was_sent(qbo, invoice):
    send(qbo, "Invoice", invoice["Id"])
    (email,) = emails(qbo)
    assert email.pop("sent_at").startswith("20")
    assert email == {
        "realm_id": qbo.realm,
        "to": ["buyer@shop.example"],
        "cc": ["a@x.example", "b@x.example"],
        "bcc": ["secret@x.example"],
        "subject": "Invoice E-1 from Harbor & Pine Provisions LLC",
        "document": {"entity": "Invoice", "id": invoice["Id"], "number": "E-1"},
    }
    assert emails(qbo, realm="1") == []
    qbo.emulator.reset()
    assert emails(qbo) == []


def test_send_to_replaces_the_address(qbo, invoice):
    sent = send(qbo, "Invoice", invoice["Id"], sendTo="one+two@x.example").json()["Invoice"]
    assert sent["BillEmail"]["Address"] == "one+two@x.example"
    sent = send(qbo, "Invoice", invoice["Id"], sendTo="one@x.example,two@x.example").json()["Invoice"]
    assert sent["BillEmail"]["Address"] == "one@x.example,two@x.example"
    assert [email["to"] for email in emails(qbo)] == [["one+two@x.example"], ["one@x.example", "two@x.example"]]


def test_without_an_address_it_is_refused(qbo):
    invoice = qbo.create("Invoice", qbo.invoice())
    assert error_of(send(qbo, "Invoice", invoice["Id"]))["code"] == "6420"
    assert error_of(send(qbo, "Invoice", invoice["Id"], sendTo=""))["code"] == "6420"
    assert qbo.get(f"invoice/{invoice['Id']}").json()["Invoice"] == invoice
    assert emails(qbo) == []


@pytest.mark.parametrize("address", ["nobody", "a@b", "a@x.example,", "a b@x.example", "a@x.example;b@x.example"])
def test_a_bad_address_is_refused(qbo, invoice, address):
    assert error_of(send(qbo, "Invoice", invoice["Id"], sendTo=address))["code"] == "2210"
    assert qbo.get(f"invoice/{invoice['Id']}").json()["Invoice"] == invoice
    assert emails(qbo) == []


def test_the_old_sync_token_is_stale_afterwards(qbo, invoice):
    send(qbo, "Invoice", invoice["Id"])
    change = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    assert qbo.fault("invoice", change)["code"] == "5010"
    kept = qbo.create("Invoice", {**change, "SyncToken": "1"})
    assert kept["DeliveryInfo"]["DeliveryType"] == "Email"
    assert kept["EmailStatus"] == "EmailSent"


def test_a_repeated_request_id_sends_once(qbo, invoice):
    first = send(qbo, "Invoice", invoice["Id"], requestid="mail-1")
    second = send(qbo, "Invoice", invoice["Id"], requestid="mail-1")
    assert (first.status_code, second.text) == (200, first.text)
    assert len(emails(qbo)) == 1
    send(qbo, "Invoice", invoice["Id"], requestid="mail-2")
    assert len(emails(qbo)) == 2


@pytest.mark.parametrize("entity", ["Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt"])
def test_other_sales_documents_are_sent_the_same_way(qbo, entity):
    body = qbo.invoice()
    if entity == "RefundReceipt":
        body["DepositToAccountRef"] = {"value": qbo.first("Account", "WHERE AccountType = 'Bank'")["Id"]}
    document = qbo.create(entity, body)
    sent = send(qbo, entity, document["Id"], sendTo="buyer@shop.example").json()[entity]
    assert (sent["EmailStatus"], sent["BillEmail"]["Address"]) == ("EmailSent", "buyer@shop.example")
    assert emails(qbo)[0]["document"]["entity"] == entity


def test_a_payment_goes_to_the_customer(qbo):
    customer = qbo.first("Customer", "WHERE DisplayName = 'Juniper Market'")
    payment = qbo.create("Payment", {"CustomerRef": {"value": customer["Id"]}, "TotalAmt": 5})
    assert send(qbo, "Payment", payment["Id"]).status_code == 200
    assert emails(qbo)[0]["to"] == ["orders@junipermarket.example"]
    silent = qbo.first("Customer", "WHERE DisplayName = 'Blue Door Bistro'")
    payment = qbo.create("Payment", {"CustomerRef": {"value": silent["Id"]}, "TotalAmt": 5})
    assert error_of(send(qbo, "Payment", payment["Id"]))["code"] == "6420"
    assert send(qbo, "Payment", payment["Id"], sendTo="x@y.example").status_code == 200


def test_a_purchase_order_goes_to_the_vendor(qbo):
    account = qbo.first("Account", "WHERE AccountType = 'Accounts Payable'")
    line = {
        "DetailType": "ItemBasedExpenseLineDetail", "Amount": 7,
        "ItemBasedExpenseLineDetail": {"ItemRef": {"value": qbo.first("Item")["Id"]}, "Qty": 1, "UnitPrice": 7},
    }  # fmt: skip
    order = qbo.create(
        "PurchaseOrder",
        {"VendorRef": {"value": qbo.first("Vendor")["Id"]}, "APAccountRef": {"value": account["Id"]}, "Line": [line]},
    )
    sent = send(qbo, "PurchaseOrder", order["Id"], sendTo="v@w.example").json()["PurchaseOrder"]
    assert (sent["EmailStatus"], sent["POEmail"]["Address"]) == ("EmailSent", "v@w.example")


def test_what_cannot_be_sent(qbo, invoice):
    assert error_of(send(qbo, "Invoice", "99999", sendTo="a@x.example"))["code"] == "610"
    assert error_of(send(qbo, "Invoice", "x", sendTo="a@x.example"))["code"] == "2030"
    assert error_of(send(qbo, "Customer", "1", sendTo="a@x.example"))["code"] == "500"


def test_python_quickbooks_sends(library, qbo, invoice):
    answer = Invoice.get(invoice["Id"], qb=library).send(qb=library, send_to="me+you@x.example")
    assert answer["Invoice"]["EmailStatus"] == "EmailSent"
    assert Invoice.get(invoice["Id"], qb=library).BillEmail.Address == "me+you@x.example"
