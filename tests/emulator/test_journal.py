"""Journal entries, transfers, time and recurring transactions."""

from decimal import Decimal

import pytest
from quickbooks.objects.base import Ref
from quickbooks.objects.journalentry import JournalEntry, JournalEntryLine, JournalEntryLineDetail
from quickbooks.objects.recurringtransaction import RecurringTransaction
from quickbooks.objects.timeactivity import TimeActivity
from quickbooks.objects.transfer import Transfer


def number(value):
    return Decimal(str(value))


@pytest.fixture
def accounts(qbo):
    return {row["Name"]: row["Id"] for row in qbo.rows("SELECT * FROM Account MAXRESULTS 1000")}


@pytest.fixture
def balance(qbo, accounts):
    def balance_of(name):
        return number(qbo.get(f"account/{accounts[name]}").json()["Account"]["CurrentBalance"])

    return balance_of


def line(account, amount, posting, **detail):
    kind = "JournalEntryLineDetail"
    detail = {"PostingType": posting, "AccountRef": {"value": account}, **detail}
    return {"DetailType": kind, "Amount": amount, kind: detail}


RECEIVABLE, PAYABLE = "Accounts Receivable (A/R)", "Accounts Payable (A/P)"


def test_an_entry_posts_its_debits_and_credits(qbo, accounts, balance):
    before = balance("Checking"), balance("Savings")
    lines = [line(accounts["Checking"], "60.25", "Debit"), line(accounts["Savings"], "60.25", "Credit")]
    made = qbo.create("JournalEntry", {"Line": lines, "DocNumber": "J1"})
    assert (balance("Checking") - before[0], balance("Savings") - before[1]) == (Decimal("60.25"), Decimal("-60.25"))
    assert (number(made["TotalAmt"]), made["Adjustment"], made["SyncToken"]) == (Decimal("60.25"), False, "0")
    assert [row["Id"] for row in made["Line"]] == ["1", "2"]
    assert made["Line"][0]["JournalEntryLineDetail"]["AccountRef"]["name"] == "Checking"
    assert qbo.rows("SELECT * FROM JournalEntry WHERE DocNumber = 'J1'") == [made]
    key = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    lines = [{**row, "Amount": 10} for row in made["Line"]]
    assert number(qbo.create("JournalEntry", {**key, "Line": lines})["TotalAmt"]) == 10
    assert balance("Checking") - before[0] == 10
    gone = qbo.post("journalentry", {"Id": made["Id"], "SyncToken": "1"}, operation="delete").json()
    assert gone["JournalEntry"]["status"] == "Deleted"
    assert (balance("Checking"), balance("Savings")) == before


def test_debits_must_be_credits(qbo, accounts, balance):
    before = balance("Checking")
    lines = [line(accounts["Checking"], 60, "Debit"), line(accounts["Savings"], 59, "Credit")]
    error = qbo.fault("journalentry", {"Line": lines})
    assert (error["code"], error["Detail"]) == (
        "6000", "Business Validation Error: Please balance debits and credits.",
    )  # fmt: skip
    assert balance("Checking") == before


def test_receivables_need_a_customer_and_payables_a_vendor(qbo, accounts, balance):
    customer, vendor = qbo.first("Customer"), qbo.first("Vendor")
    owed = balance(RECEIVABLE), balance(PAYABLE)

    def entry(customer_entity, vendor_entity):
        return {
            "Line": [
                line(accounts[RECEIVABLE], 25, "Debit", Entity=customer_entity),
                line(accounts[PAYABLE], 25, "Credit", Entity=vendor_entity),
            ]
        }

    theirs = {"Type": "Customer", "EntityRef": {"value": customer["Id"]}}
    ours = {"Type": "Vendor", "EntityRef": {"value": vendor["Id"]}}
    for one, other in ((None, ours), (ours, ours), (theirs, None), (theirs, theirs)):
        error = qbo.fault("journalentry", entry(one, other))
        assert (error["code"], "you must choose a" in error["Detail"]) == ("6000", True)
    made = qbo.create("JournalEntry", entry(theirs, ours))
    entity = made["Line"][0]["JournalEntryLineDetail"]["Entity"]
    assert entity == {"Type": "Customer", "EntityRef": {"value": customer["Id"], "name": customer["DisplayName"]}}
    assert (balance(RECEIVABLE) - owed[0], balance(PAYABLE) - owed[1]) == (25, 25)
    now = qbo.get(f"customer/{customer['Id']}").json()["Customer"]
    assert number(now["Balance"]) - number(customer["Balance"]) == 25
    assert number(qbo.get(f"vendor/{vendor['Id']}").json()["Vendor"]["Balance"]) == 25


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Line": []}, "2020"),
        ({"Line": [{"Amount": 1}]}, "2020"),
        ({"Line": [{"Amount": 1, "DetailType": "JournalEntryLineDetail"}]}, "2020"),
        ({"Line": [line("999", 1, "Debit")]}, "2500"),
        ({"Line": [line("1", 1, "Sideways")]}, "2170"),
        ({"Line": [line("1", -1, "Debit"), line("2", -1, "Credit")]}, "2290"),
    ],
)
def test_entries_that_are_refused(qbo, change, code):
    assert qbo.fault("journalentry", change)["code"] == code


