"""The page that shows what the connected apps just did, and its buttons."""

import re
from datetime import UTC, datetime

import pytest
import requests

from tests.emulator.bookkeeper import Bookkeeper, Page
from tests.emulator.test_webhooks import hook, receiver  # noqa: F401 - fixtures


@pytest.fixture
def person(emulator, qbo):
    someone = Bookkeeper(emulator, qbo.realm)
    yield someone
    someone.close()


@pytest.fixture
def activity(emulator, person):
    def open_page():
        return person.open(f"{emulator.url}/activity")

    return open_page


def press(person: Bookkeeper, page: Page, button: str, place: int = 0) -> Page:
    """Press a button of the page, the first one of its name unless another place is given."""
    forms = [form for form in page.forms if any(name.startswith(button) for name in form.buttons)]
    form = forms[place]
    name, value = next(pair for words, pair in form.buttons.items() if words.startswith(button))
    data = {**form.values, **({name: value} if name else {})}
    return Page(person.session.post(requests.compat.urljoin(page.url, form.action), data=data, timeout=20))


def rows(page: Page, heading: str) -> list[str]:
    """The rows of the table below a heading, as a person reads them."""
    part = page.answer.text.partition(f">{heading}</h2>")[2].partition("<h2")[0]
    body = part.partition("<tbody>")[2].partition("</tbody>")[0]
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", row)).strip() for row in body.split("</tr>") if "<td" in row]


def test_an_emulator_that_just_started_says_what_is_missing_in_each_part(emulator, activity):
    emulator.reset()
    text = activity().text
    for words in ("No calls yet", "No endpoint is registered", "Nothing fails on demand", "Nothing was used yet"):
        assert words in text


def test_every_page_leads_there_and_it_labels_what_it_has(emulator, qbo, person, activity):
    assert person.open().links["Activity"] == "/activity"
    assert requests.get(emulator.url, timeout=10).text.count('href="/activity"') == 1
    text = activity().answer.text
    assert len(re.findall(r"<h1[ >]", text)) == 1
    assert "<script" not in text
    assert "style=" not in text
    identifiers = re.findall(r'\bid="([^"]+)"', text)
    assert len(identifiers) == len(set(identifiers))


def test_calls_are_shown_with_all_that_became_of_them_the_newest_first(emulator, qbo, activity):
    body = qbo.invoice(DocNumber="ACT-1")
    emulator.fault(name="throttled", match={"kind": "get"})
    emulator.fault(name="lost_answer", match={"kind": "write"})
    emulator.clear_calls()
    with pytest.raises(requests.ConnectionError):
        qbo.post("invoice", body, requestid="same-1")
    qbo.post("invoice", body, requestid="same-1")
    assert qbo.get("customer/1").status_code == 429
    qbo.post("customer", {"DisplayName": "Juniper Market"})
    items = [{"bId": "1", "operation": "create", "Customer": {"DisplayName": "A"}}, {"bId": "2", "Query": "SELECT"}]
    qbo.post("batch", {"BatchItemRequest": items})
    batch, refused, limited, replayed, lost = rows(activity(), "Calls")
    assert "Harbor &amp; Pine Provisions LLC POST /batch batch of 2 ✓ 200" in batch
    assert "POST /customer write ! 400" in refused
    assert "GET /customer/1 get ! 429" in limited
    assert limited.endswith("Failure throttled")
    assert "POST /invoice write ✓ 200" in replayed
    assert replayed.endswith("same-1 Replayed")
    assert "POST /invoice write ✕ No answer" in lost
    assert lost.endswith("same-1 Failure lost_answer")


def test_no_more_than_the_newest_hundred_calls_are_shown(emulator, qbo, activity):
    for number in range(1, 103):
        qbo.get(f"customer/{number}")
    shown = rows(activity(), "Calls")
    assert len(shown) == 100
    assert "GET /customer/102" in shown[0]
    assert "GET /customer/3 " in shown[-1]


def test_deliveries_are_shown_and_what_waits_is_sent_at_once(emulator, qbo, person, activity, hook):  # noqa: F811 - the fixture
    qbo.create("Customer", {"DisplayName": "Told"})
    assert emulator.drain_webhooks()
    page = activity()
    assert hook.url in page.text
    assert "0 events and 0 deliveries wait." in page.text
    assert not any("Send again now" in form.buttons for form in page.forms)
    (delivered,) = rows(page, "Webhooks")
    assert re.search(r"✓ Delivered Customer \d+ Create 1 200$", delivered, re.IGNORECASE)

    hook.answers(503)
    qbo.create("Customer", {"DisplayName": "Not taken"})
    emulator.drain_webhooks()
    page = activity()
    failed = rows(page, "Webhooks")[0]
    assert "✕ Failed" in failed
    assert re.search(r"1 503 in \d+ s$", failed)
    assert "1 delivery waits" in page.text
    hook.answers(200)
    done = press(person, page, "Send again now")
    assert "on its way" in done.said
    assert emulator.drain_webhooks()
    assert "✓ Delivered" in rows(activity(), "Webhooks")[0]
    assert emulator.deliveries()[-1]["state"] == "delivered"


