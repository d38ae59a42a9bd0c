"""Installed, loaded, enabled: three words for three states, and what each of them brings."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from sqlalchemy import select

import echo_plugin
from echo_plugin.models import Note
from erp_core.app import sessions
from erp_core.jobs.schedules import run_if_due
from erp_core.models import Message
from erp_core.plugins import registry
from erp_core.plugins.slots import DASHBOARD_CARD, INVOICE_COLUMN
from erp_core.testing.factories import InvoiceFactory, UserFactory


def echoes(session) -> list[str]:
    return list(session.scalars(select(Note.text).order_by(Note.id)))


def wishes(session) -> list[Message]:
    return list(session.scalars(select(Message).order_by(Message.id)))


def test_name_and_version_come_from_the_distribution_and_the_title_from_the_docstring(app):
    [echo] = app.extensions["erp_registry"].plugins
    assert (echo.name, echo.version) == ("echo", "1.0.0")
    assert (echo.title(), echo.description()) == ("Echo", "Answers every invoice of an instance with a note.")


def test_installed_is_not_loaded(make_app):
    loaded = make_app(plugins=()).extensions["erp_registry"]
    assert "echo" in registry.installed()
    assert loaded.plugins == ()
    assert "echo" not in make_app(plugins=()).blueprints


def test_loaded_brings_page_menu_permission_job_and_settings_but_nothing_acts(app, session, client, worker):
    loaded = app.extensions["erp_registry"]
    assert "echo.say" in [permission.name for permission in loaded.permissions.all()]
    assert "echo.write_note" in loaded.jobs
    invoice = InvoiceFactory()
    client.login(UserFactory(tenant=invoice.order.instance.tenant))
    assert client.get("/echo/").status_code == 200
    assert b'href="/echo/"' in client.get("/").data
    assert wishes(session) == []
    assert worker.drain() == 0
    assert b"echoes" not in client.get("/").data
    assert b"Echoed" not in client.get("/invoices").data


def test_enabled_in_one_instance_acts_there_and_nowhere_else(session, worker, shop, quiet):
    invoice = InvoiceFactory(instance=shop)
    InvoiceFactory(instance=quiet)
    assert [wish.instance_id for wish in wishes(session)] == [shop.id]
    assert worker.drain() == 1
    assert echoes(session) == [f"Heard {invoice.number} in Main Street"]


def test_what_a_plugin_puts_into_pages_is_shown_to_tenants_that_use_it(app, session, shop, quiet):
    loaded = app.extensions["erp_registry"]
    assert len(loaded.fills(session, INVOICE_COLUMN, tenant_id=shop.tenant_id)) == 1
    assert len(loaded.fills(session, DASHBOARD_CARD, tenant_id=shop.tenant_id, instance_id=shop.id)) == 1
    assert loaded.fills(session, INVOICE_COLUMN, tenant_id=quiet.tenant_id) == []
    assert loaded.fills(session, DASHBOARD_CARD, tenant_id=quiet.tenant_id, instance_id=quiet.id) == []


def test_a_schedule_rests_while_its_plugin_is_enabled_nowhere(app, session, switch, clock, shop):
    [schedule] = app.extensions["erp_registry"].schedules
    assert schedule.name == "echo.sweep"
    switch(shop, False)
    InvoiceFactory(instance=shop)

    def come_round():
        clock.move(seconds=schedule.seconds + 1)
        session.commit()
        assert run_if_due(sessions(app), schedule)
        return wishes(session)

    assert come_round() == []
    switch(shop, True)
    assert len(come_round()) == 1
    assert len(come_round()) == 1  # it waits already


def test_switching_off_holds_what_waits_and_switching_on_lets_it_go(session, worker, switch, shop):
    InvoiceFactory(instance=shop)
    switch(shop, False)
    [wish] = wishes(session)
    assert (wish.state, wish.hold_reason) == ("held", "Echo is switched off in Main Street.")
    assert worker.drain() == 0
    switch(shop, True)
    session.refresh(wish)
    assert (wish.state, wish.hold_reason) == ("pending", None)
    assert worker.drain() == 1
    assert len(echoes(session)) == 1


def test_problems_are_read_from_the_environment_of_the_server(make_app):
    def problems(**environ):
        [echo] = make_app(environ=environ).extensions["erp_registry"].plugins
        return list(echo.problems())

    assert problems() == []
    assert problems(ECHO_MUTED="1") == ["ECHO_MUTED is set, so nobody hears an echo. Remove it from the environment."]


@pytest.mark.parametrize("module", sorted(Path(echo_plugin.__file__).parent.glob("*.py")), ids=lambda path: path.name)
def test_echo_knows_nothing_of_the_host_but_the_toolkit(module):
    names = [
        name
        for node in ast.walk(ast.parse(module.read_text()))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    ]
    assert {name for name in names if name.startswith(("erp_core", "plugins"))} <= {"erp_core.toolkit"}


def test_tenants_see_nothing_of_a_plugin_that_can_not_work_on_this_server(make_app, session, client, shop):
    client.login(user := UserFactory(tenant=shop.tenant))
    assert 'name="echo-enabled"' in client.get(f"/settings/instances/{shop.id}").text
    assert "echoes" in client.get("/").text
    muted = make_app(environ={"ECHO_MUTED": "1"}).test_client()
    muted.login(user)
    assert 'name="echo-enabled"' not in muted.get(f"/settings/instances/{shop.id}").text
    assert "echoes" not in muted.get("/").text
