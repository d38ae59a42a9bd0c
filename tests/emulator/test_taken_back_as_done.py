"""What a document did is taken back as it was done, whatever happened to its items and accounts since."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_emulator import operations
from qbo_emulator.emulator import Emulator
from qbo_emulator.faults import Fault
from qbo_emulator.rules.stock import value_of
from qbo_emulator.sample.setup import create
from qbo_emulator.tables import ENTITIES
from tests.emulator.books import account, key, now, stocked


def balance(qbo, body):
    return now(qbo, "Account", body)["CurrentBalance"]


def sold(qbo, item, pieces, price=4, **members):
    line = qbo.line(pieces * price, Qty=pieces, UnitPrice=price, ItemRef={"value": item["Id"]})
    return qbo.create("Invoice", qbo.invoice(line, **members))


def bought(qbo, item, pieces, cost):
    kind = "ItemBasedExpenseLineDetail"
    detail = {"ItemRef": {"value": item["Id"]}, "Qty": pieces, "UnitPrice": cost}
    line = {"DetailType": kind, "Amount": pieces * cost, kind: detail}
    return qbo.create("Bill", {"VendorRef": {"value": qbo.first("Vendor")["Id"]}, "Line": [line]})


def costed(qbo, pieces, cost):
    """An item with stock that cost so much."""
    item = stocked(qbo, "Walnuts", 0)
    return qbo.create("Item", key(qbo.create("Item", key(item, PurchaseCost=cost)), QtyOnHand=pieces))


def clearing(qbo, name, kind="Other Current Asset"):
    return qbo.create("Account", {"Name": name, "AccountType": kind})


@pytest.mark.parametrize("undo", ["void", "delete"])
def test_stock_comes_back_at_what_it_was_worth(qbo, undo):
    item, asset = costed(qbo, 100, 2), account(qbo, "Inventory")
    before = balance(qbo, asset)
    made = sold(qbo, item, 10)
    assert balance(qbo, asset) == before - 20
    qbo.create("Item", key(now(qbo, "Item", item), PurchaseCost=3))
    qbo.create("Invoice", key(made, PrivateNote="touched"))
    assert balance(qbo, asset) == before - 20
    qbo.create("Invoice", key(now(qbo, "Invoice", made)), operation=undo)
    assert balance(qbo, asset) == before


def test_what_was_bought_for_more_than_the_item_costs_leaves_at_that(qbo):
    item, asset = costed(qbo, 0, 2), account(qbo, "Inventory")
    before = balance(qbo, asset)
    bought(qbo, item, 10, 5)
    sold(qbo, item, 4)
    assert balance(qbo, asset) == before + 30
    sold(qbo, item, 6)
    assert (balance(qbo, asset), now(qbo, "Item", item)["QtyOnHand"]) == (before, 0)


def test_the_value_of_stock_moves_with_its_account(qbo):
    item, asset = costed(qbo, 0, 2), account(qbo, "Inventory")
    before = balance(qbo, asset)
    bill, other = bought(qbo, item, 10, 5), clearing(qbo, "Other stock")
    other = qbo.create("Account", key(other, AccountSubType="Inventory", AccountType="Other Current Asset"))
    qbo.create("Item", key(now(qbo, "Item", item), AssetAccountRef={"value": other["Id"]}))
    assert (balance(qbo, asset), balance(qbo, other)) == (before, 50)
    sale = sold(qbo, item, 4)
    assert (balance(qbo, asset), balance(qbo, other)) == (before, 30)
    qbo.create("Invoice", key(sale), operation="delete")
    qbo.create("Bill", key(bill), operation="delete")
    assert (balance(qbo, asset), balance(qbo, other)) == (before, 0)


def test_a_bill_leaves_the_account_it_was_posted_to(qbo):
    first, second = clearing(qbo, "First"), clearing(qbo, "Second")
    item = qbo.create("Item", {"Name": "Tape", "Type": "NonInventory", "ExpenseAccountRef": {"value": first["Id"]}})
    bill = bought(qbo, item, 3, 10)
    qbo.create("Item", key(item, ExpenseAccountRef={"value": second["Id"]}))
    assert (balance(qbo, first), balance(qbo, second)) == (30, 0)
    qbo.create("Bill", key(bill), operation="delete")
    assert (balance(qbo, first), balance(qbo, second)) == (0, 0)


def test_a_sale_moves_the_balance_of_the_account_its_item_names(qbo):
    cards = clearing(qbo, "Gift cards", "Other Current Liability")
    item = qbo.create("Item", {"Name": "Card", "Type": "Service", "IncomeAccountRef": {"value": cards["Id"]}})
    made = sold(qbo, item, 5, 5)
    assert balance(qbo, cards) == 25
    income = account(qbo, "SalesOfProductIncome")
    qbo.create("Item", key(item, IncomeAccountRef={"value": income["Id"]}))
    back = qbo.create("CreditMemo", qbo.invoice(qbo.line(10, ItemRef={"value": item["Id"]})))
    assert (balance(qbo, cards), balance(qbo, income)) == (25, 0)
    qbo.create("Invoice", key(made), operation="void")
    assert balance(qbo, cards) == 0
    qbo.create("CreditMemo", key(back), operation="delete")
    assert balance(qbo, cards) == 0


def test_a_discount_moves_the_account_it_names(qbo):
    given_away = clearing(qbo, "Given away")
    detail = {"PercentBased": False, "DiscountAccountRef": {"value": given_away["Id"]}}
    discount = {"DetailType": "DiscountLineDetail", "Amount": 2, "DiscountLineDetail": detail}
    made = qbo.create("Invoice", qbo.invoice(qbo.line(10), discount))
    assert balance(qbo, given_away) == 2
    qbo.create("Invoice", key(made), operation="delete")
    assert balance(qbo, given_away) == 0


@pytest.mark.parametrize(
    ("kind", "shown"), [("Other Current Liability", -100), ("Expense", 0), ("Income", 0), ("Long Term Liability", -100)]
)
def test_a_balance_follows_the_classification_of_its_account(qbo, kind, shown):
    bank, moved = account(qbo, "Checking"), clearing(qbo, "Moved")
    body = {"Amount": 100, "FromAccountRef": {"value": bank["Id"]}, "ToAccountRef": {"value": moved["Id"]}}
    transfer = qbo.create("Transfer", body)
    retyped = qbo.create("Account", key(moved, AccountType=kind))
    assert (retyped["CurrentBalance"], retyped["CurrentBalanceWithSubAccounts"]) == (shown, shown)
    again = qbo.create("Account", key(retyped, AccountType="Other Current Asset"))
    assert again["CurrentBalance"] == 100
    qbo.create("Account", key(again, AccountType=kind))
    qbo.create("Transfer", key(transfer), operation="delete")
    last = qbo.create("Account", key(now(qbo, "Account", moved), AccountType="Other Current Asset"))
    assert last["CurrentBalance"] == 0


def test_the_types_of_accounts_with_names_tax_and_sub_accounts_stay(qbo):
    above = clearing(qbo, "Above")
    below = {"Name": "Below", "AccountType": "Other Current Asset", "SubAccount": True}
    qbo.create("Account", {**below, "ParentRef": {"value": above["Id"]}})
    alone = clearing(qbo, "Alone")
    for body, kind in (
        (above, "Expense"), (alone, "Accounts Payable"), (account(qbo, "AccountsReceivable"), "Expense"),
        (account(qbo, "AccountsPayable"), "Expense"),
    ):  # fmt: skip
        assert qbo.fault("account", key(now(qbo, "Account", body), AccountType=kind))["code"] == "6000"


STEP = st.tuples(
    st.sampled_from(
        ["Bill", "VendorCredit", "Invoice", "CreditMemo", "change", "rename", "number", "delete", "void", "cost", "asset", "expense", "type"]
    ),
    st.integers(0, 9), st.integers(0, 2), st.integers(1, 12), st.integers(0, 20).map(lambda quarters: Decimal(quarters) / 4),
)  # fmt: skip
DOCUMENTS = ("Bill", "VendorCredit", "Invoice", "CreditMemo")
ACCOUNT_TYPES = ("Other Current Asset", "Other Current Liability", "Expense", "Income")


class Company:
    """Three items on accounts of their own, and steps that change documents, items and accounts."""

    def __init__(self, books):
        self.books = books
        stock = {"AccountType": "Other Current Asset", "AccountSubType": "Inventory"}
        self.assets = [create(books, "Account", {"Name": f"Stock {at}", **stock})["Id"] for at in range(2)]
        self.plain = [
            create(books, "Account", {"Name": f"Clearing {at}", "AccountType": ACCOUNT_TYPES[0]})["Id"]
            for at in range(2)
        ]
        refs = {"AssetAccountRef": {"value": self.assets[0]}}
        for name, kind in (
            ("IncomeAccountRef", "SalesOfProductIncome"),
            ("ExpenseAccountRef", "SuppliesMaterialsCogs"),
        ):
            refs[name] = {"value": next(row["Id"] for row in books.all("Account") if row["AccountSubType"] == kind)}
        tracked = {"Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 0, "InvStartDate": "2020-01-01", **refs}
        untracked = {"Type": "NonInventory", "ExpenseAccountRef": {"value": self.plain[0]}}
        untracked["IncomeAccountRef"] = {"value": self.plain[1]}
        bodies = ({"Name": "Nut", **tracked}, {"Name": "Oil", **tracked}, {"Name": "Tape", **untracked})
        self.items = [create(books, "Item", {**body, "PurchaseCost": 2})["Id"] for body in bodies]
        preferences = self.key(books.get("Preferences", "1"))
        operations.write(
            books, ENTITIES["Preferences"], {**preferences, "SalesFormsPrefs": {"CustomTxnNumbers": False}}
        )
        self.highest = 0
        self.there = {(kind, row["Id"]) for kind in DOCUMENTS for row in books.all(kind)}
        self.start = self.debits()

    def debits(self):
        signs = {"Asset": 1, "Liability": -1, "Equity": -1}
        rows = self.books.all("Account")
        return {row["Id"]: signs.get(row["Classification"], 0) * Decimal(row["CurrentBalance"]) for row in rows}

    def write(self, kind, object_id, **members):
        body = self.books.get(kind, object_id)
        operations.write(self.books, ENTITIES[kind], self.key(body) | {"sparse": True, **members})

    def key(self, body):
        return {"Id": body["Id"], "SyncToken": body["SyncToken"]}

    def line(self, kind, item, pieces, price):
        detail = "SalesItemLineDetail" if kind in ("Invoice", "CreditMemo") else "ItemBasedExpenseLineDetail"
        return {
            "DetailType": detail, "Amount": pieces * price,
            detail: {"ItemRef": {"value": self.items[item]}, "Qty": pieces, "UnitPrice": price},
        }  # fmt: skip

    def made(self):
        rows = [(kind, row) for kind in DOCUMENTS for row in self.books.all(kind)]
        return [(kind, row) for kind, row in rows if (kind, row["Id"]) not in self.there]

    def pick(self, number):
        rows = self.made()
        return rows[number % len(rows)] if rows else (None, None)

    def take(self, step):
        what, one, item, pieces, price = step
        kind, row = self.pick(one)
        match what:
            case "Bill" | "VendorCredit" | "Invoice" | "CreditMemo":
                name = {"CustomerRef": {"value": self.books.all("Customer")[one % 2]["Id"]}}
                if what in ("Bill", "VendorCredit"):
                    name = {"VendorRef": {"value": self.books.all("Vendor")[0]["Id"]}}
                lines = [self.line(what, item, pieces, price), self.line(what, (item + one) % 3, 1, price)]
                made = create(self.books, what, {**name, "Line": lines})
                if what == "Invoice":
                    assert int(made["DocNumber"]) > self.highest
                self.note_numbers()
            case "change" if row:
                self.write(kind, row["Id"], Line=[self.line(kind, item, pieces, price)])
            case "delete" if row:
                operations.delete(self.books, ENTITIES[kind], self.key(row))
            case "void" if row and kind in ("Invoice", "CreditMemo"):
                operations.void(self.books, ENTITIES[kind], self.key(row))
            case "rename":
                name = f"{self.books.today} {one} {pieces} {price}"
                self.write("Customer", self.books.all("Customer")[item % 2]["Id"], DisplayName=name)
            case "number" if row and kind == "Invoice":
                self.write(kind, row["Id"], DocNumber=str(1000 + pieces * one))
            case "cost":
                self.write("Item", self.items[item], PurchaseCost=price)
            case "asset":
                self.write("Item", self.items[item % 2], AssetAccountRef={"value": self.assets[one % 2]})
            case "expense":
                self.write("Item", self.items[2], ExpenseAccountRef={"value": self.plain[one % 2]})
            case "type":
                self.write("Account", self.plain[item % 2], AccountType=ACCOUNT_TYPES[one % 4])

    def note_numbers(self):
        numbers = [int(row["DocNumber"]) for kind, row in self.made() if kind == "Invoice"]
        self.highest = max([self.highest, *numbers])

    def check(self):
        self.note_numbers()
        for kind, row in self.made():
            for reference, entity in (("CustomerRef", "Customer"), ("VendorRef", "Vendor")):
                if reference in row:
                    assert row[reference]["name"] == self.books.get(entity, row[reference]["value"])["DisplayName"], (
                        kind
                    )
        worth = dict.fromkeys(self.assets, Decimal(0))
        for number in self.items[:2]:
            item = self.books.get("Item", number)
            worth[item["AssetAccountRef"]["value"]] += value_of(self.books, item)
        debits = self.debits()
        assert {number: debits[number] for number in self.assets} == worth

    def undo(self):
        for kind, row in self.made():
            operations.delete(self.books, ENTITIES[kind], self.key(row))
        for number in self.plain:
            self.write("Account", number, AccountType=ACCOUNT_TYPES[0])


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEP, max_size=16))
def test_when_every_document_is_gone_every_account_is_as_at_the_start(steps):
    emulator = Emulator(company="sample")
    try:
        with emulator.books(emulator.companies()[0][0]) as books:
            company = Company(books)
            for step in steps:
                try:
                    with books.savepoint():
                        company.take(step)
                except Fault as fault:
                    if fault.status != 400:
                        raise
                company.check()
            company.undo()
            assert company.debits() == company.start
            assert [books.get("Item", item).get("QtyOnHand", 0) for item in company.items] == [0, 0, 0]
    finally:
        emulator.close()
