"""A request id makes a write happen once; a batch answers each item on its own."""

import pytest
import requests
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.objects.customer import Customer
from quickbooks.objects.invoice import Invoice

from tests.emulator.conftest import RawClient, error_of


def test_a_repeated_request_id_gives_the_first_answer_and_writes_nothing(emulator, qbo):
    body = qbo.invoice(DocNumber="R-1")
    first = qbo.post("invoice", body, requestid="r1")
    again = qbo.post("invoice", body, requestid="r1")
    other_body = qbo.post("customer", {"DisplayName": "Somebody else"}, requestid="r1")
    assert first.content == again.content == other_body.content
    assert first.headers["intuit_tid"] != again.headers["intuit_tid"]
    assert len(qbo.rows("SELECT * FROM Invoice WHERE DocNumber = 'R-1'")) == 1
    assert [call["replayed"] for call in emulator.calls() if call["request_id"] == "r1"] == [False, True, True]


def test_a_fault_is_not_kept_under_its_request_id(qbo):
    assert qbo.fault("customer", {"DisplayName": "a:b"}, requestid="r2")["code"] == "2040"
    assert qbo.create("Customer", {"DisplayName": "ab"}, requestid="r2")["DisplayName"] == "ab"


def test_request_ids_belong_to_a_company(emulator, qbo):
    other = RawClient(emulator, emulator.realms()[1])
    qbo.create("Customer", {"DisplayName": "Mine"}, requestid="same")
    assert other.create("Customer", {"DisplayName": "Theirs"}, requestid="same")["DisplayName"] == "Theirs"
    other.session.close()


def test_an_empty_request_id_is_ignored(qbo):
    qbo.create("Customer", {"DisplayName": "A"}, requestid="")
    assert qbo.create("Customer", {"DisplayName": "B"}, requestid="")["DisplayName"] == "B"


def test_updates_voids_and_deletes_repeat_too(qbo):
    made = qbo.create("Invoice", qbo.invoice())
    key = {"Id": made["Id"], "SyncToken": "0"}
    voided = qbo.post("invoice", key, operation="void", requestid="v")
    assert qbo.post("invoice", key, operation="void", requestid="v").content == voided.content
    key["SyncToken"] = "1"
    deleted = qbo.post("invoice", key, operation="delete", requestid="d")
    assert deleted.status_code == 200
    assert qbo.post("invoice", key, operation="delete", requestid="d").content == deleted.content


def test_long_request_ids_are_refused(qbo):
    assert qbo.post("customer", {"DisplayName": "A"}, requestid="x" * 50).status_code == 200
    assert qbo.fault("customer", {"DisplayName": "B"}, requestid="x" * 51)["code"] == "2130"
    batch = {"BatchItemRequest": [{"bId": "1", "Query": "SELECT * FROM Term"}]}
    assert qbo.post("batch", batch, requestid="y" * 36).status_code == 200
    assert qbo.fault("batch", batch, requestid="y" * 37)["code"] == "2130"
    batch["BatchItemRequest"][0]["bId"] = "12345678901"
    assert qbo.fault("batch", batch, requestid="z")["code"] == "2130"
    assert qbo.post("batch", batch).status_code == 200


