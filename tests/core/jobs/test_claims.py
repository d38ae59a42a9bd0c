"""Taking and giving back: order, leases and fencing tokens, with real transactions side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from erp_core.jobs import claims, outbox
from erp_core.jobs.outcome import LeaseLost
from erp_core.jobs.worker import Cause, NeedsAttention, RetryLater, Run
from erp_core.models import Message, MessageState, Priority, Stream
from tests.core.jobs.box import JOB, Job, Outbox, Work, eventually

ALL_JOBS = {JOB: None, "echo.void": None}


def in_background(work: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


class TestOrder:
    def test_a_run_takes_one_job_of_one_stream_in_order_of_priority_and_age(self, box: Outbox, make_worker, job: Job):
        box.put("invoice:1", priority=Priority.BACKGROUND)
        box.put("invoice:2")
        box.put("invoice:3", job="echo.void")
        box.put("invoice:4")
        box.put("invoice:5", priority=Priority.PERSON)
        box.put("invoice:6", stream="line:2")
        make_worker(jobs={JOB: job, "echo.void": job}).drain()
        line_1 = [run for run in job.runs if run != ["invoice:6"]]
        assert line_1 == [["invoice:5"], ["invoice:2", "invoice:4"], ["invoice:3"], ["invoice:1"]]

    def test_a_persons_message_goes_before_the_rest_of_a_backlog(self, box: Outbox, make_worker):
        taken: list[str] = []

        def slow(run: Run) -> None:
            taken.extend(message.subject for message in run.messages)
            if len(taken) == 2:
                box.put("invoice:9", priority=Priority.PERSON)

        for number in range(1, 5):
            box.put(f"invoice:{number}")
        make_worker(slow, batch=2).drain()
        assert taken == ["invoice:1", "invoice:2", "invoice:9", "invoice:3", "invoice:4"]

    def test_a_persons_message_goes_first_across_streams(self, box: Outbox, make_worker, job: Job):
        box.put("invoice:1", stream="line:1")
        box.put("invoice:2", stream="line:2", priority=Priority.PERSON)
        make_worker(job).drain()
        assert job.runs == [["invoice:2"], ["invoice:1"]]

    def test_streams_take_turns(self, box: Outbox, make_worker, job: Job):
        for number in range(1, 5):
            box.put(f"invoice:{number}", stream=f"line:{2 if number > 2 else 1}")
        make_worker(job, batch=1).drain()
        assert job.runs == [["invoice:1"], ["invoice:3"], ["invoice:2"], ["invoice:4"]]

    def test_a_subjects_older_message_goes_first_also_while_it_waits_for_its_retry(
        self, box: Outbox, make_worker, job: Job, clock
    ):
        """Guards trap 5: a void must not overtake a create that waits for its retry."""
        job.outcomes["invoice:1"] = RetryLater(timedelta(hours=1))
        create = box.put("invoice:1")
        void_job = Job()
        worker = make_worker(jobs={JOB: job, "echo.void": void_job})
        worker.drain()
        job.outcomes.clear()
        box.put("invoice:1", job="echo.void", priority=Priority.NORMAL)
        assert worker.drain() == 0
        clock.move(hours=1, seconds=1)
        worker.drain()
        assert box.get(create).state is MessageState.DONE
        assert (len(job.runs), len(void_job.runs)) == (2, 1)

    def test_a_subjects_older_message_goes_first_also_on_another_stream(self, box: Outbox):
        box.put("invoice:1")
        box.put("invoice:1", job="echo.void", stream="line:2")
        first = box.call(outbox.claim, "a", ALL_JOBS, 10)
        assert first.job == JOB
        assert box.call(outbox.claim, "b", ALL_JOBS, 10) is None

    def test_a_persons_wish_pulls_the_older_messages_of_its_subject_forward(self, box: Outbox):
        box.put("invoice:1")
        create = box.put("invoice:2")
        box.put("invoice:2", job="echo.void", priority=Priority.PERSON)
        claim = box.call(outbox.claim, "a", ALL_JOBS, 10)
        assert [message.id for message in claim.messages] == [create.id]

    @pytest.mark.parametrize("ending", ["failed", "dropped"])
    def test_an_older_message_that_failed_or_was_dropped_does_not_block(self, box: Outbox, make_worker, job, ending):
        job.outcomes["invoice:1"] = NeedsAttention(Cause(code="x", headline="No."))
        create = box.put("invoice:1")
        if ending == "dropped":
            box.call(outbox.drop, create, "Not wanted.")
        void_job = Job()
        worker = make_worker(jobs={JOB: job, "echo.void": void_job})
        worker.drain()
        box.put("invoice:1", job="echo.void")
        worker.drain()
        assert box.states("invoice:1") == [ending, "done"]

    def test_a_batch_never_holds_two_messages_of_one_subject(self, box: Outbox):
        box.put("invoice:1")
        box.put("invoice:1", job="echo.void")
        box.put("invoice:2", job="echo.void")
        runs = [box.call(outbox.claim, holder, ALL_JOBS, 10) for holder in ("a", "b")]
        assert [message.subject for message in runs[0].messages] == ["invoice:1"]
        assert runs[1] is None

    def test_jobs_that_this_process_does_not_know_are_left_alone(self, box: Outbox, make_worker, job: Job):
        unknown = box.put("invoice:1", job="other.push")
        box.put("invoice:2")
        make_worker(job).drain()
        assert job.runs == [["invoice:2"]]
        assert box.get(unknown).attempts == 0

    def test_what_is_not_due_yet_is_not_taken(self, box: Outbox, make_worker, job: Job, clock):
        box.put("invoice:1", not_before=clock.now() + timedelta(minutes=5))
        worker = make_worker(job)
        assert worker.drain() == 0
        clock.move(minutes=6)
        assert worker.drain() == 1


class TestSideBySide:
    def test_concurrent_claims_each_take_another_stream_whole(self, box: Outbox):
        """Guards trap 1: without FOR UPDATE SKIP LOCKED two claims share a stream, or one comes home with nothing."""
        with box.sessions.begin() as session:
            for number in range(60):
                box.wish(session, f"invoice:{number}", stream=f"line:{number % 6}")
        together = threading.Barrier(6)

        def claim(holder: int) -> outbox.Claim | None:
            together.wait()
            return box.claim(str(holder))

        with ThreadPoolExecutor(6) as pool:
            taken = list(pool.map(claim, range(6)))
        assert sorted(claim.stream for claim in taken if claim) == [f"line:{number}" for number in range(6)]
        assert all(len(claim.messages) == 10 for claim in taken if claim)

    def test_a_claim_neither_waits_for_another_one_nor_takes_its_stream(
        self, box: Outbox, sessions: sessionmaker[Session], on_postgresql: bool
    ):
        """Guards trap 1. SQLite has one writer at a time: there the second claim begins after the first has ended."""
        box.put("invoice:1", stream="line:1")
        box.put("invoice:2", stream="line:2")
        with sessions() as first, first.begin():
            one = outbox.claim(first, "a", [JOB], 10)
            if not on_postgresql:
                first.commit()
            with sessions() as second, second.begin():
                if on_postgresql:
                    second.execute(text("SET LOCAL lock_timeout = '2s'"))
                two = outbox.claim(second, "b", [JOB], 10)
        assert one is not None
        assert two is not None
        assert (one.stream, two.stream) == ("line:1", "line:2")

    def test_a_wish_that_is_being_renewed_is_not_taken_with_its_old_content(
        self, box: Outbox, sessions: sessionmaker[Session]
    ):
        """Guards trap 3: under DO NOTHING a worker takes the old wish and finishes before the new data commit."""
        box.put("invoice:1", payload={"revision": 1})
        claimed: list[outbox.Claim] = []
        began = threading.Event()

        def look() -> None:
            began.set()
            claimed.append(eventually(lambda: box.claim("a")))

        with sessions() as session, session.begin():
            box.wish(session, "invoice:1", payload={"revision": 2})
            thread = in_background(look)
            began.wait()
            time.sleep(0.2)
            assert claimed == []
        thread.join()
        assert [message.payload for message in claimed[0].messages] == [{"revision": 2}]
        assert box.states("invoice:1") == ["in_flight"]

    def test_a_wish_renewed_while_it_is_being_taken_becomes_a_twin(self, box: Outbox, sessions: sessionmaker[Session]):
        """The other side of trap 3: the put waits for the claim, and what it says is not lost."""
        box.put("invoice:1", payload={"revision": 1})
        with sessions() as session, session.begin():
            assert outbox.claim(session, "a", [JOB], 10) is not None
            thread = in_background(lambda: box.put("invoice:1", payload={"revision": 2}))
            time.sleep(0.2)
        thread.join()
        assert [(row.state.value, row.payload) for row in box.all("invoice:1")] == [
            ("in_flight", {"revision": 1}),
            ("pending", {"revision": 2}),
        ]

    def test_two_transactions_that_wish_the_same_at_once_make_one_message(self, box: Outbox):
        together = threading.Barrier(8)

        def wish(number: int) -> None:
            together.wait()
            box.put("invoice:1", payload={"wish": number})

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(wish, range(8)))
        assert box.states("invoice:1") == ["pending"]

    def test_reading_before_wishing_does_not_fail_beside_another_writer(self, box: Outbox):
        """Guards trap 2: without BEGIN IMMEDIATE a SQLite transaction that read first may not write any more."""
        together = threading.Barrier(4)

        def read_then_wish(number: int) -> None:
            together.wait()
            for turn in range(5):
                with box.sessions.begin() as session:
                    outbox.counts(session)
                    box.wish(session, f"invoice:{number}-{turn}")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(read_then_wish, range(4)))
        assert box.call(outbox.counts)[MessageState.PENDING] == 20


class TestGivingBack:
    def test_a_twin_wished_meanwhile_is_folded_into_the_older_message(self, box: Outbox, make_worker, job: Job):
        """Guards trap 4: without the folding, giving back breaks the unique index and the message stays in flight."""

        def wished_again_meanwhile(run: Run) -> None:
            box.put("invoice:1", payload={"revision": 2}, priority=Priority.PERSON)
            raise RetryLater(timedelta(0))

        first = box.put("invoice:1", payload={"revision": 1})
        make_worker(wished_again_meanwhile).run_once()
        assert box.states("invoice:1") == ["pending", "dropped"]
        assert box.get(first).priority == Priority.PERSON
        make_worker(job).drain()
        assert job.payloads == [{"revision": 2}]

    def test_a_twin_that_commits_while_the_message_is_given_back_is_folded_too(self, box: Outbox, make_worker, job):
        """Guards trap 4: the look for twins can't see one that is not committed; the unique index does."""
        wished, may_commit = threading.Event(), threading.Event()

        def wish() -> None:
            with box.sessions.begin() as session:
                box.wish(session, "invoice:1", payload={"revision": 2})
                wished.set()
                may_commit.wait()

        def wished_again_meanwhile(run: Run) -> None:
            threads.append(in_background(wish))
            wished.wait()
            threading.Timer(0.3, may_commit.set).start()
            run.retry(run.messages[0], RetryLater(timedelta(0)))

        threads: list[threading.Thread] = []
        first = box.put("invoice:1", payload={"revision": 1})
        make_worker(wished_again_meanwhile).run_once()
        threads[0].join()
        assert box.states("invoice:1") == ["pending", "dropped"]
        assert box.get(first).failures == 0
        make_worker(job).drain()
        assert job.payloads == [{"revision": 2}]

    def test_giving_back_gives_way_to_a_persons_long_transaction(self, box: Outbox, make_worker, job: Job):
        """Each holds what the other wants; the worker is the one that ends and begins again."""
        for number in (1, 2):
            box.put(f"invoice:{number}")
        wished = threading.Event()
        committed: list[bool] = []

        def invoice_many() -> None:
            with box.sessions.begin() as session:
                box.wish(session, "invoice:2")
                wished.set()
                time.sleep(0.3)
                box.wish(session, "invoice:1")
            committed.append(True)

        def wished_again_meanwhile(run: Run) -> None:
            threads.append(in_background(invoice_many))
            wished.wait()
            raise RetryLater(timedelta(0))

        threads: list[threading.Thread] = []
        make_worker(wished_again_meanwhile).run_once()
        threads[0].join()
        assert committed
        make_worker(job).drain()
        assert job.runs == [["invoice:1", "invoice:2"]]

    def test_a_stream_whose_lease_ran_out_goes_to_another_worker(self, box: Outbox, make_worker, job: Job, clock):
        message = box.put("invoice:1")
        box.claim("dead")
        box.put("invoice:1", payload={"revision": 2})
        worker = make_worker(job)
        assert worker.drain() == 0
        clock.move(seconds=31)
        assert worker.drain() == 1
        assert job.payloads == [{"revision": 2}]
        assert box.get(message).attempts == 2
        assert box.states("invoice:1") == ["done", "dropped"]

    def test_a_lease_that_is_renewed_does_not_run_out(self, box: Outbox, make_worker, job: Job, clock):
        box.put("invoice:1")
        claim = box.claim("alive")
        for _ in range(3):
            clock.move(seconds=20)
            assert box.call(claims.renew, claim.stream, "alive")
        assert make_worker(job).drain() == 0

    def test_a_stream_that_was_taken_over_can_not_be_renewed_or_freed(self, box: Outbox, clock):
        box.put("invoice:1")
        claim = box.claim("slow")
        clock.move(seconds=31)
        box.call(claims.recover, claim.stream)
        assert not box.call(claims.renew, claim.stream, "slow")
        box.claim("quick")
        assert not box.call(claims.free, claim.stream, "slow")
        assert box.call(lambda session: session.get_one(Stream, claim.stream).holder) == "quick"


