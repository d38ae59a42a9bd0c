"""The engine inside the process: APScheduler looks once a second and keeps the schedules; a commit rings at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from erp_core.jobs.bell import on_commit
from erp_core.jobs.schedules import Schedule, run_if_due
from erp_core.jobs.worker import Worker

LOOK_EVERY = 1.0
"""Seconds between two looks for what rang no bell here: wishes of other processes, and messages whose time has come."""


class Engine:
    """A running worker with its schedules. Several, in one process or many, are correct: the rows decide."""

    def __init__(self, worker: Worker, schedules: Iterable[Schedule], look_every: float) -> None:
        self._worker = worker
        planned = tuple(schedules)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(len(planned) + 1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_job(worker.ring, "interval", seconds=look_every, id="outbox")
        for schedule in planned:
            self._scheduler.add_job(
                run_if_due,
                "interval",
                seconds=schedule.look_every,
                args=(worker.session_factory, schedule),
                id=f"schedule:{schedule.name}",
                next_run_time=datetime.now(UTC),
            )
        worker.start()
        self._unsubscribe = on_commit(worker.ring)
        self._scheduler.start()
        worker.ring()

    def ring(self) -> None:
        """Look for due messages now."""
        self._worker.ring()

    def stop(self, within: timedelta = timedelta(seconds=20)) -> None:
        """Start nothing more, let what runs end within that time, give the rest back."""
        self._unsubscribe()
        self._scheduler.shutdown(wait=True)
        self._worker.stop(within)


def start(worker: Worker, schedules: Iterable[Schedule] = (), *, look_every: float = LOOK_EVERY) -> Engine:
    """Serve in background threads of this process until `Engine.stop`."""
    return Engine(worker, schedules, look_every)
