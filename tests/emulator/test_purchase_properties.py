"""Whatever a company buys, pays, changes, voids and deletes: what is owed always adds up."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_emulator import operations
from qbo_emulator.emulator import Emulator
from qbo_emulator.faults import Fault
from qbo_emulator.sample.setup import create
from qbo_emulator.tables import ENTITIES

AMOUNTS = st.integers(0, 40).map(lambda quarters: Decimal(quarters) / 4)
STEP = st.tuples(
    st.sampled_from(["Bill", "VendorCredit", "pay", "change", "repay", "delete", "void", "entry", "expense"]),
    st.integers(0, 9), st.integers(0, 9), AMOUNTS, AMOUNTS,
)  # fmt: skip
KINDS = ("Bill", "VendorCredit", "BillPayment")


class Books:
    """A company with one vendor, and steps that a bookkeeper could take."""

    def __init__(self, books):
        self.books = books
        ((_, self.vendor),) = books.find(("Vendor",), "Cedar Farm Supply")
        self.first = {name: self.account(name) for name in ("Checking", "Accounts Payable (A/P)", "Inventory Asset")}

    def account(self, name):
        ((_, body),) = self.books.find(("Account",), name)
        return Decimal(body["CurrentBalance"])

    def ref(self, name):
        ((_, body),) = self.books.find(("Account",), name)
        return {"value": body["Id"]}

    def lines(self, amount, account="Inventory Asset"):
        kind = "AccountBasedExpenseLineDetail"
        return [{"DetailType": kind, "Amount": amount, kind: {"AccountRef": self.ref(account)}}]

    def pick(self, kind, number):
        rows = self.books.all(kind)
        return rows[number % len(rows)] if rows else None

    def links(self, bill, credit, on_bill, off_credit):
        pairs = (("Bill", bill, on_bill), ("VendorCredit", credit, off_credit))
        return [
            {"Amount": amount, "LinkedTxn": [{"TxnId": row["Id"], "TxnType": kind}]}
            for kind, row, amount in pairs
            if row is not None and amount
        ]

    def take(self, step):
        what, one, other, amount, second = step
        vendor = {"VendorRef": {"value": self.vendor["Id"]}}
        links = self.links(self.pick("Bill", one), self.pick("VendorCredit", other), amount, second)
        key = ("Id", "SyncToken")
        match what:
            case "Bill" | "VendorCredit":
                create(self.books, what, {**vendor, "Line": self.lines(amount)})
            case "pay":
                paid = {"PayType": "Check", "CheckPayment": {"BankAccountRef": self.ref("Checking")}}
                create(self.books, "BillPayment", {**vendor, **paid, "Line": links})
            case "entry":
                detail = {"AccountRef": self.ref("Accounts Payable (A/P)"), "PostingType": "Debit"}
                entity = {"Entity": {"Type": "Vendor", "EntityRef": {"value": self.vendor["Id"]}}}
                kind = "JournalEntryLineDetail"
                debit = {"DetailType": kind, "Amount": amount, kind: {**detail, **entity}}
                credit = {**debit, kind: {"AccountRef": self.ref("Checking"), "PostingType": "Credit"}}
                create(self.books, "JournalEntry", {"Line": [debit, credit]})
            case "expense":
                body = {"PaymentType": "Cash", "AccountRef": self.ref("Checking"), "Line": self.lines(amount)}
                create(self.books, "Purchase", body)
            case "change":
                row = self.pick(KINDS[other % 2], one)
                if row is not None:
                    body = {name: row[name] for name in key} | {"sparse": True, "Line": self.lines(amount)}
                    operations.write(self.books, ENTITIES[KINDS[other % 2]], body)
            case "repay":
                row = self.pick("BillPayment", one)
                if row is not None:
                    body = {name: row[name] for name in key} | {"sparse": True, "Line": links, "TotalAmt": second}
                    operations.write(self.books, ENTITIES["BillPayment"], body)
            case "delete":
                row = self.pick(KINDS[other % 3], one)
                if row is not None:
                    operations.delete(self.books, ENTITIES[KINDS[other % 3]], {name: row[name] for name in key})
            case "void":
                row = self.pick("BillPayment", one)
                if row is not None:
                    operations.void(self.books, ENTITIES["BillPayment"], {name: row[name] for name in key})

    def total(self, kind):
        return sum((Decimal(row["TotalAmt"]) for row in self.books.all(kind)), Decimal(0))

    def check(self):
        bills, given_back, payments = (self.books.all(kind) for kind in KINDS)
        entries, expenses = self.total("JournalEntry"), self.total("Purchase")
        owed = self.total("Bill") - self.total("VendorCredit") - self.total("BillPayment") - entries
        assert Decimal(self.books.get("Vendor", self.vendor["Id"])["Balance"]) == owed
        moved = {name: self.account(name) - before for name, before in self.first.items()}
        assert moved["Accounts Payable (A/P)"] == owed
        assert moved["Checking"] == -self.total("BillPayment") - entries - expenses
        assert moved["Inventory Asset"] == self.total("Bill") - self.total("VendorCredit") + expenses
        for kind, rows in (("Bill", bills), ("VendorCredit", given_back)):
            for row in rows:
                applied = {
                    payment["Id"]: Decimal(line["Amount"])
                    for payment in payments
                    for line in payment["Line"]
                    if line["LinkedTxn"][0] == {"TxnId": row["Id"], "TxnType": kind}
                }
                assert Decimal(row["Balance"]) == Decimal(row["TotalAmt"]) - sum(applied.values())
                assert 0 <= Decimal(row["Balance"]) <= Decimal(row["TotalAmt"])
                assert {link["TxnId"] for link in row["LinkedTxn"]} == set(applied)
        for payment in payments:
            signs = {"Bill": 1, "VendorCredit": -1}
            net = sum(signs[line["LinkedTxn"][0]["TxnType"]] * Decimal(line["Amount"]) for line in payment["Line"])
            assert 0 <= net <= Decimal(payment["TotalAmt"])


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEP, max_size=14))
def test_what_is_owed_adds_up_after_every_step(steps):
    emulator = Emulator(company="sample")
    try:
        with emulator.books(emulator.companies()[0][0]) as books:
            company = Books(books)
            for step in steps:
                try:
                    with books.savepoint():
                        company.take(step)
                except Fault as fault:
                    if fault.status != 400:
                        raise
                company.check()
    finally:
        emulator.close()


def test_the_steps_reach_payments_that_use_credits():
    emulator = Emulator()
    with emulator.books(emulator.companies()[0][0]) as books:
        company = Books(books)
        for step in (("Bill", 0, 0, Decimal(10), 0), ("VendorCredit", 0, 0, Decimal(4), 0),
                     ("pay", 0, 0, Decimal(9), Decimal(3)), ("change", 0, 0, Decimal(2), 0)):  # fmt: skip
            company.take(step)
            company.check()
        (payment,) = books.all("BillPayment")
        assert [Decimal(line["Amount"]) for line in payment["Line"]] == [2, 2]
        company.take(("delete", 0, 0, 0, 0))
        company.check()
        assert books.all("Bill") == []
    emulator.close()
