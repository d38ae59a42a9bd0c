"""Tokens: renewed in time, by one at a time, and given up only for the reasons that mean the end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core.clock import now as clock_now
from erp_core.jobs import outbox
from erp_core.models import Actor, MessageState, Stream
from erp_core.testing.factories import TenantFactory
from plugins.quickbooks import connect
from plugins.quickbooks.models import CallCount, Connection, ConnectionStatus
from plugins.quickbooks.qbo.auth import Tokens
from plugins.quickbooks.qbo.errors import QBOUnavailable
from tests.quickbooks.connect.conftest import FIRST

if TYPE_CHECKING:
    from qbo_emulator.testing import RunningEmulator

Transaction = Callable[[], AbstractContextManager[Session]]
ANA = Actor(name="Ana")


@pytest.fixture
def connection(app: Flask, session: Session, transaction: Transaction, quickbooks: RunningEmulator) -> int:
    """A connected company whose access token lives for an hour."""
    granted = quickbooks.connection(FIRST)
    now = clock_now()
    tokens = Tokens(
        access_token=granted["access_token"],
        refresh_token=granted["refresh_token"],
        access_expires_at=now + timedelta(hours=1),
        refresh_expires_at=now + timedelta(days=100),
        refresh_hard_expires_at=None,
    )
    tenant = TenantFactory()
    connection_id = connect.adopt(transaction, tenant_id=tenant.id, realm_id=FIRST, tokens=tokens, actor=ANA)
    quickbooks.clear_calls()
    return connection_id


def stored(transaction: Transaction, connection_id: int) -> Connection:
    """The connection as it stands, tokens included; no transaction stays open."""
    with transaction() as session:
        return connect._with_tokens(session, connection_id)


def test_a_token_with_more_than_five_minutes_is_used_as_it_is(
    connection: int, transaction: Transaction, clock: Any
) -> None:
    first = connect.access_token(transaction, connection)
    clock.move(minutes=54)
    assert connect.access_token(transaction, connection) == first


def test_a_token_is_renewed_five_minutes_before_it_ends(connection: int, transaction: Transaction, clock: Any) -> None:
    first = connect.access_token(transaction, connection)
    clock.move(minutes=56)
    assert connect.access_token(transaction, connection) != first


def test_eight_at_once_refresh_once(
    connection: int, transaction: Transaction, clock: Any, quickbooks: RunningEmulator, session: Session
) -> None:
    quickbooks.fault(match={"path_glob": "*/tokens/bearer"}, times=20, action="delay", ms=300)
    clock.move(minutes=56)
    session.commit()
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _: connect.access_token(transaction, connection), range(8)))
    assert len(tokens) == 1


def test_a_claim_of_a_dead_process_ends_by_itself(
    connection: int, transaction: Transaction, clock: Any, session: Session
) -> None:
    row = session.get_one(Connection, connection)
    row.refresh_claimed_by, row.refresh_claimed_until_at = "somebody who died", clock_now() + connect.CLAIM
    session.commit()
    clock.move(minutes=56)
    assert connect.access_token(transaction, connection)


def test_a_refused_token_is_replaced_although_it_has_not_ended(connection: int, transaction: Transaction) -> None:
    first = connect.access_token(transaction, connection)
    assert connect.access_token(transaction, connection, refused=first) != first


def test_invalid_grant_twice_means_reconnect_and_holds_the_work(
    connection: int, transaction: Transaction, clock: Any, quickbooks: RunningEmulator, session: Session
) -> None:
    body = '{"error":"invalid_grant","error_description":"Incorrect or invalid refresh token"}'
    quickbooks.fault(
        match={"path_glob": "*/tokens/bearer"},
        times=2,
        action="status",
        status=400,
        body=body,
        content_type="application/json",
    )
    clock.move(minutes=56)
    with pytest.raises(connect.ConnectionEnded, match="sign in again"):
        connect.access_token(transaction, connection)
    row = stored(transaction, connection)
    assert row.status == ConnectionStatus.NEEDS_RECONNECT
    assert session.scalars(select(Stream.hold_reason).where(Stream.name == row.stream)).one() == row.status_reason


def test_one_invalid_grant_is_repeated_and_forgiven(
    connection: int, transaction: Transaction, clock: Any, quickbooks: RunningEmulator, session: Session
) -> None:
    quickbooks.fault(
        match={"path_glob": "*/tokens/bearer"},
        times=1,
        action="status",
        status=400,
        body='{"error":"invalid_grant"}',
        content_type="application/json",
    )
    clock.move(minutes=56)
    assert connect.access_token(transaction, connection)
    assert stored(transaction, connection).status == ConnectionStatus.CONNECTED


def test_an_outage_of_the_token_endpoint_ends_nothing(
    connection: int, transaction: Transaction, clock: Any, quickbooks: RunningEmulator, session: Session
) -> None:
    quickbooks.fault(match={"path_glob": "*/tokens/bearer"}, times=1, action="status", status=503, body="busy")
    clock.move(minutes=56)
    with pytest.raises(QBOUnavailable):
        connect.access_token(transaction, connection)
    row = stored(transaction, connection)
    assert row.status == ConnectionStatus.CONNECTED
    assert row.refresh_claimed_by is None
    assert connect.access_token(transaction, connection)


def test_disconnect_revokes_removes_the_tokens_and_holds_what_waits(
    connection: int, transaction: Transaction, quickbooks: RunningEmulator, session: Session
) -> None:
    row = stored(transaction, connection)
    outbox.put(
        session,
        "quickbooks.read_company",
        stream=row.stream,
        subject=f"quickbooks:company:{connection}",
        payload={"connection_id": connection},
        tenant_id=row.tenant_id,
        plugin="quickbooks",
        actor=ANA,
    )
    token, refresh = row.access_token, row.refresh_token
    session.commit()
    assert connect.disconnect(transaction, connection, actor=ANA)
    row = stored(transaction, connection)
    assert (row.access_token, row.refresh_token, row.status) == (None, None, ConnectionStatus.DISCONNECTED)
    with transaction() as reading:
        assert outbox.counts(reading, stream=row.stream)[MessageState.HELD] == 1
    assert token
    assert refresh
    with pytest.raises(connect.ConnectionEnded):
        connect.access_token(transaction, connection)


def test_disconnect_works_while_intuit_does_not(
    connection: int, transaction: Transaction, quickbooks: RunningEmulator, session: Session
) -> None:
    quickbooks.fault(match={"path_glob": "*/tokens/revoke"}, times=1, action="status", status=503, body="busy")
    assert not connect.disconnect(transaction, connection, actor=ANA)
    assert stored(transaction, connection).refresh_token is None


def test_every_call_is_counted_by_kind(connection: int, transaction: Transaction, session: Session) -> None:
    before = {row.kind: row.calls for row in session.scalars(select(CallCount))}
    session.commit()
    connect.test(transaction, connection)
    session.expire_all()
    after = {row.kind: row.calls for row in session.scalars(select(CallCount))}
    assert before == {"get": 2, "query": 2}
    assert after == {"get": 3, "query": 2}


def test_no_token_reaches_the_log(
    connection: int,
    transaction: Transaction,
    clock: Any,
    quickbooks: RunningEmulator,
    session: Session,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    row = stored(transaction, connection)
    secrets = [row.access_token, row.refresh_token]
    quickbooks.fault(match={"path_glob": "*/companyinfo/*"}, times=1, action="reset_after")
    with pytest.raises(Exception, match=r".") as failed:
        connect.test(transaction, connection)
    clock.move(minutes=56)
    connect.access_token(transaction, connection)
    row = stored(transaction, connection)
    secrets += [row.access_token, row.refresh_token]
    written = caplog.text + repr(failed.value) + repr(row)
    assert not [secret for secret in secrets if secret and secret in written]


def test_a_connection_of_the_other_environment_stops(
    connection: int, transaction: Transaction, session: Session
) -> None:
    session.get_one(Connection, connection).environment = "production"
    session.commit()
    with pytest.raises(connect.ConnectionEnded, match="QBO_ENVIRONMENT"):
        connect.access_token(transaction, connection)
