"""What becomes of messages as job functions end one way or another."""

from __future__ import annotations

import logging
import random
import threading
from datetime import timedelta

import pytest

from erp_core import clock as product_clock
from erp_core.jobs.run import backoff
from erp_core.jobs.worker import MOST_FAILURES, Cause, Interrupted, LeaseLost, NeedsAttention, RetryLater, Run
from erp_core.models import MessageState, Stream
from tests.core.jobs.box import JOB, Job, Outbox, Work, eventually

THROTTLED = Cause(code="throttled", headline="QuickBooks asked us to slow down")
NO_ACCOUNT = Cause(code="no_account", headline="An account is missing in the settings")


class TestOutcomes:
    def test_a_plain_return_finishes_all_messages(self, box: Outbox, make_worker, job: Job):
        box.put("invoice:1")
        box.put("invoice:2")
        assert make_worker(job).drain() == 2
        assert box.states("invoice:1") == box.states("invoice:2") == ["done"]
        assert box.all("invoice:1")[0].finished_at is not None

    def test_needs_attention_fails_the_messages_with_their_cause(self, box: Outbox, make_worker, job: Job, clock):
        job.outcomes["invoice:1"] = NeedsAttention(NO_ACCOUNT)
        message = box.put("invoice:1")
        worker = make_worker(job)
        worker.drain()
        assert box.get(message).state is MessageState.FAILED
        assert box.get(message).error == NO_ACCOUNT.to_json()
        clock.move(days=1)
        assert worker.drain() == 0

    def test_retry_later_waits_and_counts_nothing(self, box: Outbox, make_worker, job: Job, clock):
        job.outcomes["invoice:1"] = RetryLater(timedelta(minutes=2), THROTTLED)
        message = box.put("invoice:1")
        worker = make_worker(job)
        for _ in range(MOST_FAILURES + 2):
            assert worker.drain() == 1
            assert worker.drain() == 0
            clock.move(minutes=2)
        assert box.get(message).failures == 0
        assert box.get(message).state is MessageState.PENDING
        assert box.get(message).error == THROTTLED.to_json()

    def test_a_counted_failure_backs_off_longer_each_time_and_ends_as_failed(self, box, make_worker, job: Job, clock):
        job.outcomes["invoice:1"] = RetryLater(timedelta(0), NO_ACCOUNT, counted=True)
        message = box.put("invoice:1")
        worker = make_worker(job)
        waits = []
        for _ in range(MOST_FAILURES - 1):
            assert worker.drain() == 1
            wait = box.get(message).not_before_at - product_clock.now()
            waits.append(round(wait.total_seconds() / 60))
            clock.move(seconds=wait.total_seconds() + 1)
        assert waits == sorted(waits)
        assert worker.drain() == 1
        assert box.get(message).state is MessageState.FAILED
        assert box.get(message).error == NO_ACCOUNT.to_json()

    def test_a_success_after_failures_clears_the_cause(self, box: Outbox, make_worker, job: Job, clock):
        job.outcomes["invoice:1"] = RetryLater(timedelta(0), NO_ACCOUNT, counted=True)
        message = box.put("invoice:1")
        worker = make_worker(job)
        worker.drain()
        job.outcomes.clear()
        clock.move(hours=1)
        worker.drain()
        assert box.get(message).error is None

    def test_an_unexpected_error_is_logged_counted_and_told_without_its_text(
        self, box: Outbox, make_worker, job: Job, caplog: pytest.LogCaptureFixture
    ):
        job.outcomes["invoice:1"] = KeyError("secret-token")
        message = box.put("invoice:1")
        with caplog.at_level(logging.ERROR):
            make_worker(job).drain()
        row = box.get(message)
        assert (row.state, row.failures) == (MessageState.PENDING, 1)
        assert row.error is not None
        assert row.error["code"] == "internal"
        assert "secret-token" not in str(row.error)
        assert row.error["details"]["reference"] in caplog.text
        assert "Traceback" in caplog.text

    def test_an_unexpected_error_gives_up_after_eight_failures(self, box: Outbox, make_worker, job: Job, clock):
        job.outcomes["invoice:1"] = KeyError("x")
        message = box.put("invoice:1")
        worker = make_worker(job)
        for _ in range(MOST_FAILURES):
            assert worker.drain() == 1
            clock.move(hours=2)
        assert worker.drain() == 0
        assert box.get(message).state is MessageState.FAILED

    def test_one_bad_message_does_not_fail_its_neighbours(self, box: Outbox, make_worker, job: Job, clock):
        job.outcomes["invoice:2"] = KeyError("x")
        for number in (1, 2, 3):
            box.put(f"invoice:{number}")
        worker = make_worker(job)
        worker.drain()
        clock.move(hours=1)
        worker.drain()
        assert box.states("invoice:1") == box.states("invoice:3") == ["done"]
        assert box.states("invoice:2") == ["pending"]

    def test_a_throttle_delays_its_stream_and_no_other(self, box: Outbox, make_worker, job: Job, clock):
        job.outcomes["invoice:1"] = RetryLater(timedelta(minutes=1), THROTTLED, delays_stream=True)
        box.put("invoice:1", stream="line:1")
        box.put("invoice:2", stream="line:2")
        worker = make_worker(job)
        worker.drain()
        job.outcomes.clear()
        box.put("invoice:3", stream="line:1")
        box.put("invoice:4", stream="line:2")
        worker.drain()
        assert job.runs == [["invoice:1"], ["invoice:2"], ["invoice:4"]]
        stream = box.call(lambda session: session.get_one(Stream, "line:1"))
        assert stream.delay_reason == THROTTLED.headline
        assert stream.delay_until_at > product_clock.now()
        clock.move(minutes=1, seconds=1)
        worker.drain()
        assert job.runs[3:] == [["invoice:1", "invoice:3"]]


