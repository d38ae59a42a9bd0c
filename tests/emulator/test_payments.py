"""Payments: what they pay, what stays unapplied, how they are changed, voided and deleted."""

from decimal import Decimal
from typing import Any

import pytest
from quickbooks.batch import batch_create, batch_delete
from quickbooks.objects.base import Ref
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.payment import Payment, PaymentLine

from tests.emulator.conftest import error_of


def line(amount: Any, document: dict[str, Any], kind: str = "Invoice") -> dict[str, Any]:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": document["Id"], "TxnType": kind}]}


def pay(total: Any, *lines: dict[str, Any], customer: str = "1", **members: Any) -> dict[str, Any]:
    return {"CustomerRef": {"value": customer}, "TotalAmt": total, "Line": list(lines), **members}


def key(body: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"Id": body["Id"], "SyncToken": body["SyncToken"], "sparse": True, **members}


@pytest.fixture
def customer(qbo):
    return qbo.create("Customer", {"DisplayName": "Orchard Cafe"})["Id"]


@pytest.fixture
def invoice(qbo, customer):
    def make(amount: Any, **members: Any) -> dict[str, Any]:
        body = qbo.invoice(qbo.line(amount), CustomerRef={"value": customer}, **members)
        created: dict[str, Any] = qbo.create("Invoice", body)
        return created

    return make


@pytest.fixture
def now(qbo):
    def read(kind: str, body: Any) -> dict[str, Any]:
        number = body if isinstance(body, str) else body["Id"]
        body_now: dict[str, Any] = qbo.get(f"{kind.lower()}/{number}").json()[kind]
        return body_now

    return read


def account(qbo, subtype: str) -> dict[str, Any]:
    return next(row for row in qbo.rows("SELECT * FROM Account") if row["AccountSubType"] == subtype)


def test_a_payment_pays_its_invoice_and_both_say_so(qbo, customer, invoice, now):
    made = invoice(100, DocNumber="P-1")
    funds = account(qbo, "UndepositedFunds")
    owed = account(qbo, "AccountsReceivable")["CurrentBalance"]
    paid = qbo.create("Payment", pay(60, line(60, made), customer=customer, PaymentRefNum="check 7"))
    assert (paid["TotalAmt"], paid["UnappliedAmt"], paid["SyncToken"]) == (60, 0, "0")
    assert paid["CustomerRef"] == {"value": customer, "name": "Orchard Cafe"}
    assert paid["DepositToAccountRef"]["value"] == funds["Id"]
    assert paid["ProcessPayment"] is False
    assert paid["ARAccountRef"]["value"] == account(qbo, "AccountsReceivable")["Id"]
    after = now("Invoice", made)
    assert (after["TotalAmt"], after["Balance"]) == (100, 40)
    assert after["LinkedTxn"] == [{"TxnId": paid["Id"], "TxnType": "Payment"}]
    assert after["SyncToken"] == "1"
    assert now("Customer", customer)["Balance"] == 40
    assert account(qbo, "UndepositedFunds")["CurrentBalance"] == funds["CurrentBalance"] + 60
    assert account(qbo, "AccountsReceivable")["CurrentBalance"] == owed - 60
    assert now("Payment", paid) == paid


