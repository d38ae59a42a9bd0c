"""What webhooks tell: which changes, in which shape, signed how; and how an endpoint is registered."""

import re
import uuid
from datetime import datetime, timedelta

import pytest
import requests
from quickbooks import QuickBooks

from qbo_emulator import operations
from qbo_emulator.tables import ENTITIES
from qbo_emulator.webhooks import catalogue
from tests.emulator.conftest import RawClient
from tests.emulator.webhook_receiver import TOKEN, Receiver


def control(emulator, method, path="", **kwargs):
    return requests.request(method, f"{emulator.url}/_emulator/webhooks{path}", timeout=20, **kwargs)


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture
def hook(emulator, receiver):
    """The receiver, registered with the defaults."""
    emulator.webhooks(receiver.url, TOKEN)
    return receiver


def told(qbo, receiver):
    """Entity, id and operation of every event since the last look, all of this company."""
    assert qbo.emulator.drain_webhooks()
    changes = receiver.changes()
    receiver.clear()
    assert {realm for realm, *_ in changes} <= {qbo.realm}
    return [change[1:] for change in changes]


def test_a_cloudevent_has_every_member(qbo, hook):
    invoice = qbo.create("Invoice", qbo.invoice())
    (got,) = hook.wait(1)
    (event,) = got.json()
    assert uuid.UUID(event.pop("id")).version == 4
    assert re.fullmatch(r"intuit\.[A-Za-z0-9+/]{43}=", event.pop("source"))
    at = event.pop("time")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", at)
    written = datetime.fromisoformat(invoice["MetaData"]["LastUpdatedTime"])
    assert timedelta() <= datetime.fromisoformat(at[:26] + "Z") - written < timedelta(seconds=1)
    assert event == {
        "specversion": "1.0",
        "type": "qbo.invoice.created.v1",
        "datacontenttype": "application/json",
        "intuitentityid": invoice["Id"],
        "intuitaccountid": qbo.realm,
        "data": {},
    }
    assert (got.path, got.headers["content-type"]) == ("/hook", "application/json")
    assert got.signed
    assert got.headers["user-agent"]


def test_the_older_shape(qbo, receiver):
    qbo.emulator.webhooks(receiver.url, TOKEN, format="legacy")
    invoice = qbo.create("Invoice", qbo.invoice())
    (got,) = receiver.wait(1)
    (group,) = got.json()["eventNotifications"]
    assert list(group) == ["realmId", "dataChangeEvent"]
    (entity,) = group["dataChangeEvent"]["entities"]
    at = entity.pop("lastUpdated")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", at)
    written = datetime.fromisoformat(invoice["MetaData"]["LastUpdatedTime"])
    assert timedelta() <= datetime.fromisoformat(at) - written < timedelta(seconds=1)
    assert (group["realmId"], entity) == (qbo.realm, {"name": "Invoice", "id": invoice["Id"], "operation": "Create"})
    assert got.signed


def test_the_other_content_type(qbo, receiver):
    qbo.emulator.webhooks(receiver.url, TOKEN, content_type="application/cloudevents+json")
    qbo.create("Customer", {"DisplayName": "New"})
    assert receiver.wait(1)[0].headers["content-type"] == "application/cloudevents+json"


def test_python_quickbooks_accepts_the_signature(qbo, hook):
    qbo.emulator.switch(unicode=True)
    qbo.create("Customer", {"DisplayName": "Zoë"})
    (got,) = hook.wait(1)
    client = object.__new__(QuickBooks)
    client.verifier_token = TOKEN
    assert client.validate_webhook_signature(got.raw.decode(), got.headers["intuit-signature"])
    assert not client.validate_webhook_signature(got.raw.decode() + " ", got.headers["intuit-signature"])


