"""Change data capture."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from quickbooks.cdc import change_data_capture
from quickbooks.objects.customer import Customer
from quickbooks.objects.estimate import Estimate
from quickbooks.objects.invoice import Invoice

from qbo_emulator import operations
from qbo_emulator.tables import ENTITIES
from tests.emulator.conftest import error_of

LONG_AGO = "2011-10-10T09:00:00-07:00"


def cdc(qbo, entities, since):
    answer = qbo.get("cdc", entities=entities, changedSince=since)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"CDCResponse", "time"}
    (only,) = body["CDCResponse"]
    assert list(only) == ["QueryResponse"]
    return only["QueryResponse"]


def moment(qbo):
    """A time after everything so far, on the emulator's clock, in seconds."""
    qbo.emulator.advance(5)
    now = qbo.emulator.emulator.store.now().replace(microsecond=0)
    qbo.emulator.advance(5)
    return now


def many_customers(qbo, number):
    """New customers, faster than over HTTP."""
    with qbo.emulator.emulator.books(qbo.realm) as books:
        for position in range(number):
            operations.write(books, ENTITIES["Customer"], {"DisplayName": f"Customer {position:05}"})


def test_one_element_for_each_entity_in_the_order_asked(qbo):
    since = moment(qbo)
    invoice, customer = qbo.create("Invoice", qbo.invoice()), qbo.create("Customer", {"DisplayName": "New"})
    groups = cdc(qbo, "Estimate,Customer,Payment,Invoice", since.isoformat())
    assert groups == [
        {},
        {"Customer": [customer], "startPosition": 1, "maxResults": 1},
        {},
        {"Invoice": [invoice], "startPosition": 1, "maxResults": 1},
    ]


def test_names_are_taken_whatever_their_case_and_spaces(qbo):
    assert [list(group)[:1] for group in cdc(qbo, " invoice , CUSTOMER,", LONG_AGO)] == [["Invoice"], ["Customer"]]


def test_changes_ascend_and_deleted_ones_come_last(qbo):
    first, second, third = (qbo.create("Invoice", qbo.invoice(DocNumber=f"C-{number}")) for number in range(3))
    since = moment(qbo)
    qbo.post("invoice", {"Id": first["Id"], "SyncToken": "0"}, operation="delete")
    deleted_at = qbo.emulator.emulator.store.now()
    for invoice in (third, second):
        qbo.emulator.advance(2)
        qbo.create("Invoice", {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "later"})
    (group,) = cdc(qbo, "Invoice", since.isoformat())
    assert [row["Id"] for row in group["Invoice"]] == [third["Id"], second["Id"], first["Id"]]
    assert [row.get("PrivateNote") for row in group["Invoice"]] == ["later", "later", None]
    stub = group["Invoice"][2]
    at = datetime.fromisoformat(stub.pop("MetaData")["LastUpdatedTime"])
    assert abs(at - deleted_at) < timedelta(seconds=2)
    assert stub == {"domain": "QBO", "status": "Deleted", "Id": first["Id"]}
    assert group["maxResults"] == 3


