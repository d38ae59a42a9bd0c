"""Name lists: unique names, parents, making inactive."""

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


def test_companies_are_apart(emulator, qbo):
    other = RawClient(emulator, emulator.realms()[1])
    made = other.create("Customer", {"DisplayName": "Juniper Market"})
    assert made["Id"] != "1"
    assert qbo.rows("SELECT * FROM Customer WHERE DisplayName = 'Juniper Market'")[0]["Id"] == "1"
    other.session.close()
