"""Failures on demand, the list of calls, the clock, connections, resets."""

import time

import pytest
import requests


def control(emulator, method, path, **kwargs):
    return requests.request(method, f"{emulator.url}/_emulator/{path}", timeout=10, **kwargs)


def test_a_status_comes_as_often_as_asked_and_nothing_is_written(emulator, qbo):
    rule = {"match": {"method": "POST", "path_glob": "*/customer", "realm": qbo.realm}, "times": 2}
    answer = control(emulator, "POST", "faults", json={**rule, "action": "status", "status": 503})
    assert answer.status_code == 201
    for _ in range(2):
        refused = qbo.post("customer", {"DisplayName": "Twice"})
        assert (refused.status_code, refused.headers["Content-Type"]) == (503, "text/html")
    assert qbo.get("customer/1").status_code == 200
    assert qbo.create("Customer", {"DisplayName": "Twice"})
    assert control(emulator, "GET", "faults").json()[0]["met"] == 2


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (401, '"code":"3200"'),
        (403, '"code":"3100"'),
        (429, "ThrottleExceeded"),
        (500, '"code":"10000"'),
        (504, "<html>"),
    ],
)
def test_a_status_carries_its_usual_body(emulator, qbo, status, text):
    emulator.fault(action="status", status=status)
    answer = qbo.get("customer/1")
    assert answer.status_code == status
    assert text in answer.text.replace(": ", ":")
    assert answer.headers["intuit_tid"]


def test_a_body_of_ones_own(emulator, qbo):
    emulator.fault(action="status", status=429, body="<Fault/>", content_type="application/xml")
    answer = qbo.get("customer/1")
    assert (answer.status_code, answer.text, answer.headers["Content-Type"]) == (429, "<Fault/>", "application/xml")
    emulator.fault(action="status", status=200, body={"odd": True})
    assert qbo.get("customer/1").json() == {"odd": True}


def test_reset_before_closes_without_acting(emulator, qbo):
    emulator.fault(action="reset_before", match={"method": "POST"})
    with pytest.raises(requests.ConnectionError):
        qbo.post("customer", {"DisplayName": "Lost"}, requestid="l")
    assert qbo.rows("SELECT * FROM Customer WHERE DisplayName = 'Lost'") == []
    assert [call["status"] for call in emulator.calls()] == [None, 200]


def test_reset_after_acts_and_then_closes(emulator, qbo):
    emulator.fault(action="reset_after", match={"path_glob": "/v3/company/*/customer"})
    with pytest.raises(requests.ConnectionError):
        qbo.post("customer", {"DisplayName": "Kept"}, requestid="k")
    assert [row["DisplayName"] for row in qbo.rows("SELECT * FROM Customer WHERE DisplayName = 'Kept'")] == ["Kept"]
    assert qbo.create("Customer", {"DisplayName": "Kept"}, requestid="k")["DisplayName"] == "Kept"


def test_a_delay_comes_before_the_answer(emulator, qbo):
    emulator.fault(action="delay", ms=300)
    started = time.monotonic()
    assert qbo.get("customer/1").status_code == 200
    assert time.monotonic() - started >= 0.3


def test_a_hang_ends_without_an_answer(emulator, qbo):
    emulator.fault(action="hang", ms=5000)
    with pytest.raises(requests.ReadTimeout):
        qbo.session.get(qbo.url("customer/1"), timeout=0.3)
    emulator.fault(action="hang", ms=200)
    with pytest.raises(requests.ConnectionError):
        qbo.get("customer/1")
    emulator.clear_faults()


def test_a_hanging_call_does_not_hold_up_others(emulator, qbo):
    emulator.fault(action="hang", ms=3000, match={"path_glob": "*/customer/1"})
    with pytest.raises(requests.ReadTimeout):
        qbo.session.get(qbo.url("customer/1"), timeout=0.2)
    started = time.monotonic()
    assert qbo.get("customer/2").status_code == 200
    assert time.monotonic() - started < 1
    emulator.clear_faults()


def test_a_probability_with_a_seed_repeats(emulator, qbo):
    def pattern():
        emulator.clear_faults()
        emulator.fault(action="status", status=500, probability=0.5, seed=7)
        return [qbo.get("customer/1").status_code for _ in range(20)]

    first = pattern()
    assert set(first) == {200, 500}
    assert pattern() == first


def test_faults_reach_oauth_too_but_not_the_control_paths(emulator):
    emulator.fault(action="status", status=500, times=100)
    assert requests.get(emulator.discovery_url, timeout=10).status_code == 500
    assert control(emulator, "GET", "calls").status_code == 200
    assert requests.get(emulator.url, timeout=10).status_code == 200
    assert control(emulator, "DELETE", "faults").status_code == 204
    assert requests.get(emulator.discovery_url, timeout=10).status_code == 200


