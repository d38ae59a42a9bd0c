"""Connections: connect, refresh (one at a time), reconnect, test, disconnect.

Rules (decisions.md, "Server, connections, instances"): a realm that another tenant holds is refused; reconnecting to
another realm is refused before the code is exchanged; links survive Disconnect; a refresh is claimed by
compare-and-set and committed before the call. No transaction is open while Intuit answers.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from erp_core.toolkit import Actor, Refused, activity, clock, outbox
from plugins.quickbooks import company
from plugins.quickbooks.models import Connection, ConnectionStatus, count_call
from plugins.quickbooks.qbo.auth import Environment, OAuthClient, Tokens
from plugins.quickbooks.qbo.client import QBOClient
from plugins.quickbooks.qbo.errors import QBOError, QBOGrantInvalid, QBOUnauthorized
from plugins.quickbooks.qbo.wire import CallRecord
from plugins.quickbooks.server import ServerSettings, server

log = structlog.get_logger(__name__)

Transaction = Callable[[], AbstractContextManager[Session]]
"""Opens a transaction of its own: committed at the end, rolled back by an exception."""

RENEW_BEFORE = timedelta(minutes=5)
CLAIM = timedelta(seconds=120)
"""Longer than a refresh can take: the discovery document and two tries, each 5 s to connect and 30 s to answer."""
WAIT_FOR_REFRESH = 90.0
WHILE_HELD = timedelta(seconds=5)
"""How long a run that finds its company ended or switched off lets the stream rest. The stream is held by then, and a
longer rest would outlast Reconnect and Switch on."""


class ConnectionEnded(Exception):
    """Nothing can be sent until a person reconnects; the text is for that person."""


class WrongEnvironment(ConnectionEnded):
    """The company and this server belong to different environments; nothing is held, because the server must change."""


class RefreshBusy(Exception):
    """Another process has been renewing the tokens for longer than is worth waiting; try later."""


# ------------------------------------------------------------------------------------------------ connecting


def connect(
    transaction: Transaction, *, tenant_id: int, code: str, realm_id: str, actor: Actor, reconnect_id: int | None = None
) -> int:
    """Finish a consent: exchange the code, read the company once, store, and let waiting work go on.

    Returns the connection's id. Raises `Refused` with the reason, or a `QBOError`; then nothing was stored.
    """
    settings = server()
    with transaction() as session:
        _check_realm(session, tenant_id, realm_id, settings.environment, reconnect_id)
    tokens = OAuthClient(settings.app, now=clock.now).exchange(code, realm_id)
    return adopt(transaction, tenant_id=tenant_id, realm_id=realm_id, tokens=tokens, actor=actor)


def adopt(transaction: Transaction, *, tenant_id: int, realm_id: str, tokens: Tokens, actor: Actor) -> int:
    """Store a company whose tokens we hold: read it, confirm the realm, save it and propose its accounts."""
    settings = server()
    calls: list[CallRecord] = []

    def store() -> int:
        with transaction() as session:
            connection = _store(session, settings, tenant_id, realm_id, tokens, found, actor)
            for call in calls:
                _count(session, connection, call)
            return connection.id

    try:
        with _open(settings, realm_id, tokens.access_token, calls.append) as client:
            found = company.read(client)
        try:
            return store()
        except IntegrityError:
            # Somebody else connected this company since we looked: another customer, or this one in another window.
            with transaction() as session:
                _check_realm(session, tenant_id, realm_id, settings.environment, None)
            return store()
    except Exception:
        _revoke_unless_held(transaction, settings, realm_id, tokens)
        raise


_TAKEN = (
    "This QuickBooks company is already connected by another customer of this server. "
    "It has to be disconnected there first. Nothing was changed here."
)


def _check_realm(session: Session, tenant_id: int, realm_id: str, environment: str, reconnect_id: int | None) -> None:
    """Refuse a wrong company before its code is exchanged. Another tenant's company is never named."""
    held = session.scalars(
        select(Connection).where(
            Connection.realm_id == realm_id,
            Connection.environment == environment,
            Connection.status != ConnectionStatus.DISCONNECTED,
        )
    ).one_or_none()
    if held is not None and held.tenant_id != tenant_id:
        raise Refused(_TAKEN, code="realm_taken")
    if reconnect_id is None:
        return
    wanted = session.scalars(
        select(Connection).where(Connection.id == reconnect_id, Connection.tenant_id == tenant_id)
    ).one_or_none()
    if wanted is not None and wanted.realm_id != realm_id:
        other = f"“{held.company_name}”" if held is not None else f"another company (number {realm_id})"
        raise Refused(
            f"You signed in to {other}, but this connection belongs to “{wanted.company_name}” "
            f"(number {wanted.realm_id}). Sign in again and choose that company, or add the other one as a second "
            "company. Nothing was changed.",
            code="wrong_company",
        )


