"""Credit memos: what a customer has to its good, and how payments use it up."""

from typing import Any

import pytest
from quickbooks.objects.creditmemo import CreditMemo

from tests.emulator.books import key, link, now, pay, sale


def balances(qbo, *documents: dict[str, Any]) -> list[Any]:
    return [now(qbo, "Invoice", document)["Balance"] for document in documents]


def test_a_credit_memo_lowers_what_the_customer_owes(qbo):
    before = now(qbo, "Customer", "1")["Balance"]
    made = sale(qbo, "CreditMemo", 30)
    assert (made["TotalAmt"], made["Balance"], made["RemainingCredit"], made["LinkedTxn"]) == (30, 30, 30, [])
    assert now(qbo, "Customer", "1")["Balance"] == before - 30
    changed = qbo.create("CreditMemo", key(made, Line=[qbo.line(20)]))
    assert changed["RemainingCredit"] == changed["Balance"] == 20
    qbo.create("CreditMemo", key(changed), operation="delete")
    assert now(qbo, "Customer", "1")["Balance"] == before


def test_a_payment_of_nothing_puts_a_credit_on_an_invoice(qbo):
    invoice, credit = sale(qbo, "Invoice", 50), sale(qbo, "CreditMemo", 30)
    before = now(qbo, "Customer", "1")["Balance"]
    paid = qbo.create("Payment", pay(0, link(10, credit, "CreditMemo"), link(10, invoice)))
    assert (paid["TotalAmt"], paid["UnappliedAmt"]) == (0, 0)
    used = now(qbo, "CreditMemo", credit)
    assert (used["TotalAmt"], used["Balance"], used["RemainingCredit"], used["SyncToken"]) == (30, 20, 20, "1")
    assert (
        used["LinkedTxn"] == now(qbo, "Invoice", invoice)["LinkedTxn"] == [{"TxnId": paid["Id"], "TxnType": "Payment"}]
    )
    assert balances(qbo, invoice) == [40]
    assert now(qbo, "Customer", "1")["Balance"] == before
    empty = qbo.create("Payment", key(paid, Line=[]))
    assert (empty["UnappliedAmt"], now(qbo, "CreditMemo", credit)["RemainingCredit"]) == (0, 30)
    assert balances(qbo, invoice) == [50]


def test_money_and_a_credit_pay_an_invoice_together(qbo):
    invoice, credit = sale(qbo, "Invoice", 50), sale(qbo, "CreditMemo", 30)
    paid = qbo.create("Payment", pay(25, link(30, credit, "CreditMemo"), link(50, invoice)))
    assert paid["UnappliedAmt"] == 5
    assert balances(qbo, invoice) == [0]
    qbo.create("Payment", key(paid), operation="void")
    assert balances(qbo, invoice) == [50]
    assert now(qbo, "CreditMemo", credit)["Balance"] == 30


def test_a_credit_gives_no_more_than_it_has_and_only_to_something_it_pays(qbo):
    invoice, credit = sale(qbo, "Invoice", 50), sale(qbo, "CreditMemo", 30)
    for body in (
        pay(0, link(31, credit, "CreditMemo"), link(31, invoice)),
        pay(10, link(10, credit, "CreditMemo")),
        pay(0, link(10, credit, "CreditMemo"), link(11, invoice)),
    ):
        assert qbo.fault("payment", body)["code"] == "6000"


def test_a_used_credit_is_voided_only_by_switch(emulator, qbo):
    invoice, credit = sale(qbo, "Invoice", 50), sale(qbo, "CreditMemo", 30)
    before = now(qbo, "Customer", "1")["Balance"]
    paid = qbo.create("Payment", pay(0, link(30, credit, "CreditMemo"), link(30, invoice)))
    token = key(now(qbo, "CreditMemo", credit))
    assert qbo.fault("creditmemo", token, operation="void")["code"] == "6000"
    emulator.switch(void_paid_invoices=True)
    voided = qbo.create("CreditMemo", token, operation="void")
    assert (voided["TotalAmt"], voided["Balance"], voided["RemainingCredit"], voided["LinkedTxn"]) == (0, 0, 0, [])
    assert balances(qbo, invoice) == [50]
    after = now(qbo, "Payment", paid)
    assert (after["Line"], after["UnappliedAmt"], after["SyncToken"]) == ([], 0, "1")
    assert now(qbo, "Customer", "1")["Balance"] == before + 30


