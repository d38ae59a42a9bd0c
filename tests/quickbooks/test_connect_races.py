"""What happens while tokens are renewed or a company is being connected: another answer, another window, another customer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from erp_core.clock import now as clock_now
from erp_core.errors import Refused
from erp_core.extensions import db
from erp_core.models import Actor, Message, Stream
from erp_core.testing.factories import ACTOR, TenantFactory
from plugins.quickbooks import connect
from plugins.quickbooks.models import Connection, ConnectionStatus
from plugins.quickbooks.qbo.auth import OAuthClient, Tokens
from plugins.quickbooks.qbo.errors import QBOError, QBOGrantInvalid
from plugins.quickbooks.server import server
from tests.quickbooks.conftest import HARBOR, NORTHWIND, Shop, fault

if TYPE_CHECKING:
    from qbo_emulator.testing import RunningEmulator

Transaction = Callable[[], AbstractContextManager[Session]]
BEARER = {"path_glob": "*/tokens/bearer"}
ENDED = {"Fault": {"Error": [{"Message": "Authorization Failure", "code": "120"}], "type": "AuthorizationFault"}}
EXPIRED = {"fault": {"error": [{"message": "AuthenticationFailed", "code": "3200"}], "type": "AUTHENTICATION"}}


def stored(transaction: Transaction, connection_id: int) -> Connection:
    """The connection as it stands, tokens included."""
    with transaction() as session:
        return connect._with_tokens(session, connection_id)


def granted(quickbooks: RunningEmulator, realm: str) -> Tokens:
    """What a consent for this company answers."""
    answer = quickbooks.connection(realm)
    later = clock_now() + timedelta(hours=1)
    return Tokens(answer["access_token"], answer["refresh_token"], later, later, None)


def works(tokens: Tokens) -> bool:
    """Whether Intuit still takes this grant."""
    try:
        OAuthClient(server().app).refresh(tokens.refresh_token)
    except QBOGrantInvalid:
        return False
    return True


# ------------------------------------------------------------------------------------------------ refresh


@pytest.fixture
def during_a_refresh(shop: Shop, transaction: Transaction, clock: Any) -> Callable[[Callable[[], object]], list[Any]]:
    """Do something while a refresh is on its way; the refresh's token or error."""

    def go(act: Callable[[], object]) -> list[Any]:
        connection_id = shop.connection.id
        shop.session.commit()
        clock.move(minutes=57)
        shop.quickbooks.fault(match=BEARER, times=5, action="delay", ms=1200)
        answers: list[Any] = []

        def refresh() -> None:
            try:
                answers.append(connect.access_token(transaction, connection_id))
            except (connect.ConnectionEnded, QBOError) as error:
                answers.append(error)

        refreshing = threading.Thread(target=refresh)
        refreshing.start()
        while stored(transaction, connection_id).refresh_claimed_by is None:
            time.sleep(0.05)
        time.sleep(0.3)
        act()
        refreshing.join()
        return answers

    return go


def test_a_refresh_does_not_give_tokens_back_to_a_company_that_was_disconnected(
    shop: Shop, transaction: Transaction, during_a_refresh: Callable[..., list[Any]]
) -> None:
    connection_id = shop.connection.id
    [answer] = during_a_refresh(lambda: connect.disconnect(transaction, connection_id, actor=ACTOR))
    assert isinstance(answer, connect.ConnectionEnded)
    row = stored(transaction, connection_id)
    assert (row.status, row.access_token, row.refresh_token) == (ConnectionStatus.DISCONNECTED, None, None)


def test_a_refresh_that_answers_after_disconnect_stores_nothing(
    shop: Shop, transaction: Transaction, during_a_refresh: Callable[..., list[Any]]
) -> None:
    connection_id = shop.connection.id

    def forget() -> None:
        with transaction() as session:
            connect.forget(connect._with_tokens(session, connection_id))

    [answer] = during_a_refresh(forget)
    assert isinstance(answer, connect.ConnectionEnded)
    row = stored(transaction, connection_id)
    assert (row.status, row.access_token, row.refresh_token) == (ConnectionStatus.DISCONNECTED, None, None)


def test_a_refresh_of_the_former_grant_does_not_replace_the_tokens_of_a_reconnect(
    shop: Shop,
    transaction: Transaction,
    quickbooks: RunningEmulator,
    connect_company: Callable[..., int],
    during_a_refresh: Callable[..., list[Any]],
) -> None:
    connection_id, tenant_id = shop.connection.id, shop.instance.tenant_id
    new: list[str | None] = []

    def reconnect() -> None:
        connect_company(tenant_id, HARBOR)
        new.append(stored(transaction, connection_id).refresh_token)

    [answer] = during_a_refresh(reconnect)
    row = stored(transaction, connection_id)
    assert (row.status, [row.refresh_token], answer) == (ConnectionStatus.CONNECTED, new, row.access_token)