def test_a_batch_answers_every_item_in_its_order(emulator, qbo):
    made = qbo.create("Invoice", qbo.invoice(DocNumber="B-1"))
    doomed = qbo.create("Invoice", qbo.invoice(DocNumber="B-2"))
    items = [
        {"bId": "a", "operation": "create", "Customer": {"DisplayName": "From a batch"}},
        {"bId": "b", "operation": "create", "Customer": {"DisplayName": "Saltbox Cafe"}},
        {"bId": "c", "Query": "SELECT count(*) FROM Item"},
        {"bId": "d", "operation": "update", "optionsData": "void", "Invoice": {"Id": made["Id"], "SyncToken": "0"}},
        {"bId": "e", "operation": "delete", "Invoice": {"Id": doomed["Id"], "SyncToken": "0"}},
        {"bId": "f", "operation": "update", "Customer": {"DisplayName": "No id", "SyncToken": "0"}},
        {"bId": "g", "operation": "create", "Nonsense": {}},
        {"bId": "h", "Query": "SELECT * FROM Nothing"},
        {"bId": "i", "operation": "frob", "Customer": {}},
        {"bId": "j", "operation": "create", "Customer": "text"},
    ]
    emulator.clear_calls()
    answer = qbo.post("batch", {"BatchItemRequest": items})
    assert answer.status_code == 200
    assert set(answer.json()) == {"BatchItemResponse", "time"}
    found = answer.json()["BatchItemResponse"]
    assert [item["bId"] for item in found] == list("abcdefghij")
    assert found[0]["Customer"]["DisplayName"] == "From a batch"
    codes = [item["Fault"]["Error"][0]["code"] if "Fault" in item else None for item in found]
    assert codes == [None, "6240", None, None, None, "2020", "2000", "4001", "500", "2010"]
    assert found[1]["Fault"]["type"] == "ValidationFault"
    assert set(found[2]["QueryResponse"]) == {"totalCount"}
    assert found[3]["Invoice"]["PrivateNote"] == "Voided"
    assert found[4]["Invoice"] == {"domain": "QBO", "status": "Deleted", "Id": doomed["Id"]}
    (call,) = emulator.calls()
    assert (call["kind"], call["items"]) == (
        "batch",
        [*["write"] * 2, "query", *["write"] * 4, "query", *["write"] * 2],
    )


def test_what_a_refused_item_wrote_is_undone(qbo):
    body = qbo.invoice(DocNumber="S-1")
    items = [
        {"bId": "1", "operation": "create", "Invoice": body},
        {"bId": "2", "operation": "create", "Invoice": body},
        {"bId": "3", "operation": "create", "Invoice": body | {"DocNumber": "S-2"}},
    ]
    found = qbo.post("batch", {"BatchItemRequest": items}).json()["BatchItemResponse"]
    assert [("Invoice" in item) for item in found] == [True, False, True]
    assert int(found[2]["Invoice"]["Id"]) == int(found[0]["Invoice"]["Id"]) + 1


def test_a_batch_is_replayed_as_a_whole(qbo):
    batch = {"BatchItemRequest": [{"bId": "1", "operation": "create", "Customer": {"DisplayName": "Once"}}]}
    first = qbo.post("batch", batch, requestid="b1")
    assert qbo.post("batch", batch, requestid="b1").content == first.content
    assert "Fault" in qbo.post("batch", batch, requestid="b2").json()["BatchItemResponse"][0]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"BatchItemRequest": [{"bId": str(n), "Query": "SELECT * FROM Term"} for n in range(31)]}, "1040"),
        ({"BatchItemRequest": []}, "2020"),
        ({"BatchItemRequest": "x"}, "2010"),
        ({"BatchItemRequest": ["x"]}, "2010"),
        ({"Items": []}, "2010"),
        ([], "2010"),
        ("x", "2010"),
    ],
)
def test_what_is_no_batch_is_refused(qbo, body, code):
    assert error_of(qbo.post("batch", body))["code"] == code


def customers(*names):
    items = [
        {"bId": str(place), "operation": "create", "Customer": {"DisplayName": name}}
        for place, name in enumerate(names)
    ]
    return {"BatchItemRequest": items}


def test_a_switch_keeps_faults_under_their_request_ids(emulator, qbo):
    emulator.switch(keep_faulted_request_ids=True)
    refused = qbo.post("customer", {"DisplayName": "a:b"}, requestid="f1")
    assert error_of(refused)["code"] == "2040"
    again = qbo.post("customer", {"DisplayName": "ab"}, requestid="f1")
    assert error_of(again)["code"] == "2040"
    assert again.content == refused.content
    assert [call["replayed"] for call in emulator.calls()] == [False, True]
    assert qbo.rows("SELECT * FROM Customer WHERE DisplayName = 'ab'") == []


