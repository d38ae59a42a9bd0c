"""Deposits: what they bring to the bank, and what they lock."""

from typing import Any

import pytest
from quickbooks.objects.deposit import Deposit


def account(qbo, subtype: str) -> dict[str, Any]:
    return next(row for row in qbo.rows("SELECT * FROM Account") if row["AccountSubType"] == subtype)


def linked(document: dict[str, Any], kind: str = "Payment", **members: Any) -> dict[str, Any]:
    link = {"TxnId": document["Id"], "TxnType": kind, "TxnLineId": "0"}
    return {"Amount": document["TotalAmt"], "LinkedTxn": [link], **members}


def key(body: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"Id": body["Id"], "SyncToken": body["SyncToken"], "sparse": True, **members}


@pytest.fixture
def bank(qbo):
    return {"value": account(qbo, "Checking")["Id"]}


@pytest.fixture
def payment(qbo):
    return qbo.create("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 80})


@pytest.fixture
def receipt(qbo):
    return qbo.create("SalesReceipt", qbo.invoice(qbo.line(20), CustomerRef={"value": "1"}))


def test_a_deposit_moves_money_from_undeposited_funds_to_the_bank(qbo, bank, payment, receipt):
    assert account(qbo, "UndepositedFunds")["CurrentBalance"] == 100
    made = qbo.create(
        "Deposit", {"DepositToAccountRef": bank, "Line": [linked(payment), linked(receipt, "SalesReceipt")]}
    )
    assert made["TotalAmt"] == 100
    assert made["DepositToAccountRef"]["name"] == "Checking"
    assert [line["Id"] for line in made["Line"]] == ["1", "2"]
    assert made["Line"][0]["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}]
    assert account(qbo, "UndepositedFunds")["CurrentBalance"] == 0
    assert account(qbo, "Checking")["CurrentBalance"] == 100
    for kind, before in (("Payment", payment), ("SalesReceipt", receipt)):
        after = qbo.get(f"{kind.lower()}/{before['Id']}").json()[kind]
        assert after["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "Deposit"}]
        assert after["SyncToken"] == "1"


def test_what_is_deposited_cannot_be_changed_voided_or_deleted(qbo, bank, payment, receipt):
    lines = [linked(payment), linked(receipt, "SalesReceipt")]
    made = qbo.create("Deposit", {"DepositToAccountRef": bank, "Line": lines})
    for kind, body in (("payment", payment), ("salesreceipt", receipt)):
        token = {"Id": body["Id"], "SyncToken": "1", "sparse": True}
        assert qbo.fault(kind, {**token, "PrivateNote": "x"})["code"] == "6540"
        assert qbo.fault(kind, token, operation="update", include="void")["code"] == "6540"
        assert qbo.fault(kind, token, operation="delete")["code"] == "6540"
    qbo.create("Deposit", key(made), operation="delete")
    free = qbo.get(f"payment/{payment['Id']}").json()["Payment"]
    assert "LinkedTxn" not in free
    assert qbo.create("Payment", key(free), operation="void")["TotalAmt"] == 0
    free = qbo.get(f"salesreceipt/{receipt['Id']}").json()["SalesReceipt"]
    assert qbo.create("SalesReceipt", key(free), operation="delete")["status"] == "Deleted"
    assert account(qbo, "Checking")["CurrentBalance"] == account(qbo, "UndepositedFunds")["CurrentBalance"] == 0


def test_an_update_frees_what_leaves_the_deposit_and_locks_what_enters(qbo, bank, payment, receipt):
    made = qbo.create("Deposit", {"DepositToAccountRef": bank, "Line": [linked(payment)]})
    changed = qbo.create("Deposit", key(made, Line=[linked(receipt, "SalesReceipt")]))
    assert changed["TotalAmt"] == 20
    assert (account(qbo, "UndepositedFunds")["CurrentBalance"], account(qbo, "Checking")["CurrentBalance"]) == (80, 20)
    free = qbo.get(f"payment/{payment['Id']}").json()["Payment"]
    assert qbo.create("Payment", key(free, PrivateNote="free"))["PrivateNote"] == "free"
    assert qbo.fault("salesreceipt", {"Id": receipt["Id"], "SyncToken": "1"}, operation="delete")["code"] == "6540"


def test_a_plain_line_takes_money_from_an_account_and_cash_back_gives_some_away(qbo, bank):
    equity, savings = account(qbo, "OpeningBalanceEquity"), account(qbo, "Savings")
    line = {"Amount": 500, "DetailType": "DepositLineDetail", "DepositLineDetail": {
        "AccountRef": {"value": equity["Id"]}, "Entity": {"value": "1", "type": "CUSTOMER"}, "CheckNum": "12"}}  # fmt: skip
    back = {"AccountRef": {"value": savings["Id"]}, "Amount": 50, "Memo": "till"}
    made = qbo.create("Deposit", {"DepositToAccountRef": bank, "Line": [line], "CashBack": back, "Unheard": 1})
    assert made["TotalAmt"] == 450
    assert made["Line"][0]["DepositLineDetail"]["Entity"]["name"] == "Juniper Market"
    assert "Unheard" not in made
    assert account(qbo, "Checking")["CurrentBalance"] == 450
    assert account(qbo, "Savings")["CurrentBalance"] == 50
    assert account(qbo, "OpeningBalanceEquity")["CurrentBalance"] == equity["CurrentBalance"] + 500
    qbo.create("Deposit", key(made), operation="delete")
    assert account(qbo, "Checking")["CurrentBalance"] == account(qbo, "Savings")["CurrentBalance"] == 0


def test_wrong_deposits_are_refused(qbo, bank, payment):
    line = linked(payment)
    income, receivable = account(qbo, "SalesOfProductIncome")["Id"], account(qbo, "AccountsReceivable")["Id"]

    def plain(**detail: Any) -> dict[str, Any]:
        return {"Amount": 5, "DetailType": "DepositLineDetail", "DepositLineDetail": detail}

    for body, code in (
        ({"Line": [line]}, "6000"),
        ({"DepositToAccountRef": bank}, "2020"),
        ({"DepositToAccountRef": {"value": income}, "Line": [line]}, "6430"),
        ({"DepositToAccountRef": bank, "Line": [line, line]}, "620"),
        ({"DepositToAccountRef": bank, "Line": [linked({"Id": "999", "TotalAmt": 1})]}, "620"),
        ({"DepositToAccountRef": bank, "Line": [linked(payment, "Invoice")]}, "620"),
        ({"DepositToAccountRef": bank, "Line": [{**line, "Amount": 79}]}, "6000"),
        ({"DepositToAccountRef": bank, "Line": [plain()]}, "2020"),
        ({"DepositToAccountRef": bank, "Line": [plain(AccountRef={"value": receivable})]}, "6000"),
        ({"DepositToAccountRef": bank, "Line": [{**plain(AccountRef={"value": income}), "Amount": -5}]}, "6000"),
        ({"DepositToAccountRef": bank, "Line": [plain(AccountRef={"value": "999"})]}, "2500"),
    ):
        assert qbo.fault("deposit", body)["code"] == code, body
    direct = qbo.create("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 5, "DepositToAccountRef": bank})
    assert qbo.fault("deposit", {"DepositToAccountRef": bank, "Line": [linked(direct)]})["code"] == "6000"
    qbo.create("Deposit", {"DepositToAccountRef": bank, "Line": [line]})
    assert qbo.fault("deposit", {"DepositToAccountRef": bank, "Line": [line]})["code"] == "6000"


def test_the_library_reads_and_deletes_a_deposit(library, qbo, bank, payment):
    made = qbo.create("Deposit", {"DepositToAccountRef": bank, "Line": [linked(payment)]})
    deposit = Deposit.get(made["Id"], qb=library)
    assert deposit.Line[0].LinkedTxn[0].TxnId == payment["Id"]
    deposit.PrivateNote = "to the bank"
    deposit.save(qb=library)
    deposit = Deposit.get(made["Id"], qb=library)
    assert (deposit.PrivateNote, deposit.TotalAmt) == ("to the bank", 80)
    deposit.delete(qb=library)
    assert qbo.rows("SELECT * FROM Deposit") == []
    assert account(qbo, "UndepositedFunds")["CurrentBalance"] == 80
