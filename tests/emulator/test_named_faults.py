"""Failures by name: what each does to a call and what is in the books afterwards."""

import threading
import time

import pytest
import requests

from tests.emulator.conftest import error_of

NEVER = (requests.ConnectionError, requests.ReadTimeout)


def control(emulator, method, path, **kwargs):
    return requests.request(method, f"{emulator.url}/_emulator/{path}", timeout=10, **kwargs)


def named(qbo, name):
    return qbo.rows(f"SELECT * FROM Customer WHERE DisplayName = '{name}'")


def token(emulator, value):
    return requests.post(
        f"{emulator.url}/oauth2/v1/tokens/bearer",
        data={"grant_type": "refresh_token", "refresh_token": value},
        auth=("emulator-client", "emulator-secret"),
        timeout=5,
    )


def items(*names):
    return [
        {"bId": str(place), "operation": "create", "Customer": {"DisplayName": name}}
        for place, name in enumerate(names)
    ]


@pytest.mark.parametrize(
    ("name", "status", "content_type", "text"),
    [
        ("unauthorized", 401, "application/json", '"code":"3200","element":null}],"type":"AUTHENTICATION"}'),
        ("unauthorized_xml", 401, "application/xml", '<Fault type="AuthenticationFault"><Error code="100">'),
        ("unauthorized_fault", 401, "application/json", '{"Fault":{"Error":[{"Message":"message=Authentication'),
        ("authorization_failure", 401, "application/json", '"code":"120"}],"type":"AuthorizatonFault"}'),
        ("forbidden", 403, "application/json", '"code":"3100"'),
        ("throttled", 429, "application/json", '{"warnings":null,"intuitObject":null,"fault":{"error":[{"message"'),
        ("throttled_xml", 429, "application/xml", '<Error code="3001"><Message>message=ThrottleExceeded'),
        ("server_error", 500, "application/json", '"code":"10000"}],"type":"SystemFault"}'),
        ("unavailable", 503, "text/html", "503 Service Unavailable"),
        ("gateway_html", 502, "text/html", "502 Bad Gateway"),
        ("timeout", 504, "text/html", "504 Gateway Timeout"),
        ("not_json", 200, "text/html", "Please sign in"),
        ("wrong_cluster", 400, "application/json", '"code":"130"'),
        ("company_locked", 400, "application/json", '"code":"140"'),
        ("company_maintenance", 400, "application/json", '"code":"150"'),
        ("subscription_ended", 400, "application/json", '"code":"6190"'),
        ("refusal", 400, "application/json", '"code":"6000"'),
    ],
)
def test_what_is_refused_by_name_writes_nothing(emulator, qbo, name, status, content_type, text):
    emulator.fault(name=name)
    answer = qbo.post("customer", {"DisplayName": "Struck"}, requestid="r")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (status, content_type)
    assert text in answer.text
    assert answer.headers["intuit_tid"]
    assert ("WWW-Authenticate" in answer.headers) == name.startswith("unauthorized")
    assert named(qbo, "Struck") == []
    assert [(rule["name"], rule["met"]) for rule in emulator.faults()] == [(name, 1)]
    assert emulator.calls()[0]["fault"] == name
    assert qbo.create("Customer", {"DisplayName": "Struck"}, requestid="r")["SyncToken"] == "0"


@pytest.mark.parametrize("name", ["lost_answer", "hang_after", "server_error_after", "timeout_after", "truncated"])
def test_what_fails_after_acting_is_in_the_books_once(emulator, qbo, name):
    emulator.fault(name=name, **({"ms": 50} if name == "hang_after" else {}))
    body = {"DisplayName": "Acted"}
    if name in ("lost_answer", "hang_after"):
        with pytest.raises(requests.ConnectionError):
            qbo.post("customer", body, requestid="r")
        assert emulator.calls()[0]["status"] is None
    else:
        answer = qbo.post("customer", body, requestid="r")
        expected = {"server_error_after": 500, "timeout_after": 504, "truncated": 200}[name]
        assert answer.status_code == expected
        if name == "truncated":
            with pytest.raises(requests.JSONDecodeError):
                answer.json()
    assert len(named(qbo, "Acted")) == 1
    again = qbo.post("customer", body, requestid="r")
    assert (again.status_code, again.json()["Customer"]["SyncToken"]) == (200, "0")
    assert len(named(qbo, "Acted")) == 1


@pytest.mark.parametrize("name", ["reset", "hang"])
def test_what_is_closed_without_acting_writes_nothing(emulator, qbo, name):
    emulator.fault(name=name, ms=50)
    with pytest.raises(requests.ConnectionError):
        qbo.post("customer", {"DisplayName": "Closed"})
    assert named(qbo, "Closed") == []


