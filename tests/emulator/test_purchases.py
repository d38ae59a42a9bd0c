"""Bills, their payments, vendor credits, expenses and purchase orders: what they do to the books."""

from decimal import Decimal

import pytest
from quickbooks.objects.base import Ref
from quickbooks.objects.bill import Bill
from quickbooks.objects.billpayment import BillPayment, BillPaymentLine, CheckPayment
from quickbooks.objects.detailline import (
    AccountBasedExpenseLine,
    AccountBasedExpenseLineDetail,
    ItemBasedExpenseLine,
    ItemBasedExpenseLineDetail,
)
from quickbooks.objects.purchase import Purchase
from quickbooks.objects.purchaseorder import PurchaseOrder
from quickbooks.objects.vendorcredit import VendorCredit


def number(value):
    return Decimal(str(value))


class Desk:
    """The first vendor and the accounts of a company, and short ways to write documents."""

    def __init__(self, qbo):
        self.qbo = qbo
        self.accounts = {row["Name"]: row["Id"] for row in qbo.rows("SELECT * FROM Account MAXRESULTS 1000")}
        if "Company Card" not in self.accounts:
            card = qbo.create("Account", {"Name": "Company Card", "AccountType": "Credit Card"})
            self.accounts["Company Card"] = card["Id"]
        self.vendor = qbo.first("Vendor")["Id"]

    def ref(self, account):
        return {"value": self.accounts[account]}

    def line(self, amount, account="Office Expenses", **detail):
        detail = {"AccountRef": self.ref(account), **detail}
        kind = "AccountBasedExpenseLineDetail"
        return {"DetailType": kind, "Amount": amount, kind: detail}

    def goods(self, amount, item, **detail):
        kind = "ItemBasedExpenseLineDetail"
        return {"DetailType": kind, "Amount": amount, kind: {"ItemRef": {"value": item}, **detail}}

    def bill(self, *lines, **members):
        body = {"VendorRef": {"value": self.vendor}, "Line": list(lines) or [self.line(100)]}
        return self.qbo.create("Bill", {**body, **members})

    def credit(self, amount):
        body = {"VendorRef": {"value": self.vendor}, "Line": [self.line(amount)]}
        return self.qbo.create("VendorCredit", body)

    def payment(self, *lines, **members):
        """The body of a payment by check; lines are (amount, type, id)."""
        return {
            "VendorRef": {"value": self.vendor},
            "PayType": "Check",
            "CheckPayment": {"BankAccountRef": self.ref("Checking")},
            "Line": [
                {"Amount": amount, "LinkedTxn": [{"TxnId": target, "TxnType": kind}]} for amount, kind, target in lines
            ],
            **members,
        }

    def owed(self):
        return number(self.qbo.get(f"vendor/{self.vendor}").json()["Vendor"]["Balance"])

    def account(self, name):
        return number(self.qbo.get(f"account/{self.accounts[name]}").json()["Account"]["CurrentBalance"])

    def read(self, entity, object_id):
        return self.qbo.get(f"{entity.lower()}/{object_id}").json()[entity]

    def delete(self, entity, body):
        now = self.read(entity, body["Id"])
        key = {"Id": now["Id"], "SyncToken": now["SyncToken"]}
        answer = self.qbo.post(entity.lower(), key, operation="delete")
        assert answer.json()[entity]["status"] == "Deleted"


@pytest.fixture
def desk(qbo):
    return Desk(qbo)


PAYABLE = "Accounts Payable (A/P)"


def test_a_bill_is_owed_to_its_vendor_until_it_is_deleted(desk):
    bill = desk.bill(desk.line(70), desk.line("30.50", "Inventory Asset"), DocNumber="B-7", PrivateNote="two lines")
    assert (number(bill["TotalAmt"]), number(bill["Balance"])) == (Decimal("100.50"), Decimal("100.50"))
    assert [line["Id"] for line in bill["Line"]] == ["1", "2"]
    assert bill["APAccountRef"] == {"value": desk.accounts[PAYABLE], "name": PAYABLE}
    detail = bill["Line"][0]["AccountBasedExpenseLineDetail"]
    assert detail["AccountRef"]["name"] == "Office Expenses"
    assert (detail["BillableStatus"], detail["TaxCodeRef"]) == ("NotBillable", {"value": "NON"})
    assert (desk.owed(), desk.account(PAYABLE), desk.account("Inventory Asset")) == (
        Decimal("100.50"), Decimal("100.50"), Decimal("30.50"),
    )  # fmt: skip
    assert desk.qbo.rows("SELECT * FROM Bill WHERE DocNumber = 'B-7'") == [bill]
    desk.delete("Bill", bill)
    assert (desk.owed(), desk.account(PAYABLE), desk.account("Inventory Asset")) == (0, 0, 0)
    assert desk.qbo.rows("SELECT * FROM Bill") == []


