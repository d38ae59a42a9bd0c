"""Wishes: what `put` and a person's acts do to the rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from erp_core import clock as product_clock
from erp_core.errors import Refused
from erp_core.jobs import outbox
from erp_core.jobs.worker import Cause, NeedsAttention, RetryLater
from erp_core.models import Actor, Message, MessageState, Priority
from tests.core.jobs.box import JOB, MACHINE, Job, Outbox

NO_ACCOUNT = NeedsAttention(Cause(code="no_account", headline="An account is missing in the settings"))


def test_a_rolled_back_transaction_leaves_no_wish(box: Outbox, sessions: sessionmaker[Session]):
    with sessions() as session:
        box.wish(session, "invoice:1")
        session.rollback()
    assert box.all("invoice:1") == []


def test_a_savepoint_rolled_back_takes_only_its_own_wish_along(box: Outbox, sessions: sessionmaker[Session]):
    with sessions.begin() as session:
        box.wish(session, "invoice:1")
        savepoint = session.begin_nested()
        box.wish(session, "invoice:2")
        savepoint.rollback()
    assert box.states("invoice:1") == ["pending"]
    assert box.all("invoice:2") == []


def test_the_outer_rollback_takes_a_released_savepoints_wish_along(box: Outbox, sessions: sessionmaker[Session]):
    """Guards trap 2: without BEGIN IMMEDIATE, SQLite's SAVEPOINT opens a transaction that RELEASE commits."""
    with sessions() as session:
        with session.begin_nested():
            box.wish(session, "invoice:1")
        session.rollback()
    assert box.all("invoice:1") == []


def test_the_same_wish_twice_is_one_message_with_the_newest_payload(box: Outbox):
    first = box.put("invoice:1", payload={"revision": 1}, priority=Priority.PERSON)
    second = box.put("invoice:1", payload={"revision": 2}, priority=Priority.BACKGROUND)
    assert second.id == first.id
    assert second.payload == {"revision": 2}
    assert second.priority == Priority.PERSON


def test_the_person_who_wished_first_stays_named_when_a_machine_repeats_the_wish(box: Outbox):
    box.put("invoice:1", priority=Priority.PERSON, actor=Actor(name="Ana", ip="10.0.0.7"))
    message = box.put("invoice:1")
    assert message.actor == Actor(name="Ana", ip="10.0.0.7")


def test_the_earlier_time_of_two_wishes_wins(box: Outbox):
    now = product_clock.now()
    box.put("invoice:1", not_before=now + timedelta(hours=2))
    earlier = box.put("invoice:1", not_before=now + timedelta(hours=1))
    later = box.put("invoice:1", not_before=now + timedelta(hours=3))
    assert earlier.not_before_at == later.not_before_at == now + timedelta(hours=1)


def test_two_jobs_on_one_subject_are_two_messages(box: Outbox):
    box.put("invoice:1")
    box.put("invoice:1", job="echo.void")
    assert box.states("invoice:1") == ["pending", "pending"]


def test_a_wish_during_the_flight_waits_behind_it(box: Outbox):
    box.put("invoice:1")
    box.claim()
    box.put("invoice:1")
    assert box.states("invoice:1") == ["in_flight", "pending"]
    assert box.claim("b") is None


def test_a_wish_after_the_work_is_done_is_new_work(box: Outbox, make_worker, job: Job):
    worker = make_worker(job)
    box.put("invoice:1")
    worker.drain()
    box.put("invoice:1")
    worker.drain()
    assert job.runs == [["invoice:1"], ["invoice:1"]]
    assert box.states("invoice:1") == ["done", "done"]


def test_a_new_wish_revives_what_failed(box: Outbox, make_worker, job: Job):
    job.outcomes["invoice:1"] = NO_ACCOUNT
    first = box.put("invoice:1")
    make_worker(job).drain()
    revived = box.put("invoice:1", payload={"revision": 2})
    assert revived.id == first.id
    assert box.get(first).state is MessageState.PENDING
    assert box.get(first).error is None