def test_slow_waits_and_acts(emulator, qbo):
    emulator.fault(name="slow", ms=200)
    started = time.monotonic()
    assert qbo.post("customer", {"DisplayName": "Slow"}).status_code == 200
    assert time.monotonic() - started >= 0.2


def test_a_rule_meets_only_the_calls_that_it_matches(emulator, qbo):
    emulator.fault(name="server_error", match={"entity": "Invoice", "kind": "write"}, times=9)
    emulator.fault(name="timeout", match={"entity": "term", "kind": "query"}, times=9)
    assert qbo.post("customer", {"DisplayName": "Fine"}).status_code == 200
    assert qbo.get("invoice/1").status_code != 500
    assert qbo.post("invoice", qbo.invoice()).status_code == 500
    assert qbo.query("select * from Term").status_code == 504
    assert qbo.get("query", query="SELECT Name FROM Term").status_code == 504
    assert qbo.query("SELECT * FROM Item").status_code == 200
    assert [rule["met"] for rule in emulator.faults()] == [1, 2]


def test_a_rule_for_an_entity_meets_batches_with_it(emulator, qbo):
    emulator.fault(name="unavailable", match={"kind": "batch", "entity": "Customer"})
    query = [{"bId": "q", "Query": "SELECT * FROM Term"}]
    assert qbo.post("batch", {"BatchItemRequest": query}).status_code == 200
    assert qbo.post("batch", {"BatchItemRequest": [*query, *items("A")]}).status_code == 503


def test_half_of_a_batch_is_done_and_stays(emulator, qbo):
    emulator.fault(name="partial_batch")
    answer = qbo.post("batch", {"BatchItemRequest": items("One", "Two", "Three", "Four")}, requestid="p")
    assert (answer.status_code, answer.headers["Content-Type"]) == (504, "text/html")
    assert [len(named(qbo, name)) for name in ("One", "Two", "Three", "Four")] == [1, 1, 0, 0]
    again = qbo.post("batch", {"BatchItemRequest": items("One", "Two", "Three", "Four")}, requestid="p")
    assert ["Fault" in item for item in again.json()["BatchItemResponse"]] == [True, True, False, False]


@pytest.mark.parametrize(("wanted", "done"), [(0, 0), (1, 1), (3, 3), (9, 3)])
def test_so_many_items_of_a_batch_are_done(emulator, qbo, wanted, done):
    emulator.fault(name="partial_batch", items=wanted)
    assert qbo.post("batch", {"BatchItemRequest": items("One", "Two", "Three")}).status_code == 504
    assert sum(len(named(qbo, name)) for name in ("One", "Two", "Three")) == done


def test_a_batch_of_which_a_part_is_remembered_goes_on_where_it_ended(emulator, qbo):
    emulator.switch(store_partial_batches=True)
    emulator.fault(name="partial_batch", items=1)
    batch = {"BatchItemRequest": items("One", "Two")}
    assert qbo.post("batch", batch, requestid="p").status_code == 504
    again = qbo.post("batch", batch, requestid="p")
    found = again.json()["BatchItemResponse"]
    assert [(item["bId"], item["Customer"]["DisplayName"]) for item in found] == [("0", "One"), ("1", "Two")]
    assert len(named(qbo, "One")) == len(named(qbo, "Two")) == 1
    assert qbo.post("batch", batch, requestid="p").content == again.content


def test_partial_batch_is_for_batches_only(emulator, qbo):
    emulator.fault(name="partial_batch")
    assert qbo.post("customer", {"DisplayName": "Single"}).status_code == 200
    assert emulator.faults()[0]["met"] == 0


def test_an_ended_subscription_refuses_the_writes_of_a_batch_and_reads_pass(emulator, qbo):
    emulator.fault(name="subscription_ended", times=10)
    batch = [*items("One", "Two"), {"bId": "q", "Query": "SELECT * FROM Term"}]
    answer = qbo.post("batch", {"BatchItemRequest": batch})
    assert answer.status_code == 200
    one, two, query = answer.json()["BatchItemResponse"]
    assert one["Fault"]["Error"][0]["code"] == two["Fault"]["Error"][0]["code"] == "6190"
    assert query["QueryResponse"]["Term"]
    assert qbo.get("customer/1").status_code == 200