class TestBatches:
    def test_each_message_of_a_run_can_end_differently(self, box: Outbox, make_worker, work: Work):
        def settle(run: Run) -> None:
            good, bad, late, rest = run.messages
            with run.finish(good) as session:
                work.record(session, good)
            run.fail(bad, NeedsAttention(NO_ACCOUNT))
            run.retry(late, RetryLater(timedelta(minutes=1), THROTTLED))
            assert rest.subject == "invoice:4"

        messages = [box.put(f"invoice:{number}") for number in range(1, 5)]
        make_worker(settle).drain()
        assert [box.get(message).state.value for message in messages] == ["done", "failed", "pending", "done"]
        assert work.done() == [messages[0].id]

    def test_an_exception_applies_to_what_is_not_settled(self, box: Outbox, make_worker):
        def settle(run: Run) -> None:
            with run.finish(run.messages[0]):
                pass
            raise NeedsAttention(NO_ACCOUNT)

        for number in (1, 2, 3):
            box.put(f"invoice:{number}")
        make_worker(settle).drain()
        assert [box.states(f"invoice:{number}") for number in (1, 2, 3)] == [["done"], ["failed"], ["failed"]]

    def test_a_result_that_can_not_be_recorded_leaves_the_message_open(self, box: Outbox, make_worker, work: Work):
        def settle(run: Run) -> None:
            with run.finish(run.messages[0]) as session:
                work.record(session, run.messages[0])
                raise RetryLater(timedelta(minutes=1))

        message = box.put("invoice:1")
        make_worker(settle).drain()
        assert work.done() == []
        assert box.get(message).state is MessageState.PENDING

    def test_what_is_written_beside_a_failure_is_committed_with_it(self, box: Outbox, make_worker, work: Work):
        def settle(run: Run) -> None:
            bad, late = run.messages
            with run.failing(bad, NeedsAttention(NO_ACCOUNT)) as session:
                work.record(session, bad)
            with run.retrying(late, RetryLater(timedelta(minutes=1))) as session:
                work.record(session, late)

        messages = [box.put("invoice:1"), box.put("invoice:2")]
        make_worker(settle).drain()
        assert work.done() == [message.id for message in messages]

    def test_a_message_can_be_settled_only_once(self, box: Outbox, make_worker):
        refused = []

        def settle(run: Run) -> None:
            run.fail(run.messages[0], NeedsAttention(NO_ACCOUNT))
            with pytest.raises(ValueError, match="is settled") as error:
                run.retry(run.messages[0], RetryLater(timedelta(0)))
            refused.append(error)

        box.put("invoice:1")
        make_worker(settle).drain()
        assert refused
        assert box.states("invoice:1") == ["failed"]

    def test_a_transaction_of_a_run_is_rolled_back_when_its_block_raises(self, box: Outbox, make_worker, work: Work):
        def settle(run: Run) -> None:
            with run.transaction() as session:
                work.record(session, run.messages[0])
            with run.transaction() as session:
                work.record(session, run.messages[0])
                raise NeedsAttention(NO_ACCOUNT)

        message = box.put("invoice:1")
        make_worker(settle).drain()
        assert work.done() == [message.id]

    def test_a_run_takes_no_more_than_a_batch(self, box: Outbox, make_worker, job: Job):
        for number in range(7):
            box.put(f"invoice:{number}")
        assert make_worker(job, batch=3).drain() == 7
        assert [len(run) for run in job.runs] == [3, 3, 1]

    def test_draining_can_be_limited(self, box: Outbox, make_worker, job: Job):
        for number in range(4):
            box.put(f"invoice:{number}")
        assert make_worker(job, batch=1).drain(limit=2) == 2
        assert len(job.runs) == 2

    def test_a_job_can_wish_for_the_next_job_where_it_records_its_result(self, box: Outbox, make_worker, job: Job):
        def push(run: Run) -> None:
            with run.finish(run.messages[0]) as session:
                box.wish(session, "invoice:1", job="echo.void")

        box.put("invoice:1")
        make_worker(jobs={JOB: push, "echo.void": job}).drain()
        assert job.runs == [["invoice:1"]]