def test_a_failure_beside_a_waiting_twin_is_settled_by_the_next_wish(box: Outbox, make_worker, sessions):
    box.put("invoice:1")

    def wished_again_while_failing(run):
        box.put("invoice:1", payload={"revision": 2})
        raise NO_ACCOUNT

    make_worker(wished_again_while_failing).run_once()
    assert box.states("invoice:1") == ["failed", "pending"]
    box.put("invoice:1", payload={"revision": 3})
    assert box.states("invoice:1") == ["dropped", "pending"]


def test_a_failure_is_settled_when_its_repetition_is_taken(box: Outbox, make_worker, job: Job):
    box.put("invoice:1")

    def wished_again_while_failing(run):
        box.put("invoice:1")
        raise NO_ACCOUNT

    make_worker(wished_again_while_failing).run_once()
    make_worker(job).drain()
    assert box.states("invoice:1") == ["dropped", "done"]


def test_the_database_refuses_two_waiting_twins(box: Outbox, sessions: sessionmaker[Session]):
    message = box.put("invoice:1")
    twin = Message(
        job=JOB,
        subject="invoice:1",
        key=message.key,
        stream="line:1",
        tenant_id=box.tenant_id,
        actor_kind="machine",
        actor_name="x",
    )
    with pytest.raises(IntegrityError), sessions.begin() as session:
        session.add(twin)


class TestPutAll:
    def test_many_wishes_are_taken_up_like_single_ones(self, box: Outbox, make_worker, job: Job):
        job.outcomes["invoice:1"] = NO_ACCOUNT
        failed = box.put("invoice:1")
        make_worker(job).drain()
        waiting = box.put("invoice:2", payload={"old": True})
        ana = Actor(name="Ana")
        wishes = [
            outbox.Wish(JOB, "line:1", f"invoice:{one}", {"one": one}, box.tenant_id, ana, priority=Priority.PERSON)
            for one in (1, 2, 3)
        ]
        messages = box.call(outbox.put_all, wishes)
        assert [message.id for message in messages][:2] == [failed.id, waiting.id]
        assert [(one.state, one.payload, one.actor_name, one.error) for one in messages] == [
            ("pending", {"one": one}, "Ana", None) for one in (1, 2, 3)
        ]

    def test_each_pulls_the_older_messages_of_its_own_subject_forward(self, box: Outbox):
        older = box.put("invoice:1", job="echo.void", not_before=product_clock.now() + timedelta(hours=1))
        other = box.put("invoice:9", job="echo.void")
        wish = outbox.Wish(JOB, "line:1", "invoice:1", {}, box.tenant_id, Actor(name="Ana"), priority=Priority.PERSON)
        [message] = box.call(outbox.put_all, [wish])
        assert (box.get(older).priority, box.get(older).not_before_at) == (Priority.PERSON, message.not_before_at)
        assert box.get(other).priority == Priority.NORMAL

    def test_none_is_none(self, box: Outbox):
        assert box.call(outbox.put_all, []) == []