@pytest.mark.parametrize(
    "rule",
    [
        {}, {"action": "explode"}, {"action": "status", "status": 42}, {"action": "delay", "ms": "soon"},
        {"action": "status", "match": {"host": "x"}}, {"action": "status", "probability": 2},
        {"action": "status", "times": 0}, {"action": "status", "unknown": 1}, [], "x",
    ],
)  # fmt: skip
def test_a_wrong_rule_is_explained(emulator, rule):
    answer = control(emulator, "POST", "faults", json=rule)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_every_call_is_on_the_list_with_its_kind(emulator, qbo):
    emulator.clear_calls()
    qbo.get("companyinfo/1")
    qbo.get("query", query="SELECT * FROM Term")
    qbo.query("SELECT * FROM Term")
    qbo.post("customer", {"DisplayName": "a:b"}, requestid="q")
    qbo.get("invoice/1/pdf")
    qbo.get("cdc", entities="Invoice")
    qbo.post("batch", {"BatchItemRequest": [{"bId": "1", "Query": "SELECT * FROM Term"}]})
    calls = control(emulator, "GET", "calls").json()
    assert [(call["kind"], call["status"]) for call in calls] == [
        ("get", 200), ("query", 200), ("query", 200), ("write", 400), ("pdf", 200), ("cdc", 400), ("batch", 200),
    ]  # fmt: skip
    assert calls[3]["realm"] == qbo.realm
    assert calls[3]["path"] == f"/v3/company/{qbo.realm}/customer"
    assert (calls[3]["method"], calls[3]["request_id"]) == ("POST", "q")
    assert calls[6]["items"] == ["query"]
    assert all(call["ms"] >= 0 and call["intuit_tid"] for call in calls)
    assert control(emulator, "DELETE", "calls").status_code == 204
    assert control(emulator, "GET", "calls").json() == []


def test_a_connection_without_a_browser(emulator):
    realm = emulator.realms()[1]
    made = control(emulator, "POST", "connections", json={"realm_id": realm}).json()
    assert set(made) == {"client_id", "client_secret", "realm_id", "access_token", "refresh_token"}
    assert made["realm_id"] == realm
    assert control(emulator, "POST", "connections").json()["realm_id"] == emulator.realms()[0]
    assert control(emulator, "POST", "connections", json={"realm_id": "5"}).status_code == 404
    headers = {"Authorization": f"Bearer {made['access_token']}"}
    answer = requests.get(f"{emulator.api_url}/company/{realm}/preferences", headers=headers, timeout=10)
    assert answer.status_code == 200


def test_the_clock_moves_dates_and_times(emulator, qbo):
    before = qbo.create("Customer", {"DisplayName": "Before"})["MetaData"]["CreateTime"]
    answer = control(emulator, "POST", "clock", json={"advance_seconds": 60 * 50})
    assert answer.status_code == 200
    assert qbo.create("Customer", {"DisplayName": "After"})["MetaData"]["CreateTime"] > before
    for wrong in ({}, {"advance_seconds": "1"}, {"advance_seconds": True}, {"advance_seconds": 1.5}):
        assert control(emulator, "POST", "clock", json=wrong).status_code == 400


def test_the_books_are_there_as_one_document(emulator, qbo):
    made = qbo.create("Invoice", qbo.invoice(DocNumber="BK-1"))
    qbo.create("Invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    books = control(emulator, "GET", f"books/{qbo.realm}").json()
    assert books["CompanyInfo"]["CompanyName"] == "Harbor & Pine Provisions LLC"
    assert [row["DocNumber"] for row in books["Invoice"]] == ["HP-1001", "HP-1002"]
    assert [row["DocNumber"] for row in books["Deleted"]["Invoice"]] == ["BK-1"]
    assert len(books["Customer"]) == 5
    assert control(emulator, "GET", "books/5").status_code == 404
    assert [row["DocNumber"] for row in emulator.invoices(qbo.realm)] == ["HP-1001", "HP-1002"]


def test_a_reset_brings_everything_back(emulator, qbo):
    before = emulator.books(qbo.realm)
    qbo.create("Customer", {"DisplayName": "Gone"})
    emulator.advance(100)
    emulator.switch(unicode=True)
    emulator.fault(action="status", status=500)
    answer = control(emulator, "POST", "reset")
    assert [company["realm_id"] for company in answer.json()["companies"]] == emulator.realms()
    assert emulator.calls() == []
    assert qbo.get("customer/1").status_code == 401
    after = emulator.books(qbo.realm)
    assert [row["DisplayName"] for row in after["Customer"]] == [row["DisplayName"] for row in before["Customer"]]
    assert control(emulator, "GET", "switches").json()["unicode"] is False


def test_a_reset_to_empty_leaves_the_chart_of_accounts(emulator):
    assert control(emulator, "POST", "reset", json={"company": "empty"}).status_code == 200
    books = emulator.books(emulator.realms()[0])
    assert (books["Customer"], books["Item"], books["Invoice"]) == ([], [], [])
    assert {"Checking", "Accounts Receivable (A/R)"} <= {account["Name"] for account in books["Account"]}
    assert [term["Name"] for term in books["Term"]] == ["Due on receipt", "Net 15", "Net 30", "Net 60"]
    assert control(emulator, "POST", "reset", json={"company": "other"}).status_code == 400


def test_switches_are_checked(emulator):
    assert control(emulator, "POST", "switches", json={"unicode": True}).json()["unicode"] is True
    for wrong in ({"unicode": "yes"}, {"colour": True}):
        assert control(emulator, "POST", "switches", json=wrong).status_code == 400
