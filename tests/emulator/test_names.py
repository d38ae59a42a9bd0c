"""Name lists: unique names, parents, making inactive."""

from decimal import Decimal

import pytest

from tests.emulator.conftest import RawClient


def accounts(qbo):
    return {row["Name"]: {"value": row["Id"]} for row in qbo.rows("SELECT * FROM Account")}


def service(qbo, name, **members):
    income = accounts(qbo)["Services"]
    return qbo.create("Item", {"Name": name, "Type": "Service", "IncomeAccountRef": income, **members})


def test_a_minimal_customer_gets_the_defaults_of_the_real_one(qbo):
    made = qbo.create("Customer", {"DisplayName": "Doe, Jane"})
    expected = {
        "Taxable": True, "Job": False, "BillWithParent": False, "Balance": 0, "BalanceWithJobs": 0, "Active": True,
        "CurrencyRef": {"value": "USD", "name": "United States Dollar"}, "PreferredDeliveryMethod": "Print",
        "FullyQualifiedName": "Doe, Jane", "PrintOnCheckName": "Doe, Jane", "DisplayName": "Doe, Jane",
        "domain": "QBO", "sparse": False, "SyncToken": "0", "Id": made["Id"], "MetaData": made["MetaData"],
    }  # fmt: skip
    assert made == expected


def test_a_name_is_built_from_its_parts(qbo):
    made = qbo.create("Customer", {"Title": "Dr", "GivenName": "Ada", "FamilyName": "Bell", "Suffix": "II"})
    assert made["DisplayName"] == "Dr Ada Bell II"


def test_customers_and_vendors_share_their_names_and_their_ids(qbo):
    vendor = qbo.create("Vendor", {"DisplayName": "Shared"})
    error = qbo.fault("customer", {"DisplayName": "sHARED "})
    assert error["code"] == "6240"
    assert error["Message"] == "Duplicate Name Exists Error"
    assert error["Detail"].endswith(f"Id={vendor['Id']}")
    customer = qbo.create("Customer", {"DisplayName": "Other"})
    assert int(customer["Id"]) == int(vendor["Id"]) + 1


def test_a_name_may_change_its_case(qbo):
    made = qbo.create("Customer", {"DisplayName": "lower"})
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "DisplayName": "Lower"}
    assert qbo.create("Customer", body)["DisplayName"] == "Lower"


def test_a_sparse_update_cannot_take_a_name_away(qbo):
    made = qbo.create("Customer", {"DisplayName": "Stays"})
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "DisplayName": ""}
    assert qbo.create("Customer", body)["DisplayName"] == "Stays"


def test_a_full_update_clears_what_it_leaves_out(qbo):
    made = qbo.create("Customer", {"DisplayName": "Full", "Notes": "gone", "PrimaryPhone": {"FreeFormNumber": "1"}})
    changed = qbo.create("Customer", {"Id": made["Id"], "SyncToken": "0", "DisplayName": "Full"})
    assert "Notes" not in changed
    assert "PrimaryPhone" not in changed
    assert changed["Active"] is True


@pytest.mark.parametrize("entity", ["Customer", "Vendor", "Item", "Account", "Term"])
def test_making_inactive_frees_the_name(qbo, entity):
    field = "DisplayName" if entity in ("Customer", "Vendor") else "Name"

    def make():
        if entity == "Item":
            return service(qbo, "Phoenix")
        return qbo.create(entity, {field: "Phoenix"} | ({"AccountType": "Income"} if entity == "Account" else {}))

    def close(body):
        return qbo.create(entity, {"Id": body["Id"], "SyncToken": body["SyncToken"], "sparse": True, "Active": False})

    first, second = close(make()), None
    if entity == "Term":
        assert first["Active"] is False
        return
    assert first[field] == "Phoenix (deleted)"
    second = close(make())
    assert second[field] == "Phoenix (deleted 1)"
    found = qbo.rows(f"SELECT * FROM {entity} WHERE Active = false AND {field} LIKE 'Phoenix%'")
    assert {row["Id"] for row in found} == {first["Id"], second["Id"]}
    again = close(first)
    assert (again["SyncToken"], again[field]) == (first["SyncToken"], first[field])
    back = {"Id": first["Id"], "SyncToken": first["SyncToken"], "sparse": True, "Active": True}
    assert qbo.create(entity, back)[field] == "Phoenix (deleted)"
    renamed = {**back, "SyncToken": str(int(first["SyncToken"]) + 1), field: "Phoenix"}
    assert qbo.create(entity, renamed)[field] == "Phoenix"