def test_what_a_payment_does_to_its_invoice_is_captured_and_balances_are_not(qbo):
    invoice = qbo.create("Invoice", qbo.invoice())
    since = moment(qbo)
    paid = {"Amount": 5, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    qbo.create("Payment", {"CustomerRef": invoice["CustomerRef"], "TotalAmt": 5, "Line": [paid]})
    invoices, customers = cdc(qbo, "Invoice,Customer", since.isoformat())
    assert [row["Id"] for row in invoices["Invoice"]] == [invoice["Id"]]
    assert customers == {}


def test_inactive_names_are_captured_whole(qbo):
    customer = qbo.create("Customer", {"DisplayName": "Closing"})
    since = moment(qbo)
    gone = qbo.create("Customer", {"Id": customer["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    (group,) = cdc(qbo, "Customer", since.isoformat())
    assert group["Customer"] == [gone]
    assert gone["Active"] is False


def test_the_moment_itself_counts(qbo):
    invoice = qbo.create("Invoice", qbo.invoice())
    at = datetime.fromisoformat(invoice["MetaData"]["LastUpdatedTime"])
    assert invoice in cdc(qbo, "Invoice", at.isoformat())[0]["Invoice"]
    fraction = (at + timedelta(milliseconds=999)).isoformat(timespec="milliseconds")
    assert invoice in cdc(qbo, "Invoice", fraction)[0]["Invoice"]
    assert cdc(qbo, "Invoice", (at + timedelta(seconds=1)).isoformat()) == [{}]


def test_times_with_and_without_an_offset(qbo):
    since = moment(qbo)
    invoice = qbo.create("Invoice", qbo.invoice())
    pacific = datetime.fromisoformat(invoice["MetaData"]["LastUpdatedTime"])
    for text in (
        since.isoformat(),
        f"{since:%Y-%m-%dT%H:%M:%S}Z",
        pacific.isoformat(),
        pacific.replace(tzinfo=None).isoformat(),
        f"{pacific:%Y-%m-%d}",
    ):
        assert invoice in cdc(qbo, "Invoice", text)[0]["Invoice"], text
    later = pacific + timedelta(seconds=30)
    assert cdc(qbo, "Invoice", later.replace(tzinfo=None).isoformat()) == [{}]
    assert cdc(qbo, "Invoice", f"{later.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z") == [{}]


@pytest.mark.parametrize(
    ("params", "code", "element"),
    [
        ({"changedSince": LONG_AGO}, "2020", "entities"),
        ({"entities": " , ", "changedSince": LONG_AGO}, "2020", "entities"),
        ({"entities": "Invoice"}, "2020", "changedSince"),
        ({"entities": "Invoice", "changedSince": ""}, "2020", "changedSince"),
        ({"entities": "Invoice", "changedSince": "yesterday"}, "2060", "changedSince"),
        ({"entities": "Invoice", "changedSince": "2026-13-45"}, "2060", "changedSince"),
        ({"entities": "Invoice", "changedSince": "9999-12-31T23:00:00-08:00"}, "2060", "changedSince"),
        ({"entities": "Invoice,Dragon", "changedSince": LONG_AGO}, "2000", "entities"),
    ],
)
def test_bad_parameters(qbo, params, code, element):
    error = error_of(qbo.get("cdc", **params))
    assert (error["code"], error["element"]) == (code, element)


@pytest.mark.parametrize("entity", ["JournalCode", "TimeActivity", "TaxAgency", "taxcode", "TaxRate"])
def test_entities_that_are_not_captured(qbo, entity):
    error = error_of(qbo.get("cdc", entities=f"Invoice,{entity}", changedSince=LONG_AGO))
    assert error["code"] == "500"
    assert entity in error["Detail"]


def test_thirty_days_are_enforced_by_a_switch_only(qbo):
    now = qbo.emulator.emulator.store.now()
    assert cdc(qbo, "Customer", LONG_AGO)[0]["Customer"]
    qbo.emulator.switch(cdc_look_back=True)
    assert error_of(qbo.get("cdc", entities="Customer", changedSince=LONG_AGO))["code"] == "2070"
    assert cdc(qbo, "Customer", (now - timedelta(days=29, hours=23)).isoformat())[0]["Customer"]
    too_far = (now - timedelta(days=30, hours=1)).isoformat()
    assert error_of(qbo.get("cdc", entities="Customer", changedSince=too_far))["code"] == "2070"


def test_a_total_count_is_written_by_a_switch_only(qbo):
    qbo.emulator.switch(cdc_total_count=True)
    (group,) = cdc(qbo, "Customer", LONG_AGO)
    assert group["totalCount"] == group["maxResults"] == len(group["Customer"])


def test_a_thousand_objects_in_all_and_fast_with_ten_thousand(qbo):
    since = moment(qbo)
    many_customers(qbo, 10_000)
    qbo.create("Invoice", qbo.invoice())
    started = time.monotonic()
    groups = cdc(qbo, "Invoice,Customer,Item", since.isoformat())
    taken = time.monotonic() - started
    assert [group.get("maxResults") for group in groups] == [1, 999, None]
    names = [row["DisplayName"] for row in groups[1]["Customer"]]
    assert names == [f"Customer {position:05}" for position in range(999)]
    assert cdc(qbo, "Customer,Invoice", since.isoformat())[1] == {}
    assert taken < 2


def test_each_company_has_its_own_changes(emulator, qbo):
    other = type(qbo)(emulator, emulator.realms()[1])
    since = moment(qbo)
    other.create("Customer", {"DisplayName": "Elsewhere"})
    assert cdc(qbo, "Customer", since.isoformat()) == [{}]
    assert len(cdc(other, "Customer", since.isoformat())[0]["Customer"]) == 1
    other.session.close()


def test_it_is_read_only_and_needs_a_token(qbo):
    assert error_of(qbo.post("cdc", {}, entities="Customer", changedSince=LONG_AGO))["code"] == "500"
    qbo.session.headers["Authorization"] = "Bearer nobody"
    assert qbo.get("cdc", entities="Customer", changedSince=LONG_AGO).status_code == 401


def test_python_quickbooks_captures_changes(library, qbo):
    since = moment(qbo)
    kept, gone = qbo.create("Invoice", qbo.invoice()), qbo.create("Invoice", qbo.invoice())
    qbo.post("invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete")
    pacific = datetime.fromisoformat(kept["MetaData"]["CreateTime"]).tzinfo
    found = change_data_capture([Estimate, Invoice, Customer], since.astimezone(pacific), qb=library)
    objects = found.Invoice._object_list
    assert [(one.Id, getattr(one, "status", "")) for one in objects] == [(kept["Id"], ""), (gone["Id"], "Deleted")]
    assert str(objects[0].TotalAmt) == "10.00"
    assert not hasattr(found, "Estimate")
    assert not hasattr(found, "Customer")