class TestThreads:
    def test_streams_run_side_by_side_up_to_the_number_of_threads(self, box: Outbox, make_worker):
        """A hang on as many streams as there are threads stops the next stream; one thread more, and it does not."""
        hang = threading.Event()
        running: set[str] = set()

        def hanging(run: Run) -> None:
            running.add(run.stream)
            if run.stream != "line:9":
                hang.wait()

        for number in range(1, 10):
            box.put(f"invoice:{number}", stream=f"line:{number}")
        worker = make_worker(hanging, streams=8)
        worker.start()
        worker.ring()
        eventually(lambda: len(running) == 8)
        worker.ring()
        assert box.states("invoice:9") == ["pending"]
        another = make_worker(hanging, streams=1)
        another.start()
        another.ring()
        eventually(lambda: box.states("invoice:9") == ["done"])
        hang.set()
        eventually(lambda: all(box.states(f"invoice:{number}") == ["done"] for number in range(1, 10)))

    def test_nine_threads_serve_a_ninth_stream_while_eight_hang(self, box: Outbox, make_worker):
        hang = threading.Event()

        def hanging(run: Run) -> None:
            if run.stream != "line:9":
                hang.wait()

        for number in range(1, 10):
            box.put(f"invoice:{number}", stream=f"line:{number}")
        worker = make_worker(hanging, streams=9)
        worker.start()
        worker.ring()
        eventually(lambda: box.states("invoice:9") == ["done"])
        assert box.states("invoice:1") == ["in_flight"]
        hang.set()

    def test_concurrent_workers_do_every_message_exactly_once(self, box: Outbox, make_worker, work: Work):
        def record(run: Run) -> None:
            for message in run.messages:
                with run.finish(message) as session:
                    work.record(session, message)

        with box.sessions.begin() as session:
            ids = [box.wish(session, f"invoice:{number}", stream=f"line:{number % 7}").id for number in range(60)]
        workers = [make_worker(record, streams=3, batch=5) for _ in range(2)]
        for worker in workers:
            worker.start()
            worker.ring()
        eventually(lambda: len(work.done()) >= 60)
        for worker in workers:
            worker.stop()
        assert sorted(work.done()) == ids

    def test_a_long_run_renews_its_lease(self, box: Outbox, make_worker, clock):
        message = box.put("invoice:1")
        leases = []

        def long(run: Run) -> None:
            def lease():
                return box.call(lambda session: session.get_one(Stream, "line:1").lease_until_at)

            first = lease()
            leases.append(eventually(lambda: (later := lease()) > first and later))
            run.check()

        make_worker(long, renew=timedelta(milliseconds=20)).drain()
        assert leases
        assert box.get(message).state is MessageState.DONE

    def test_a_run_learns_that_its_stream_was_taken_over(self, box: Outbox, make_worker, clock):
        box.put("invoice:1")
        noticed = []

        def robbed(run: Run) -> None:
            with box.sessions.begin() as session:
                session.get_one(Stream, "line:1").holder = "another"

            def lost() -> bool:
                try:
                    run.check()
                except LeaseLost:
                    return True
                return False

            noticed.append(eventually(lost))

        make_worker(robbed, renew=timedelta(milliseconds=20)).run_once()
        assert noticed == [True]

    def test_stopping_lets_a_run_end_at_its_next_check_and_gives_the_rest_back(self, box: Outbox, make_worker):
        started = threading.Event()
        interrupted = []

        def long(run: Run) -> None:
            with run.finish(run.messages[0]):
                pass
            started.set()

            def asked_to_stop() -> Interrupted | None:
                try:
                    run.check()
                except Interrupted as error:
                    return error
                return None

            interrupted.append(eventually(asked_to_stop))
            raise interrupted[0]

        box.put("invoice:1")
        message = box.put("invoice:2")
        worker = make_worker(long)
        worker.start()
        worker.ring()
        started.wait()
        worker.stop()
        assert box.states("invoice:1") == ["done"]
        assert (box.get(message).state, box.get(message).failures) == (MessageState.PENDING, 0)
        assert box.call(lambda session: session.get_one(Stream, "line:1").holder) is None

    def test_stopping_gives_back_what_hangs(self, box: Outbox, make_worker, job: Job):
        hang, started = threading.Event(), threading.Event()
        threads: list[threading.Thread] = []
        refused: list[bool] = []

        def hanging(run: Run) -> None:
            threads.append(threading.current_thread())
            started.set()
            hang.wait()
            with pytest.raises(LeaseLost), run.finish(run.messages[0]):
                pass
            refused.append(True)

        box.put("invoice:1")
        worker = make_worker(hanging)
        worker.start()
        worker.ring()
        started.wait()
        worker.stop(within=timedelta(milliseconds=50))
        assert make_worker(job).drain() == 1
        hang.set()
        threads[0].join(10)
        assert refused
        assert box.states("invoice:1") == ["done"]

    def test_a_stopped_worker_can_still_be_drained(self, box: Outbox, make_worker, job: Job):
        worker = make_worker(job)
        worker.start()
        worker.stop()
        box.put("invoice:1")
        assert worker.drain() == 1


def test_backoff_doubles_to_an_hour_and_spreads_by_a_quarter():
    for failures, minutes in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60)]:
        waits = [backoff(failures, random.Random(seed)) / timedelta(minutes=minutes) for seed in range(50)]
        assert 1 <= min(waits) < max(waits) <= 1.25