def test_events_that_are_held_are_let_go(emulator, qbo, person, activity, hook):  # noqa: F811 - the fixture
    emulator.hold_webhooks()
    qbo.create("Customer", {"DisplayName": "Held"})
    page = activity()
    assert "Held Nothing is sent until you press the button." in page.text
    assert "1 event and 0 deliveries wait" in page.text
    assert hook.received == []
    press(person, page, "Send again now")
    assert len(hook.wait(1)) == 1


def test_rules_of_failures_are_shown_with_how_often_they_struck_and_removed(emulator, qbo, person, activity):
    emulator.fault(name="throttled", times=2, match={"kind": "get", "realm": qbo.realm})
    emulator.fault(action="status", status=503, probability=0.25, match={"entity": "invoice"})
    assert qbo.get("customer/1").status_code == 429
    page = activity()
    throttled, status = rows(page, "Failures on demand")
    assert throttled.startswith(f"throttled realm {qbo.realm}, kind get 2 times 1 ! In force")
    assert status.startswith("status 503 entity invoice 25% of the time 0 ! In force")
    assert qbo.get("customer/1").status_code == 429
    assert "2 ⊘ Used up" in rows(activity(), "Failures on demand")[0]
    done = press(person, activity(), "Remove", 0)
    assert "The rule is gone." in done.said
    assert [rule["action"] for rule in emulator.faults()] == ["status"]
    again = press(person, page, "Remove", 0)
    assert "gone already" in again.said


def test_rules_for_webhooks_are_shown_and_removed_together(emulator, person, activity):
    emulator.webhook_fault(action="drop", times=3)
    page = activity()
    assert rows(page, "Failures on demand")[0].startswith("drop webhooks 3 times 0 ! In force")
    press(person, page, "Remove all rules for webhooks")
    assert emulator.emulator.webhooks.mishaps.public() == []


@pytest.mark.parametrize(("button", "hours"), [("1 hour", 1), ("1 day", 24), ("26 hours", 26)])
def test_the_clock_is_moved_by_a_button(emulator, person, activity, button, hours):
    page = activity()
    assert "the real time" in page.text
    form = next(form for form in page.forms if button in form.buttons)
    _, value = form.buttons[button]
    before = emulator.now()
    done = Page(person.session.post(f"{emulator.url}{form.action}", data={"seconds": value}, timeout=20))
    assert f"The clock is {button} later." in done.said
    assert abs((emulator.now() - before).total_seconds() - hours * 3600) < 30
    assert emulator.now() > datetime.now(UTC)
    assert "ahead of real time" in done.text


def test_a_step_that_is_not_offered_does_not_move_the_clock(emulator, person):
    before = emulator.now()
    for seconds in ("", "5", "1e9", "-3600"):
        answer = person.session.post(f"{emulator.url}/activity/clock", data={"seconds": seconds}, timeout=20)
        assert answer.status_code == 400
        assert "Choose one of the steps." in answer.text
    assert abs((emulator.now() - before).total_seconds()) < 30
    emulator.advance(73 * 365 * 24 * 3600)
    for _ in range(400):
        answer = person.session.post(f"{emulator.url}/activity/clock", data={"seconds": "93600"}, timeout=20)
        if answer.status_code == 400:
            break
    assert "cannot go beyond the year 2100" in answer.text


def test_limits_are_shown_with_what_is_used_of_them(emulator, qbo, activity):
    emulator.forget_what_was_used()
    qbo.get("customer/1")
    qbo.post("batch", {"BatchItemRequest": [{"bId": "1", "Query": "SELECT * FROM Term"}]})
    page = activity()
    assert "Only counted: nothing is refused." in page.text
    (used,) = rows(page, "Limits")
    assert re.fullmatch(r"Harbor &amp; Pine Provisions LLC \d of 10 2 of 500 1 of 40 0 of 40 0", used)
    emulator.limits(enforce=True, requests_per_minute=2, read_allowance=50)
    assert qbo.get("customer/1").status_code == 429
    page = activity()
    assert "Calls beyond the limits are refused with 429." in page.text
    assert re.search(r"Reads of the app in \d{4}-\d\d: 2 of 50, 0 refused", page.text)
    assert rows(page, "Limits")[0].endswith("2 of 2 1 of 40 0 of 40 1")


def test_it_refreshes_by_itself_when_asked_and_stays_so_after_a_button(emulator, person, activity):
    assert 'http-equiv="refresh"' not in activity().answer.text
    page = person.open(emulator.url + activity().links["Refresh every 5 seconds"])
    assert '<meta http-equiv="refresh" content="5">' in page.answer.text
    after = press(person, page, "1 hour")
    assert '<meta http-equiv="refresh" content="5">' in after.answer.text
    assert 'http-equiv="refresh"' not in person.open(emulator.url + after.links["Stop"]).answer.text


@pytest.mark.parametrize("path", ["clock", "webhooks", "rules/1", "rules/webhooks"])
def test_another_site_cannot_press_its_buttons(emulator, path):
    headers = {"Origin": "https://elsewhere.example"}
    answer = requests.post(
        f"{emulator.url}/activity/{path}", data={"seconds": "3600"}, headers=headers, timeout=10, allow_redirects=False
    )
    assert answer.status_code == 403
