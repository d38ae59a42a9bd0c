"""What is too much is refused: calls, batches and e-mails of a company, and the reads of a month."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import requests
from click.testing import CliRunner

from qbo_emulator.api.limits import Limits, LimitSettings
from qbo_emulator.cli import main
from qbo_emulator.testing import RunningEmulator
from tests.emulator.conftest import RawClient

NOW = datetime(2026, 3, 31, 20, 0, tzinfo=UTC)
QUERY = {"bId": "q", "Query": "SELECT * FROM Term MAXRESULTS 1"}


def control(emulator, method, path, **kwargs):
    return requests.request(method, f"{emulator.url}/_emulator/{path}", timeout=10, **kwargs)


def batch_of(count, prefix="b"):
    items = [{"bId": str(n), "operation": "create", "Customer": {"DisplayName": f"{prefix} {n}"}} for n in range(count)]
    return {"BatchItemRequest": items}


def assert_throttled(answer):
    assert answer.status_code == 429
    assert answer.headers["Content-Type"] == "application/json"
    assert "Retry-After" not in answer.headers
    (error,) = answer.json()["fault"]["error"]
    assert error["code"] == "3001"
    assert error["message"] == "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    assert error["detail"] == "The request limit was reached.  Try again later"
    assert answer.json()["fault"]["type"] == "SERVICE"


def test_five_hundred_calls_fit_into_any_minute():
    limits = Limits(LimitSettings(enforce=True, requests_per_second=1000))
    assert {limits.arrive("1", 100 + n / 10, NOW) for n in range(500)} == {None}
    assert limits.arrive("1", 150.0, NOW) == "requests_per_minute"
    assert limits.arrive("2", 150.0, NOW) is None
    assert limits.arrive("1", 159.99, NOW) == "requests_per_minute"
    assert limits.arrive("1", 160.0, NOW) is None
    assert limits.arrive("1", 160.05, NOW) == "requests_per_minute"


def test_ten_calls_fit_into_any_second():
    limits = Limits(LimitSettings(enforce=True))
    assert {limits.arrive("1", 5.5 + n / 20, NOW) for n in range(10)} == {None}
    assert limits.arrive("1", 6.4, NOW) == "requests_per_second"
    assert limits.arrive("1", 6.5, NOW) is None
    assert limits.arrive("1", 6.51, NOW) == "requests_per_second"


def test_forty_batches_fit_into_any_minute_and_single_calls_pass_beside_them():
    limits = Limits(LimitSettings(enforce=True))
    assert {limits.arrive("1", float(n), NOW, items=30) for n in range(40)} == {None}
    assert limits.arrive("1", 41.0, NOW, items=30) == "batches_per_minute"
    assert limits.arrive("1", 41.0, NOW) is None
    assert limits.arrive("1", 60.0, NOW, items=1) is None


def test_the_items_of_a_batch_can_count_as_requests():
    limits = Limits(LimitSettings(enforce=True, batch_items_count=True))
    assert {limits.arrive("1", float(n), NOW, items=30) for n in range(16)} == {None}
    assert limits.arrive("1", 17.0, NOW, items=30) == "requests_per_minute"
    assert limits.arrive("1", 17.0, NOW, items=20) is None
    assert limits.arrive("1", 18.0, NOW) == "requests_per_minute"
    assert limits.arrive("1", 60.0, NOW, items=30) is None


@pytest.mark.parametrize(("count_refused", "after"), [(False, None), (True, "requests_per_second")])
def test_refused_calls_count_only_when_they_are_to(count_refused, after):
    limits = Limits(LimitSettings(enforce=True, requests_per_second=1, count_refused=count_refused))
    assert limits.arrive("1", 1.0, NOW) is None
    assert limits.arrive("1", 1.9, NOW) == "requests_per_second"
    assert limits.arrive("1", 2.5, NOW) == after


def test_without_enforcing_everything_is_counted_and_nothing_refused():
    limits = Limits()
    assert {limits.arrive("1", 1.0, NOW, items=30, email=True) for _ in range(2000)} == {None}
    used = limits.public(1.0, NOW)["companies"]["1"]
    assert used["requests_in_the_last_minute"] == used["batches_in_the_last_minute"] == used["emails_today"] == 2000
    assert limits.public(61.0, NOW)["companies"]["1"]["requests_in_the_last_minute"] == 0


def test_reads_are_counted_by_the_month_of_the_clock():
    limits = Limits(LimitSettings(read_allowance=2))
    assert [limits.read(NOW) for _ in range(3)] == [True, True, False]
    assert limits.public(0.0, NOW)["reads"] == {"month": "2026-03", "used": 2, "refused": 1}
    assert limits.read(NOW + timedelta(hours=4)) is True


def test_too_many_calls_of_a_company_are_429_and_another_one_passes(emulator, qbo):
    other = RawClient(emulator, emulator.realms()[1])
    emulator.limits(enforce=True, requests_per_minute=5, requests_per_second=1000)
    assert [qbo.get("customer/1").status_code for _ in range(5)] == [200] * 5
    assert_throttled(qbo.get("customer/1"))
    assert_throttled(qbo.post("customer", {"DisplayName": "Too much"}))
    assert other.get("customer/1").status_code == 200
    emulator.limits(enforce=False)
    assert qbo.rows("SELECT * FROM Customer WHERE DisplayName = 'Too much'") == []
    used = emulator.limits()["companies"][qbo.realm]
    assert used["refused"] == {"requests_per_minute": 2}
    other.session.close()


def test_ten_a_second_pass_and_the_eleventh_does_not(emulator, qbo):
    emulator.limits(enforce=True)
    answers = [qbo.get("customer/1").status_code for _ in range(11)]
    assert answers == [*[200] * 10, 429]
    time.sleep(1.01)
    assert qbo.get("customer/1").status_code == 200


def test_moving_the_clock_does_not_open_the_windows(emulator, qbo):
    emulator.limits(enforce=True, requests_per_minute=2)
    assert [qbo.get("customer/1").status_code for _ in range(2)] == [200, 200]
    emulator.advance(1800)
    assert_throttled(qbo.get("customer/1"))
    emulator.advance(-1800)
    assert_throttled(qbo.get("customer/1"))


def test_batches_have_a_limit_of_their_own(emulator, qbo):
    emulator.limits(enforce=True, batches_per_minute=2, requests_per_second=1000)
    assert [qbo.post("batch", batch_of(2, f"n{n}")).status_code for n in range(2)] == [200, 200]
    assert_throttled(qbo.post("batch", batch_of(2, "too many")))
    assert qbo.get("customer/1").status_code == 200


def test_items_count_over_http(emulator, qbo):
    emulator.limits(enforce=True, batch_items_count=True, requests_per_minute=10)
    assert qbo.post("batch", batch_of(6, "six")).status_code == 200
    assert_throttled(qbo.post("batch", batch_of(5, "five")))
    assert qbo.post("batch", batch_of(4, "four")).status_code == 200
    assert_throttled(qbo.get("customer/1"))


def test_a_call_without_a_good_token_takes_nothing_from_the_limits(emulator, qbo):
    emulator.limits(enforce=True, requests_per_minute=1, emails_per_day=1)
    other = RawClient(emulator, emulator.realms()[1])
    for token in ("wrong-wrong-wrong-wrong", other.connection["access_token"]):
        bad = {"Authorization": f"Bearer {token}"}
        assert qbo.session.get(qbo.url("customer/1"), headers=bad, timeout=10).status_code in (401, 403)
        assert qbo.session.post(qbo.url("invoice/1/send"), headers=bad, timeout=10).status_code in (401, 403)
    assert qbo.get("customer/1").status_code == 200
    assert_throttled(qbo.get("customer/1"))
    assert emulator.limits()["companies"][qbo.realm]["emails_today"] == 0
    other.session.close()


def test_only_what_was_sent_counts_as_an_email(emulator, qbo):
    made = qbo.create("Invoice", qbo.invoice(BillEmail={"Address": "a@b.example"}))
    emulator.limits(enforce=True, emails_per_day=2, requests_per_second=1000)

    def send(object_id=made["Id"], **params):
        address = qbo.url(f"invoice/{object_id}/send")
        return qbo.session.post(address, params=params, timeout=10).status_code

    assert [send("99999") for _ in range(3)] == [400, 400, 400]
    assert send(requestid="s") == 200
    assert [send(requestid="s") for _ in range(3)] == [200, 200, 200]
    emulator.fault(name="unavailable")
    assert send() == 503
    emulator.fault(name="lost_answer")
    with pytest.raises(requests.ConnectionError):
        send()
    assert emulator.limits()["companies"][qbo.realm]["emails_today"] == len(emulator.emails(qbo.realm)) == 2
    assert send() == 429


def test_a_refusal_is_xml_for_clients_without_json_or_by_switch(emulator, qbo):
    emulator.limits(enforce=True, requests_per_minute=0)
    for answer in (
        qbo.session.get(qbo.url("customer/1"), headers={"Accept": "application/xml"}, timeout=10),
        emulator.switch(xml_refusals=True) or qbo.get("customer/1"),
    ):
        assert (answer.status_code, answer.headers["Content-Type"]) == (429, "application/xml")
        assert '<Fault type="SERVICE"><Error code="3001"><Message>message=ThrottleExceeded;' in answer.text


def test_only_so_many_emails_leave_in_a_day(emulator, qbo):
    made = qbo.create("Invoice", qbo.invoice(BillEmail={"Address": "a@b.example"}))
    emulator.limits(enforce=True, emails_per_day=2, requests_per_second=1000)

    def send():
        headers = {"Content-Type": "application/octet-stream"}
        return qbo.session.post(qbo.url(f"invoice/{made['Id']}/send"), headers=headers, timeout=10)

    assert [send().status_code for _ in range(2)] == [200, 200]
    assert_throttled(send())
    assert qbo.get("customer/1").status_code == 200
    emulator.advance(24 * 3600)
    qbo.session.headers["Authorization"] = f"Bearer {emulator.connection()['access_token']}"
    assert send().status_code == 200


def test_the_months_reads_end_while_writes_go_on(emulator, qbo):
    other = RawClient(emulator, emulator.realms()[1])
    emulator.limits(read_allowance=4)
    assert qbo.get("customer/1").status_code == 200
    assert other.query("SELECT * FROM Term").status_code == 200
    assert qbo.get("invoice/1/pdf").status_code in (200, 400)
    assert qbo.get("cdc", entities="Invoice", changedSince="2026-01-01").status_code in (200, 400)
    for client in (qbo, other):
        assert_throttled(client.get("customer/1"))
    assert_throttled(qbo.query("SELECT count(*) FROM Term"))
    made = qbo.create("Customer", {"DisplayName": "Still written"})
    assert qbo.create("Customer", {**made, "Notes": "and changed"})["SyncToken"] == "1"
    assert emulator.limits()["reads"]["used"] == 4
    other.session.close()


def test_the_allowance_begins_again_with_the_month(emulator, qbo):
    emulator.limits(read_allowance=1)
    assert qbo.get("customer/1").status_code == 200
    assert_throttled(qbo.get("customer/1"))
    emulator.advance(31 * 24 * 3600)
    renewed = {"Authorization": f"Bearer {emulator.connection()['access_token']}"}
    assert qbo.session.get(qbo.url("customer/1"), headers=renewed, timeout=10).status_code == 200
    assert qbo.session.get(qbo.url("customer/1"), headers=renewed, timeout=10).status_code == 429


def test_reads_inside_a_batch_count_and_its_writes_pass(emulator, qbo):
    emulator.limits(read_allowance=1)
    items = [*batch_of(1, "beside")["BatchItemRequest"], QUERY | {"bId": "q1"}, QUERY | {"bId": "q2"}]
    answer = qbo.post("batch", {"BatchItemRequest": items})
    assert answer.status_code == 200
    created, first, second = answer.json()["BatchItemResponse"]
    assert created["Customer"]["DisplayName"] == "beside 0"
    assert len(first["QueryResponse"]["Term"]) == 1
    assert second["Fault"]["Error"][0]["code"] == "3001"
    assert second["Fault"]["type"] == "SERVICE"
    assert_throttled(qbo.post("batch", {"BatchItemRequest": [QUERY]}))
    assert emulator.limits()["reads"] == {"month": f"{emulator.now():%Y-%m}", "used": 1, "refused": 1}


def test_a_replayed_answer_takes_no_read(emulator, qbo):
    batch = {"BatchItemRequest": [*batch_of(1, "once")["BatchItemRequest"], QUERY]}
    first = qbo.post("batch", batch, requestid="r")
    emulator.limits(read_allowance=emulator.limits()["reads"]["used"])
    assert qbo.post("batch", batch, requestid="r").content == first.content


def test_a_restart_gives_no_reads_back(tmp_path):
    for expected in (200, 200, 429):
        running = RunningEmulator(str(tmp_path / "books.db"), limits=LimitSettings(read_allowance=2))
        try:
            client = RawClient(running)
            assert client.get("customer/1").status_code == expected
            client.session.close()
        finally:
            running.stop()


def test_reads_that_were_refused_are_not_given_back_either(tmp_path):
    for expected in (400, 429):
        running = RunningEmulator(str(tmp_path / "books.db"), limits=LimitSettings(read_allowance=1))
        try:
            client = RawClient(running)
            assert client.get("customer/99999").status_code == expected
            client.session.close()
        finally:
            running.stop()


def test_what_was_forgotten_stays_forgotten_after_a_restart(tmp_path):
    state, allowance = str(tmp_path / "books.db"), LimitSettings(read_allowance=1)
    for forget in (True, False):
        running = RunningEmulator(state, limits=allowance)
        try:
            client = RawClient(running)
            assert client.get("customer/1").status_code == 200
            assert client.get("customer/1").status_code == 429
            if forget:
                requests.delete(f"{running.url}/_emulator/limits", timeout=10)
            client.session.close()
        finally:
            running.stop()


def test_limits_over_the_control_path(emulator, qbo):
    answer = control(emulator, "POST", "limits", json={"enforce": True, "requests_per_minute": 3})
    assert answer.status_code == 200
    assert (answer.json()["requests_per_minute"], answer.json()["batches_per_minute"]) == (3, 40)
    qbo.get("customer/1")
    shown = control(emulator, "GET", "limits").json()
    assert shown["companies"][qbo.realm]["requests_in_the_last_minute"] == 1
    assert shown["reads"]["used"] == 1
    assert control(emulator, "DELETE", "limits").status_code == 204
    assert control(emulator, "GET", "limits").json()["companies"] == {}
    control(emulator, "POST", "reset")
    shown = control(emulator, "GET", "limits").json()
    assert (shown["enforce"], shown["requests_per_minute"]) == (False, 500)


@pytest.mark.parametrize(
    "wrong",
    [
        {"enforce": "yes"}, {"requests_per_minute": "5"}, {"requests_per_minute": None}, {"batches_per_minute": -1},
        {"read_allowance": True}, {"read_allowance": 1.5}, {"speed": 1}, [],
    ],
)  # fmt: skip
def test_a_wrong_limit_is_explained(emulator, wrong):
    answer = control(emulator, "POST", "limits", json=wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_wrong_option_is_explained_on_the_command_line():
    result = CliRunner().invoke(main, ["serve", "--read-allowance", "-1"])
    assert result.exit_code == 2
    assert "--read-allowance" in result.output