def test_a_changed_bill_takes_its_old_effect_back(desk):
    bill = desk.bill(desk.line(100))
    key = {"Id": bill["Id"], "SyncToken": "0", "sparse": True}
    changed = desk.qbo.create("Bill", {**key, "Line": [{**bill["Line"][0], "Amount": 40}]})
    assert (number(changed["TotalAmt"]), changed["Line"][0]["Id"], changed["SyncToken"]) == (40, "1", "1")
    assert (desk.owed(), desk.account(PAYABLE)) == (40, 40)
    note = desk.qbo.create("Bill", {**key, "SyncToken": "1", "PrivateNote": "kept"})
    assert (note["Line"], desk.owed()) == (changed["Line"], 40)
    full = {"Id": bill["Id"], "SyncToken": "2", "VendorRef": bill["VendorRef"], "Line": changed["Line"]}
    assert "PrivateNote" not in desk.qbo.create("Bill", full)
    assert desk.owed() == 40


def test_the_terms_of_the_vendor_say_when_a_bill_is_due(desk):
    terms = desk.qbo.rows("SELECT * FROM Term WHERE Name = 'Net 15'")[0]["Id"]
    vendor = desk.read("Vendor", desk.vendor)
    key = {"Id": desk.vendor, "SyncToken": vendor["SyncToken"], "sparse": True}
    desk.qbo.create("Vendor", {**key, "TermRef": {"value": terms}})
    bill = desk.bill(TxnDate="2026-03-01")
    assert (bill["DueDate"], bill["SalesTermRef"]) == ("2026-03-16", {"value": terms, "name": "Net 15"})
    assert desk.bill(TxnDate="2026-03-01", DueDate="2026-03-05")["DueDate"] == "2026-03-05"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"VendorRef": None}, "2020"),
        ({"VendorRef": {"value": "999999"}}, "2500"),
        ({"Line": []}, "2020"),
        ({"Line": [{"Amount": 5}]}, "2020"),
        ({"Line": [{"Amount": 5, "DetailType": "AccountBasedExpenseLineDetail"}]}, "6440"),
        ({"Line": [{"Amount": 5, "DetailType": "ItemBasedExpenseLineDetail"}]}, "6440"),
        ({"Line": [{"Amount": 5, "DetailType": "NoSuchDetail"}]}, "2170"),
        ({"DocNumber": "x" * 22}, "2050"),
        ({"TxnDate": "01/02/2026"}, "2060"),
    ],
)
def test_bills_that_are_refused(desk, change, code):
    body = {"VendorRef": {"value": desk.vendor}, "Line": [desk.line(10)], **change}
    assert desk.qbo.fault("bill", body)["code"] == code
    assert desk.owed() == 0


def test_a_line_must_be_its_quantity_times_its_price(desk):
    item = desk.qbo.first("Item", "WHERE Type = 'NonInventory'")["Id"]
    assert desk.qbo.fault("bill", {
        "VendorRef": {"value": desk.vendor}, "Line": [desk.goods(100, item, Qty=3, UnitPrice=10)],
    })["code"] == "6070"  # fmt: skip
    bill = desk.bill(desk.goods("31.50", item, Qty=3))
    assert number(bill["Line"][0]["ItemBasedExpenseLineDetail"]["UnitPrice"]) == Decimal("10.5")


def test_a_bill_with_a_wrong_payable_account_is_refused(desk):
    body = {"VendorRef": {"value": desk.vendor}, "Line": [desk.line(1)], "APAccountRef": desk.ref("Checking")}
    assert desk.qbo.fault("bill", body)["code"] == "6430"
    body = {"VendorRef": {"value": desk.vendor}, "Line": [desk.line(1, "Accounts Receivable (A/R)")]}
    assert desk.qbo.fault("bill", body)["code"] == "6000"