def test_a_customer_who_owes_can_be_kept_active_by_switch(emulator, qbo):
    customer = qbo.first("Customer", "WHERE Balance > '0'")
    body = {"Id": customer["Id"], "SyncToken": "0", "sparse": True, "Active": False}
    emulator.switch(refuse_inactive_with_balance=True)
    assert qbo.fault("customer", body)["code"] == "6220"
    emulator.switch(refuse_inactive_with_balance=False)
    assert qbo.create("Customer", body)["Active"] is False


def test_everything_calls_a_job_by_its_qualified_name(qbo):
    top = qbo.create("Customer", {"DisplayName": "Par"})
    job = qbo.create("Customer", {"DisplayName": "Jb", "Job": True, "ParentRef": {"value": top["Id"]}})
    reference, bank = {"value": job["Id"]}, accounts(qbo)["Checking"]
    sold = qbo.create("Invoice", qbo.invoice(CustomerRef=reference))
    paid = qbo.create("Payment", {"CustomerRef": reference, "TotalAmt": 5})
    for document in (sold, paid):
        assert document["CustomerRef"] == {"value": job["Id"], "name": "Par:Jb"}
    detail = {"AccountRef": accounts(qbo)["Services"], "CustomerRef": reference}
    line = {"DetailType": "AccountBasedExpenseLineDetail", "Amount": 1, "AccountBasedExpenseLineDetail": detail}
    spent = qbo.create("Purchase", {"PaymentType": "Cash", "AccountRef": bank, "Line": [line]})
    assert spent["Line"][0]["AccountBasedExpenseLineDetail"]["CustomerRef"] == sold["CustomerRef"]
    kept = {"Amount": 1, "DetailType": "DepositLineDetail",
            "DepositLineDetail": {"Entity": reference, "AccountRef": accounts(qbo)["Services"]}}  # fmt: skip
    banked = qbo.create("Deposit", {"DepositToAccountRef": bank, "Line": [kept]})
    assert banked["Line"][0]["DepositLineDetail"]["Entity"]["name"] == "Par:Jb"


def test_jobs_carry_the_names_of_their_parents(qbo):
    top = qbo.create("Customer", {"DisplayName": "Top"})
    parent, made = top, []
    for level in range(1, 5):
        job = {"DisplayName": f"Job {level}", "Job": True, "ParentRef": {"value": parent["Id"]}}
        parent = qbo.create("Customer", job)
        made.append(parent)
        assert parent["Level"] == level
    assert parent["FullyQualifiedName"] == "Top:Job 1:Job 2:Job 3:Job 4"
    too_deep = {"DisplayName": "Job 5", "Job": True, "ParentRef": {"value": parent["Id"]}}
    assert qbo.fault("customer", too_deep)["code"] == "6180"
    qbo.create("Customer", {"Id": top["Id"], "SyncToken": "0", "sparse": True, "DisplayName": "Peak"})
    renamed = qbo.get(f"customer/{made[1]['Id']}").json()["Customer"]
    assert (renamed["FullyQualifiedName"], renamed["SyncToken"]) == ("Peak:Job 1:Job 2", "0")