def test_lowering_or_deleting_a_used_credit_opens_the_invoice(qbo):
    invoice, credit = sale(qbo, "Invoice", 50), sale(qbo, "CreditMemo", 30)
    paid = qbo.create("Payment", pay(20, link(30, credit, "CreditMemo"), link(50, invoice)))
    lowered = qbo.create("CreditMemo", key(now(qbo, "CreditMemo", credit), Line=[qbo.line(12)]))
    assert (lowered["TotalAmt"], lowered["Balance"]) == (12, 0)
    assert lowered["LinkedTxn"] == [{"TxnId": paid["Id"], "TxnType": "Payment"}]
    assert balances(qbo, invoice) == [18]
    assert [line["Amount"] for line in now(qbo, "Payment", paid)["Line"]] == [12, 32]
    qbo.create("CreditMemo", key(lowered), operation="delete")
    assert balances(qbo, invoice) == [30]
    assert [line["Amount"] for line in now(qbo, "Payment", paid)["Line"]] == [20]


def test_with_the_preference_credits_pay_new_invoices_by_themselves(qbo):
    held = qbo.create("Payment", pay(10))
    credit = sale(qbo, "CreditMemo", 25)
    before = now(qbo, "Customer", "1")["Balance"]
    qbo.preference("SalesFormsPrefs", AutoApplyCredit=True)
    made = sale(qbo, "Invoice", 30)
    assert (made["TotalAmt"], made["Balance"]) == (30, 0)
    assert [entry["TxnType"] for entry in made["LinkedTxn"]] == ["Payment", "Payment"]
    assert made["LinkedTxn"][0]["TxnId"] == held["Id"]
    assert now(qbo, "Payment", held)["UnappliedAmt"] == 0
    assert now(qbo, "CreditMemo", credit)["RemainingCredit"] == 5
    assert now(qbo, "Customer", "1")["Balance"] == before + 30
    assert sale(qbo, "Invoice", 30, customer="2")["Balance"] == 30
    assert now(qbo, "Invoice", made) == made
    qbo.preference("SalesFormsPrefs", AutoApplyCredit=False)
    assert sale(qbo, "Invoice", 30)["Balance"] == 30


def test_the_customer_of_a_used_credit_stays(qbo):
    invoice, credit = sale(qbo, "Invoice", 50), sale(qbo, "CreditMemo", 30)
    qbo.create("Payment", pay(0, link(30, credit, "CreditMemo"), link(30, invoice)))
    body = key(now(qbo, "CreditMemo", credit), CustomerRef={"value": "2"})
    assert qbo.fault("creditmemo", body)["code"] == "6000"


@pytest.mark.parametrize("missing", ["CustomerRef", "Line"])
def test_a_credit_memo_needs_a_customer_and_lines(qbo, missing):
    body = qbo.invoice()
    del body[missing]
    error = qbo.fault("creditmemo", body)
    assert (error["code"], error["element"]) == ("2020", missing)


def test_the_library_writes_and_deletes_a_credit_memo(library, qbo):
    credit = CreditMemo.from_json(qbo.invoice(qbo.line(15), CustomerRef={"value": "1"}))
    credit.save(qb=library)
    read = CreditMemo.get(credit.Id, qb=library)
    assert read.RemainingCredit == 15
    assert (read.to_ref().type, read.to_ref().value) == ("CreditMemo", credit.Id)
    read.delete(qb=library)
    assert qbo.rows("SELECT * FROM CreditMemo") == []
