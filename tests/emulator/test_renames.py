"""References show the current name, wherever they are, and nothing else of the documents changes."""

import pytest

from qbo_emulator.sample.setup import create
from tests.emulator.books import account, key, now


def test_documents_show_the_new_name_of_a_customer_and_do_not_change_by_it(qbo):
    customer = qbo.create("Customer", {"DisplayName": 'Ann "B" Öst'})
    other = qbo.create("Customer", {"DisplayName": 'Ann "B" Östlund'})
    made = qbo.create("Invoice", qbo.invoice(CustomerRef={"value": customer["Id"]}))
    kept = qbo.create("Invoice", qbo.invoice(CustomerRef={"value": other["Id"]}))
    paid = qbo.create("Payment", {"CustomerRef": {"value": customer["Id"]}, "TotalAmt": 4})
    qbo.create("Customer", key(now(qbo, "Customer", customer), DisplayName="Berta"))
    after = now(qbo, "Invoice", made)
    assert after == {**made, "CustomerRef": {"value": customer["Id"], "name": "Berta"}}
    assert qbo.first("Invoice", f"WHERE Id = '{made['Id']}'")["CustomerRef"]["name"] == "Berta"
    assert now(qbo, "Payment", paid)["CustomerRef"]["name"] == "Berta"
    assert now(qbo, "Invoice", kept) == kept


def test_a_name_that_is_made_inactive_shows_it_in_documents(qbo):
    customer = qbo.create("Customer", {"DisplayName": "Gone"})
    made = qbo.create("Estimate", qbo.invoice(CustomerRef={"value": customer["Id"]}))
    qbo.create("Customer", key(customer, Active=False))
    assert now(qbo, "Estimate", made)["CustomerRef"]["name"] == "Gone (deleted)"


def test_jobs_are_called_the_same_in_sales_and_purchases_and_follow_their_parent(qbo):
    parent = qbo.create("Customer", {"DisplayName": "Upper"})
    job = {"DisplayName": "Lower", "Job": True, "ParentRef": {"value": parent["Id"]}}
    reference = {"value": qbo.create("Customer", job)["Id"]}
    sale = qbo.create("Invoice", qbo.invoice(CustomerRef=dict(reference)))
    paid = qbo.create("Payment", {"CustomerRef": dict(reference), "TotalAmt": 4})
    kind = "AccountBasedExpenseLineDetail"
    detail = {"AccountRef": {"value": account(qbo, "Inventory")["Id"]}, "CustomerRef": dict(reference)}
    line = {"DetailType": kind, "Amount": 3, kind: detail}
    bill = qbo.create("Bill", {"VendorRef": {"value": qbo.first("Vendor")["Id"]}, "Line": [line]})

    def names():
        found = now(qbo, "Bill", bill)["Line"][0][kind]["CustomerRef"]
        return {
            found["name"],
            *(now(qbo, k, b)["CustomerRef"]["name"] for k, b in (("Invoice", sale), ("Payment", paid))),
        }

    assert names() == {"Upper:Lower"}
    qbo.create("Customer", key(now(qbo, "Customer", parent), DisplayName="Over"))
    assert names() == {"Over:Lower"}
    assert now(qbo, "Customer", reference["value"])["ParentRef"]["name"] == "Over"


@pytest.mark.parametrize(
    ("kind", "name", "where"),
    [
        ("Item", "Name", ("SalesItemLineDetail", "ItemRef")),
        ("Account", "Name", ("SalesItemLineDetail", "ItemAccountRef")),
    ],
)
def test_lines_show_the_new_name_of_an_item_and_an_account(qbo, kind, name, where):
    made = qbo.create("Invoice", qbo.invoice())
    reference = made["Line"][0][where[0]][where[1]]
    renamed = qbo.create(kind, key(now(qbo, kind, reference["value"]), **{name: "Something new"}))
    after = now(qbo, "Invoice", made)["Line"][0][where[0]][where[1]]
    assert after == {"value": reference["value"], "name": renamed["FullyQualifiedName"]}


def test_terms_and_vendors_are_renamed_in_what_refers_to_them(qbo):
    term = qbo.create("Term", {"Name": "Soon", "DueDays": 3})
    vendor = qbo.create("Vendor", {"DisplayName": "Mill", "TermRef": {"value": term["Id"]}})
    qbo.create("Term", key(term, Name="Sooner"))
    assert now(qbo, "Vendor", vendor)["TermRef"] == {"value": term["Id"], "name": "Sooner"}
    same_number = now(qbo, "Customer", vendor["Id"]) if qbo.get(f"customer/{vendor['Id']}").ok else None
    assert same_number is None or same_number["DisplayName"] != "Mill"


def test_a_parent_is_renamed_in_its_many_jobs(emulator, qbo):
    with emulator.emulator.books(qbo.realm) as books:
        parent = create(books, "Customer", {"DisplayName": "Trunk"})
        for number in range(400):
            create(books, "Customer", {"DisplayName": f"Leaf {number}"})
        for number in range(50):
            create(books, "Customer", {"DisplayName": f"Branch {number}", "ParentRef": {"value": parent["Id"]}})
    qbo.create("Customer", key(now(qbo, "Customer", parent["Id"]), DisplayName="Stem"))
    assert len(qbo.rows("SELECT * FROM Customer WHERE FullyQualifiedName LIKE 'Stem:Branch%' MAXRESULTS 100")) == 50