def test_a_customer_takes_its_balance_to_its_parent(qbo):
    owing = qbo.first("Customer", "WHERE Balance > '0'")
    amount, tops = owing["Balance"], [qbo.create("Customer", {"DisplayName": name}) for name in ("One", "Two")]

    def with_jobs():
        return [qbo.get(f"customer/{top['Id']}").json()["Customer"]["BalanceWithJobs"] for top in tops]

    moved = qbo.create("Customer", sparse(owing, Job=True, ParentRef={"value": tops[0]["Id"]}))
    assert with_jobs() == [amount, 0]
    moved = qbo.create("Customer", sparse(moved, ParentRef={"value": tops[1]["Id"]}))
    assert with_jobs() == [0, amount]
    full = {"Id": moved["Id"], "SyncToken": moved["SyncToken"], "DisplayName": moved["DisplayName"]}
    assert "ParentRef" not in qbo.create("Customer", full)
    assert with_jobs() == [0, 0]


def test_nobody_is_their_own_parent(qbo):
    one = qbo.create("Customer", {"DisplayName": "One"})
    two = qbo.create("Customer", {"DisplayName": "Two", "Job": True, "ParentRef": {"value": one["Id"]}})
    circle = {"Id": one["Id"], "SyncToken": "0", "sparse": True, "Job": True, "ParentRef": {"value": two["Id"]}}
    assert qbo.fault("customer", circle)["code"] == "900"
    itself = {**circle, "ParentRef": {"value": one["Id"]}}
    assert qbo.fault("customer", itself)["code"] == "900"


def test_an_exempt_customer_is_not_taxable(qbo):
    made = qbo.create("Customer", {"DisplayName": "School", "TaxExemptionReasonId": "7", "Taxable": True})
    assert made["Taxable"] is False


def test_an_address_gets_a_new_id_when_it_changes(qbo):
    made = qbo.create("Customer", {"DisplayName": "Mover", "BillAddr": {"Line1": "1 Old Road"}})
    key = {"Id": made["Id"], "sparse": True}
    same = qbo.create("Customer", {**key, "SyncToken": "0", "BillAddr": {"Line1": "1 Old Road"}})
    assert same["BillAddr"] == made["BillAddr"]
    moved = qbo.create("Customer", {**key, "SyncToken": "1", "BillAddr": {"Line1": "2 New Road"}})
    assert int(moved["BillAddr"]["Id"]) > int(made["BillAddr"]["Id"])


@pytest.mark.parametrize(
    ("members", "element"),
    [
        ({"Name": "N"}, "Type"),
        ({"Type": "Service"}, "Name"),
        ({"Name": "N", "Type": "Service"}, "IncomeAccountRef"),
        ({"Name": "N", "Type": "NonInventory"}, "ExpenseAccountRef"),
        ({"Name": "N", "Type": "Inventory"}, "TrackQtyOnHand"),
        ({"Name": "N", "Type": "Inventory", "TrackQtyOnHand": True}, "QtyOnHand"),
    ],
)
def test_each_type_of_item_needs_its_members(qbo, members, element):
    error = qbo.fault("item", members)
    assert (error["code"], error["element"]) == ("2020", element)


def test_items_use_accounts_of_the_right_type(qbo):
    by_name = accounts(qbo)
    wrong = {"Name": "N", "Type": "Service", "IncomeAccountRef": by_name["Checking"]}
    assert qbo.fault("item", wrong)["code"] == "6430"
    stock = {
        "Name": "N", "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 1, "InvStartDate": "2026-01-01",
        "IncomeAccountRef": by_name["Services"], "AssetAccountRef": by_name["Inventory Asset"],
        "ExpenseAccountRef": by_name["Cost of Goods Sold"],
    }  # fmt: skip
    assert qbo.fault("item", stock)["code"] == "6430"
    assert qbo.fault("item", {"Name": "N", "Type": "Group"})["code"] == "5030"