def _store(
    session: Session,
    settings: ServerSettings,
    tenant_id: int,
    realm_id: str,
    tokens: Tokens,
    found: Mapping[str, Any],
    actor: Actor,
) -> Connection:
    connection = session.scalars(
        select(Connection)
        .where(
            Connection.tenant_id == tenant_id,
            Connection.realm_id == realm_id,
            Connection.environment == settings.environment,
        )
        .with_for_update(key_share=True)
    ).one_or_none()
    again = connection is not None
    if connection is None:
        connection = Connection(tenant_id=tenant_id, realm_id=realm_id, environment=settings.environment)
        session.add(connection)
    connection.status = ConnectionStatus.CONNECTED
    connection.status_reason = ""
    connection.connected_by_id, connection.connected_by = actor.user_id, actor.name
    connection.connected_at = clock.now()
    _keep(connection, tokens)
    _release(connection)  # a refresh of the former grant may be on its way, and must not be stored
    session.flush()
    company.keep(session, connection, found)
    hold_or_release(session, connection)
    activity.record(
        session,
        actor=actor,
        action="quickbooks_reconnected" if again else "quickbooks_connected",
        subject=("quickbooks_connection", connection.id),
        summary=f"{'Reconnected' if again else 'Connected'} the QuickBooks company {connection.company_name}",
        tenant_id=tenant_id,
        details={"realm_id": realm_id, "environment": settings.environment},
    )
    return connection


def _revoke_unless_held(transaction: Transaction, settings: ServerSettings, realm_id: str, tokens: Tokens) -> None:
    """End a grant that we don't keep, unless a connection works with the same company: revoking would end that one too."""
    with transaction() as session:
        held = session.scalars(
            select(Connection.id).where(
                Connection.realm_id == realm_id, Connection.status == ConnectionStatus.CONNECTED
            )
        ).first()
    if held is None:
        try:
            OAuthClient(settings.app, now=clock.now).revoke(tokens.refresh_token)
        except QBOError as error:
            log.warning("revoke_failed", realm_id=realm_id, error=str(error))


# ------------------------------------------------------------------------------------------------ using


def client(transaction: Transaction, connection_id: int) -> QBOClient:
    """A client with a token that lives for five minutes at least. Close it. Every call it makes is counted.

    Raises `ConnectionEnded` when a person must reconnect, `RefreshBusy`, or a `QBOError` from the refresh.
    """
    return client_with(transaction, connection_id, access_token(transaction, connection_id))


def client_with(transaction: Transaction, connection_id: int, token: str) -> QBOClient:
    """A client with this access token. Close it. Every call it makes is counted."""
    with transaction() as session:
        connection = session.get_one(Connection, connection_id)

    def count(call: CallRecord) -> None:
        with transaction() as counting:
            _count(counting, connection, call)

    return _open(server(), connection.realm_id, token, count)


def access_token(transaction: Transaction, connection_id: int, *, refused: str | None = None) -> str:
    """A token that Intuit should accept, renewed five minutes before it ends.

    `refused` is a token that Intuit just refused; another one is fetched then.
    """
    me = uuid.uuid4().hex
    give_up = time.monotonic() + WAIT_FOR_REFRESH
    while True:
        with transaction() as session:
            connection = _with_tokens(session, connection_id)
            _check_usable(connection)
            if _still_good(connection, refused):
                return cast(str, connection.access_token)
            claimed = _claim(connection, me)
            refresh_token = connection.refresh_token or ""
        if claimed and (token := _refresh(transaction, connection_id, me, refresh_token)) is not None:
            return token
        if time.monotonic() > give_up:
            raise RefreshBusy(f"The tokens of connection {connection_id} are being renewed by another process.")
        time.sleep(0.1)