def test_a_refusal_says_what_it_is_told_and_meets_only_its_entity(emulator, qbo):
    error = {"code": "6480", "message": "Matched", "detail": "Matched : in the bank feed", "element": "Id"}
    emulator.fault(name="refusal", items=1, match={"entity": "Customer"}, times=2, **error)
    answer = qbo.post("batch", {"BatchItemRequest": items("One", "Two")}).json()["BatchItemResponse"]
    assert answer[0]["Fault"]["Error"][0] == {
        "Message": "Matched", "Detail": "Matched : in the bank feed", "code": "6480", "element": "Id",
    }  # fmt: skip
    assert answer[1]["Customer"]["DisplayName"] == "Two"
    assert qbo.fault("customer", {"DisplayName": "Three"})["code"] == "6480"


def test_names_of_the_api_leave_the_token_endpoint_alone(emulator, qbo):
    emulator.fault(name="server_error", times=99)
    assert token(emulator, qbo.connection["refresh_token"]).status_code == 200
    assert requests.get(emulator.discovery_url, timeout=5).status_code == 200
    assert qbo.get("customer/1").status_code == 500


@pytest.mark.parametrize("match", [{"kind": "token"}, {"path_glob": "*/tokens/bearer"}])
@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("server_error", 500, '{"error":"server_error"}'),
        ("gateway_html", 502, "Bad Gateway"),
        ("unavailable", 503, "Service Unavailable"),
        ("timeout_after", 504, "Gateway Timeout"),
        ("throttled", 429, "ThrottleExceeded"),
        ("invalid_grant", 400, '"error":"invalid_grant"'),
        ("invalid_client", 401, '{"error":"invalid_client"}'),
    ],
)
def test_the_token_endpoint_fails_by_name(emulator, qbo, match, name, status, text):
    emulator.fault(name=name, match=match)
    answer = token(emulator, qbo.connection["refresh_token"])
    assert answer.status_code == status
    assert text in answer.text
    assert answer.headers["intuit_tid"]
    assert token(emulator, qbo.connection["refresh_token"]).status_code == 200


def test_invalid_grant_by_name_is_for_the_token_endpoint(emulator, qbo):
    emulator.fault(name="invalid_grant")
    assert qbo.get("customer/1").status_code == 200
    assert token(emulator, qbo.connection["refresh_token"]).json()["error"] == "invalid_grant"
    assert token(emulator, qbo.connection["refresh_token"]).status_code == 200


def test_a_lost_answer_of_the_token_endpoint_has_rotated_the_token(emulator, qbo):
    emulator.advance(25 * 3600)
    emulator.fault(name="lost_answer", match={"kind": "token"})
    with pytest.raises(requests.ConnectionError):
        token(emulator, qbo.connection["refresh_token"])
    assert token(emulator, qbo.connection["refresh_token"]).json()["error"] == "invalid_grant"


def test_own_headers_go_with_a_failure(emulator, qbo):
    emulator.fault(name="throttled", headers={"Retry-After": "7"})
    assert qbo.get("customer/1").headers["Retry-After"] == "7"
    assert "Retry-After" not in qbo.get("customer/1").headers


def test_a_probability_strikes_the_same_calls_again_and_is_counted(emulator, qbo):
    def pattern():
        emulator.clear_faults()
        emulator.fault(name="unavailable", probability=0.4, seed=11, times=5)
        return [qbo.get("customer/1").status_code for _ in range(30)]

    first = pattern()
    assert first.count(503) == 5
    assert emulator.faults()[0]["met"] == 5
    assert pattern() == first


def test_a_count_is_met_exactly_by_many_calls_at_once(emulator, qbo):
    emulator.fault(name="throttled", times=7)
    statuses = []

    def call():
        headers = dict(qbo.session.headers)
        statuses.append(requests.get(qbo.url("customer/1"), headers=headers, timeout=20).status_code)

    threads = [threading.Thread(target=call) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses.count(429), statuses.count(200)) == (7, 33)
    assert emulator.faults()[0]["met"] == 7


def test_the_names_are_listed_with_what_they_do(emulator):
    names = control(emulator, "GET", "faults/names").json()
    assert names == emulator.fault_names()
    assert {"lost_answer", "partial_batch", "timeout", "invalid_grant"} <= set(names)
    for name in names:
        assert control(emulator, "POST", "faults", json={"name": name}).status_code == 201
    emulator.clear_faults()


def test_one_rule_can_be_taken_away(emulator, qbo):
    kept, gone = emulator.fault(name="unavailable", times=9), emulator.fault(name="timeout", times=9)
    assert control(emulator, "DELETE", f"faults/{kept['id']}").status_code == 204
    assert control(emulator, "DELETE", f"faults/{kept['id']}").status_code == 404
    assert [rule["id"] for rule in emulator.faults()] == [gone["id"]]
    assert qbo.get("customer/1").status_code == 504


