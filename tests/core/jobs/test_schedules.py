"""Schedules run once in each interval, however many processes ask."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy.orm import Session

from erp_core.jobs import embedded, outbox
from erp_core.jobs.schedules import Schedule, run_if_due
from erp_core.jobs.worker import Run
from erp_core.models import MessageState
from tests.core.jobs.box import Job, Outbox, eventually


class TestSchedules:
    def test_a_schedule_runs_once_in_each_interval(self, box: Outbox, clock):
        runs: list[bool] = []
        schedule = Schedule("echo.sweep", lambda session: runs.append(True), seconds=20)
        assert run_if_due(box.sessions, schedule)
        assert not run_if_due(box.sessions, schedule)
        clock.move(seconds=20)
        assert run_if_due(box.sessions, schedule)
        assert len(runs) == 2

    def test_a_timer_that_fires_a_moment_early_does_not_skip_a_turn(self, box: Outbox, clock):
        schedule = Schedule("echo.sweep", lambda session: None, seconds=20)
        run_if_due(box.sessions, schedule)
        clock.move(seconds=19.5)
        assert run_if_due(box.sessions, schedule)

    def test_turns_that_were_missed_are_not_made_up_for(self, box: Outbox, clock):
        schedule = Schedule("echo.sweep", lambda session: None, seconds=20)
        run_if_due(box.sessions, schedule)
        clock.move(hours=1)
        assert run_if_due(box.sessions, schedule)
        assert not run_if_due(box.sessions, schedule)

    def test_many_that_ask_at_once_run_it_once(self, box: Outbox):
        together = threading.Barrier(5)
        runs: list[bool] = []
        schedule = Schedule("echo.sweep", lambda session: runs.append(True), seconds=20)

        def ask(number: int) -> None:
            together.wait()
            run_if_due(box.sessions, schedule)

        with ThreadPoolExecutor(5) as pool:
            list(pool.map(ask, range(5)))
        assert runs == [True]

    def test_what_a_schedule_wishes_is_committed_with_its_turn(self, box: Outbox):
        def sweep(session: Session) -> None:
            box.wish(session, "invoice:1")

        run_if_due(box.sessions, Schedule("echo.sweep", sweep, seconds=20))
        assert box.states("invoice:1") == ["pending"]

    def test_a_schedule_that_fails_leaves_nothing_and_runs_again_after_the_interval(self, box: Outbox, clock, caplog):
        def sweep(session: Session) -> None:
            box.wish(session, "invoice:1")
            raise KeyError("broken")

        schedule = Schedule("echo.sweep", sweep, seconds=20)
        assert run_if_due(box.sessions, schedule)
        assert box.all("invoice:1") == []
        assert "echo.sweep" in caplog.text
        assert not run_if_due(box.sessions, schedule)
        clock.move(seconds=20)
        assert run_if_due(box.sessions, schedule)


class TestEmbedded:
    def test_a_commit_wakes_the_worker_of_the_same_process(self, box: Outbox, make_worker, job: Job):
        """The engine's own look is put off for an hour, so only the bell can have woken it."""
        engine = embedded.start(make_worker(job), look_every=3600)
        try:
            for number in range(3):
                box.put(f"invoice:{number}")
                eventually(lambda: box.call(outbox.oldest_waiting) is None)
            eventually(lambda: box.states("invoice:2") == ["done"])
        finally:
            engine.stop()

    def test_what_another_process_wished_is_found_by_looking(self, box: Outbox, make_worker, job: Job, clock):
        """A message that becomes due by itself rings no bell, like a wish of another process."""
        engine = embedded.start(make_worker(job))
        try:
            message = box.put("invoice:1", not_before=clock.now() + timedelta(hours=1))
            clock.move(hours=1)
            eventually(lambda: box.get(message).state is MessageState.DONE)
        finally:
            engine.stop()

    def test_an_engine_keeps_the_schedules(self, box: Outbox, make_worker, job: Job):
        def sweep(session: Session) -> None:
            box.wish(session, "invoice:1")

        engine = embedded.start(make_worker(job), [Schedule("echo.sweep", sweep, seconds=3600)])
        try:
            eventually(lambda: box.states("invoice:1") == ["done"])
        finally:
            engine.stop()

    def test_two_engines_do_every_message_once(self, box: Outbox, make_worker):
        done: list[int] = []

        def remember(run: Run) -> None:
            done.extend(message.id for message in run.messages)

        engines = [embedded.start(make_worker(remember, streams=2, batch=2)) for _ in range(2)]
        try:
            with box.sessions.begin() as session:
                ids = [box.wish(session, f"invoice:{number}", stream=f"line:{number % 4}").id for number in range(30)]
            eventually(lambda: len(done) >= 30)
        finally:
            for engine in engines:
                engine.stop()
        assert sorted(done) == ids

    def test_a_stopped_engine_does_nothing_more(self, box: Outbox, make_worker, job: Job):
        engine = embedded.start(make_worker(job))
        engine.stop()
        message = box.put("invoice:1")
        engine.ring()
        assert box.get(message).state is MessageState.PENDING
        assert job.runs == []