def test_closed_books_are_closed_for_purchases_too(desk):
    bill = desk.bill(TxnDate="2026-01-10")
    desk.qbo.preference("AccountingInfoPrefs", BookCloseDate="2026-01-31")
    body = {"VendorRef": {"value": desk.vendor}, "Line": [desk.line(10)], "TxnDate": "2026-01-31"}
    assert desk.qbo.fault("bill", body)["code"] == "6210"
    key = {"Id": bill["Id"], "SyncToken": "0"}
    assert desk.qbo.fault("bill", {**key, "sparse": True, "TxnDate": "2026-02-02"})["code"] == "6210"
    assert desk.qbo.fault("bill", key, operation="delete")["code"] == "6210"


def stock(desk, quantity=5):
    return desk.qbo.create("Item", {
        "Name": "Crate", "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": quantity,
        "InvStartDate": "2026-01-01", "IncomeAccountRef": desk.ref("Sales of Product Income"),
        "AssetAccountRef": desk.ref("Inventory Asset"), "ExpenseAccountRef": desk.ref("Cost of Goods Sold"),
    })["Id"]  # fmt: skip


def test_stock_goes_up_with_what_is_bought_and_down_with_what_goes_back(desk):
    item = stock(desk)
    before = desk.account("Inventory Asset")

    def on_hand():
        return number(desk.read("Item", item)["QtyOnHand"])

    bill = desk.bill(desk.goods(40, item, Qty=4, UnitPrice=10))
    assert (on_hand(), desk.account("Inventory Asset") - before) == (9, 40)
    expense = desk.qbo.create("Purchase", {
        "PaymentType": "Check", "AccountRef": desk.ref("Checking"), "Line": [desk.goods(20, item, Qty=2, UnitPrice=10)],
    })  # fmt: skip
    assert on_hand() == 11
    credit = {"VendorRef": {"value": desk.vendor}, "Line": [desk.goods(10, item, Qty=1, UnitPrice=10)]}
    desk.qbo.create("VendorCredit", credit)
    assert on_hand() == 10
    desk.delete("Bill", bill)
    desk.delete("Purchase", expense)
    assert on_hand() == 4
    early = {"VendorRef": {"value": desk.vendor}, "Line": [desk.goods(10, item, Qty=1)], "TxnDate": "2025-12-31"}
    assert desk.qbo.fault("bill", early)["code"] == "6270"
    priced = {"VendorRef": {"value": desk.vendor}, "Line": [desk.goods(10, item, UnitPrice=10)]}
    assert desk.qbo.fault("bill", priced)["code"] == "6520"


def test_an_order_posts_nothing_and_closes_with_its_bill(desk):
    item = stock(desk)
    order = desk.qbo.create("PurchaseOrder", {
        "VendorRef": {"value": desk.vendor}, "Line": [desk.goods(40, item, Qty=4, UnitPrice=10)],
    })  # fmt: skip
    assert (order["POStatus"], number(order["TotalAmt"]), order["DocNumber"]) == ("Open", 40, "1001")
    assert "Balance" not in order
    assert (desk.owed(), number(desk.read("Item", item)["QtyOnHand"])) == (0, 5)
    link = [{"TxnId": order["Id"], "TxnType": "PurchaseOrder"}]
    bill = desk.bill(desk.goods(40, item, Qty=4, UnitPrice=10), LinkedTxn=link)
    assert bill["LinkedTxn"] == link
    closed = desk.read("PurchaseOrder", order["Id"])
    assert (closed["POStatus"], closed["SyncToken"]) == ("Closed", "1")
    assert closed["LinkedTxn"] == [{"TxnId": bill["Id"], "TxnType": "Bill"}]
    again = {"VendorRef": {"value": desk.vendor}, "Line": [desk.line(1)], "LinkedTxn": link}
    assert desk.qbo.fault("bill", again)["code"] == "620"
    key = {"Id": order["Id"], "SyncToken": "1"}
    assert desk.qbo.fault("purchaseorder", key, operation="delete")["code"] == "6000"
    desk.delete("Bill", bill)
    opened = desk.read("PurchaseOrder", order["Id"])
    assert (opened["POStatus"], opened["LinkedTxn"]) == ("Open", [])
    desk.delete("PurchaseOrder", order)


