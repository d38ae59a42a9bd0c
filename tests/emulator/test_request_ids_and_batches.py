"""A request id makes a write happen once; a batch answers each item on its own."""

import pytest

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
    assert found[2]["QueryResponse"] == {"totalCount": 5}
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