def test_each_operation_has_its_event(qbo, hook):
    invoice = qbo.create("Invoice", qbo.invoice())
    key = ("invoice", invoice["Id"])
    assert told(qbo, hook) == [(*key, "Create")]
    qbo.create("Invoice", {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"})
    assert told(qbo, hook) == [(*key, "Update")]
    qbo.post(f"invoice/{invoice['Id']}/send", None, sendTo="a@x.example")
    assert told(qbo, hook) == [(*key, "Emailed")]
    qbo.post("invoice", {"Id": invoice["Id"], "SyncToken": "2"}, operation="void")
    assert told(qbo, hook) == [(*key, "Void")]
    qbo.post("invoice", {"Id": invoice["Id"], "SyncToken": "3"}, operation="delete")
    assert told(qbo, hook) == [(*key, "Delete")]


def test_a_payment_tells_of_its_invoice_too_and_not_of_the_customer(qbo, hook):
    invoice = qbo.create("Invoice", qbo.invoice())
    told(qbo, hook)
    paid = {"Amount": 5, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    payment = qbo.create("Payment", {"CustomerRef": invoice["CustomerRef"], "TotalAmt": 5, "Line": [paid]})
    assert sorted(told(qbo, hook)) == [("invoice", invoice["Id"], "Update"), ("payment", payment["Id"], "Create")]
    qbo.post("payment", {"Id": payment["Id"], "SyncToken": "0"}, operation="delete")
    assert sorted(told(qbo, hook)) == [("invoice", invoice["Id"], "Update"), ("payment", payment["Id"], "Delete")]


def test_the_events_of_one_write_have_times_of_their_own_in_order(qbo, hook):
    invoice = qbo.create("Invoice", qbo.invoice())
    told(qbo, hook)
    paid = {"Amount": 5, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    qbo.create("Payment", {"CustomerRef": invoice["CustomerRef"], "TotalAmt": 5, "Line": [paid]})
    assert qbo.emulator.drain_webhooks()
    times = [event["time"] for got in hook.received for event in got.json()]
    assert len(times) == len(set(times)) == 2
    assert times == sorted(times)


def test_a_batch_tells_of_the_items_that_went_well(qbo, hook):
    items = [
        {"bId": "1", "operation": "create", "Customer": {"DisplayName": "One"}},
        {"bId": "2", "operation": "create", "Customer": {"DisplayName": "One"}},
        {"bId": "3", "operation": "create", "Customer": {"DisplayName": "Three"}},
    ]
    answer = qbo.post("batch", {"BatchItemRequest": items}).json()["BatchItemResponse"]
    created = [("customer", item["Customer"]["Id"], "Create") for item in answer if "Customer" in item]
    assert len(created) == 2
    assert told(qbo, hook) == created


def test_a_refused_write_tells_nothing_and_neither_do_reads(qbo, hook):
    qbo.fault("customer", {"DisplayName": "Bad:name"})
    qbo.get("customer/1")
    qbo.get("invoice/1/pdf")
    qbo.rows("SELECT * FROM Customer")
    assert told(qbo, hook) == []


def test_a_replayed_write_tells_once(qbo, hook):
    for _ in range(2):
        qbo.create("Customer", {"DisplayName": "Once"}, requestid="once")
    assert len(told(qbo, hook)) == 1


def test_preferences_tell_of_updates_and_company_info_of_nothing(qbo, hook):
    qbo.preference("SalesFormsPrefs", CustomTxnNumbers=True)
    assert told(qbo, hook) == [("preferences", "1", "Update")]
    company = qbo.get("companyinfo/1").json()["CompanyInfo"]
    answer = qbo.post("companyinfo", {"Id": "1", "SyncToken": company["SyncToken"], "sparse": True, "LegalName": "L"})
    assert answer.status_code == 200, answer.text
    assert told(qbo, hook) == []


def test_a_currency_is_told_by_its_name_in_events(emulator, qbo, hook):
    abroad = next(realm for realm, name in emulator.emulator.companies() if name.startswith("Cedar"))
    company = type(qbo)(emulator, abroad)
    created = company.create("CompanyCurrency", {"Code": "NOK"})
    assert told(company, hook) == [("currency", created["Id"], "Create")]
    company.session.close()


def test_a_merge_names_what_went_away(qbo, receiver):
    for settings in ({"format": "legacy"}, {}, {"merge_data": True}):
        qbo.emulator.webhooks(receiver.url, TOKEN, **settings)
        with qbo.emulator.emulator.books(qbo.realm) as books:
            books.note("Customer", "1", "Merge", deleted_id="2")
        assert qbo.emulator.drain_webhooks()
    legacy, cloud, telling = (got.json() for got in receiver.received)
    (entity,) = legacy["eventNotifications"][0]["dataChangeEvent"]["entities"]
    assert (entity["operation"], entity["deletedId"]) == ("Merge", "2")
    assert (cloud[0]["type"], cloud[0]["data"]) == ("qbo.customer.merged.v1", {})
    assert telling[0]["data"] == {"deletedId": "2"}


def test_the_object_may_travel_with_its_event(qbo, receiver):
    qbo.emulator.switch(unicode=True)
    qbo.emulator.webhooks(receiver.url, TOKEN, push_entities=True)
    qbo.emulator.hold_webhooks()
    invoice = qbo.create("Invoice", qbo.invoice(CustomerMemo={"value": "Zoë"}))
    gone = qbo.create("Invoice", qbo.invoice())
    qbo.post("invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete")
    for number in range(60):
        line = qbo.line(1) | {"Description": "x" * 4000}
        qbo.create("Invoice", qbo.invoice(*[line] * 10, PrivateNote=str(number)))
    qbo.emulator.flush_webhooks()
    assert qbo.emulator.drain_webhooks()
    first = receiver.received[0].json()
    assert [event["data"] for event in first[:3]] == [invoice, {}, {}]
    assert all(got.signed and len(got.raw) < 1_048_576 for got in receiver.received)
    assert len(receiver.received) > 2
    assert sum(len(got.json()) for got in receiver.received) == 63


def test_which_operations_each_entity_tells():
    assert len(catalogue.ENTITIES) == 29
    assert catalogue.told("Invoice", "Void") == "Invoice"
    for kind, operation in (
        ("Estimate", "Void"), ("Bill", "Void"), ("Preferences", "Create"), ("Preferences", "Delete"),
        ("Customer", "Emailed"), ("Invoice", "Merge"), ("CompanyInfo", "Update"), ("TaxCode", "Create"),
        ("Invoice", "Frob"),
    ):  # fmt: skip
        assert catalogue.told(kind, operation) is None, (kind, operation)
    assert catalogue.told("CompanyCurrency", "Create") == "Currency"
    printable = {name for name, entity in ENTITIES.items() if entity.printable}
    assert set(catalogue.EMAILED) == printable


def test_only_subscribed_entities_are_told(qbo, receiver):
    qbo.emulator.webhooks(receiver.url, TOKEN, entities=["invoice", "Payment"])
    qbo.create("Customer", {"DisplayName": "Quiet"})
    invoice = qbo.create("Invoice", qbo.invoice())
    assert told(qbo, receiver) == [("invoice", invoice["Id"], "Create")]


def test_without_an_endpoint_nothing_is_journalled(qbo):
    qbo.create("Customer", {"DisplayName": "Unheard"})
    with qbo.emulator.emulator.store.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM webhook_events").fetchone()[0] == 0
    assert control(qbo.emulator, "GET").json()["endpoint"] is None


def test_an_endpoint_by_the_control_path(qbo, receiver):
    given = {
        "url": receiver.url,
        "verifier_token": TOKEN,
        "format": "legacy",
        "entities": ["customer"],
        "batch_size": 7,
    }
    answer = control(qbo.emulator, "POST", json=given)
    assert answer.status_code == 201, answer.text
    customer = qbo.create("Customer", {"DisplayName": "Heard"})
    assert control(qbo.emulator, "POST", "/drain", json={"timeout": 5}).json() == {"drained": True, "waiting": 0}
    shown = control(qbo.emulator, "GET").json()
    assert {name: shown["endpoint"][name] for name in ("url", "format", "entities", "batch_size")} == {
        "url": receiver.url, "format": "legacy", "entities": ["Customer"], "batch_size": 7,
    }  # fmt: skip
    assert TOKEN not in control(qbo.emulator, "GET").text
    assert shown["pending"] == {"events": 0, "deliveries": 0, "next": []}
    assert shown["totals"] == {"delivered": 1}
    (delivery,) = control(qbo.emulator, "GET", "/deliveries").json()
    assert delivery == shown["deliveries"][0]
    assert delivery["body"].encode() == receiver.received[0].raw
    assert [event["object_id"] for event in delivery["events"]] == [customer["Id"]]
    assert [(attempt["status"], attempt["error"]) for attempt in delivery["attempts"]] == [(200, None)]
    assert control(qbo.emulator, "DELETE").status_code == 204
    qbo.create("Customer", {"DisplayName": "Too late"})
    assert control(qbo.emulator, "POST", "/drain").json() == {"drained": True, "waiting": 0}
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"url": "ftp://x.example"},
        {"url": "http://"},
        {"url": "http://x.example:99999/"},
        {"url": 5},
        {"url": "http://x.example", "format": "xml"},
        {"url": "http://x.example", "entities": ["Dragon"]},
        {"url": "http://x.example", "entities": "Invoice"},
        {"url": "http://x.example", "batch_size": 0},
        {"url": "http://x.example", "batch_size": 101},
        {"url": "http://x.example", "window_ms": True},
        {"url": "http://x.example", "content_type": "text/plain"},
        {"url": "http://x.example", "verifier_token": ""},
        {"url": "http://x.example", "head_of_line_blocking": "yes"},
        {"url": "http://x.example", "surprise": 1},
    ],
)
def test_an_endpoint_that_makes_no_sense_is_refused(emulator, wrong):
    answer = control(emulator, "POST", json=wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert control(emulator, "GET").json()["endpoint"] is None


def test_reset_forgets_endpoint_events_and_deliveries(qbo, hook):
    qbo.emulator.hold_webhooks()
    qbo.create("Customer", {"DisplayName": "Forgotten"})
    qbo.emulator.webhook_fault(action="drop")
    qbo.emulator.reset()
    shown = control(qbo.emulator, "GET").json()
    assert (shown["endpoint"], shown["held"], shown["deliveries"]) == (None, False, [])
    assert shown["pending"] == {"events": 0, "deliveries": 0, "next": []}
    assert control(qbo.emulator, "GET", "/faults").json() == []
    qbo.emulator.webhooks(hook.url, TOKEN)
    assert qbo.emulator.drain_webhooks()
    assert hook.received == []


def test_a_delivery_by_hand(emulator, hook):
    for given, check in (
        ({"body": "{not json", "signature": "right"}, lambda got: got.signed and got.raw == b"{not json"),
        ({"payload": {"x": [1]}, "signature": "wrong"}, lambda got: not got.signed and got.json() == {"x": [1]}),
        ({"payload": [], "signature": "none"}, lambda got: "intuit-signature" not in got.headers),
        ({"body": "", "signature": "aGVsbG8="}, lambda got: got.headers["intuit-signature"] == "aGVsbG8="),
        ({"payload": [], "content_type": "text/plain"}, lambda got: got.headers["content-type"] == "text/plain"),
        ({}, lambda got: got.signed and got.changes() == [(emulator.realms()[0], "customer", "1", "Update")]),
    ):
        hook.clear()
        answer = control(emulator, "POST", "/send", json=given)
        assert (answer.status_code, answer.json()["status"]) == (200, 200), answer.text
        assert check(hook.received[0]), given
    events = [
        {"realm_id": "9", "entity": "Invoice", "id": "7", "operation": "Void"},
        {"realm_id": "8", "entity": "Customer", "id": "3", "operation": "Merge", "deleted_id": "2"},
    ]
    hook.clear()
    control(emulator, "POST", "/send", json={"events": events})
    assert hook.changes() == [("9", "invoice", "7", "Void"), ("8", "customer", "3", "Merge")]
    hook.answers(403)
    assert control(emulator, "POST", "/send", json={}).json()["status"] == 403
    states = {entry["state"] for entry in control(emulator, "GET", "/deliveries").json()}
    assert states == {"sent by hand"}
    assert control(emulator, "POST", "/send", json={"events": [{"entity": "Dragon"}]}).status_code == 400
    assert control(emulator, "POST", "/send", json={"url": "http://127.0.0.1:9/"}).json()["error"] == "ConnectionError"
    emulator.stop_webhooks()
    assert control(emulator, "POST", "/send", json={}).status_code == 400


def test_only_connected_companies_are_told_of(emulator, qbo, hook):
    other = RawClient(emulator, emulator.realms()[1])
    other.create("Customer", {"DisplayName": "While connected"})
    hook.wait(1)
    token = {"token": other.connection["refresh_token"]}
    auth = (other.connection["client_id"], other.connection["client_secret"])
    assert (
        requests.post(f"{emulator.url}/v2/oauth2/tokens/revoke", json=token, auth=auth, timeout=10).status_code == 200
    )
    with emulator.emulator.books(other.realm) as books:
        operations.write(books, ENTITIES["Customer"], {"DisplayName": "By a person, after that"})
    qbo.create("Customer", {"DisplayName": "In the other company"})
    assert emulator.drain_webhooks()
    assert [change[0] for change in hook.changes()] == [other.realm, qbo.realm]
    other.session.close()