def test_items_are_unique_under_their_parent(qbo):
    category = qbo.create("Item", {"Name": "Nuts", "Type": "Category"})
    service(qbo, "Mixed")
    below = service(qbo, "Mixed", SubItem=True, ParentRef={"value": category["Id"]})
    assert below["FullyQualifiedName"] == "Nuts:Mixed"
    twin = {"Name": "mixed", "Type": "Service", "IncomeAccountRef": below["IncomeAccountRef"]}
    assert qbo.fault("item", twin)["code"] == "6240"
    body = qbo.invoice(qbo.line(1, ItemRef={"value": category["Id"]}))
    assert qbo.fault("invoice", body)["code"] == "6000"
    gone = {"Id": category["Id"], "SyncToken": "0", "sparse": True, "Active": False}
    assert qbo.fault("item", gone)["code"] == "6000"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Name": "A"}, "6010"),
        ({"Name": "A", "AccountType": "Income", "AccountSubType": "Checking"}, "6010"),
        ({"Name": "A", "AccountType": "Piggy bank"}, "6010"),
        ({"Name": 'A "quoted"', "AccountType": "Income"}, "2040"),
        ({"Name": "checking", "AccountType": "Bank"}, "6240"),
        ({"AccountType": "Bank"}, "2020"),
    ],
)
def test_accounts_that_are_refused(qbo, members, code):
    assert qbo.fault("account", members)["code"] == code


def test_accounts_get_their_classification_and_first_sub_type(qbo):
    made = qbo.create("Account", {"Name": "Wholesale", "AccountType": "Income"})
    assert (made["Classification"], made["AccountSubType"]) == ("Revenue", "OtherPrimaryIncome")
    below = {"Name": "North", "AccountType": "Income", "SubAccount": True, "ParentRef": {"value": made["Id"]}}
    assert qbo.create("Account", below)["FullyQualifiedName"] == "Wholesale:North"


def test_accounts_of_the_system_stay_active(qbo):
    account = qbo.first("Account", "WHERE AccountType = 'Accounts Receivable'")
    body = {"Id": account["Id"], "SyncToken": account["SyncToken"], "sparse": True, "Active": False}
    assert qbo.fault("account", body)["code"] == "6000"


def sparse(body, **members):
    return {"Id": body["Id"], "SyncToken": body["SyncToken"], "sparse": True, **members}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"WebAddr": {"URI": "not an address"}}, "2200"),
        ({"WebAddr": {"URI": "nodots"}}, "2200"),
        ({"WebAddr": {"URI": "javascript://a.b/"}}, "2200"),
        ({"WebAddr": {"URI": "http://[broken"}}, "2200"),
        ({"BillAddr": {f"Line{number}": "x" * 401 for number in range(1, 6)}}, "2050"),
        ({"TaxExemptionReasonId": "16"}, "2170"),
        ({"TaxExemptionReasonId": "x"}, "2170"),
        ({"ParentRef": {"value": "9999"}, "Job": True}, "2500"),
        ({"PaymentMethodRef": {"value": "9999"}}, "2500"),
        ({"SalesTermRef": {"value": "9999"}}, "2500"),
    ],
)
def test_customers_that_are_refused(qbo, members, code):
    assert qbo.fault("customer", {"DisplayName": "Refused", **members})["code"] == code


@pytest.mark.parametrize("uri", ["https://example.com/a?b=c", "example.com", "http://www.example.com:8080", ""])
def test_web_addresses_that_are_taken(qbo, uri):
    made = qbo.create("Customer", {"DisplayName": "Web", "WebAddr": {"URI": uri}})
    assert made.get("WebAddr") == ({"URI": uri} if uri else None)


def test_the_currency_of_a_name_stays(qbo):
    made = qbo.create("Customer", {"DisplayName": "Dollar"})
    assert qbo.fault("customer", sparse(made, CurrencyRef={"value": "EUR"}))["code"] == "6000"
    assert qbo.create("Customer", sparse(made, CurrencyRef={"value": "USD"}))["SyncToken"] == "1"


