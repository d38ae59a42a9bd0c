"""A worker in a process of its own: `worker_process.py DATABASE_URL drain|hang`."""

from __future__ import annotations

import os
import random
import sys
import time

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from erp_core.extensions import configure_engine
from erp_core.jobs.worker import Run, Worker
from tests.core.jobs.box import JOB, Work

url, mode = sys.argv[1:]
engine = create_engine(url)
configure_engine(engine)
sessions = sessionmaker(engine, expire_on_commit=False)
work = Work(sessions)


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def drain(run: Run) -> None:
    for message in run.messages:
        with run.finish(message) as session:
            work.record(session, message, str(os.getpid()))
    time.sleep(0.01)  # lets the others have a turn


def hang(run: Run) -> None:
    first, *_ = run.messages
    with run.finish(first) as session:
        work.record(session, first)
    say("hanging")
    time.sleep(60)


if __name__ == "__main__":
    worker = Worker(sessions, {JOB: {"drain": drain, "hang": hang}[mode]}, batch=2, chance=random.Random(1))
    say("ready")
    sys.stdin.readline()
    worker.drain()
