"""The host is useful with no plugin at all."""

from __future__ import annotations

import pytest

from erp_core.models import Role
from erp_core.plugins import migrate
from erp_core.testing.factories import InvoiceFactory, UserFactory


@pytest.fixture
def erp_plugins() -> tuple[str, ...]:
    """None."""
    return ()


def pages(app) -> list[str]:
    """Every page that needs no id."""
    return sorted(
        {
            str(rule)
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and not rule.arguments and not rule.endpoint.startswith("api")
        }
    )


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.BILLING, Role.VIEWER])
def test_every_page_works_with_no_plugin(app, session, client, role):
    invoice = InvoiceFactory()
    client.login(UserFactory(tenant=invoice.order.instance.tenant, role=role))
    assert len(pages(app)) > 15
    for page in pages(app):
        assert client.get(page).status_code in (200, 302, 403), page
    for page in ("/", "/orders", "/invoices", f"/invoices/{invoice.id}", f"/orders/{invoice.order_id}", "/fulfilment"):
        assert client.get(page).status_code == 200, page


def test_the_tables_are_the_hosts_alone(app):
    assert app.extensions["erp_registry"].plugins == ()
    assert migrate.pending(app) == []