def test_lines_carry_what_is_left_of_java(qbo, customer, invoice):
    made = invoice(100, DocNumber="P-1")
    qbo.create("Payment", pay(30, line(30, made), customer=customer))
    (written,) = qbo.create("Payment", pay(20, line(20, made), customer=customer))["Line"]
    assert written["Amount"] == 20
    assert written["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "Invoice"}]
    values = [entry["value"] for entry in written["LineEx"]["any"]]
    assert values == [
        {"Name": "txnId", "Value": made["Id"]},
        {"Name": "txnOpenBalance", "Value": "70.00"},
        {"Name": "txnReferenceNumber", "Value": "P-1"},
    ]
    assert written["LineEx"]["any"][0]["name"] == "{http://schema.intuit.com/finance/v3}NameValue"


def test_what_is_not_applied_is_a_credit_of_the_customer(qbo, customer, invoice, now):
    bare = qbo.create("Payment", {"CustomerRef": {"value": customer}, "TotalAmt": 25})
    assert (bare["Line"], bare["UnappliedAmt"]) == ([], 25)
    assert now("Customer", customer)["Balance"] == -25
    partly = qbo.create("Payment", pay(65, line(55, invoice(55)), customer=customer))
    assert partly["UnappliedAmt"] == 10
    assert now("Customer", customer)["Balance"] == -35


def test_one_payment_pays_several_invoices_and_jobs(qbo, customer, invoice, now):
    job = qbo.create("Customer", {"DisplayName": "Kiosk", "Job": True, "ParentRef": {"value": customer}})
    one = invoice(40)
    two = qbo.create("Invoice", qbo.invoice(qbo.line(60), CustomerRef={"value": job["Id"]}))
    paid = qbo.create("Payment", pay(100, line(40, one), line(60, two), customer=customer))
    assert [entry["Amount"] for entry in paid["Line"]] == [40, 60]
    assert now("Invoice", one)["Balance"] == now("Invoice", two)["Balance"] == 0
    assert (now("Customer", customer)["Balance"], now("Customer", customer)["BalanceWithJobs"]) == (0, 0)
    assert now("Customer", job)["Balance"] == 0


@pytest.mark.parametrize(
    ("body", "code", "element"),
    [
        ({"TotalAmt": 5}, "2020", "CustomerRef"),
        ({"CustomerRef": {"value": "1"}}, "2020", "TotalAmt"),
        ({"CustomerRef": {"value": "1"}, "TotalAmt": -5}, "6000", ""),
        ({"CustomerRef": {"value": "1"}, "TotalAmt": 0}, "6000", ""),
        ({"CustomerRef": {"value": "999"}, "TotalAmt": 5}, "2500", ""),
        ({"CustomerRef": {"value": "1"}, "TotalAmt": 5, "Line": [{"Amount": 5}]}, "2020", "Line.LinkedTxn"),
        ({"CustomerRef": {"value": "1"}, "TotalAmt": 5, "Paid": True}, "2010", None),
        ({"CustomerRef": {"value": "1"}, "TotalAmt": 5, "PaymentRefNum": "x" * 22}, "2050", "PaymentRefNum"),
    ],
)
def test_a_payment_needs_a_customer_and_an_amount(qbo, body, code, element):
    error = qbo.fault("payment", body)
    assert (error["code"], error.get("element")) == (code, element)


def test_lines_link_what_the_customer_owes_and_nothing_else(qbo, customer, invoice):
    other = qbo.create("Invoice", qbo.invoice(CustomerRef={"value": "1"}))
    for body in (
        pay(5, line(5, other), customer=customer),
        pay(5, line(5, {"Id": "99999"}), customer=customer),
        pay(5, line(5, invoice(5), "Estimate"), customer=customer),
        pay(5, line(5, invoice(5), "CreditMemo"), customer=customer),
    ):
        assert qbo.fault("payment", body)["code"] == "620"


def test_more_than_the_open_balance_or_the_payment_cannot_be_applied(qbo, customer, invoice, now):
    made = invoice(100)
    assert qbo.fault("payment", pay(200, line(101, made), customer=customer))["code"] == "6000"
    assert qbo.fault("payment", pay(200, line(60, made), line(60, made), customer=customer))["code"] == "6000"
    assert qbo.fault("payment", pay(50, line(60, made), customer=customer))["code"] == "6000"
    assert qbo.fault("payment", pay(50, line(-1, made), customer=customer))["code"] == "2290"
    assert now("Invoice", made) == made


def test_the_money_goes_to_a_bank_account_or_another_current_asset(qbo, customer):
    bank = account(qbo, "Checking")
    paid = qbo.create("Payment", pay(10, customer=customer, DepositToAccountRef={"value": bank["Id"]}))
    assert paid["DepositToAccountRef"] == {"value": bank["Id"], "name": "Checking"}
    assert account(qbo, "Checking")["CurrentBalance"] == bank["CurrentBalance"] + 10
    income = account(qbo, "SalesOfProductIncome")["Id"]
    assert qbo.fault("payment", pay(10, customer=customer, DepositToAccountRef={"value": income}))["code"] == "6430"


def test_an_update_replaces_all_lines(qbo, customer, invoice, now):
    one, two = invoice(40), invoice(60)
    paid = qbo.create("Payment", pay(100, line(40, one), customer=customer))
    body = pay(100, line(10, one), line(60, two), customer=customer)
    changed = qbo.create("Payment", {**body, **key(paid), "sparse": False})
    assert (changed["UnappliedAmt"], changed["SyncToken"]) == (30, "1")
    assert (now("Invoice", one)["Balance"], now("Invoice", two)["Balance"]) == (30, 0)
    assert now("Customer", customer)["Balance"] == 0
    moved = qbo.create("Payment", key(changed, Line=[line(60, two)]))
    assert now("Invoice", one)["LinkedTxn"] == []
    assert now("Invoice", one)["SyncToken"] == "3"
    assert now("Invoice", two)["SyncToken"] == "1"
    assert moved["UnappliedAmt"] == 40


def test_a_sparse_update_without_lines_keeps_them_and_an_empty_list_unapplies(qbo, customer, invoice, now):
    made = invoice(40)
    paid = qbo.create("Payment", pay(40, line(40, made), customer=customer))
    kept = qbo.create("Payment", key(paid, PrivateNote="thanks"))
    assert kept["Line"] == paid["Line"]
    assert now("Invoice", made)["SyncToken"] == "1"
    assert qbo.fault("payment", key(kept, TotalAmt=39))["code"] == "6000"
    empty = qbo.create("Payment", key(kept, Line=[]))
    assert (empty["Line"], empty["UnappliedAmt"], empty["PrivateNote"]) == ([], 40, "thanks")
    assert (now("Invoice", made)["Balance"], now("Invoice", made)["LinkedTxn"]) == (40, [])
    assert now("Customer", customer)["Balance"] == 0


@pytest.mark.parametrize("params", [{"operation": "update", "include": "void"}, {"operation": "void"}])
def test_a_void_opens_the_invoice_again(qbo, customer, invoice, now, params):
    made = invoice(40)
    paid = qbo.create("Payment", pay(50, line(40, made), customer=customer, PrivateNote="by hand"))
    voided = qbo.create("Payment", key(paid), **params)
    assert (voided["TotalAmt"], voided["UnappliedAmt"], voided["PrivateNote"]) == (0, 0, "Voided - by hand")
    assert "Line" not in voided
    assert voided["SyncToken"] == "1"
    after = now("Invoice", made)
    assert (after["Balance"], after["LinkedTxn"], after["SyncToken"]) == (40, [], "2")
    assert now("Customer", customer)["Balance"] == 40
    assert qbo.create("Payment", key(voided), **params)["SyncToken"] == "1"


def test_a_delete_opens_the_invoice_again(qbo, customer, invoice, now):
    made = invoice(40)
    paid = qbo.create("Payment", pay(40, line(40, made), customer=customer))
    assert qbo.create("Payment", key(paid), operation="delete")["status"] == "Deleted"
    assert (now("Invoice", made)["Balance"], now("Invoice", made)["LinkedTxn"]) == (40, [])
    assert error_of(qbo.get(f"payment/{paid['Id']}"))["code"] == "610"


def test_a_batch_creates_and_voids_payments(qbo, customer, invoice, now):
    made = invoice(40)
    answer = qbo.post(
        "batch",
        {"BatchItemRequest": [
            {"bId": "1", "operation": "create", "Payment": pay(10, line(10, made), customer=customer)},
            {"bId": "2", "operation": "create", "Payment": pay(99, line(99, made), customer=customer)},
        ]},
    ).json()["BatchItemResponse"]  # fmt: skip
    assert answer[1]["Fault"]["Error"][0]["code"] == "6000"
    paid = answer[0]["Payment"]
    assert now("Invoice", made)["Balance"] == 30
    item = {"bId": "1", "operation": "update", "optionsData": "void", "Payment": key(paid)}
    (voided,) = qbo.post("batch", {"BatchItemRequest": [item]}).json()["BatchItemResponse"]
    assert voided["Payment"]["TotalAmt"] == 0
    assert now("Invoice", made)["Balance"] == 40


def test_a_request_id_pays_once(qbo, customer, invoice, now):
    made = invoice(40)
    bodies = [qbo.create("Payment", pay(10, line(10, made), customer=customer), requestid="pay-once") for _ in range(3)]
    assert bodies[0] == bodies[1] == bodies[2]
    assert now("Invoice", made)["Balance"] == 30


def test_closed_books_keep_payments_as_they_are(qbo, customer):
    paid = qbo.create("Payment", pay(10, customer=customer, TxnDate="2025-06-01"))
    qbo.preference("AccountingInfoPrefs", BookCloseDate="2025-12-31")
    assert qbo.fault("payment", pay(10, customer=customer, TxnDate="2025-06-01"))["code"] == "6210"
    assert qbo.fault("payment", key(paid, PrivateNote="x"))["code"] == "6210"
    assert qbo.fault("payment", key(paid), operation="void")["code"] == "6210"
    assert qbo.fault("payment", key(paid), operation="delete")["code"] == "6210"


def test_the_python_library_pays_voids_and_deletes(library, qbo, customer, invoice, now):
    made = Invoice.get(invoice(40)["Id"], qb=library)
    payment = Payment()
    payment.TotalAmt = Decimal("40")
    payment.CustomerRef = Ref()
    payment.CustomerRef.value = customer
    part = PaymentLine()
    part.Amount = Decimal("40")
    part.LinkedTxn.append(made.to_linked_txn())
    payment.Line.append(part)
    payment.save(qb=library)
    assert now("Invoice", made.Id)["Balance"] == 0
    read = Payment.get(payment.Id, qb=library)
    assert read.Line[0].LinkedTxn[0].TxnId == made.Id
    read.PrivateNote = "read and written"
    read.save(qb=library)
    assert now("Invoice", made.Id)["Balance"] == 0
    Payment.get(payment.Id, qb=library).void(qb=library)
    voided = Payment.get(payment.Id, qb=library)
    assert (voided.TotalAmt, voided.PrivateNote) == (0, "Voided - read and written")
    voided.delete(qb=library)
    second = Payment.from_json(pay(5, line(5, {"Id": made.Id}), customer=customer))
    done = batch_create([second], qb=library)
    assert not done.faults
    batch_delete([Payment.get(done.successes[0].Id, qb=library)], qb=library)
    assert now("Invoice", made.Id)["Balance"] == 40


def test_a_payment_pays_a_journal_entry_and_follows_it(qbo, customer, invoice, now):
    receivable, equity = account(qbo, "AccountsReceivable")["Id"], account(qbo, "OpeningBalanceEquity")["Id"]

    def entry(amount: Any, kind: str, other: str, **members: Any) -> dict[str, Any]:
        name = {"Type": "Customer", "EntityRef": {"value": customer}}
        details = [
            {"PostingType": kind, "AccountRef": {"value": receivable}, "Entity": name},
            {"PostingType": other, "AccountRef": {"value": equity}},
        ]
        lines = [
            {"Amount": amount, "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}
            for detail in details
        ]
        written: dict[str, Any] = qbo.create("JournalEntry", {"Line": lines, **members})
        return written

    charge, credit = entry(50, "Debit", "Credit"), entry(20, "Credit", "Debit")
    made = invoice(100)
    assert now("Customer", customer)["Balance"] == 130
    lines = [line(50, charge, "JournalEntry"), line(20, credit, "JournalEntry"), line(40, made)]
    paid = qbo.create("Payment", pay(70, *lines, customer=customer))
    assert (paid["UnappliedAmt"], now("Invoice", made)["Balance"]) == (0, 60)
    assert now("Customer", customer)["Balance"] == 60
    assert qbo.fault("payment", pay(5, line(1, charge, "JournalEntry"), customer=customer))["code"] == "6000"
    assert qbo.fault("payment", pay(5, line(1, charge, "JournalEntry")))["code"] == "620"
    lower = entry(30, "Debit", "Credit", Id=charge["Id"], SyncToken="0")
    assert now("Payment", paid)["UnappliedAmt"] == 20
    assert now("Customer", customer)["Balance"] == 40
    qbo.create("JournalEntry", key(lower), operation="delete")
    after = now("Payment", paid)
    assert [entry["LinkedTxn"][0]["TxnId"] for entry in after["Line"]] == [credit["Id"], made["Id"]]
    assert (after["UnappliedAmt"], after["SyncToken"]) == (50, "2")
    assert now("Customer", customer)["Balance"] == 10
    qbo.create("JournalEntry", key(credit), operation="delete")
    assert now("Payment", paid)["UnappliedAmt"] == 30
    assert now("Customer", customer)["Balance"] == 30


def test_a_payment_pays_money_that_went_to_the_customer_and_follows_it(qbo, customer, now):
    bank, receivable = account(qbo, "Checking")["Id"], account(qbo, "AccountsReceivable")["Id"]
    detail = {"AccountRef": {"value": receivable}}
    check = qbo.create(
        "Purchase",
        {
            "PaymentType": "Check",
            "AccountRef": {"value": bank},
            "EntityRef": {"value": customer, "type": "Customer"},
            "Line": [
                {
                    "Amount": 30,
                    "DetailType": "AccountBasedExpenseLineDetail",
                    "AccountBasedExpenseLineDetail": detail,
                }
            ],
        },
    )
    assert now("Customer", customer)["Balance"] == 30
    paid = qbo.create("Payment", pay(30, line(30, check, "Check"), customer=customer))
    assert (paid["UnappliedAmt"], now("Customer", customer)["Balance"]) == (0, 0)
    assert qbo.fault("payment", pay(5, line(1, check, "Check"), customer=customer))["code"] == "6000"
    qbo.create("Purchase", key(check), operation="delete")
    assert (now("Payment", paid)["UnappliedAmt"], now("Customer", customer)["Balance"]) == (30, -30)
