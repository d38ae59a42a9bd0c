"""A program with a token, and a view of everything that is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from erp_core.extensions import Base
from erp_core.models import Instance, Role, User
from erp_core.services import accounts
from erp_core.testing.factories import ACTOR, InstanceFactory, UserFactory

if TYPE_CHECKING:  # importing it here would hide the fixture of the same name
    from erp_core.testing.client import Client

Stored = dict[str, list[tuple[Any, ...]]]


@dataclass
class Program:
    """A program that acts for a person, by the token it was given."""

    client: Client
    token: str
    user: User
    headers: Mapping[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=self._with(headers))

    def post(self, path: str, body: Any = None, *, key: str | None = None, **options: Any) -> TestResponse:
        """Send a body as JSON; with a key, as a repeatable request."""
        headers = {"Idempotency-Key": key} if key is not None else {}
        if body is not None:
            options["json"] = body
        return self.client.post(path, headers=self._with(headers), **options)

    def made(self, path: str, body: Any = None) -> dict[str, Any]:
        """Send a body that must be accepted; answers the record."""
        response = self.post(path, body)
        assert response.status_code in (200, 201), response.text
        answer = response.get_json()
        assert isinstance(answer, dict)
        return answer

    def _with(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **headers}


@pytest.fixture
def shop(session: Session) -> Instance:
    """The only instance of a tenant."""
    return InstanceFactory(code="MAIN", name="Main Street")


@pytest.fixture
def program_of(session: Session, client: Client) -> Callable[..., Program]:
    """A program that acts for a new person of an instance's tenant."""

    def make(instance: Instance, role: Role = Role.ADMINISTRATOR) -> Program:
        user = UserFactory(tenant=instance.tenant, role=role)
        _, token = accounts.create_token(session, user, "program", actor=ACTOR)
        session.commit()
        return Program(client, token, user)

    return make


@pytest.fixture
def program(program_of: Callable[..., Program], shop: Instance) -> Program:
    """A program of an administrator."""
    return program_of(shop)


@pytest.fixture
def stored(session: Session) -> Callable[[], Stored]:
    """Everything in the database, so that a test can say that nothing changed."""

    def read() -> Stored:
        session.expire_all()
        session.rollback()
        # The metadata of the process may hold tables of plugins that other tests loaded.
        there = set(inspect(session.connection()).get_table_names())
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
            if table.name in there
        }

    return read


@pytest.fixture
def problem() -> Callable[..., dict[str, Any]]:
    """Check that an answer is a problem document with this status, and hand it over."""

    def read(response: TestResponse, status: int, code: str | None = None) -> dict[str, Any]:
        assert response.status_code == status, response.text
        assert response.content_type == "application/problem+json"
        members = response.get_json(force=True)
        assert {"type", "title", "status", "detail", "instance", "code"} <= set(members)
        assert members["status"] == status
        assert members["detail"].endswith((".", "!", "?", "…")), members["detail"]
        assert members["type"] == f"urn:erp:problem:{members['code']}"
        assert "Traceback" not in response.text
        if code is not None:
            assert members["code"] == code
        assert isinstance(members, dict)
        return members

    return read
