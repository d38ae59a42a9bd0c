"""Two names become one, as on QuickBooks' screens: what the books hold afterwards."""

import re
from decimal import Decimal

import pytest

from qbo_emulator.emulator import Emulator
from qbo_emulator.faults import Fault
from qbo_emulator.rules.naming import merge
from qbo_emulator.sample.setup import create
from qbo_emulator.wire import dumps


@pytest.fixture
def books():
    emulator = Emulator()
    realm = emulator.companies()[0][0]
    with emulator.books(realm) as books:
        yield books
    emulator.close()


def named(books, kind, name):
    ((_, body),) = books.find((kind,), name)
    return body


def mentions(books, gone_id, reference):
    """How many objects still hold this reference."""
    rows = books.connection.execute("SELECT body FROM entities WHERE deleted = 0 AND realm = ?", (books.realm,))
    return sum(bool(re.search(rf'"{reference}":{{"value":"{gone_id}"', row["body"])) for row in rows)


def receivable(books):
    return Decimal(named(books, "Account", "Accounts Receivable (A/R)")["CurrentBalance"])


def test_a_merged_customer_brings_its_documents_and_its_balance(books):
    kept, gone = named(books, "Customer", "Juniper Market"), named(books, "Customer", "Saltbox Cafe")
    job = create(books, "Customer", {"DisplayName": "Annex", "Job": True, "ParentRef": {"value": gone["Id"]}})
    line = {"DetailType": "SalesItemLineDetail", "Amount": 30}
    line["SalesItemLineDetail"] = {"ItemRef": {"value": named(books, "Item", "Delivery")["Id"]}}
    create(books, "Invoice", {"CustomerRef": {"value": job["Id"]}, "Line": [line]})
    gone = books.get("Customer", gone["Id"])
    before, owed = receivable(books), Decimal(kept["Balance"]) + Decimal(gone["Balance"])
    result = merge(books, "Customer", kept["Id"], gone["Id"])
    assert Decimal(result["Balance"]) == owed
    assert Decimal(result["BalanceWithJobs"]) == owed + 30
    assert books.get("Customer", gone["Id"]) is None
    assert mentions(books, gone["Id"], "CustomerRef") == 0
    assert receivable(books) == before
    theirs = books.connection.execute(
        "SELECT count(*) FROM entities WHERE realm = ? AND type = 'Invoice' AND customer = ?", (books.realm, kept["Id"])
    ).fetchone()[0]
    assert theirs == 2
    moved = books.get("Customer", job["Id"])
    assert moved["FullyQualifiedName"] == "Juniper Market:Annex"
    assert moved["ParentRef"] == {"value": kept["Id"], "name": "Juniper Market"}


def test_merged_items_and_accounts_take_their_lines_along(books):
    kept, gone = named(books, "Item", "Dried Apricots 1lb"), named(books, "Item", "Trail Mix (Classic)")
    merge(books, "Item", kept["Id"], gone["Id"])
    assert mentions(books, gone["Id"], "ItemRef") == 0
    assert mentions(books, kept["Id"], "ItemRef") > 0
    second = create(books, "Account", {"Name": "Second", "AccountType": "Income", "AccountSubType": "ServiceFeeIncome"})
    first = named(books, "Account", "Services")
    merge(books, "Account", second["Id"], first["Id"])
    assert mentions(books, first["Id"], "IncomeAccountRef") == 0
    assert named(books, "Item", "Delivery")["IncomeAccountRef"] == {"value": second["Id"], "name": "Second"}


def test_a_merged_account_brings_its_balance_and_its_sub_accounts(books):
    kept, gone = (create(books, "Account", {"Name": name, "AccountType": "Bank"}) for name in ("Kept", "Gone"))
    below = {"SubAccount": True, "ParentRef": {"value": gone["Id"]}}
    till = create(books, "Account", {"Name": "Till", "AccountType": "Bank", **below})
    source = {"value": named(books, "Account", "Checking")["Id"]}
    for target, amount in ((kept, 5), (gone, 20), (till, 3)):
        body = {"FromAccountRef": source, "ToAccountRef": {"value": target["Id"]}, "Amount": amount}
        create(books, "Transfer", body)
    result = merge(books, "Account", kept["Id"], gone["Id"])
    assert (result["CurrentBalance"], result["CurrentBalanceWithSubAccounts"]) == (25, 28)
    assert books.get("Account", till["Id"])["FullyQualifiedName"] == "Kept:Till"


def test_a_merged_vendor_brings_what_it_is_owed(books):
    kept, gone = named(books, "Vendor", "Cedar Farm Supply"), named(books, "Vendor", "Coastal Freight Co")
    account = {"value": named(books, "Account", "Office Expenses")["Id"]}
    line = {"DetailType": "AccountBasedExpenseLineDetail", "Amount": 12}
    line["AccountBasedExpenseLineDetail"] = {"AccountRef": account}
    bill = create(books, "Bill", {"VendorRef": {"value": gone["Id"]}, "Line": [line]})
    spent = {"PaymentType": "Cash", "AccountRef": {"value": named(books, "Account", "Checking")["Id"]}, "Line": [line]}
    expense = create(books, "Purchase", {**spent, "EntityRef": {"value": gone["Id"]}})
    assert Decimal(merge(books, "Vendor", kept["Id"], gone["Id"])["Balance"]) == 12
    assert books.get("Bill", bill["Id"])["VendorRef"]["value"] == kept["Id"]
    assert books.get("Purchase", expense["Id"])["EntityRef"] == {
        "value": kept["Id"], "type": "Vendor", "name": "Cedar Farm Supply",
    }  # fmt: skip


def test_merges_that_are_refused_leave_the_books_alone(books):
    before = dumps(books.all("Customer")) + dumps(books.all("Item")) + dumps(books.all("Account"))
    customer = named(books, "Customer", "Juniper Market")["Id"]
    item, service = named(books, "Item", "Trail Mix (Classic)")["Id"], named(books, "Item", "Delivery")["Id"]
    bundle = named(books, "Item", "Snack Sampler")["Id"]
    bank, income = named(books, "Account", "Checking")["Id"], named(books, "Account", "Services")["Id"]
    for kind, keep, gone, code in (
        ("Customer", customer, "9999", "610"),
        ("Customer", customer, customer, "6000"),
        ("Item", item, service, "6000"),
        ("Item", bundle, bundle, "6000"),
        ("Account", bank, income, "6000"),
    ):
        with pytest.raises(Fault) as refused:
            merge(books, kind, keep, gone)
        assert refused.value.errors[0].code == code
    assert dumps(books.all("Customer")) + dumps(books.all("Item")) + dumps(books.all("Account")) == before


def test_nobody_is_merged_into_their_own_job(books):
    top = create(books, "Customer", {"DisplayName": "Top"})
    job = create(books, "Customer", {"DisplayName": "Job", "Job": True, "ParentRef": {"value": top["Id"]}})
    with pytest.raises(Fault) as refused:
        merge(books, "Customer", job["Id"], top["Id"])
    assert refused.value.errors[0].code == "900"
    assert Decimal(merge(books, "Customer", top["Id"], job["Id"])["Balance"]) == 0