class TestFencing:
    """Guards trap 6: finishing asks for `attempts`, the fencing token of the claim."""

    @pytest.fixture
    def slow_run(self, box: Outbox, clock) -> Run:
        """The run of a worker that slept past its lease."""
        box.put("invoice:1")
        claim = box.claim("slow")
        assert claim is not None
        run = Run(claim, box.sessions, claims.LEASE, chance=None)  # type: ignore[arg-type]
        clock.move(seconds=31)
        return run

    @pytest.fixture(params=["finish", "fail", "retry", "record"])
    def settling(self, request: pytest.FixtureRequest, slow_run: Run) -> Callable[[], AbstractContextManager[Session]]:
        """Each way in which the slow worker may try to settle its message, or to write down what it has learnt."""
        (message,) = slow_run.messages
        ways: dict[str, Callable[[], AbstractContextManager[Session]]] = {
            "finish": lambda: slow_run.finish(message),
            "fail": lambda: slow_run.failing(message, NeedsAttention(Cause(code="x", headline="No."))),
            "retry": lambda: slow_run.retrying(message, RetryLater(timedelta(hours=1))),
            "record": slow_run.recording,
        }
        return ways[request.param]

    def test_a_slow_worker_can_not_settle_what_another_one_took(
        self, box: Outbox, work: Work, make_worker, slow_run: Run, settling
    ):
        def quick(run: Run) -> None:
            (mine,) = run.messages
            with pytest.raises(LeaseLost), settling() as session:
                work.record(session, mine, "slow")
            with run.finish(mine) as session:
                work.record(session, mine, "quick")

        assert make_worker(quick).drain() == 1
        assert work.done() == [slow_run.messages[0].id]
        assert box.states("invoice:1") == ["done"]

    def test_a_slow_worker_can_not_settle_what_was_given_back(self, box: Outbox, slow_run: Run, settling):
        box.call(claims.recover, "line:1")
        before = box.get(slow_run.messages[0])
        with pytest.raises(LeaseLost), settling():
            pass
        after = box.get(slow_run.messages[0])
        assert (after.state, after.not_before_at) == (before.state, before.not_before_at)

    def test_a_slow_worker_knows_before_it_uses_the_network(self, slow_run: Run):
        with pytest.raises(LeaseLost):
            slow_run.check()

    def test_a_worker_whose_lease_was_taken_ends_quietly(self, box: Outbox, make_worker, job: Job, clock):
        def sleepy(run: Run) -> None:
            clock.move(seconds=31)
            make_worker(job).drain()

        message = box.put("invoice:1")
        make_worker(sleepy).run_once()
        assert box.get(message).state is MessageState.DONE
        assert job.runs == [["invoice:1"]]


def test_a_claim_finds_a_stream_and_its_head_by_index(box: Outbox, engine, on_postgresql: bool):
    """A backlog must not make each claim slower: no step reads the whole table of messages."""
    with box.sessions.begin() as session:
        session.add_all(
            Message(
                job=JOB, subject=f"invoice:{number}", key=f"{JOB} invoice:{number}", stream="line:1",
                tenant_id=box.tenant_id, actor_kind="machine", actor_name="x", state=MessageState.DONE,
            )
            for number in range(3000)
        )  # fmt: skip
    box.put("invoice:x")
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
        due = claims._due(box.get(box.put("invoice:y")).not_before_at, [JOB], Message.stream == "line:1")
        query = due.order_by(Message.priority, Message.id).limit(1)
        compiled = query.compile(engine, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN " if on_postgresql else "EXPLAIN QUERY PLAN "
        plan = "\n".join(str(row) for row in connection.execute(text(explain + str(compiled))))
    assert "ix_outbox_message_claim" in plan
    assert "ix_outbox_message_subject" in plan
    assert "SCAN outbox_message" not in plan
    assert "Seq Scan" not in plan