class TestSendAgain:
    def test_what_failed_is_sent_at_once_with_a_persons_priority(self, box: Outbox, make_worker, job: Job):
        job.outcomes["invoice:1"] = NO_ACCOUNT
        message = box.put("invoice:1")
        worker = make_worker(job)
        worker.drain()
        job.outcomes.clear()
        again = box.call(outbox.send_again, box.get(message), Actor(name="Ana"))
        assert (again.id, again.priority, again.actor_name) == (message.id, Priority.PERSON, "Ana")
        worker.drain()
        assert box.states("invoice:1") == ["done"]

    def test_a_retry_that_waits_is_sent_now(self, box: Outbox, make_worker, job: Job):
        job.outcomes["invoice:1"] = RetryLater(timedelta(hours=1))
        message = box.put("invoice:1")
        worker = make_worker(job)
        worker.drain()
        job.outcomes.clear()
        assert worker.drain() == 0
        box.call(outbox.send_again, message, Actor(name="Ana"))
        assert worker.drain() == 1

    def test_older_messages_of_the_subject_are_pulled_forward_too(self, box: Outbox, make_worker, job: Job):
        job.outcomes["invoice:1"] = RetryLater(timedelta(hours=1))
        box.put("invoice:1")
        worker = make_worker(jobs={JOB: job, "echo.void": job})
        worker.drain()
        job.outcomes.clear()
        void = box.put("invoice:1", job="echo.void")
        box.call(outbox.send_again, void, Actor(name="Ana"))
        worker.drain()
        assert box.states("invoice:1") == ["done", "done"]

    def test_one_in_flight_stays_as_it_is(self, box: Outbox):
        message = box.put("invoice:1")
        box.claim()
        box.call(outbox.send_again, message, Actor(name="Ana"))
        assert box.states("invoice:1") == ["in_flight"]

    def test_what_is_held_says_why_it_is_not_sent(self, box: Outbox):
        message = box.put("invoice:1")
        box.call(outbox.hold, plugin="echo", instance_id=box.instance_id, reason="Echo is off for this instance.")
        with pytest.raises(Refused, match=r"Echo is off for this instance\."):
            box.call(outbox.send_again, message, Actor(name="Ana"))

    def test_what_is_done_is_refused(self, box: Outbox, make_worker, job: Job):
        message = box.put("invoice:1")
        make_worker(job).drain()
        with pytest.raises(Refused, match="finished"):
            box.call(outbox.send_again, message, Actor(name="Ana"))


class TestHold:
    def test_what_is_held_waits_until_it_is_released(self, box: Outbox, make_worker, job: Job):
        box.put("invoice:1")
        box.put("invoice:2", instance_id=None)
        assert box.call(outbox.hold, plugin="echo", instance_id=box.instance_id, reason="Off.") == 1
        worker = make_worker(job)
        worker.drain()
        assert job.runs == [["invoice:2"]]
        assert box.call(outbox.release, plugin="echo", instance_id=box.instance_id) == 1
        worker.drain()
        assert job.runs == [["invoice:2"], ["invoice:1"]]

    def test_a_wish_for_what_is_held_stays_held_and_is_one_message(self, box: Outbox, make_worker, job: Job):
        box.put("invoice:1", payload={"revision": 1})
        box.call(outbox.hold, plugin="echo", instance_id=None, reason="Off.")
        box.put("invoice:1", payload={"revision": 2})
        assert box.states("invoice:1") == ["held"]
        box.call(outbox.release, plugin="echo", instance_id=None)
        make_worker(job).drain()
        assert job.payloads == [{"revision": 2}]

    def test_what_is_in_flight_is_held_when_it_comes_back(self, box: Outbox, make_worker, job: Job):
        def held_meanwhile(run):
            box.call(outbox.hold, plugin="echo", instance_id=box.instance_id, reason="Off.")
            box.put("invoice:1", payload={"revision": 2})
            raise RetryLater(timedelta(0))

        box.put("invoice:1")
        make_worker(held_meanwhile).run_once()
        assert box.states("invoice:1") == ["held", "dropped"]
        box.call(outbox.release, plugin="echo", instance_id=box.instance_id)
        make_worker(job).drain()
        assert job.payloads == [{"revision": 2}]

    def test_other_plugins_are_not_held(self, box: Outbox):
        box.put("invoice:1", plugin="other")
        assert box.call(outbox.hold, plugin="echo", instance_id=None, reason="Off.") == 0

    def test_a_held_stream_is_never_taken_and_its_messages_count_as_held(self, box: Outbox, make_worker, job: Job):
        message = box.put("invoice:1")
        box.call(outbox.hold_stream, "line:1", "Disconnected.")
        worker = make_worker(job)
        assert worker.drain() == 0
        assert box.call(outbox.counts) == {"pending": 0, "held": 1, "in_flight": 0, "failed": 0}
        assert box.call(lambda session: session.get_one(Message, message.id).line.hold_reason) == "Disconnected."
        box.call(outbox.release_stream, "line:1")
        assert worker.drain() == 1

    def test_a_stream_can_be_held_before_its_first_message(self, box: Outbox, make_worker, job: Job):
        box.call(outbox.hold_stream, "line:1", "Disconnected.")
        box.put("invoice:1")
        assert make_worker(job).drain() == 0


