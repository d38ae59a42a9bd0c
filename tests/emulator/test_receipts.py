"""Sales receipts and refund receipts: sales that are paid at once, and money that goes back."""

import pytest
from quickbooks.batch import batch_update
from quickbooks.objects.refundreceipt import RefundReceipt
from quickbooks.objects.salesreceipt import SalesReceipt

from tests.emulator.books import account, key, now, sale


def test_a_sales_receipt_is_money_in_undeposited_funds(qbo):
    before = now(qbo, "Customer", "1")["Balance"]
    made = sale(qbo, "SalesReceipt", 20, PaymentRefNum="check 9")
    assert (made["TotalAmt"], made["Balance"], made["PaymentRefNum"]) == (20, 0, "check 9")
    assert made["DepositToAccountRef"]["value"] == account(qbo, "UndepositedFunds")["Id"]
    assert account(qbo, "UndepositedFunds")["CurrentBalance"] == 20
    assert now(qbo, "Customer", "1")["Balance"] == before
    bank = {"value": account(qbo, "Checking")["Id"]}
    moved = qbo.create("SalesReceipt", key(made, DepositToAccountRef=bank, Line=[qbo.line(25)]))
    assert moved["TotalAmt"] == 25
    assert account(qbo, "UndepositedFunds")["CurrentBalance"] == 0
    assert account(qbo, "Checking")["CurrentBalance"] == 25
    qbo.create("SalesReceipt", key(moved), operation="delete")
    assert account(qbo, "Checking")["CurrentBalance"] == 0


def test_a_full_update_keeps_date_number_and_account(qbo):
    bank = {"value": account(qbo, "Checking")["Id"]}
    made = sale(qbo, "SalesReceipt", 20, TxnDate="2026-02-03", DocNumber="S-1", DepositToAccountRef=bank)
    full = {"Id": made["Id"], "SyncToken": "0", "Line": [qbo.line(30)]}
    changed = qbo.create("SalesReceipt", full)
    for name in ("TxnDate", "DocNumber", "DepositToAccountRef"):
        assert changed[name] == made[name]
    assert "CustomerRef" not in changed


@pytest.mark.parametrize("kind", ["SalesReceipt", "RefundReceipt"])
def test_a_receipt_needs_no_customer(qbo, kind):
    bank = {"value": account(qbo, "Checking")["Id"]}
    made = qbo.create(kind, {"Line": [qbo.line(20)], "DepositToAccountRef": bank})
    assert made["TotalAmt"] == 20
    assert "CustomerRef" not in made


@pytest.mark.parametrize("kind", ["SalesReceipt", "RefundReceipt"])
def test_a_voided_receipt_moves_nothing(qbo, kind):
    bank = {"value": account(qbo, "Checking")["Id"]}
    line = qbo.line(20, Qty=2, UnitPrice=10)
    made = qbo.create(kind, {"Line": [line], "DepositToAccountRef": bank, "CustomerRef": {"value": "1"}})
    assert account(qbo, "Checking")["CurrentBalance"] == (20 if kind == "SalesReceipt" else -20)
    voided = qbo.create(kind, key(made), operation="update", include="void")
    assert (voided["TotalAmt"], voided["PrivateNote"]) == (0, "Voided")
    assert voided["Line"][0]["SalesItemLineDetail"]["Qty"] == 0
    assert account(qbo, "Checking")["CurrentBalance"] == 0
    qbo.create(kind, key(voided), operation="delete")
    assert account(qbo, "Checking")["CurrentBalance"] == 0


def test_a_refund_receipt_needs_an_account_and_lines(qbo):
    bank = {"value": account(qbo, "Checking")["Id"]}
    assert qbo.fault("refundreceipt", {"Line": [qbo.line(20)]})["element"] == "DepositToAccountRef"
    assert qbo.fault("refundreceipt", {"DepositToAccountRef": bank})["element"] == "Line"
    income = {"value": account(qbo, "SalesOfProductIncome")["Id"]}
    for kind in ("refundreceipt", "salesreceipt"):
        assert qbo.fault(kind, {"Line": [qbo.line(20)], "DepositToAccountRef": income})["code"] == "6430"
        assert qbo.fault(kind, {**qbo.invoice(), "DepositToAccountRef": bank, "Colour": "red"})["code"] == "2010"


def test_each_type_of_document_has_numbers_of_its_own(qbo):
    bank = {"value": account(qbo, "Checking")["Id"]}
    kinds = ("Invoice", "Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt")
    made = {kind: sale(qbo, kind, 5, DocNumber="N-1", DepositToAccountRef=bank) for kind in kinds if kind != "Estimate"}
    made["Estimate"] = sale(qbo, "Estimate", 5, DocNumber="N-1")
    for kind in kinds:
        error = qbo.fault(
            kind.lower(), qbo.invoice(DocNumber="n-1") | ({} if kind == "Estimate" else {"DepositToAccountRef": bank})
        )
        assert error["code"] == "6140"
        assert error["Detail"].endswith(f"is assigned to TxnType={kind} with TxnId={made[kind]['Id']}")
    qbo.preference("SalesFormsPrefs", CustomTxnNumbers=False)
    assert sale(qbo, "Invoice", 5)["DocNumber"] == sale(qbo, "Estimate", 5)["DocNumber"] == "1001"
    assert sale(qbo, "SalesReceipt", 5)["DocNumber"] == "1001"


def test_the_library_writes_voids_and_deletes_receipts(library, qbo):
    bank = {"value": account(qbo, "Checking")["Id"]}
    body = qbo.invoice(qbo.line(15), CustomerRef={"value": "1"}, DepositToAccountRef=bank)
    receipt = SalesReceipt.from_json(body)
    receipt.save(qb=library)
    SalesReceipt.get(receipt.Id, qb=library).void(qb=library)
    read = SalesReceipt.get(receipt.Id, qb=library)
    assert (read.TotalAmt, read.PrivateNote) == (0, "Voided")
    refund = RefundReceipt.from_json(body)
    refund.save(qb=library)
    refund = RefundReceipt.get(refund.Id, qb=library)
    refund.PrivateNote = "sorry"
    assert not batch_update([refund], qb=library).faults
    RefundReceipt.get(refund.Id, qb=library).delete(qb=library)
    read.delete(qb=library)
    assert account(qbo, "Checking")["CurrentBalance"] == 0
