"""Workers in real processes: together, and killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import distinct, func, select

from erp_core.jobs.worker import Run
from tests.core.jobs.box import Outbox, Work, work_table

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(database_url: str, work: Work) -> Iterator[Start]:
    """Start a worker process and wait until it is ready; a line on its standard input lets it begin."""
    processes = []

    def start(mode: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.core.jobs.worker_process", database_url, mode],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_concurrent_processes_do_every_message_exactly_once(box: Outbox, work: Work, start: Start):
    with box.sessions.begin() as session:
        ids = [box.wish(session, f"invoice:{number}", stream=f"line:{number % 6}").id for number in range(90)]
    processes = [start("drain") for _ in range(3)]
    for process in processes:
        begin(process)
    assert [process.wait(40) for process in processes] == [0, 0, 0]
    # A process that finds every stream held by others ends; what they hold they finish.
    assert sorted(work.done()) == ids
    assert box.call(lambda session: session.scalar(select(func.count(distinct(work_table.c.who))))) > 1


def test_what_a_killed_worker_had_in_flight_is_done_by_another_after_the_lease(
    box: Outbox, work: Work, start: Start, make_worker, clock
):
    first, second = box.put("invoice:1"), box.put("invoice:2")
    process = start("hang")
    begin(process)
    assert process.stdout is not None
    assert process.stdout.readline() == "hanging\n"
    process.kill()
    process.wait()

    def record(run: Run) -> None:
        for message in run.messages:
            with run.finish(message) as session:
                work.record(session, message)

    worker = make_worker(record)
    assert worker.drain() == 0
    assert box.states("invoice:2") == ["in_flight"]
    clock.move(seconds=31)
    assert worker.drain() == 1
    assert work.done() == [first.id, second.id]
    assert box.get(second).attempts == 2
