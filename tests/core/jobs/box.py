"""Short words for the tests of the outbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.orm import Session, sessionmaker

from erp_core.jobs import outbox
from erp_core.jobs.worker import Run
from erp_core.models import Actor, Message

MACHINE = Actor(name="Auto Invoice")
JOB = "echo.say"


def eventually(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait until the condition holds; its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.01)
    return value


@dataclass
class Outbox:
    """Short words for what most tests do."""

    sessions: sessionmaker[Session]
    tenant_id: int
    instance_id: int

    def wish(self, session: Session, subject: str, **changes: Any) -> Message:
        """Put a message in the caller's transaction."""
        arguments: dict[str, Any] = {
            "job": JOB,
            "stream": "line:1",
            "subject": subject,
            "payload": {},
            "tenant_id": self.tenant_id,
            "instance_id": self.instance_id,
            "plugin": "echo",
            "actor": MACHINE,
        }
        return outbox.put(session, **(arguments | changes))

    def put(self, subject: str, **changes: Any) -> Message:
        """Put a message and commit."""
        with self.sessions.begin() as session:
            return self.wish(session, subject, **changes)

    def get(self, message: Message) -> Message:
        """The message as it stands now."""
        with self.sessions.begin() as session:
            return session.get_one(Message, message.id)

    def all(self, subject: str) -> list[Message]:
        """Every message of a subject, oldest first."""
        with self.sessions.begin() as session:
            return list(session.scalars(select(Message).where(Message.subject == subject).order_by(Message.id)))

    def states(self, subject: str) -> list[str]:
        """The states of a subject's messages, oldest first."""
        return [message.state.value for message in self.all(subject)]

    def call(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Call a function of the outbox in a transaction of its own."""
        with self.sessions.begin() as session:
            return function(session, *arguments, **keywords)

    def claim(self, holder: str = "a", *, limit: int = 100, jobs: tuple[str, ...] = (JOB,)) -> outbox.Claim | None:
        """Claim and commit."""
        with self.sessions.begin() as session:
            return outbox.claim(session, holder, jobs, limit)


work_table = Table(
    "work",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("message_id", Integer),
    Column("who", String(100)),
)
"""Where a test's job records its result, in the transaction that finishes the message."""


@dataclass
class Work:
    """What jobs have recorded."""

    sessions: sessionmaker[Session]

    def record(self, session: Session, message: Message, who: str = "") -> None:
        session.execute(insert(work_table).values(message_id=message.id, who=who))

    def done(self) -> list[int]:
        """The ids of messages in the order of their results."""
        with self.sessions.begin() as session:
            return list(session.scalars(select(work_table.c.message_id).order_by(work_table.c.id)))


@dataclass
class Job:
    """A job function that remembers what it was given and ends as the test says."""

    outcomes: dict[str, Exception] = field(default_factory=dict)
    """Subject → what the function raises when it meets it."""
    runs: list[list[str]] = field(default_factory=list)
    payloads: list[Mapping[str, Any]] = field(default_factory=list)

    def __call__(self, run: Run) -> None:
        self.runs.append([message.subject for message in run.messages])
        self.payloads.extend(message.payload for message in run.messages)
        for message in run.messages:
            if (outcome := self.outcomes.get(message.subject)) is not None:
                raise outcome