@pytest.mark.parametrize(("kind", "account", "credited"), [
    ("Check", "Checking", Decimal(-25)), ("Cash", "Checking", Decimal(-25)), ("CreditCard", "Company Card", Decimal(25)),
])  # fmt: skip
def test_an_expense_is_paid_from_an_account_of_its_type(desk, kind, account, credited):
    before = desk.account(account)
    expense = desk.qbo.create("Purchase", {
        "PaymentType": kind, "AccountRef": desk.ref(account), "Line": [desk.line(25)],
        "EntityRef": {"value": desk.vendor},
    })  # fmt: skip
    assert desk.account(account) - before == credited
    assert expense["EntityRef"]["type"] == "Vendor"
    assert desk.owed() == 0
    (found,) = desk.qbo.rows(f"SELECT * FROM Purchase WHERE PaymentType = '{kind}'")
    assert found == expense
    wrong = {"PaymentType": kind, "AccountRef": desk.ref("Services"), "Line": [desk.line(25)]}
    assert desk.qbo.fault("purchase", wrong)["code"] == "6430"
    desk.delete("Purchase", expense)
    assert desk.account(account) == before


def test_expenses_that_are_refused(desk):
    body = {"PaymentType": "Check", "AccountRef": desk.ref("Checking"), "Line": [desk.line(25)]}
    for name, element in (("PaymentType", "PaymentType"), ("AccountRef", "AccountRef"), ("Line", "Line")):
        error = desk.qbo.fault("purchase", {**body, name: None})
        assert (error["code"], error["element"]) == ("2020", element)
    assert desk.qbo.fault("purchase", {**body, "PaymentType": "Shells"})["code"] == "2170"
    assert desk.qbo.fault("purchase", {**body, "EntityRef": {"value": "9999"}})["code"] == "2500"
    assert desk.qbo.fault("purchase", {**body, "Credit": True})["code"] == "6000"


def test_a_refund_on_the_card_lowers_what_is_owed_on_it(desk):
    desk.qbo.create("Purchase", {
        "PaymentType": "CreditCard", "Credit": True, "AccountRef": desk.ref("Company Card"), "Line": [desk.line(25)],
    })  # fmt: skip
    assert desk.account("Company Card") == -25


def test_a_payment_pays_bills_with_the_help_of_credits(desk):
    first, second, credit = desk.bill(desk.line(100)), desk.bill(desk.line(50)), desk.credit(30)
    assert (desk.owed(), number(credit["Balance"])) == (120, 30)
    before = desk.account("Checking")
    body = desk.payment((100, "Bill", first["Id"]), (20, "Bill", second["Id"]), (30, "VendorCredit", credit["Id"]))
    paid = desk.qbo.create("BillPayment", body)
    assert number(paid["TotalAmt"]) == 90
    assert (desk.owed(), desk.account("Checking") - before, desk.account(PAYABLE)) == (30, -90, 30)
    link = {"TxnId": paid["Id"], "TxnType": "BillPaymentCheck"}
    for entity, made, left in (("Bill", first, 0), ("Bill", second, 30), ("VendorCredit", credit, 0)):
        now = desk.read(entity, made["Id"])
        assert (number(now["Balance"]), now["LinkedTxn"], now["SyncToken"]) == (left, [link], "1")
    key = {"Id": paid["Id"], "SyncToken": "0", "sparse": True}
    changed = desk.qbo.create("BillPayment", {**key, "Line": body["Line"][:1], "TotalAmt": 110})
    assert number(changed["TotalAmt"]) == 110
    assert number(desk.read("Bill", second["Id"])["Balance"]) == 50
    assert (desk.owed(), desk.account("Checking") - before) == (10, -110)
    desk.delete("BillPayment", paid)
    assert number(desk.read("Bill", first["Id"])["Balance"]) == 100
    assert desk.read("Bill", first["Id"])["LinkedTxn"] == []
    assert (desk.owed(), desk.account("Checking")) == (120, before)


@pytest.mark.parametrize("params", [{"operation": "update", "include": "void"}, {"operation": "void"}])
def test_a_voided_payment_stays_with_nothing_in_it(desk, params):
    bill = desk.bill(desk.line(100))
    paid = desk.qbo.create("BillPayment", desk.payment((100, "Bill", bill["Id"]), PrivateNote="for March"))
    key = {"Id": paid["Id"], "SyncToken": "0", "sparse": True}
    void = desk.qbo.post("billpayment", key, **params).json()["BillPayment"]
    assert (number(void["TotalAmt"]), void["Line"], void["PrivateNote"]) == (0, [], "Voided - for March")
    assert void["SyncToken"] == "1"
    assert number(desk.read("Bill", bill["Id"])["Balance"]) == 100
    assert desk.owed() == 100