@pytest.mark.parametrize(
    "rule",
    [
        {"name": "explode"}, {"name": "reset", "action": "reset_before"}, {"name": None}, {"name": "timeout", "status": 5},
        {"name": "timeout", "match": {"kind": "letter"}}, {"name": "partial_batch", "items": -1},
        {"name": "throttled", "headers": "x"}, {"name": "throttled", "headers": {"a": "b\nc"}}, {"name": ["timeout"]},
    ],
)  # fmt: skip
def test_a_wrong_rule_is_explained(emulator, rule):
    answer = control(emulator, "POST", "faults", json=rule)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert emulator.faults() == []


def test_failures_come_in_xml_for_clients_without_json(emulator, qbo):
    emulator.fault(name="server_error")
    answer = qbo.session.get(qbo.url("customer/1"), headers={"Accept": "text/xml"}, timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/xml")
    emulator.fault(name="server_error")
    assert error_of(qbo.get("customer/1"), 500)["code"] == "10000"


def test_a_rule_counts_only_when_it_shows(emulator, qbo):
    def met():
        return [rule["met"] for rule in emulator.faults()]

    emulator.fault(name="server_error", headers={"X-Struck": "yes"})
    denied = requests.get(qbo.url("customer/1"), headers={"Authorization": "Bearer wrong"}, timeout=5)
    assert (denied.status_code, denied.headers.get("X-Struck")) == (401, None)
    assert qbo.post("customer", {"DisplayName": "A"}, requestid="r" * 60).status_code == 400
    assert met() == [0]
    assert [call["fault"] for call in emulator.calls()] == [None, None]
    assert qbo.get("customer/1").status_code == 500
    assert met() == [1]
    assert qbo.get("customer/1").status_code == 200


@pytest.mark.parametrize(
    ("name", "batch", "status"),
    [
        ("partial_batch", [], 400),
        ("partial_batch", [{"bId": "a", "Query": "SELECT * FROM Term"}] * 2, 400),
        ("partial_batch", "no items", 400),
        ("refusal", [{"bId": "q", "Query": "SELECT * FROM Term"}], 200),
        ("refusal", [], 400),
    ],
)
def test_a_batch_that_a_rule_cannot_show_on_does_not_use_it_up(emulator, qbo, name, batch, status):
    emulator.fault(name=name)
    assert qbo.post("batch", {"BatchItemRequest": batch}).status_code == status
    assert emulator.faults()[0]["met"] == 0
    assert emulator.calls()[-1]["fault"] is None
    struck = qbo.post("batch", {"BatchItemRequest": items("One", "Two")})
    assert "Fault" in struck.text if name == "refusal" else struck.status_code == 504
    assert emulator.faults()[0]["met"] == 1
    assert emulator.calls()[-1]["fault"] == name


def test_a_refusal_of_a_batch_that_was_done_before_is_kept_for_the_next_one(emulator, qbo):
    first = qbo.post("batch", {"BatchItemRequest": items("One")}, requestid="b")
    emulator.fault(name="refusal")
    assert qbo.post("batch", {"BatchItemRequest": items("One")}, requestid="b").content == first.content
    assert emulator.faults()[0]["met"] == 0
    assert "Fault" in qbo.post("batch", {"BatchItemRequest": items("Two")}).text


def test_a_rule_that_could_not_show_lets_the_next_one_strike(emulator, qbo):
    emulator.fault(name="refusal")
    emulator.fault(name="unavailable")
    query = [{"bId": "q", "Query": "SELECT * FROM Term"}]
    assert qbo.post("batch", {"BatchItemRequest": query}).status_code == 503
    assert [rule["met"] for rule in emulator.faults()] == [0, 1]


def test_a_fault_that_is_kept_under_its_request_id_counts(emulator, qbo):
    emulator.switch(keep_faulted_request_ids=True)
    emulator.fault(name="server_error")
    assert qbo.post("customer", {"DisplayName": "Kept"}, requestid="k").status_code == 500
    assert emulator.faults()[0]["met"] == 1


def test_the_list_of_calls_names_the_items_that_were_executed_or_replayed(emulator, qbo):
    emulator.switch(store_partial_batches=True)
    batch = {"BatchItemRequest": [*items("One", "Two"), {"bId": "q", "Query": "SELECT * FROM Term"}]}
    emulator.fault(name="partial_batch", items=1)
    for _ in range(3):
        qbo.post("batch", batch, requestid="p")
    found = [(call["status"], call["items"], call["replayed"]) for call in emulator.calls()]
    everything = ["write", "write", "query"]
    assert found == [(504, ["write"], False), (200, ["write", "query"], False), (200, everything, True)]