def test_a_failure_of_the_service_is_kept_by_the_switch_and_one_of_the_gateway_never(emulator, qbo):
    emulator.switch(keep_faulted_request_ids=True)
    emulator.fault(name="server_error")
    emulator.fault(name="unavailable")
    assert [qbo.post("customer", {"DisplayName": "A"}, requestid="s").status_code for _ in range(2)] == [500, 503]
    assert qbo.post("customer", {"DisplayName": "A"}, requestid="s").status_code == 500
    assert qbo.post("customer", {"DisplayName": "A"}, requestid="t").status_code == 200


def test_what_a_kept_fault_had_written_is_undone(emulator, qbo):
    emulator.switch(keep_faulted_request_ids=True)
    before = emulator.books(qbo.realm)
    assert qbo.fault("invoice", qbo.invoice(qbo.line(10), qbo.line(5, Qty=1, UnitPrice=1)), requestid="u")
    assert emulator.books(qbo.realm) == before


def test_request_ids_are_remembered_for_as_long_as_the_switch_says(emulator, qbo):
    emulator.switch(request_id_retention=600)
    first = qbo.create("Customer", {"DisplayName": "One"}, requestid="k")
    emulator.advance(590)
    assert qbo.create("Customer", {"DisplayName": "Two"}, requestid="k")["Id"] == first["Id"]
    emulator.advance(20)
    second = qbo.create("Customer", {"DisplayName": "Two"}, requestid="k")
    assert second["Id"] != first["Id"]
    assert qbo.create("Customer", {"DisplayName": "Three"}, requestid="k")["Id"] == second["Id"]


def test_without_the_switch_request_ids_are_remembered_for_years(emulator, qbo):
    first = qbo.create("Customer", {"DisplayName": "One"}, requestid="k")
    emulator.advance(3 * 365 * 24 * 3600)
    qbo.session.headers["Authorization"] = f"Bearer {emulator.connection()['access_token']}"
    assert qbo.create("Customer", {"DisplayName": "Two"}, requestid="k")["Id"] == first["Id"]


def test_a_switch_refuses_repeated_request_ids(emulator, qbo):
    emulator.switch(refuse_repeated_request_ids=True)
    qbo.create("Customer", {"DisplayName": "One"}, requestid="k")
    assert qbo.fault("customer", {"DisplayName": "Two"}, requestid="k")["code"] == "600"