def balance(qbo, name):
    (row,) = qbo.rows(f"SELECT * FROM Account WHERE Name = '{name}'")
    return Decimal(str(row["CurrentBalance"]))


@pytest.mark.parametrize(
    ("entity", "account", "equity"),
    [("Customer", "Accounts Receivable (A/R)", 1), ("Vendor", "Accounts Payable (A/P)", -1)],
)
def test_a_name_may_start_with_a_balance_and_its_date(qbo, entity, account, equity):
    before = balance(qbo, account), balance(qbo, "Opening Balance Equity")
    made = qbo.create(entity, {"DisplayName": "Old friend", "Balance": "120.50", "OpenBalanceDate": "2026-01-05"})
    amount = Decimal("120.50")
    assert Decimal(str(made["Balance"])) == amount
    assert balance(qbo, account) - before[0] == amount
    assert balance(qbo, "Opening Balance Equity") - before[1] == equity * amount
    changed = qbo.create(entity, sparse(made, Balance=7, CompanyName="Old"))
    assert Decimal(str(changed["Balance"])) == amount
    full = {"Id": made["Id"], "SyncToken": "1", "DisplayName": "Old friend"}
    assert Decimal(str(qbo.create(entity, full)["Balance"])) == amount
    undated = qbo.create(entity, {"DisplayName": "New friend", "Balance": 120})
    assert undated["Balance"] == 0


def stock(qbo, **members):
    by_name = accounts(qbo)
    return {
        "Name": "Crate", "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 10, "InvStartDate": "2026-01-10",
        "PurchaseCost": 4, "IncomeAccountRef": by_name["Sales of Product Income"],
        "AssetAccountRef": by_name["Inventory Asset"], "ExpenseAccountRef": by_name["Cost of Goods Sold"], **members,
    }  # fmt: skip


def test_inventory_needs_its_preference(qbo):
    made = qbo.create("Item", stock(qbo))
    qbo.preference("ProductAndServicesPrefs", QuantityOnHand=False)
    assert qbo.fault("item", stock(qbo, Name="Second"))["code"] == "5020"
    assert qbo.create("Item", sparse(made, Description="still there"))["Description"] == "still there"


def test_a_new_quantity_is_an_adjustment(qbo):
    assets = balance(qbo, "Inventory Asset")
    made = qbo.create("Item", stock(qbo))
    assert balance(qbo, "Inventory Asset") - assets == 40
    counted = qbo.create("Item", sparse(made, QtyOnHand=7, InvStartDate="2026-02-01"))
    assert (counted["QtyOnHand"], counted["InvStartDate"]) == (7, "2026-01-10")
    assert balance(qbo, "Inventory Asset") - assets == 28
    assert qbo.fault("item", sparse(counted, QtyOnHand=5, InvStartDate="2026-01-09"))["code"] == "6270"
    qbo.preference("AccountingInfoPrefs", BookCloseDate="2026-02-28")
    assert qbo.fault("item", sparse(counted, QtyOnHand=5, InvStartDate="2026-02-02"))["code"] == "6210"
    assert qbo.fault("item", stock(qbo, Name="Late"))["code"] == "6210"
    described = qbo.create("Item", sparse(counted, Description="same"))
    assert described["QtyOnHand"] == 7
    assert qbo.fault("item", sparse(described, TrackQtyOnHand=False))["code"] == "6000"


def test_a_reorder_point_goes_with_a_full_update_only(qbo):
    made = qbo.create("Item", stock(qbo, ReorderPoint=3))
    kept = qbo.create("Item", sparse(made, ReorderPoint=None))
    assert kept["ReorderPoint"] == 3
    full = stock(qbo, Id=made["Id"], SyncToken="1")
    assert "ReorderPoint" not in qbo.create("Item", full)