def test_payments_that_are_refused(desk):
    bill, credit = desk.bill(desk.line(100)), desk.credit(30)
    good = desk.payment((100, "Bill", bill["Id"]))
    other = desk.qbo.create("Vendor", {"DisplayName": "Another"})["Id"]
    for change, code in (
        ({"VendorRef": None}, "2020"),
        ({"PayType": None}, "2020"),
        ({"PayType": "Shells"}, "2170"),
        ({"CheckPayment": None}, "2020"),
        ({"PayType": "CreditCard"}, "2020"),
        ({"CheckPayment": {"BankAccountRef": desk.ref("Services")}}, "6430"),
        ({"VendorRef": {"value": other}}, "620"),
        ({"TotalAmt": 99}, "6000"),
        ({"Line": [], "TotalAmt": 0}, "6000"),
        ({"Line": desk.payment((101, "Bill", bill["Id"]))["Line"]}, "6000"),
        ({"Line": desk.payment((1, "Bill", "999"))["Line"]}, "620"),
        ({"Line": desk.payment((1, "Invoice", "1"))["Line"]}, "620"),
        ({"Line": desk.payment((10, "VendorCredit", credit["Id"]))["Line"]}, "6000"),
        ({"Line": desk.payment((-10, "Bill", bill["Id"]))["Line"]}, "2290"),
        ({"Line": [{"LinkedTxn": []}]}, "2020"),
    ):
        assert desk.qbo.fault("billpayment", {**good, **change})["code"] == code, change
    assert desk.owed() == 70


def test_a_card_payment_is_owed_to_the_card(desk):
    bill = desk.bill(desk.line(100))
    body = desk.payment((100, "Bill", bill["Id"]), PayType="CreditCard",
                        CreditCardPayment={"CCAccountRef": desk.ref("Company Card")})  # fmt: skip
    paid = desk.qbo.create("BillPayment", body)
    assert "CheckPayment" not in paid
    assert desk.account("Company Card") == 100
    assert desk.read("Bill", bill["Id"])["LinkedTxn"][0]["TxnType"] == "BillPaymentCreditCard"


def test_a_paid_bill_that_goes_leaves_its_payment(desk):
    bill, credit = desk.bill(desk.line(100)), desk.credit(30)
    body = desk.payment((100, "Bill", bill["Id"]), (30, "VendorCredit", credit["Id"]))
    paid = desk.qbo.create("BillPayment", body)
    desk.delete("Bill", bill)
    left = desk.read("BillPayment", paid["Id"])
    assert (left["Line"], number(left["TotalAmt"])) == ([], 70)
    now = desk.read("VendorCredit", credit["Id"])
    assert (number(now["Balance"]), now["LinkedTxn"]) == (30, [])
    assert desk.owed() == -100


def test_a_bill_that_shrinks_below_its_payments_gives_them_back(desk):
    bill = desk.bill(desk.line(100))
    paid = desk.qbo.create("BillPayment", desk.payment((100, "Bill", bill["Id"])))
    key = {"Id": bill["Id"], "SyncToken": "1", "sparse": True}
    changed = desk.qbo.create("Bill", {**key, "Line": [{**bill["Line"][0], "Amount": 60}]})
    assert (number(changed["Balance"]), changed["SyncToken"]) == (0, "2")
    assert number(desk.read("BillPayment", paid["Id"])["Line"][0]["Amount"]) == 60
    assert desk.owed() == -40
    grown = desk.qbo.create("Bill", {**key, "SyncToken": "2", "Line": [{**bill["Line"][0], "Amount": 90}]})
    assert number(grown["Balance"]) == 30


def test_a_credit_that_goes_gives_up_what_it_paid(desk):
    bill, credit = desk.bill(desk.line(100)), desk.credit(30)
    body = desk.payment((100, "Bill", bill["Id"]), (30, "VendorCredit", credit["Id"]))
    paid = desk.qbo.create("BillPayment", body)
    desk.delete("VendorCredit", credit)
    assert [number(line["Amount"]) for line in desk.read("BillPayment", paid["Id"])["Line"]] == [70]
    assert number(desk.read("Bill", bill["Id"])["Balance"]) == 30
    assert desk.owed() == 30