@pytest.mark.parametrize(
    "wrong", [{"request_id_retention": -1}, {"request_id_retention": True}, {"request_id_retention": "1"},
              {"unicode": 1}, {"unicode": None}],
)  # fmt: skip
def test_wrong_values_of_switches_are_explained(emulator, wrong):
    answer = requests.post(f"{emulator.url}/_emulator/switches", json=wrong, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_batch_whose_items_failed_is_replayed_as_it_was(qbo):
    first = qbo.post("batch", customers("Saltbox Cafe"), requestid="b")
    assert "Fault" in first.json()["BatchItemResponse"][0]
    assert qbo.post("batch", customers("Another"), requestid="b").content == first.content


def test_each_item_of_a_batch_needs_a_bid_of_its_own(qbo):
    batch = customers("One", "Two")
    batch["BatchItemRequest"][1]["bId"] = "0"
    assert qbo.fault("batch", batch)["code"] == "2010"
    assert qbo.rows("SELECT * FROM Customer WHERE DisplayName = 'One'") == []


def test_items_do_not_share_the_fate_of_others(qbo):
    found = qbo.post("batch", customers("One", "a:b", "Two")).json()["BatchItemResponse"]
    assert [item.get("Customer", {}).get("DisplayName") for item in found] == ["One", None, "Two"]


def test_thirty_items_fit(qbo):
    answer = qbo.post("batch", customers(*(f"Customer {n}" for n in range(30))))
    assert len(answer.json()["BatchItemResponse"]) == 30
    assert all("Customer" in item for item in answer.json()["BatchItemResponse"])


def test_queries_of_a_batch_have_pages(qbo):
    for n in range(3):
        assert qbo.post("batch", customers(*(f"Page {n} {m:02}" for m in range(30)))).status_code == 200
    statement = (
        "SELECT * FROM Customer WHERE DisplayName LIKE 'Page%' ORDERBY DisplayName STARTPOSITION {} MAXRESULTS 40"
    )
    items = [{"bId": str(start), "Query": statement.format(start)} for start in (1, 41, 81, 121)]
    found = [
        item["QueryResponse"] for item in qbo.post("batch", {"BatchItemRequest": items}).json()["BatchItemResponse"]
    ]
    assert [page.get("maxResults") for page in found] == [40, 40, 10, None]
    assert [page.get("startPosition") for page in found] == [1, 41, 81, None]
    names = [row["DisplayName"] for page in found for row in page.get("Customer", [])]
    assert names == sorted(names)
    assert len(set(names)) == 90


def test_a_batch_answers_with_a_thousand_objects_at_most(emulator, qbo):
    for n in range(14):
        assert qbo.post("batch", customers(*(f"Many {n} {m}" for m in range(30)))).status_code == 200
    many = "SELECT * FROM Customer WHERE DisplayName LIKE 'Many%' MAXRESULTS 1000"
    items = [{"bId": str(n), "Query": many} for n in range(3)]
    items.append({"bId": "3", "Query": "SELECT count(*) FROM Customer"})
    found = qbo.post("batch", {"BatchItemRequest": items}).json()["BatchItemResponse"]
    assert [len(item["QueryResponse"]["Customer"]) for item in found[:2]] == [420, 420]
    assert found[2]["Fault"]["Error"][0]["code"] == "10100"
    assert found[3]["QueryResponse"]["totalCount"] >= 420


@pytest.mark.parametrize("entity", ["Payment", "SalesReceipt"])
def test_what_a_batch_voids_is_worth_nothing(qbo, entity):
    body = {"CustomerRef": {"value": "1"}}
    body |= {"TotalAmt": 25} if entity == "Payment" else {"Line": [qbo.line(25)]}
    made = qbo.create(entity, body)
    item = {"bId": "v", "operation": "update", "optionsData": "void", entity: {"Id": made["Id"], "SyncToken": "0"}}
    (found,) = qbo.post("batch", {"BatchItemRequest": [item]}).json()["BatchItemResponse"]
    assert found[entity]["TotalAmt"] == 0
    assert "Voided" in found[entity]["PrivateNote"]


def test_the_batches_of_python_quickbooks_work(library, qbo):
    wanted = []
    for n in range(35):
        customer = Customer()
        customer.DisplayName = "Saltbox Cafe" if n == 7 else f"Batched {n}"
        wanted.append(customer)
    result = batch_create(wanted, qb=library)
    assert (len(result.successes), len(result.faults)) == (34, 1)
    assert result.faults[0].Error[0].code == "6240"
    assert result.faults[0].original_object.DisplayName == "Saltbox Cafe"
    for customer in result.successes:
        customer.Notes = "changed"
    changed = batch_update(result.successes, qb=library)
    assert {customer.SyncToken for customer in changed.successes} == {"1"}
    made = [qbo.create("Invoice", qbo.invoice()) for _ in range(2)]
    doomed = [Invoice.get(int(one["Id"]), qb=library) for one in made]
    assert len(batch_delete(doomed, qb=library).successes) == 2
    assert qbo.get(f"invoice/{made[0]['Id']}").json()["Fault"]["Error"][0]["code"] == "610"


def test_request_ids_that_are_too_old_are_thrown_away(emulator, qbo):
    def kept():
        with emulator.emulator.store.transaction() as connection:
            return connection.execute("SELECT count(*) FROM request_ids").fetchone()[0]

    emulator.switch(request_id_retention=60)
    for number in range(3):
        qbo.create("Customer", {"DisplayName": f"Kept {number}"}, requestid=f"k{number}")
    assert kept() == 3
    emulator.advance(61)
    qbo.create("Customer", {"DisplayName": "Newest"}, requestid="newest")
    assert kept() == 1
