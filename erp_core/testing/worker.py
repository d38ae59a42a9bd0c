"""A worker that works when the test says so."""

from __future__ import annotations

from contextvars import Context

from erp_core.jobs.worker import Worker
from erp_core.testing.client import settle


class DrainedWorker:
    """Runs what is due in the test's own thread, outside of the test's application context, as a real worker does."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def drain(self, limit: int | None = None) -> int:
        """Run until nothing is due, or `limit` messages were taken. Answers how many."""
        settle()
        return Context().run(self.worker.drain, limit)