def test_a_transfer_moves_money(qbo, accounts, balance):
    before = balance("Checking"), balance("Savings")
    body = {
        "FromAccountRef": {"value": accounts["Checking"]}, "ToAccountRef": {"value": accounts["Savings"]}, "Amount": 75,
    }  # fmt: skip
    made = qbo.create("Transfer", body)
    assert (balance("Checking") - before[0], balance("Savings") - before[1]) == (-75, 75)
    assert made["FromAccountRef"]["name"] == "Checking"
    key = {"Id": made["Id"], "SyncToken": "0"}
    qbo.create("Transfer", {**key, "sparse": True, "Amount": 5})
    assert (balance("Checking") - before[0], balance("Savings") - before[1]) == (-5, 5)
    qbo.post("transfer", {**key, "SyncToken": "1"}, operation="delete")
    assert (balance("Checking"), balance("Savings")) == before
    for change, code in (
        ({"Amount": 0}, "6000"),
        ({"Amount": None}, "6000"),
        ({"FromAccountRef": None}, "2020"),
        ({"ToAccountRef": body["FromAccountRef"]}, "6000"),
        ({"ToAccountRef": {"value": accounts["Services"]}}, "6430"),
        ({"ToAccountRef": {"value": accounts[RECEIVABLE]}}, "6430"),
    ):
        assert qbo.fault("transfer", {**body, **change})["code"] == code


def test_time_belongs_to_an_employee_or_a_vendor(qbo):
    employee = qbo.create("Employee", {"GivenName": "Ada", "FamilyName": "Bell"})
    body = {"NameOf": "Employee", "EmployeeRef": {"value": employee["Id"]}, "Hours": 2, "Minutes": 30}
    made = qbo.create("TimeActivity", body)
    assert (made["Hours"], made["Minutes"], made["BillableStatus"]) == (2, 30, "NotBillable")
    assert made["EmployeeRef"]["name"] == "Ada Bell"
    assert qbo.rows(f"SELECT * FROM TimeActivity WHERE EmployeeRef = '{employee['Id']}'") == [made]
    changed = qbo.create("TimeActivity", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Hours": 3})
    assert (changed["Hours"], changed["Minutes"]) == (3, 30)
    span = {"StartTime": "2026-03-02T08:00:00-08:00", "EndTime": "2026-03-02T17:30:00-08:00"}
    vendor = {"NameOf": "Vendor", "VendorRef": {"value": qbo.first("Vendor")["Id"]}, **span}
    assert qbo.create("TimeActivity", vendor)["EndTime"] == span["EndTime"]
    gone = qbo.post("timeactivity", {"Id": made["Id"], "SyncToken": "1"}, operation="delete")
    assert gone.json()["TimeActivity"]["status"] == "Deleted"
    for change, code in (
        ({"NameOf": None}, "2020"),
        ({"NameOf": "Cat"}, "2170"),
        ({"EmployeeRef": None}, "2020"),
        ({"Hours": None, "Minutes": None}, "2020"),
        ({"Minutes": 60}, "2090"),
        ({"BillableStatus": "Billable"}, "6000"),
        ({"StartTime": span["EndTime"], "EndTime": span["StartTime"]}, "6000"),
        ({"StartTime": "noon", "EndTime": "later"}, "2060"),
        ({"StartTime": span["StartTime"]}, "2020"),
    ):
        assert qbo.fault("timeactivity", {**body, **change})["code"] == code, change


def ref(value):
    made = Ref()
    made.value = value
    return made


def test_the_library_makes_entries_transfers_and_time(library, qbo, accounts):
    def entry_line(account, posting):
        made = JournalEntryLine()
        made.Amount = 12
        made.JournalEntryLineDetail = JournalEntryLineDetail()
        made.JournalEntryLineDetail.PostingType = posting
        made.JournalEntryLineDetail.AccountRef = ref(accounts[account])
        return made

    entry = JournalEntry()
    entry.Line = [entry_line("Checking", "Debit"), entry_line("Savings", "Credit")]
    entry = entry.save(qb=library)
    entry.PrivateNote = "seen"
    assert entry.save(qb=library).PrivateNote == "seen"
    transfer = Transfer()
    transfer.Amount, transfer.FromAccountRef = 3, ref(accounts["Checking"])
    transfer.ToAccountRef = ref(accounts["Savings"])
    transfer = transfer.save(qb=library)
    transfer.Amount = 4
    assert number(transfer.save(qb=library).Amount) == 4
    time = TimeActivity()
    time.NameOf, time.VendorRef, time.Hours = "Vendor", ref(qbo.first("Vendor")["Id"]), 1
    time = time.save(qb=library)
    for entity, row in ((JournalEntry, entry), (Transfer, transfer), (TimeActivity, time)):
        entity.get(row.Id, qb=library).delete(qb=library)
        assert entity.all(qb=library) == []


def test_recurring_transactions_can_be_read(library, qbo):
    (found,) = RecurringTransaction.all(qb=library)
    template = found.Invoice
    assert (template.RecurringInfo.RecurType, template.RecurringInfo.Active) == ("Automated", True)
    assert template.RecurringInfo.ScheduleInfo.IntervalType == "Monthly"
    wire = qbo.get(f"recurringtransaction/{template.Id}").json()["RecurringTransaction"]
    assert set(wire) == {"Invoice"}
    assert qbo.rows("SELECT * FROM RecurringTransaction") == [wire]
    error = qbo.fault("recurringtransaction", {"Invoice": wire["Invoice"]})
    assert error["code"] == "500"
    key = {"Id": template.Id, "SyncToken": template.SyncToken, "Invoice": wire["Invoice"]}
    assert qbo.fault("recurringtransaction", key)["code"] == "500"
    assert qbo.fault("recurringtransaction", key, operation="delete")["code"] == "500"
