"""An outbox with two streams' worth of tools, on the engine that the run is about; every commit is real."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from erp_core.extensions import configure_engine
from erp_core.jobs.worker import JobFunction, Worker
from erp_core.models import Instance, Tenant
from tests.core.jobs.box import JOB, Job, Outbox, Work, work_table


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url, pool_size=20)
    configure_engine(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def on_postgresql(engine: Engine) -> bool:
    return engine.dialect.name == "postgresql"


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, expire_on_commit=False)


@pytest.fixture
def instance(sessions: sessionmaker[Session]) -> Instance:
    with sessions.begin() as session:
        instance = Instance(tenant=Tenant(name="Acme"), name="Shop", code="SHOP")
        session.add(instance)
    return instance


@pytest.fixture
def box(sessions: sessionmaker[Session], instance: Instance) -> Outbox:
    return Outbox(sessions, instance.tenant_id, instance.id)


@pytest.fixture
def work(sessions: sessionmaker[Session]) -> Work:
    with sessions.begin() as session:
        work_table.create(session.connection())
    return Work(sessions)


@pytest.fixture
def job() -> Job:
    return Job()


@pytest.fixture
def make_worker(sessions: sessionmaker[Session]) -> Iterator[Callable[..., Worker]]:
    """Make a worker; one that was started is stopped after the test."""
    workers = []

    def make(function: JobFunction | None = None, **changes: Any) -> Worker:
        jobs = changes.pop("jobs", {JOB: function})
        worker = Worker(sessions, jobs, **({"chance": random.Random(1)} | changes))
        workers.append(worker)
        return worker

    yield make
    for worker in workers:
        worker.stop(timedelta(seconds=5))
