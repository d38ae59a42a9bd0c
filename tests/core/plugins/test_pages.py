"""What a plugin brings to people and programs: a page, a menu entry, slots, a permission, a member of the API."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from echo_plugin.models import Note
from erp_core.models import Role
from erp_core.services import accounts
from erp_core.testing.factories import ACTOR, InvoiceFactory, UserFactory


@pytest.fixture
def person(client, shop):
    """Somebody of billing, signed in."""
    person = UserFactory(tenant=shop.tenant, role=Role.BILLING)
    client.login(person)
    return person


def test_the_page_shows_and_takes_notes_of_the_own_tenant_only(client, person, session, shop, quiet):
    session.add(Note(tenant_id=quiet.tenant_id, instance_id=quiet.id, text="Of somebody else"))
    assert client.post("/echo/", data={"instance_id": shop.id, "text": "<b>Hello</b>"}).status_code == 302
    page = client.get("/echo/").text
    assert "&lt;b&gt;Hello&lt;/b&gt;" in page
    assert "Of somebody else" not in page
    assert client.post("/echo/", data={"instance_id": quiet.id, "text": "Hello"}).status_code == 404
    empty = client.post("/echo/", data={"instance_id": shop.id, "text": ""}, follow_redirects=True)
    assert "Nothing was said. Write up to 200 characters." in empty.text
    assert len(session.scalars(select(Note)).all()) == 2


def test_the_plugins_pages_are_protected_like_the_hosts(client, shop, session):
    form = {"instance_id": shop.id, "text": "Hello"}
    assert client.get("/echo/").status_code == 302  # to sign in
    client.login(UserFactory(tenant=shop.tenant, role=Role.VIEWER))
    assert client.get("/echo/").status_code == 200
    answer = client.post("/echo/", data=form)
    assert answer.status_code == 403
    assert "You are not allowed to say something to Echo." in answer.text
    client.login(UserFactory(tenant=shop.tenant))
    assert client.post("/echo/", data=form, csrf=False).status_code == 400
    assert session.scalars(select(Note)).all() == []


def test_slots_are_filled_in_the_pages_of_the_host(client, person, worker, shop):
    invoice = InvoiceFactory(instance=shop)
    InvoiceFactory(instance=shop)
    worker.drain(1)
    echo = f"Heard {invoice.number} in Main Street"
    assert "echoes</div>" in client.get("/").text
    listed = client.get("/invoices").text
    assert f"<span>{echo}</span>" in listed
    assert "Echoed" in listed
    assert f"Echo: {echo}" in client.get(f"/invoices/{invoice.id}").text


def test_the_filter_of_a_plugin_filters(client, person, worker, session, shop):
    first, second = InvoiceFactory(instance=shop), InvoiceFactory(instance=shop)
    worker.drain()
    session.delete(session.scalars(select(Note).where(Note.invoice_id == second.id)).one())
    filtered = client.get("/invoices?filter=echoed").text
    assert first.number in filtered
    assert second.number not in filtered


def test_the_api_has_the_plugins_member_and_its_document_says_so(client, worker, session, shop):
    invoice = InvoiceFactory(instance=shop)
    worker.drain()
    _, token = accounts.create_token(session, UserFactory(tenant=shop.tenant), "test", actor=ACTOR)
    answer = client.get(f"/api/invoices/{invoice.id}", headers={"Authorization": f"Bearer {token}"})
    assert answer.get_json()["echo"] == f"Heard {invoice.number} in Main Street"
    assert '"echo"' in client.get("/api/openapi.json").text