def test_members_of_purchases_that_nobody_knows_are_dropped(desk):
    line = {**desk.line(10), "Lotus": 1}
    line["AccountBasedExpenseLineDetail"] |= {"Petal": {"a": 1}, "AccountRef": {**desk.ref("Office Expenses"), "x": 1}}
    bill = desk.bill(line, Lotus=[1])
    assert "Lotus" not in bill
    assert "Lotus" not in bill["Line"][0]
    assert "Petal" not in bill["Line"][0]["AccountBasedExpenseLineDetail"]


def test_bills_may_repeat_a_number_where_quickbooks_numbers_purchases(desk):
    first = desk.bill(desk.line(1), DocNumber="SAME")
    assert desk.bill(desk.line(1), DocNumber="SAME")["Id"] != first["Id"]


def test_a_company_that_numbers_its_purchases_has_each_number_once(desk):
    qbo, numbers = desk.qbo, "VendorAndPurchasesPrefs.UseCustomTxnNumbers"
    before = qbo.get("preferences").json()["Preferences"]["OtherPrefs"]["NameValue"]
    qbo.preference("OtherPrefs", NameValue=[{"Name": numbers, "Value": "true"}])
    after = qbo.get("preferences").json()["Preferences"]["OtherPrefs"]["NameValue"]
    assert after == [{**pair, "Value": "true"} if pair["Name"] == numbers else pair for pair in before]
    bill = desk.bill(desk.line(1), DocNumber="SAME")
    body = {"VendorRef": bill["VendorRef"], "Line": [desk.line(1)], "DocNumber": "SAME"}
    assert qbo.fault("bill", body)["code"] == "6140"
    assert qbo.create("Bill", body, include="allowduplicatedocnum")["DocNumber"] == "SAME"
    assert "DocNumber" not in qbo.create("PurchaseOrder", {**body, "DocNumber": None})


def ref(value):
    made = Ref()
    made.value = value
    return made


def test_the_library_buys_and_pays(library, desk):
    def lines():
        split, goods = AccountBasedExpenseLine(), ItemBasedExpenseLine()
        split.Amount = 60
        split.AccountBasedExpenseLineDetail = AccountBasedExpenseLineDetail()
        split.AccountBasedExpenseLineDetail.AccountRef = ref(desk.accounts["Office Expenses"])
        goods.Amount = 40
        goods.ItemBasedExpenseLineDetail = ItemBasedExpenseLineDetail()
        goods.ItemBasedExpenseLineDetail.ItemRef = ref(desk.qbo.first("Item", "WHERE Type = 'NonInventory'")["Id"])
        return [split, goods]

    def made(entity, **members):
        new = entity()
        for name, value in members.items():
            setattr(new, name, value)
        return new.save(qb=library)

    vendor = ref(desk.vendor)
    order = made(PurchaseOrder, VendorRef=vendor, Line=lines())
    bill = made(Bill, VendorRef=vendor, Line=lines(), LinkedTxn=[order.to_linked_txn()])
    credit = made(VendorCredit, VendorRef=vendor, Line=lines()[:1])
    expense = made(Purchase, PaymentType="Cash", AccountRef=ref(desk.accounts["Checking"]), Line=lines())
    assert [number(row.TotalAmt) for row in (order, bill, credit, expense)] == [100, 100, 60, 100]
    check = CheckPayment()
    check.BankAccountRef = ref(desk.accounts["Checking"])
    paying, using = BillPaymentLine(), BillPaymentLine()
    paying.Amount, paying.LinkedTxn = 100, [bill.to_linked_txn()]
    using.Amount, using.LinkedTxn = 60, [credit.to_linked_txn()]
    paid = made(BillPayment, PayType="Check", VendorRef=vendor, CheckPayment=check, Line=[paying, using])
    assert number(paid.TotalAmt) == 40
    for entity, row in ((Bill, bill), (VendorCredit, credit), (Purchase, expense), (PurchaseOrder, order)):
        again = entity.get(row.Id, qb=library)
        again.PrivateNote = "seen"
        assert again.save(qb=library).PrivateNote == "seen"
    assert number(Bill.get(bill.Id, qb=library).Balance) == 0
    void = BillPayment.get(paid.Id, qb=library).void(qb=library)["BillPayment"]
    assert (number(void["TotalAmt"]), void["PrivateNote"]) == (0, "Voided")
    BillPayment.get(paid.Id, qb=library).delete(qb=library)
    Bill.get(bill.Id, qb=library).delete(qb=library)
    VendorCredit.get(credit.Id, qb=library).delete(qb=library)
    assert desk.owed() == 0
    assert Bill.count(qb=library) == 0