class TestDrop:
    def test_everything_that_waits_for_a_subject_is_given_up(self, box: Outbox, make_worker, job: Job):
        box.put("invoice:1")
        box.put("invoice:1", job="echo.void")
        box.put("invoice:2")
        assert box.call(outbox.drop, "invoice:1", "The invoice was voided.") == 2
        make_worker(job).drain()
        assert job.runs == [["invoice:2"]]
        assert [message.hold_reason for message in box.all("invoice:1")] == ["The invoice was voided."] * 2

    def test_what_is_in_flight_is_not_given_up(self, box: Outbox):
        message = box.put("invoice:1")
        box.claim()
        box.put("invoice:1", job="echo.void")
        for target in (message, "invoice:1"):
            with pytest.raises(Refused, match="being sent right now"):
                box.call(outbox.drop, target, "No.")
        assert box.states("invoice:1") == ["in_flight", "pending"]

    def test_a_failure_can_be_given_up(self, box: Outbox, make_worker, job: Job):
        job.outcomes["invoice:1"] = NO_ACCOUNT
        message = box.put("invoice:1")
        make_worker(job).drain()
        assert box.call(outbox.drop, message, "Billed by hand.") == 1


class TestReading:
    def test_the_message_in_flight_speaks_for_its_subject(self, box: Outbox):
        first = box.put("invoice:1")
        box.claim()
        box.put("invoice:1", job="echo.void")
        found = box.call(outbox.open_message, "invoice:1")
        assert found.id == first.id

    def test_the_newest_open_message_speaks_when_none_is_in_flight(self, box: Outbox):
        box.put("invoice:1")
        newest = box.put("invoice:1", job="echo.void")
        assert box.call(outbox.open_messages, ["invoice:1", "invoice:2"])["invoice:1"].id == newest.id

    def test_a_subject_without_open_messages_has_none(self, box: Outbox, make_worker, job: Job):
        box.put("invoice:1")
        make_worker(job).drain()
        assert box.call(outbox.open_message, "invoice:1") is None

    def test_counts_are_those_of_one_tenant_plugin_and_instance(self, box: Outbox):
        box.put("invoice:1")
        box.put("invoice:2", instance_id=None)
        mine = {"tenant_id": box.tenant_id, "plugin": "echo", "instance_id": box.instance_id}
        assert box.call(outbox.counts, **mine)[MessageState.PENDING] == 1
        assert box.call(outbox.counts, tenant_id=box.tenant_id + 1)[MessageState.PENDING] == 0
        assert box.call(outbox.counts)[MessageState.PENDING] == 2

    def test_health_knows_since_when_the_oldest_due_message_waits(self, box: Outbox):
        assert box.call(outbox.oldest_waiting) is None
        box.put("invoice:1", not_before=product_clock.now() + timedelta(hours=1))
        assert box.call(outbox.oldest_waiting) is None
        due = box.put("invoice:2")
        assert box.call(outbox.oldest_waiting) == due.not_before_at
        box.call(outbox.hold_stream, "line:1", "Disconnected.")
        assert box.call(outbox.oldest_waiting) is None

    def test_a_cause_survives_the_row(self, box: Outbox, make_worker, job: Job):
        cause = Cause(
            code="stale",
            headline="Changed since we sent it",
            body="Compare.",
            action={"label": "Compare", "url": "/x"},
            next="It waits.",
            details={"status": 400, "intuit_tid": "1-2-3"},
        )
        job.outcomes["invoice:1"] = NeedsAttention(cause)
        message = box.put("invoice:1", actor=MACHINE)
        make_worker(job).drain()
        error = box.get(message).error
        assert error is not None
        assert Cause.from_json(error) == cause
