"""Roles of people, and tax rates that are no longer offered."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core.models import Activity, Role, User
from erp_core.services import catalogue
from erp_core.testing.factories import ACTOR, TenantFactory, UserFactory

if TYPE_CHECKING:
    from erp_core.testing.client import Client


def test_an_administrator_gives_a_person_another_role(client: Client, session: Session) -> None:
    ana = UserFactory(role=Role.ADMINISTRATOR)
    ben = UserFactory(role=Role.VIEWER, tenant=ana.tenant)
    client.login(ana)
    assert client.post(f"/settings/people/{ben.id}/role", data={"role": "billing"}).status_code == 302
    assert session.get_one(User, ben.id).role is Role.BILLING
    assert "user_role_changed" in session.scalars(select(Activity.action)).all()


def test_a_tenant_keeps_one_administrator(client: Client, session: Session) -> None:
    ana = UserFactory(role=Role.ADMINISTRATOR)
    client.login(ana)
    page = client.post(f"/settings/people/{ana.id}/role", data={"role": "viewer"}, follow_redirects=True).text
    assert "is the only administrator" in page
    assert session.get_one(User, ana.id).role is Role.ADMINISTRATOR


def test_nobody_becomes_the_servers_administrator_here(client: Client, session: Session) -> None:
    ana = UserFactory(role=Role.ADMINISTRATOR)
    ben = UserFactory(role=Role.VIEWER, tenant=ana.tenant)
    client.login(ana)
    client.post(f"/settings/people/{ben.id}/role", data={"role": "host"})
    client.post(f"/settings/people/{ben.id}/role", data={"role": "king"})
    assert session.get_one(User, ben.id).role is Role.VIEWER


def test_people_of_other_tenants_and_other_roles_are_out_of_reach(client: Client, session: Session) -> None:
    client.login(UserFactory(role=Role.ADMINISTRATOR))
    stranger = UserFactory(role=Role.VIEWER, tenant=TenantFactory())
    assert client.post(f"/settings/people/{stranger.id}/role", data={"role": "billing"}).status_code == 404
    client.login(UserFactory(role=Role.BILLING))
    assert client.post(f"/settings/people/{stranger.id}/role", data={"role": "billing"}).status_code == 403


def test_a_tax_rate_is_switched_off_and_not_offered_any_more(client: Client, session: Session) -> None:
    ana = UserFactory(role=Role.ADMINISTRATOR)
    rate = catalogue.create_tax_rate(session, ana.tenant_id, "Old tax", Decimal("5"), actor=ACTOR)
    client.login(ana)
    assert client.post(f"/settings/taxes/{rate.id}/switch", data={"active": "0"}).status_code == 302
    assert "Switched off" in client.get("/settings/taxes").text
    session.refresh(rate)
    assert not rate.active
    client.login(UserFactory(role=Role.ADMINISTRATOR, tenant=TenantFactory()))
    assert client.post(f"/settings/taxes/{rate.id}/switch", data={"active": "1"}).status_code == 404