def test_a_claim_outlives_its_discovery_and_its_two_calls(shop: Shop) -> None:
    longest = sum(server().app.timeout) * 3
    assert timedelta(seconds=longest) < connect.CLAIM


# ------------------------------------------------------------------------------------------------ the end


def test_the_end_is_recognised_after_a_token_was_renewed(shop: Shop, worker) -> None:
    shop.invoice()
    for body in (EXPIRED, ENDED):
        shop.quickbooks.fault(match={"path_glob": "/v3/company/*"}, action="status", status=401, body=body)
    worker.drain()
    shop.session.expire_all()
    assert shop.connection.status == ConnectionStatus.NEEDS_RECONNECT
    assert shop.session.scalars(select(Stream.hold_reason).where(Stream.name == shop.connection.stream)).one()
    message = shop.session.scalars(select(Message)).one()
    assert message.error
    assert message.error["code"] == "connection_ended"


def test_the_end_of_a_former_grant_does_not_end_the_new_one(shop: Shop, transaction: Transaction) -> None:
    connection_id = shop.connection.id
    shop.session.commit()
    token = stored(transaction, connection_id).access_token
    assert token
    assert connect.refused_for_good(transaction, connection_id, "the token before") is None
    assert stored(transaction, connection_id).status == ConnectionStatus.CONNECTED
    assert connect.refused_for_good(transaction, connection_id, token)
    assert stored(transaction, connection_id).status == ConnectionStatus.NEEDS_RECONNECT


# ------------------------------------------------------------------------------------------------ connecting


def fail_a_read(shop: Shop) -> None:
    body = fault("10000", "An application error has occurred", "SystemFault")
    shop.quickbooks.fault(match={"path_glob": "*/preferences*"}, action="status", status=500, body=body)


def test_a_grant_is_ended_when_the_company_could_not_be_read(shop: Shop, transaction: Transaction) -> None:
    tenant_id = shop.instance.tenant_id
    shop.session.commit()
    tokens = granted(shop.quickbooks, NORTHWIND)
    fail_a_read(shop)
    with pytest.raises(QBOError):
        connect.adopt(transaction, tenant_id=tenant_id, realm_id=NORTHWIND, tokens=tokens, actor=Actor("Ana"))
    assert not works(tokens)


def test_a_grant_is_not_ended_while_a_connection_works_with_the_same_company(
    shop: Shop, transaction: Transaction
) -> None:
    tenant_id = shop.instance.tenant_id
    shop.session.commit()
    tokens = granted(shop.quickbooks, HARBOR)
    fail_a_read(shop)
    with pytest.raises(QBOError):
        connect.adopt(transaction, tenant_id=tenant_id, realm_id=HARBOR, tokens=tokens, actor=Actor("Ana"))
    assert works(tokens)


@pytest.fixture
def meanwhile(shop: Shop) -> Callable[[Callable[[], object], Callable[[], object]], None]:
    """Do `other` in a thread when the main thread is about to store a new connection."""

    def go(act: Callable[[], object], other: Callable[[], object]) -> None:
        shop.session.commit()
        others: list[threading.Thread] = []

        def before(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            mine = threading.current_thread() is threading.main_thread()
            if mine and not others and "INSERT INTO quickbooks_connection " in statement:
                others.append(threading.Thread(target=other))
                others[0].start()
                others[0].join(2)

        event.listen(db.engine, "before_cursor_execute", before)
        try:
            act()
        finally:
            event.remove(db.engine, "before_cursor_execute", before)
            others[0].join()

    return go


def test_two_windows_that_connect_the_same_company_make_one_connection(
    shop: Shop, transaction: Transaction, meanwhile: Callable[..., None]
) -> None:
    tenant_id = shop.instance.tenant_id
    shop.session.commit()
    made: list[int] = []

    def adopt() -> None:
        tokens = granted(shop.quickbooks, NORTHWIND)
        made.append(
            connect.adopt(transaction, tenant_id=tenant_id, realm_id=NORTHWIND, tokens=tokens, actor=Actor("Ana"))
        )

    meanwhile(adopt, adopt)
    assert len(made) == 2
    assert len(set(made)) == 1


def test_of_two_customers_who_connect_the_same_company_one_is_told_that_it_is_taken(
    shop: Shop, transaction: Transaction, meanwhile: Callable[..., None]
) -> None:
    tenants = [shop.instance.tenant_id, TenantFactory().id]
    shop.session.commit()
    ends: list[str] = []

    def adopt(tenant_id: int) -> None:
        tokens = granted(shop.quickbooks, NORTHWIND)
        try:
            connect.adopt(transaction, tenant_id=tenant_id, realm_id=NORTHWIND, tokens=tokens, actor=Actor("Ana"))
            ends.append("connected")
        except Refused as refusal:
            ends.append(refusal.code)

    meanwhile(lambda: adopt(tenants[0]), lambda: adopt(tenants[1]))
    assert sorted(ends) == ["connected", "realm_taken"]
