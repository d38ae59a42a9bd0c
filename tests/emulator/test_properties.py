"""Random bookkeeping: whatever is written, in whatever order, the books must add up.

Hypothesis plays a bookkeeper who sells, edits, takes payments, gives credit, brings money to the bank, voids and
deletes. After each step the rules that connect the documents are checked over everything in the books. The steps are
the same in every run; `pytest tests/emulator/test_properties.py --hypothesis-seed=random -p no:xdist` explores others.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from qbo_emulator.testing import RunningEmulator
from qbo_emulator.wire import dumps, loads

CENT = Decimal("0.01")
amounts = st.decimals(min_value="0.01", max_value="400", places=2)
quantities = st.decimals(min_value="0.5", max_value="20", places=1)
percents = st.none() | st.decimals(min_value="1", max_value="60", places=1)
SALES = ("Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt", "Estimate")


def half_up(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


class Bookkeeping(RuleBasedStateMachine):
    """The steps, and what must be true after each of them."""

    emulator: RunningEmulator
    realm: str

    def __init__(self) -> None:
        super().__init__()
        self.emulator.reset()
        connection = self.emulator.connection(self.realm)
        self.session = requests.Session()
        self.session.headers.update(
            {"Authorization": f"Bearer {connection['access_token']}", "Accept": "application/json"}
        )
        self.accepted = self.refused = 0
        self.gone: set[tuple[str, str]] = set()

    def teardown(self) -> None:
        self.session.close()

    # How a step talks to the emulator.

    def url(self, path: str) -> str:
        return f"{self.emulator.api_url}/company/{self.realm}/{path}"

    def books(self) -> dict[str, Any]:
        return self.emulator.books(self.realm)

    def write(self, entity: str, body: dict[str, Any], **params: str) -> dict[str, Any] | None:
        """The written object, or None when it was refused, which must have left no trace."""
        before = None if self.accepted % 3 else self.books()
        answer = self.session.post(self.url(entity.lower()), data=dumps(body), params=params, timeout=30)
        if answer.status_code != 200:
            assert answer.status_code == 400, answer.text
            assert answer.json()["Fault"]["Error"][0]["code"] != "10000", answer.text
            self.refused += 1
            if before is not None:
                assert self.books() == before, "a refused call changed the books"
            return None
        self.accepted += 1
        written: dict[str, Any] = loads(answer.text)[entity]
        if written.get("status") == "Deleted":
            self.gone.add((entity, written["Id"]))
            return written
        read = self.session.get(self.url(f"{entity.lower()}/{written['Id']}"), timeout=30)
        assert loads(read.text)[entity] == written, "what was answered is not what is in the books"
        if "Id" in body:
            assert int(written["SyncToken"]) > int(body["SyncToken"])
        return written

    def pick(self, data: st.DataObject, entity: str, **filters: Any) -> dict[str, Any] | None:
        rows = [row for row in self.books()[entity] if all(row.get(name) == value for name, value in filters.items())]
        return data.draw(st.sampled_from(rows), label=entity) if rows else None

    def lines(self, data: st.DataObject) -> list[dict[str, Any]]:
        sold = ("Service", "NonInventory", "Inventory")
        items = [row for row in self.books()["Item"] if row["Type"] in sold and row["Active"]]
        abroad = self.books()["CompanyInfo"]["Country"] != "US"
        codes = [row["Id"] for row in self.books()["TaxCode"] if row["Active"]] if abroad else []
        lines = []
        for _ in range(data.draw(st.integers(1, 3))):
            item, quantity = data.draw(st.sampled_from(items)), data.draw(quantities)
            price = data.draw(amounts)
            detail = {"ItemRef": {"value": item["Id"]}, "Qty": quantity, "UnitPrice": price}
            if codes:
                detail["TaxCodeRef"] = {"value": data.draw(st.sampled_from(codes))}
            amount = half_up(quantity * price)
            lines.append({"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": detail})
        percent = data.draw(percents)
        if percent is not None:
            detail = {"PercentBased": True, "DiscountPercent": percent}
            lines.append({"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail})
        return lines

    def customer(self, data: st.DataObject) -> dict[str, str]:
        books = self.books()
        home = books["Preferences"]["CurrencyPrefs"]["HomeCurrency"]["value"]
        mine = [row["Id"] for row in books["Customer"] if row["Active"] and row["CurrencyRef"]["value"] == home]
        return {"value": data.draw(st.sampled_from(mine[:3]))}

    # The steps.

    @initialize(data=st.data(), apply=st.booleans())
    def start(self, data: st.DataObject, apply: bool) -> None:
        """A few documents of each kind, so that every step has something to work on."""
        now = self.books()["Preferences"]
        wanted = {"AutoApplyCredit": apply, "AllowDiscount": True, "CustomTxnNumbers": False}
        body = {"Id": "1", "SyncToken": now["SyncToken"], "SalesFormsPrefs": wanted}
        assert self.write("Preferences", body) is not None
        self.stocked()
        for entity in (*SALES, "Invoice", "Invoice", "SalesReceipt"):
            self.sell(data, entity)
        for extra in (None, Decimal(25)):
            self.take_a_payment(data, extra)

    def stocked(self) -> None:
        """Something on the shelf, of which there will soon be less than nothing."""
        accounts = {row["AccountSubType"]: {"value": row["Id"]} for row in self.books()["Account"]}
        item = {
            "Name": "Boxed Tea",
            "Type": "Inventory",
            "TrackQtyOnHand": True,
            "QtyOnHand": 40,
            "InvStartDate": "2020-01-01",
            "UnitPrice": 5,
            "Taxable": True,
            "IncomeAccountRef": accounts["SalesOfProductIncome"],
            "AssetAccountRef": accounts["Inventory"],
            "ExpenseAccountRef": accounts["SuppliesMaterialsCogs"],
        }
        assert self.write("Item", item) is not None

    @rule(data=st.data(), entity=st.sampled_from(SALES))
    def sell(self, data: st.DataObject, entity: str) -> None:
        body: dict[str, Any] = {"CustomerRef": self.customer(data), "Line": self.lines(data)}
        if entity == "RefundReceipt":
            account = next(row for row in self.books()["Account"] if row["AccountType"] == "Bank")
            body["DepositToAccountRef"] = {"value": account["Id"]}
        self.write(entity, body)

    @rule(data=st.data())
    def convert_an_estimate(self, data: st.DataObject) -> None:
        estimate = self.pick(data, "Estimate")
        if estimate is not None:
            self.write(
                "Invoice",
                {
                    "CustomerRef": estimate["CustomerRef"],
                    "Line": self.lines(data),
                    "LinkedTxn": [{"TxnId": estimate["Id"], "TxnType": "Estimate"}],
                },
            )

    @rule(data=st.data(), entity=st.sampled_from(SALES), sparse=st.booleans())
    def edit(self, data: st.DataObject, entity: str, sparse: bool) -> None:
        old = self.pick(data, entity)
        if old is None:
            return
        body = {"Id": old["Id"], "SyncToken": old["SyncToken"], "Line": self.lines(data)}
        body |= {"sparse": True} if sparse else {"CustomerRef": old["CustomerRef"]}
        if entity == "RefundReceipt" and not sparse:
            body["DepositToAccountRef"] = old["DepositToAccountRef"]
        self.write(entity, body)

    @rule(data=st.data(), extra=st.none() | amounts)
    def take_a_payment(self, data: st.DataObject, extra: Decimal | None) -> None:
        customer = self.customer(data)
        lines, total = self.applied(data, customer)
        self.write("Payment", {"CustomerRef": customer, "TotalAmt": total + (extra or 0), "Line": lines})

    def applied(self, data: st.DataObject, customer: dict[str, str]) -> tuple[list[dict[str, Any]], Decimal]:
        """Lines for some of the customer's open invoices, in full, in part or (to be refused) too much."""
        books = self.books()
        mine = [row for row in books["Invoice"] if row["CustomerRef"]["value"] == customer["value"] and row["Balance"]]
        lines, total = [], Decimal(0)
        for invoice in mine[:3]:
            share = data.draw(st.sampled_from(("none", "half", "all", "too much")))
            if share == "none":
                continue
            balance = Decimal(invoice["Balance"])
            amount = {"half": half_up(balance / 2), "all": balance, "too much": balance + 1}[share]
            if amount:
                lines.append({"Amount": amount, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]})
                total += amount
        return lines, total

    @rule(data=st.data())
    def use_a_credit(self, data: st.DataObject) -> None:
        memo = self.pick(data, "CreditMemo")
        if memo is None or not memo["Balance"]:
            return
        lines, total = self.applied(data, {"value": memo["CustomerRef"]["value"]})
        total = min(total, Decimal(memo["Balance"]))
        if not total or not lines:
            return
        lines = [{"Amount": total, "LinkedTxn": lines[0]["LinkedTxn"]}]
        lines.append({"Amount": total, "LinkedTxn": [{"TxnId": memo["Id"], "TxnType": "CreditMemo"}]})
        self.write("Payment", {"CustomerRef": memo["CustomerRef"], "TotalAmt": 0, "Line": lines})

    @rule(data=st.data(), lift=st.booleans())
    def edit_a_payment(self, data: st.DataObject, lift: bool) -> None:
        old = self.pick(data, "Payment")
        if old is None:
            return
        body: dict[str, Any] = {"Id": old["Id"], "SyncToken": old["SyncToken"], "sparse": True}
        if lift:
            body["Line"] = []
        else:
            body |= {"TotalAmt": data.draw(amounts), "CustomerRef": old["CustomerRef"]}
        self.write("Payment", body)

    @rule(data=st.data())
    def bring_to_the_bank(self, data: st.DataObject) -> None:
        books = self.books()
        funds = next(row["Id"] for row in books["Account"] if row["AccountSubType"] == "UndepositedFunds")
        bank = next(row["Id"] for row in books["Account"] if row["AccountType"] == "Bank")
        waiting = [
            {"Amount": row["TotalAmt"], "LinkedTxn": [{"TxnId": row["Id"], "TxnType": kind, "TxnLineId": "0"}]}
            for kind in ("Payment", "SalesReceipt")
            for row in books[kind]
            if row["TotalAmt"] and row.get("DepositToAccountRef", {}).get("value") == funds
        ]
        done = {
            (link["TxnType"], link["TxnId"])
            for row in books["Deposit"]
            for line in row["Line"]
            for link in line["LinkedTxn"]
        }
        if not data.draw(st.integers(0, 4)):
            done = set()  # a payment that is at the bank already must be refused
        waiting = [
            line for line in waiting if (line["LinkedTxn"][0]["TxnType"], line["LinkedTxn"][0]["TxnId"]) not in done
        ]
        if waiting:
            lines = data.draw(st.lists(st.sampled_from(waiting), min_size=1, max_size=2))
            self.write("Deposit", {"DepositToAccountRef": {"value": bank}, "Line": lines})

    @rule(data=st.data(), entity=st.sampled_from(("Invoice", "Payment", "SalesReceipt", "CreditMemo", "RefundReceipt")))
    def void(self, data: st.DataObject, entity: str) -> None:
        old = self.pick(data, entity)
        if old is None:
            return
        body: dict[str, Any] = {"Id": old["Id"], "SyncToken": old["SyncToken"]}
        already = not old["TotalAmt"] and "Voided" in old.get("PrivateNote", "")
        if already:
            return
        if entity == "Invoice":
            voided = self.write(entity, body, operation="void")
        else:
            voided = self.write(entity, {**body, "sparse": True}, operation="update", include="void")
        if voided is not None:
            assert voided["TotalAmt"] == 0
            assert "Voided" in voided["PrivateNote"]

    @rule(data=st.data(), entity=st.sampled_from((*SALES, "Payment", "Deposit")))
    @precondition(lambda self: self.accepted > 3)
    def delete(self, data: st.DataObject, entity: str) -> None:
        old = self.pick(data, entity)
        if old is not None:
            self.write(entity, {"Id": old["Id"], "SyncToken": old["SyncToken"]}, operation="delete")

    @rule(data=st.data(), entity=st.sampled_from(("Invoice", "Payment", "CreditMemo")))
    def stale(self, data: st.DataObject, entity: str) -> None:
        old = self.pick(data, entity)
        if old is None:
            return
        body = {"Id": old["Id"], "SyncToken": str(int(old["SyncToken"]) + 1), "sparse": True, "PrivateNote": "x"}
        before = self.books()
        answer = self.session.post(self.url(entity.lower()), json=body, timeout=30)
        assert answer.json()["Fault"]["Error"][0]["code"] == "5010"
        assert self.books() == before

    # What must be true at any time.

    @invariant()
    def totals_are_the_lines_less_the_discount_plus_tax(self) -> None:
        books = self.books()
        for kind in SALES:
            for row in books[kind]:
                of: dict[str, Decimal] = defaultdict(Decimal)
                for line in row["Line"]:
                    of[line["DetailType"]] += Decimal(line.get("Amount", 0))
                tax = Decimal(row["TxnTaxDetail"]["TotalTax"])
                total = of["SalesItemLineDetail"] - of["DiscountLineDetail"] + tax
                assert Decimal(row["TotalAmt"]) == total, (kind, row)
                assert of["SubTotalLineDetail"] == of["SalesItemLineDetail"]
                lines = [Decimal(line["Amount"]) for line in row["TxnTaxDetail"].get("TaxLine", [])]
                assert sum(lines, Decimal(0)) == tax or not lines

    @invariant()
    def balances_are_what_the_links_say(self) -> None:
        books = self.books()
        paid: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        linked: dict[tuple[str, str], set[str]] = defaultdict(set)
        for payment in books["Payment"]:
            sums: dict[str, Decimal] = defaultdict(Decimal)
            for line in payment.get("Line", []):
                (link,) = line["LinkedTxn"]
                assert (link["TxnType"], link["TxnId"]) not in self.gone
                paid[link["TxnType"], link["TxnId"]] += Decimal(line["Amount"])
                linked[link["TxnType"], link["TxnId"]].add(payment["Id"])
                sums[link["TxnType"]] += Decimal(line["Amount"])
            unapplied = Decimal(payment["TotalAmt"]) - sums["Invoice"] + sums["CreditMemo"]
            assert Decimal(payment["UnappliedAmt"]) == unapplied >= 0, payment
        for kind in ("Invoice", "CreditMemo"):
            for row in books[kind]:
                balance = Decimal(row["TotalAmt"]) - paid[kind, row["Id"]]
                assert Decimal(row["Balance"]) == balance >= 0, row
                links = {link["TxnId"] for link in row.get("LinkedTxn", []) if link["TxnType"] == "Payment"}
                assert links == linked[kind, row["Id"]], row
                if kind == "CreditMemo":
                    assert Decimal(row["RemainingCredit"]) == balance

    @invariant()
    def customers_owe_what_is_open(self) -> None:
        books = self.books()
        owed: dict[str, Decimal] = defaultdict(Decimal)
        at_home = Decimal(0)
        opens = (("Invoice", "Balance", 1), ("CreditMemo", "Balance", -1), ("Payment", "UnappliedAmt", -1))
        for kind, name, sign in opens:
            for row in books[kind]:
                owed[row["CustomerRef"]["value"]] += sign * Decimal(row[name])
                at_home += sign * half_up(Decimal(row[name]) * Decimal(row.get("ExchangeRate", 1)))
        for customer in books["Customer"]:
            assert Decimal(customer["Balance"]) == owed[customer["Id"]], customer
        receivable = [row for row in books["Account"] if row["AccountSubType"] == "AccountsReceivable"]
        assert Decimal(receivable[0]["CurrentBalance"]) == at_home

    @invariant()
    def money_is_where_the_receipts_went(self) -> None:
        books = self.books()
        at: dict[str, Decimal] = defaultdict(Decimal)
        for kind, sign in (("Payment", 1), ("SalesReceipt", 1), ("RefundReceipt", -1)):
            for row in books[kind]:
                if row["TotalAmt"]:
                    at[row["DepositToAccountRef"]["value"]] += sign * Decimal(row["TotalAmt"])
        funds = next(row["Id"] for row in books["Account"] if row["AccountSubType"] == "UndepositedFunds")
        deposited: set[tuple[str, str]] = set()
        for deposit in books["Deposit"]:
            assert Decimal(deposit["TotalAmt"]) == sum(Decimal(line["Amount"]) for line in deposit["Line"])
            at[deposit["DepositToAccountRef"]["value"]] += Decimal(deposit["TotalAmt"])
            for line in deposit["Line"]:
                at[funds] -= Decimal(line["Amount"])
                for link in line["LinkedTxn"]:
                    key = (link["TxnType"], link["TxnId"])
                    assert key not in deposited, "deposited twice"
                    assert key not in self.gone, "deleted although it is deposited"
                    deposited.add(key)
        for account in books["Account"]:
            if account["AccountType"] == "Bank" or account["Id"] == funds:
                assert Decimal(account["CurrentBalance"]) == at[account["Id"]], account

    @invariant()
    def stock_is_what_was_not_sold(self) -> None:
        books = self.books()
        sold: dict[str, Decimal] = defaultdict(Decimal)
        for kind, sign in (("Invoice", 1), ("SalesReceipt", 1), ("CreditMemo", -1), ("RefundReceipt", -1)):
            for row in books[kind]:
                for line in row["Line"]:
                    detail = line.get("SalesItemLineDetail", {})
                    sold[detail.get("ItemRef", {}).get("value", "")] += sign * Decimal(detail.get("Qty", 0))
        first = self.__dict__.setdefault("first_stock", {})
        for item in books["Item"]:
            if item["Type"] == "Inventory":
                start = first.setdefault(item["Id"], Decimal(item["QtyOnHand"]) + sold[item["Id"]])
                assert Decimal(item["QtyOnHand"]) == start - sold[item["Id"]], item

    @invariant()
    def what_is_deleted_stays_deleted(self) -> None:
        books = self.books()
        for kind, number in self.gone:
            assert number not in {row["Id"] for row in books[kind]}
            assert number in {row["Id"] for row in books["Deleted"][kind]}


@pytest.fixture(scope="module")
def running():
    emulator = RunningEmulator()
    yield emulator
    emulator.stop()


@pytest.mark.timeout(600)  # a failure takes minutes to be made small
@pytest.mark.parametrize("position", [0, 2, 3, 4], ids=["no tax", "automated tax", "classic tax", "tax by line"])
def test_random_bookkeeping_adds_up(running, position):
    machine = type("Machine", (Bookkeeping,), {"emulator": running, "realm": running.realms()[position]})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