def _with_tokens(session: Session, connection_id: int) -> Connection:
    """The connection as it stands now, tokens included, locked until the transaction ends."""
    return session.scalars(
        select(Connection)
        .where(Connection.id == connection_id)
        .options(undefer(Connection.access_token), undefer(Connection.refresh_token))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def _check_usable(connection: Connection) -> None:
    if connection.environment != server().environment:
        raise WrongEnvironment(
            f"“{connection.company_name}” is a {connection.environment} company, but this server is set to "
            f"{server().environment} (QBO_ENVIRONMENT). Nothing is sent until they agree."
        )
    if connection.status != ConnectionStatus.CONNECTED:
        raise ConnectionEnded(
            connection.status_reason or f"“{connection.company_name}” is disconnected. Connect it again to send."
        )


def _still_good(connection: Connection, refused: str | None) -> bool:
    expires_at = connection.access_expires_at
    return (
        bool(connection.access_token)
        and connection.access_token != refused
        and expires_at is not None
        and expires_at - RENEW_BEFORE > clock.now()
    )


def _claim(connection: Connection, me: str) -> bool:
    """Take the right to refresh, unless somebody else has it. Their claim ends by itself if they died."""
    claimed_until = connection.refresh_claimed_until_at
    if claimed_until is not None and claimed_until >= clock.now():
        return False
    connection.refresh_claimed_by, connection.refresh_claimed_until_at = me, clock.now() + CLAIM
    return True


def _refresh(transaction: Transaction, connection_id: int, me: str, refresh_token: str) -> str | None:
    """The new access token, stored. None when the answer is about a grant that we no longer hold: look again."""
    oauth = OAuthClient(server().app, now=clock.now)
    try:
        try:
            tokens = oauth.refresh(refresh_token)
        except QBOGrantInvalid:
            tokens = oauth.refresh(refresh_token)  # only the second refusal of the same token means the end
    except QBOUnauthorized as error:
        with transaction() as session:
            connection = _still_claimed(session, connection_id, me)
            if connection is None:
                return None
            end(session, connection)
        raise ConnectionEnded(connection.status_reason) from error
    except BaseException:
        with transaction() as session:
            _still_claimed(session, connection_id, me)
        raise
    with transaction() as session:
        connection = _still_claimed(session, connection_id, me)
        if connection is None:
            return None
        _keep(connection, tokens)
    return tokens.access_token


def _still_claimed(session: Session, connection_id: int, me: str) -> Connection | None:
    """Let go of the claim. None when it was gone, or the connection was reconnected or disconnected meanwhile."""
    connection = _with_tokens(session, connection_id)
    if connection.refresh_claimed_by != me:
        return None
    _release(connection)
    return connection if connection.status == ConnectionStatus.CONNECTED else None


def _keep(connection: Connection, tokens: Tokens) -> None:
    connection.access_token = tokens.access_token
    connection.refresh_token = tokens.refresh_token
    connection.access_expires_at = tokens.access_expires_at
    connection.refresh_expires_at = tokens.refresh_expires_at
    if tokens.refresh_hard_expires_at is not None:
        connection.refresh_hard_expires_at = tokens.refresh_hard_expires_at


def _release(connection: Connection) -> None:
    connection.refresh_claimed_by = connection.refresh_claimed_until_at = None


def refused_for_good(transaction: Transaction, connection_id: int, token: str) -> str | None:
    """Intuit ended the permission of this access token. Answers what `end` tells the person; None when other tokens
    have taken its place."""
    with transaction() as session:
        connection = _with_tokens(session, connection_id)
        if connection.status != ConnectionStatus.CONNECTED or connection.access_token != token:
            return None
        end(session, connection)
        return connection.status_reason


def end(session: Session, connection: Connection) -> None:
    """The permission ended: hold the company's work until a person reconnects."""
    connection.status = ConnectionStatus.NEEDS_RECONNECT
    connection.status_reason = (
        f"QuickBooks needs you to sign in again. The permission for “{connection.company_name}” ended. "
        "Reconnect with a QuickBooks administrator; what waits is sent after that."
    )
    outbox.hold_stream(session, connection.stream, connection.status_reason)


def _open(
    settings: ServerSettings, realm_id: str, access_token: str, on_call: Callable[[CallRecord], None]
) -> QBOClient:
    return QBOClient(
        realm_id,
        access_token,
        environment=cast(Environment, settings.environment),
        api_url=settings.api_url,
        on_call=on_call,
    )


def _count(session: Session, connection: Connection, call: CallRecord) -> None:
    for kind in call.items or (call.kind,):
        count_call(session, connection.id, connection.tenant_id, kind)
    if call.status == 200:
        session.execute(
            update(Connection)
            .where(Connection.id == connection.id)
            .values(last_success_at=clock.now())
            .execution_options(synchronize_session=False)
        )


# ------------------------------------------------------------------------------------------------ looking after


def test(transaction: Transaction, connection_id: int) -> str:
    """Ask QuickBooks for the company's name: one read. Raises what `client` raises, or a `QBOError`."""
    with client(transaction, connection_id) as opened:
        return str(opened.company_info().get("CompanyName", ""))


def read_again(transaction: Transaction, connection_id: int) -> None:
    """Read company, preferences, accounts and terms again: four reads."""
    with client(transaction, connection_id) as opened:
        found = company.read(opened)
    with transaction() as session:
        company.keep(session, session.get_one(Connection, connection_id), found)


def hold_or_release(session: Session, connection: Connection) -> None:
    """Let the company's work go on when it can, and otherwise hold it with the reason that a person can mend."""
    if connection.usable:
        outbox.release_stream(session, connection.stream)
    elif connection.status != ConnectionStatus.CONNECTED:
        outbox.hold_stream(session, connection.stream, connection.status_reason)
    else:
        outbox.hold_stream(session, connection.stream, f"“{connection.company_name}” is switched off in the settings.")


def switch(session: Session, connection: Connection, enabled: bool, *, actor: Actor) -> None:
    """Turn the connection's own Enable on or off, which holds all its instances. Nothing that waits is lost."""
    connection.enabled = enabled
    hold_or_release(session, connection)
    activity.record(
        session,
        actor=actor,
        action="quickbooks_connection_switched",
        subject=("quickbooks_connection", connection.id),
        summary=f"Switched the QuickBooks company {connection.company_name} {'on' if enabled else 'off'}",
        tenant_id=connection.tenant_id,
    )


def disconnect(transaction: Transaction, connection_id: int, *, actor: Actor) -> bool:
    """Remove the tokens, hold what waits, keep the links, and revoke at Intuit. Says whether Intuit confirmed."""
    with transaction() as session:
        connection = _with_tokens(session, connection_id)
        token, realm_id = connection.refresh_token, connection.realm_id
        forget(connection)
        hold_or_release(session, connection)
        activity.record(
            session,
            actor=actor,
            action="quickbooks_disconnected",
            subject=("quickbooks_connection", connection.id),
            summary=f"Disconnected the QuickBooks company {connection.company_name}",
            tenant_id=connection.tenant_id,
        )
    if not token:
        return True
    try:
        OAuthClient(server().app, now=clock.now).revoke(token)
    except QBOError as error:
        log.warning("revoke_failed", realm_id=realm_id, error=str(error))
        return False
    return True


def forget(connection: Connection) -> None:
    """Drop the tokens; the row and its links stay, so that connecting again makes no copies."""
    connection.status = ConnectionStatus.DISCONNECTED
    connection.status_reason = f"“{connection.company_name}” is disconnected. Connect it again to send."
    connection.access_token = connection.refresh_token = None
    connection.access_expires_at = connection.refresh_expires_at = None
    _release(connection)


def renewal(connection: Connection) -> datetime | None:
    """When the access token is renewed next, if something is sent then."""
    return connection.access_expires_at - RENEW_BEFORE if connection.access_expires_at else None