def test_stock_is_written_off_with_its_item_unless_a_switch_refuses_it(emulator, qbo):
    made = qbo.create("Item", stock(qbo))
    emulator.switch(refuse_inactive_with_stock=True)
    assert qbo.fault("item", sparse(made, Active=False))["code"] == "6000"
    emulator.switch(refuse_inactive_with_stock=False)
    closed = qbo.create("Item", sparse(made, Active=False))
    assert (closed["QtyOnHand"], closed["Name"]) == (0, "Crate (deleted)")


def test_types_of_items_stay_apart(qbo):
    made, category = qbo.create("Item", stock(qbo)), qbo.create("Item", {"Name": "Nuts", "Type": "Category"})
    assert qbo.fault("item", sparse(made, Type="Service"))["code"] == "6000"
    assert qbo.fault("item", sparse(category, Type="Service"))["code"] == "6000"
    assert qbo.fault("item", {"Name": "Dear", "Type": "Service", "UnitPrice": 10**11})["code"] == "2090"
    assert "UnitPrice" not in category
    flat = service(qbo, "Flat")
    below = {"Name": "Below", "Type": "Category", "SubItem": True, "ParentRef": {"value": flat["Id"]}}
    assert qbo.fault("item", below)["code"] == "700"
    parent = category
    for level in range(1, 5):
        name = {"Name": f"Level {level}", "Type": "Category", "SubItem": True, "ParentRef": {"value": parent["Id"]}}
        parent = qbo.create("Item", name)
    too_deep = {"Name": "Level 5", "Type": "Category", "SubItem": True, "ParentRef": {"value": parent["Id"]}}
    assert qbo.fault("item", too_deep)["code"] == "6180"


def test_a_bundle_can_only_be_read(qbo):
    (bundle,) = qbo.rows("SELECT * FROM Item WHERE Type = 'Group'")
    lines = bundle["ItemGroupDetail"]["ItemGroupLine"]
    assert [line["ItemRef"]["name"] for line in lines] == ["Trail Mix (Classic)", "Dried Apricots 1lb"]
    assert qbo.get(f"item/{bundle['Id']}").json()["Item"] == bundle
    assert qbo.fault("item", sparse(bundle, Description="mine"))["code"] == "5030"
    assert qbo.fault("item", sparse(bundle, Type="Service"))["code"] == "5030"


def test_account_numbers_are_short_and_unique_where_they_are_used(qbo):
    one = {"Name": "One", "AccountType": "Expense", "AcctNum": "600"}
    assert qbo.fault("account", {**one, "AcctNum": "12345678"})["code"] == "2050"
    assert qbo.fault("account", {**one, "AcctNum": "6:0"})["code"] == "2040"
    made = qbo.create("Account", one)
    assert qbo.create("Account", {**one, "Name": "Two"})["AcctNum"] == "600"
    qbo.preference("AccountingInfoPrefs", UseAccountNumbers=True)
    assert qbo.fault("account", {**one, "Name": "Three"})["code"] == "6240"
    assert qbo.create("Account", sparse(made, Description="same number"))["AcctNum"] == "600"


def test_account_numbers_are_longer_in_canada(emulator, qbo):
    for realm in emulator.realms():
        other = RawClient(emulator, realm)
        if other.get(f"companyinfo/{realm}").json()["CompanyInfo"]["Country"] == "CA":
            body = {"Name": "Long", "AccountType": "Expense", "AcctNum": "1" * 20}
            assert other.create("Account", body)["AcctNum"] == "1" * 20
            assert other.fault("account", {**body, "AcctNum": "1" * 21})["code"] == "2050"
        other.session.close()


