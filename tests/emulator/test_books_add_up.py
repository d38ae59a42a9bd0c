"""A bookkeeper's day: after every step customers, accounts, links and unapplied amounts agree with the documents."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from qbo_emulator.wire import loads
from tests.emulator.books import account, key, link, now, pay, sale, stocked
from tests.emulator.conftest import RawClient

KINDS = ("Invoice", "CreditMemo", "Payment", "SalesReceipt", "RefundReceipt", "Estimate", "Deposit")


def all_of(qbo: RawClient, kind: str) -> list[dict[str, Any]]:
    found = loads(qbo.query(f"SELECT * FROM {kind} MAXRESULTS 1000").text)["QueryResponse"]
    rows: list[dict[str, Any]] = found.get(kind, [])
    return rows


def check(qbo: RawClient) -> None:
    """Every rule between documents, read over the wire."""
    rows = {kind: all_of(qbo, kind) for kind in KINDS}
    applied: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    paid_by: dict[tuple[str, str], set[str]] = defaultdict(set)
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for payment in rows["Payment"]:
        rest = Decimal(payment["TotalAmt"])
        for line in payment.get("Line", []):
            (target,) = line["LinkedTxn"]
            applied[target["TxnType"], target["TxnId"]] += Decimal(line["Amount"])
            paid_by[target["TxnType"], target["TxnId"]].add(payment["Id"])
            rest -= Decimal(line["Amount"]) * (1 if target["TxnType"] == "Invoice" else -1)
        assert payment["UnappliedAmt"] == rest >= 0
        owed[payment["CustomerRef"]["value"]] -= rest
    for kind, sign in (("Invoice", 1), ("CreditMemo", -1)):
        for row in rows[kind]:
            rest = (
                Decimal(row["TotalAmt"]) - Decimal(row.get("Deposit", 0)) - applied.pop((kind, row["Id"]), Decimal(0))
            )
            assert row["Balance"] == rest >= 0
            linked = {entry["TxnId"] for entry in row["LinkedTxn"] if entry["TxnType"] == "Payment"}
            assert linked == paid_by[kind, row["Id"]]
            owed[row["CustomerRef"]["value"]] += sign * rest
            if kind == "CreditMemo":
                assert row["RemainingCredit"] == rest
    assert not applied
    customers = all_of(qbo, "Customer")
    for customer in customers:
        assert customer["Balance"] == owed[customer["Id"]], customer["DisplayName"]
        jobs = [row["Id"] for row in customers if row.get("ParentRef", {}).get("value") == customer["Id"]]
        assert customer["BalanceWithJobs"] == owed[customer["Id"]] + sum(owed[job] for job in jobs)
    money: dict[str, Decimal] = defaultdict(Decimal)
    for kind, sign in (("Payment", 1), ("SalesReceipt", 1), ("RefundReceipt", -1), ("Deposit", 1)):
        for row in rows[kind]:
            money[row["DepositToAccountRef"]["value"]] += sign * Decimal(row["TotalAmt"])
    funds = account(qbo, "UndepositedFunds")["Id"]
    for row in rows["Invoice"]:
        if row.get("Deposit"):
            money[row["DepositToAccountRef"]["value"]] += Decimal(row["Deposit"])
    for row in rows["Deposit"]:
        money[funds] -= sum((Decimal(line["Amount"]) for line in row["Line"] if line["LinkedTxn"]), Decimal(0))
    for found in all_of(qbo, "Account"):
        if found["AccountSubType"] == "AccountsReceivable":
            assert found["CurrentBalance"] == sum(owed.values())
        elif found["Id"] in money:
            assert found["CurrentBalance"] == money[found["Id"]], found["Name"]


def test_a_days_bookkeeping_adds_up_after_every_step(emulator, qbo):
    parent = qbo.create("Customer", {"DisplayName": "Orchard Cafe"})["Id"]
    job = qbo.create("Customer", {"DisplayName": "Kiosk", "Job": True, "ParentRef": {"value": parent}})["Id"]
    bank = {"value": account(qbo, "Checking")["Id"]}
    item = stocked(qbo)
    nuts = qbo.line(40, Qty=10, UnitPrice=4, ItemRef={"value": item["Id"]})
    first = qbo.create("Invoice", qbo.invoice(nuts, qbo.line("60.55"), CustomerRef={"value": parent}))
    check(qbo)
    second = sale(qbo, "Invoice", 80, job)
    check(qbo)
    credit = sale(qbo, "CreditMemo", 25, parent)
    check(qbo)
    payment = qbo.create("Payment", pay(150, link("100.55", first), link(30, second), customer=parent))
    check(qbo)
    netting = qbo.create("Payment", pay(0, link(25, credit, "CreditMemo"), link(25, second), customer=parent))
    check(qbo)
    receipt = sale(qbo, "SalesReceipt", 12, parent)
    check(qbo)
    lines = [
        {"Amount": row["TotalAmt"], "LinkedTxn": [{"TxnId": row["Id"], "TxnType": kind, "TxnLineId": "0"}]}
        for kind, row in (("Payment", payment), ("SalesReceipt", receipt))
    ]
    deposit = qbo.create("Deposit", {"DepositToAccountRef": bank, "Line": lines})
    check(qbo)
    refund = sale(qbo, "RefundReceipt", 7, parent, DepositToAccountRef=bank)
    check(qbo)
    sale(qbo, "Estimate", 500, job)
    check(qbo)
    qbo.create("Invoice", key(now(qbo, "Invoice", first), Line=[qbo.line(50)]))
    check(qbo)
    assert qbo.fault("invoice", key(now(qbo, "Invoice", second)), operation="void")["code"] == "6000"
    emulator.switch(void_paid_invoices=True)
    qbo.create("Invoice", key(now(qbo, "Invoice", second)), operation="void")
    check(qbo)
    assert now(qbo, "CreditMemo", credit)["RemainingCredit"] == 25
    qbo.create("Payment", key(now(qbo, "Payment", netting)), operation="delete")
    check(qbo)
    qbo.create("Deposit", key(deposit), operation="delete")
    check(qbo)
    qbo.create("Payment", key(now(qbo, "Payment", payment)), operation="update", include="void")
    check(qbo)
    qbo.create("RefundReceipt", key(refund), operation="void")
    qbo.create("CreditMemo", key(now(qbo, "CreditMemo", credit)), operation="delete")
    check(qbo)
    assert now(qbo, "Customer", parent)["Balance"] == 50
    assert now(qbo, "Customer", job)["Balance"] == 0
    assert now(qbo, "Item", item)["QtyOnHand"] == 10
