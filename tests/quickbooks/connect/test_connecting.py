"""Connecting a company: the consent, what is stored, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from erp_core.models import Activity, Role
from erp_core.plugins.settings import write as write_settings
from erp_core.testing.factories import InstanceFactory, TenantFactory, UserFactory
from plugins.quickbooks.models import Account, Connection, ConnectionStatus
from plugins.quickbooks.settings import InstanceSettings, connection_settings
from tests.quickbooks.connect.conftest import FIRST, SECOND

if TYPE_CHECKING:
    from erp_core.testing.client import Client
    from qbo_emulator.testing import RunningEmulator

Consent = Callable[..., str]


def callback(client: Client, address: str) -> str:
    """Follow the browser back; what the page then says."""
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}", follow_redirects=True).text


@pytest.fixture
def ana(client: Client, session: Session) -> Client:
    """An administrator, signed in."""
    client.login(UserFactory(name="Ana", role=Role.ADMINISTRATOR))
    return client


def test_a_consent_ends_on_a_connected_card(ana: Client, consent: Consent, session: Session) -> None:
    page = callback(ana, consent(ana, FIRST))
    assert "Connected to Harbor &amp; Pine Provisions LLC" in page
    for shown in (FIRST, "Sandbox", "Ana", "Renews by itself", "Disconnect", "Test connection"):
        assert shown in page
    connection = session.scalars(select(Connection)).one()
    assert connection.realm_id == FIRST
    assert connection.home_currency == "USD"
    assert connection.preferences.custom_txn_numbers
    assert connection_settings(session, connection.id).income_account_id is not None
    assert session.scalars(select(Activity.action).where(Activity.action == "quickbooks_connected")).all()


def test_tokens_are_encrypted_at_rest(ana: Client, consent: Consent, session: Session) -> None:
    callback(ana, consent(ana, FIRST))
    stored = session.execute(text("SELECT access_token, refresh_token FROM quickbooks_connection")).one()
    connection = session.scalars(select(Connection)).one()
    for raw, token in zip(stored, (connection.access_token, connection.refresh_token), strict=True):
        assert token
        assert token.encode() not in bytes(raw)


def test_the_company_is_read_once_with_four_reads(ana: Client, consent: Consent, quickbooks: RunningEmulator) -> None:
    callback(ana, consent(ana, FIRST))
    assert sorted(call["kind"] for call in quickbooks.calls()) == ["get", "get", "query", "query"]


def test_only_the_accounting_scope_is_asked_for(ana: Client) -> None:
    asked = parse_qs(urlsplit(ana.get("/quickbooks/connect").headers["Location"]).query)
    assert asked["scope"] == ["com.intuit.quickbooks.accounting"]


def test_a_cancelled_consent_connects_nothing(ana: Client, consent: Consent, session: Session) -> None:
    page = callback(ana, consent(ana, FIRST, answer="cancel"))
    assert "Nothing was connected" in page
    assert session.scalars(select(Connection)).all() == []


@pytest.mark.parametrize("state", ["", "forged", "é"])
def test_an_answer_with_a_foreign_state_is_refused(
    ana: Client, consent: Consent, session: Session, quickbooks: RunningEmulator, state: str
) -> None:
    code = parse_qs(urlsplit(consent(ana, FIRST)).query)["code"][0]
    page = ana.get(
        "/quickbooks/callback", query_string={"code": code, "realmId": FIRST, "state": state}, follow_redirects=True
    ).text
    assert "does not belong to this browser session" in page
    assert session.scalars(select(Connection)).all() == []
    assert quickbooks.calls() == []


def test_a_state_works_once(ana: Client, consent: Consent) -> None:
    address = consent(ana, FIRST)
    callback(ana, address)
    assert "does not belong to this browser session" in callback(ana, address)


def test_an_old_consent_is_refused(ana: Client, consent: Consent, clock: object, session: Session) -> None:
    address = consent(ana, FIRST)
    clock.move(hours=2)  # type: ignore[attr-defined]
    assert "older than an hour" in callback(ana, address)
    assert session.scalars(select(Connection)).all() == []


@pytest.mark.parametrize("path", ["/api/quickbooks/callback", "/dashboard/integrations/quickbooks/callback"])
def test_the_callbacks_of_the_older_systems_work_too(
    ana: Client, consent: Consent, session: Session, path: str
) -> None:
    query = urlsplit(consent(ana, FIRST)).query
    ana.get(f"{path}?{query}", follow_redirects=True)
    assert session.scalars(select(Connection.realm_id)).all() == [FIRST]


def test_a_company_of_another_tenant_is_refused_and_not_named(
    client: Client, consent: Consent, session: Session
) -> None:
    client.login(UserFactory(role=Role.ADMINISTRATOR))
    callback(client, consent(client, FIRST))
    client.login(UserFactory(role=Role.ADMINISTRATOR, tenant=TenantFactory()))
    page = callback(client, consent(client, FIRST))
    assert "already connected by another customer of this server" in page
    assert "Harbor" not in page
    assert len(session.scalars(select(Connection)).all()) == 1


def test_reconnecting_to_another_company_is_refused_before_the_code_is_exchanged(
    ana: Client, consent: Consent, session: Session, quickbooks: RunningEmulator
) -> None:
    callback(ana, consent(ana, FIRST))
    connection = session.scalars(select(Connection)).one()
    quickbooks.clear_calls()
    address = consent(ana, SECOND, start=f"/quickbooks/connect?connection={connection.id}")
    page = callback(ana, address)
    assert "this connection belongs to" in page
    assert "Harbor &amp; Pine Provisions LLC" in page
    assert SECOND in page
    assert quickbooks.calls() == []
    assert session.scalars(select(Connection.realm_id)).all() == [FIRST]
    # The code was not used up: as a second company it still connects.
    assert "Connected to Northwind Pantry Inc" in callback(ana, consent(ana, SECOND))


def test_connecting_again_keeps_the_connection_and_its_settings(
    ana: Client, consent: Consent, session: Session, quickbooks: RunningEmulator
) -> None:
    callback(ana, consent(ana, FIRST))
    before = session.scalars(select(Connection.id)).one()
    ana.post(f"/settings/quickbooks/{before}/disconnect")
    callback(ana, consent(ana, FIRST))
    session.expire_all()
    after = session.scalars(select(Connection)).one()
    assert (after.id, after.status) == (before, ConnectionStatus.CONNECTED)
    kept = session.scalars(select(Account.qbo_id).where(Account.connection_id == before)).all()
    assert sorted(kept) == sorted(account["Id"] for account in quickbooks.books(FIRST)["Account"])


def test_a_company_that_an_instance_uses_already_need_not_be_chosen_again(
    client: Client, consent: Consent, session: Session
) -> None:
    user = UserFactory(name="Ana", role=Role.ADMINISTRATOR)
    instance = InstanceFactory(tenant=user.tenant)
    client.login(user)
    assert "Now choose it on the page of an instance." in callback(client, consent(client, FIRST))
    chosen = InstanceSettings(connection_id=session.scalars(select(Connection.id)).one())
    write_settings(session, "quickbooks", instance.id, chosen)
    session.commit()
    page = callback(client, consent(client, FIRST))
    assert "Connected to Harbor &amp; Pine Provisions LLC." in page
    assert "Now choose it" not in page


@pytest.mark.parametrize("role", [Role.BILLING, Role.VIEWER])
def test_only_an_administrator_connects(client: Client, session: Session, role: Role) -> None:
    client.login(UserFactory(role=role))
    assert client.get("/quickbooks/connect").status_code == 403


def test_another_tenants_connection_is_not_found(client: Client, consent: Consent, session: Session) -> None:
    client.login(UserFactory(role=Role.ADMINISTRATOR))
    callback(client, consent(client, FIRST))
    connection_id = session.scalars(select(Connection.id)).one()
    client.login(UserFactory(role=Role.ADMINISTRATOR, tenant=TenantFactory()))
    base = f"/settings/quickbooks/{connection_id}"
    for act in ("test", "read-again", "switch", "disconnect", "defaults"):
        assert client.post(f"{base}/{act}").status_code == 404, act
    assert client.get(f"/quickbooks/connect?connection={connection_id}").status_code == 404
    assert client.get(f"{base}/disconnect").status_code == 404


class TestAServerWithoutAnIntuitApp:
    """Tenants don't see QuickBooks at all."""

    @pytest.fixture
    def erp_environ(self) -> dict[str, str]:
        return {"QBO_CLIENT_ID": "", "QUICKBOOKS_CLIENT_SECRET": "secret"}

    def test_tenants_do_not_see_quickbooks(self, ana: Client) -> None:
        assert "QuickBooks" not in ana.get("/").text
        assert ana.get("/settings/quickbooks").status_code == 404
        assert ana.get("/quickbooks/connect").status_code == 404

    def test_the_hosts_administrator_sees_which_variable_is_missing(self, client: Client, session: Session) -> None:
        client.login(UserFactory(role=Role.HOST, tenant=None))
        page = client.get("/host").text
        assert "QBO_CLIENT_ID is missing" in page
        assert "QBO_CLIENT_SECRET" not in page
