"""What happens to payments when the invoice under them changes."""

from decimal import Decimal

import pytest
from quickbooks.objects.invoice import Invoice

from tests.emulator.books import account, key, link, now, pay, sale


@pytest.fixture
def customer(qbo):
    return qbo.create("Customer", {"DisplayName": "Orchard Cafe"})["Id"]


@pytest.fixture
def paid(qbo, customer):
    """An invoice of 100 with two payments of 60 and 40."""
    invoice = sale(qbo, "Invoice", 100, customer)
    payments = [qbo.create("Payment", pay(amount, link(amount, invoice), customer=customer)) for amount in (60, 40)]
    return now(qbo, "Invoice", invoice), payments


def test_a_paid_invoice_is_not_voided(qbo, paid):
    invoice, _ = paid
    assert qbo.fault("invoice", key(invoice), operation="void")["code"] == "6000"
    assert now(qbo, "Invoice", invoice) == invoice


def test_the_switch_lets_a_void_unapply_the_payments(emulator, qbo, customer, paid):
    invoice, payments = paid
    emulator.switch(void_paid_invoices=True)
    voided = qbo.create("Invoice", key(invoice), operation="void")
    assert (voided["TotalAmt"], voided["Balance"], voided["LinkedTxn"]) == (0, 0, [])
    assert voided["SyncToken"] == str(int(invoice["SyncToken"]) + 1)
    for payment in payments:
        after = now(qbo, "Payment", payment)
        assert (after["Line"], after["UnappliedAmt"], after["SyncToken"]) == ([], payment["TotalAmt"], "1")
    assert now(qbo, "Customer", customer)["Balance"] == -100


def test_a_deleted_invoice_leaves_its_payments_unapplied(qbo, customer, paid):
    invoice, payments = paid
    assert qbo.create("Invoice", key(invoice), operation="delete")["status"] == "Deleted"
    for payment in payments:
        after = now(qbo, "Payment", payment)
        assert (after["Line"], after["UnappliedAmt"], after["TotalAmt"]) == (
            [],
            payment["TotalAmt"],
            payment["TotalAmt"],
        )
    assert now(qbo, "Customer", customer)["Balance"] == -100


def test_a_lower_total_gives_the_difference_back_to_the_latest_payments(qbo, customer, paid):
    invoice, (first, second) = paid
    lowered = qbo.create("Invoice", key(invoice, Line=[qbo.line(50)]))
    assert (lowered["TotalAmt"], lowered["Balance"]) == (50, 0)
    assert lowered["LinkedTxn"] == [{"TxnId": first["Id"], "TxnType": "Payment"}]
    first, second = now(qbo, "Payment", first), now(qbo, "Payment", second)
    assert ([line["Amount"] for line in first["Line"]], first["UnappliedAmt"]) == ([50], 10)
    assert (second["Line"], second["UnappliedAmt"]) == ([], 40)
    assert now(qbo, "Customer", customer)["Balance"] == -50
    raised = qbo.create("Invoice", key(lowered, Line=[qbo.line(70)]))
    assert raised["Balance"] == 20
    assert now(qbo, "Customer", customer)["Balance"] == -30


def test_an_edit_that_leaves_the_total_leaves_the_payments(qbo, paid):
    invoice, payments = paid
    changed = qbo.create("Invoice", key(invoice, PrivateNote="x"))
    assert (changed["Balance"], changed["LinkedTxn"]) == (0, invoice["LinkedTxn"])
    assert [now(qbo, "Payment", payment) for payment in payments] == payments


def test_the_customer_of_a_paid_invoice_stays(qbo, paid):
    invoice, _ = paid
    assert qbo.fault("invoice", key(invoice, CustomerRef={"value": "1"}))["code"] == "6000"


def test_a_deposit_on_the_invoice_is_money_that_is_there(qbo, customer):
    qbo.preference("SalesFormsPrefs", AllowDeposit=True)
    made = sale(qbo, "Invoice", 100, customer, Deposit=30)
    assert (made["Balance"], made["Deposit"]) == (70, 30)
    assert made["DepositToAccountRef"]["value"] == account(qbo, "UndepositedFunds")["Id"]
    assert account(qbo, "UndepositedFunds")["CurrentBalance"] == 30
    assert now(qbo, "Customer", customer)["Balance"] == 70
    assert qbo.fault("invoice", qbo.invoice(qbo.line(10), Deposit=11))["code"] == "6000"
    payment = qbo.create("Payment", pay(70, link(70, made), customer=customer))
    lowered = qbo.create("Invoice", key(now(qbo, "Invoice", made), Line=[qbo.line(80)]))
    assert lowered["Balance"] == 0
    assert now(qbo, "Payment", payment)["UnappliedAmt"] == 20
    qbo.create("Invoice", key(lowered), operation="delete")
    assert account(qbo, "UndepositedFunds")["CurrentBalance"] == 70
    assert now(qbo, "Customer", customer)["Balance"] == -70


def test_deposited_money_can_still_be_unapplied_by_its_invoice(qbo, customer, paid):
    invoice, (first, _) = paid
    line = {"Amount": 60, "LinkedTxn": [{"TxnId": first["Id"], "TxnType": "Payment", "TxnLineId": "0"}]}
    qbo.create("Deposit", {"DepositToAccountRef": {"value": account(qbo, "Checking")["Id"]}, "Line": [line]})
    qbo.create("Invoice", key(invoice), operation="delete")
    after = now(qbo, "Payment", first)
    assert after["UnappliedAmt"] == 60
    assert [entry["TxnType"] for entry in after["LinkedTxn"]] == ["Deposit"]


def test_the_library_sees_what_was_paid(library, paid):
    invoice = Invoice.get(paid[0]["Id"], qb=library)
    assert invoice.Balance == 0
    assert [entry.TxnId for entry in invoice.LinkedTxn] == [payment["Id"] for payment in paid[1]]
    invoice.PrivateNote = "paid in full"
    invoice.save(qb=library)
    again = Invoice.get(invoice.Id, qb=library)
    assert (again.PrivateNote, again.Balance, again.TotalAmt) == ("paid in full", 0, Decimal(100))
    assert [entry.TxnId for entry in again.LinkedTxn] == [payment["Id"] for payment in paid[1]]