@pytest.mark.parametrize(
    ("kind", "subtype", "classification"),
    [
        ("Bank", "CashOnHand", "Asset"), ("Other Current Asset", "EmployeeCashAdvances", "Asset"),
        ("Fixed Asset", "FurnitureAndFixtures", "Asset"), ("Credit Card", "CreditCard", "Liability"),
        ("Other Current Liability", "OtherCurrentLiabilities", "Liability"),
        ("Long Term Liability", "NotesPayable", "Liability"), ("Equity", "OpeningBalanceEquity", "Equity"),
        ("Income", "OtherPrimaryIncome", "Revenue"), ("Other Income", "OtherMiscellaneousIncome", "Revenue"),
        ("Cost of Goods Sold", "CostOfLaborCos", "Expense"), ("Expense", "AdvertisingPromotional", "Expense"),
        ("Other Expense", "Depreciation", "Expense"), ("Other Asset", "LeaseBuyout", "Asset"),
        ("Accounts Receivable", "AccountsReceivable", "Asset"), ("Accounts Payable", "AccountsPayable", "Liability"),
    ],
)  # fmt: skip
def test_every_type_of_account_has_a_first_sub_type(qbo, kind, subtype, classification):
    made = qbo.create("Account", {"Name": "By type", "AccountType": kind})
    assert (made["AccountSubType"], made["Classification"]) == (subtype, classification)
    other = qbo.create("Account", {"Name": "By sub-type", "AccountSubType": subtype})
    assert other["AccountType"] == kind


def test_accounts_of_the_system_are_nobodys_sub_account(qbo):
    asset = qbo.create("Account", {"Name": "Assets", "AccountType": "Other Current Asset"})
    (funds,) = qbo.rows("SELECT * FROM Account WHERE Name = 'Undeposited Funds'")
    below = {"SubAccount": True, "ParentRef": {"value": asset["Id"]}}
    assert qbo.fault("account", sparse(funds, **below))["code"] == "6000"
    assert qbo.fault("account", {"Name": "Odd", "AccountType": "Bank", **below})["code"] == "700"
    assert qbo.fault("account", {"Name": "Odd", "AccountType": "Bank", "SubAccount": True})["code"] == "6150"


def test_an_account_shows_what_is_below_it(qbo):
    tops = [qbo.create("Account", {"Name": name, "AccountType": "Bank"}) for name in ("North", "South")]
    below = {"SubAccount": True, "ParentRef": {"value": tops[0]["Id"]}}
    till = qbo.create("Account", {"Name": "Till", "AccountType": "Bank", **below})

    def sums():
        rows = [qbo.get(f"account/{row['Id']}").json()["Account"] for row in (*tops, till)]
        return [(row["CurrentBalance"], row["CurrentBalanceWithSubAccounts"]) for row in rows]

    source = accounts(qbo)["Checking"]
    qbo.create("Transfer", {"FromAccountRef": source, "ToAccountRef": {"value": till["Id"]}, "Amount": 30})
    assert sums() == [(0, 30), (0, 0), (30, 30)]
    moved = qbo.create("Account", sparse(till, ParentRef={"value": tops[1]["Id"]}))
    assert (moved["FullyQualifiedName"], sums()) == ("South:Till", [(0, 0), (0, 30), (30, 30)])
    qbo.create("Account", sparse(moved, SubAccount=False))
    assert sums() == [(0, 0), (0, 0), (30, 30)]


def test_accounts_of_the_system_keep_their_type(qbo):
    (funds,) = qbo.rows("SELECT * FROM Account WHERE Name = 'Undeposited Funds'")
    assert qbo.fault("account", sparse(funds, AccountType="Bank"))["code"] == "6000"
    assert qbo.create("Account", sparse(funds, Description="mine"))["AccountSubType"] == "UndepositedFunds"


def test_companies_are_apart(emulator, qbo):
    other = RawClient(emulator, emulator.realms()[1])
    made = other.create("Customer", {"DisplayName": "Juniper Market"})
    assert made["Id"] != "1"
    assert qbo.rows("SELECT * FROM Customer WHERE DisplayName = 'Juniper Market'")[0]["Id"] == "1"
    other.session.close()
