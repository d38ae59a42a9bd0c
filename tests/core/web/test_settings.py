"""Settings: instances with their plugins, people, tokens, tax rates. Echo is the plugin that has settings."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from echo_plugin.models import Note
from erp_core.models import Activity, ApiToken, Customer, Instance, Invoice, PluginSetting, Product, Role, TaxRate, User
from erp_core.services import tenants
from erp_core.testing.factories import InvoiceFactory, UserFactory


@pytest.fixture
def erp_plugins() -> tuple[str, ...]:
    """Echo has settings for instances: a text, a choice, a switch and a secret."""
    return ("echo",)


def typed(house, **values):
    shop = house.shop
    form = {
        "name": shop.name,
        "code": shop.code,
        "currency": "USD",
        "timezone": shop.timezone,
        "locale": shop.locale,
        "order_prefix": "SO-",
        "invoice_prefix": "INV-",
        "payment_prefix": "PAY-",
        "echo-shown": "1",
        "echo-words": "Heard",
        "echo-loudness": "normal",
        **values,
    }
    return {key: value for key, value in form.items() if value is not None}


def path(house):
    return f"/settings/instances/{house.shop.id}"


def test_an_instance_and_its_plugin_are_saved_with_one_button(ana, session, house):
    form = typed(
        house, **{"name": "Main Street 2", "echo-enabled": "1", "echo-words": "Hark", "echo-keep_invoices": "1"}
    )
    assert ana.post(path(house), data=form).location == path(house)
    page = ana.get(path(house)).text
    assert "Saved " in page
    assert 'value="Hark"' in page
    assert 'name="echo-enabled" value="1" checked' in page
    assert 'name="echo-keep_invoices" value="1" checked' in page
    assert "Saved " not in ana.get(path(house)).text
    assert session.get(Instance, house.shop.id).name == "Main Street 2"
    assert tenants.is_enabled(session, "echo", house.shop.id)


def test_titles_helps_and_choices_come_from_the_plugin(ana, house):
    page = ana.get(path(house)).text
    assert "What an echo begins with." in page
    assert '<option value="normal" selected>' in page
    assert 'role="switch" id="echo-keep_invoices"' in page
    assert 'type="password"' in page


def test_the_log_says_what_changed_and_never_a_secret(ana, session, house):
    ana.post(path(house), data=typed(house, **{"echo-words": "Hark", "echo-password": "open sesame"}))
    entry = session.scalars(select(Activity).where(Activity.action == "settings_changed")).one()
    assert entry.details["changed"]["words"] == ["Heard", "Hark"]
    assert "sesame" not in str(entry.details)
    assert "sesame" not in session.scalars(select(PluginSetting.values)).one()
    assert "sesame" not in ana.get(path(house)).text
    before = session.query(Activity).count()
    ana.post(path(house), data=typed(house, **{"echo-words": "Hark", "echo-password": "••••••••"}))
    assert session.query(Activity).count() == before  # the secret was not touched


def test_what_is_wrong_stands_on_the_card_and_nothing_is_saved(ana, session, house):
    form = typed(house, **{"name": "Another name", "echo-enabled": "1", "echo-words": "x" * 41})
    answer = ana.post(path(house), data=form)
    assert answer.status_code == 422
    assert 'id="echo-words-error"' in answer.text
    assert 'href="#plugin-echo">Show it' in answer.text
    assert '<section class="card" id="plugin-echo"' in answer.text
    assert "x" * 41 in answer.text
    assert "Another name" in answer.text
    assert session.get(Instance, house.shop.id).name == "Main Street"
    assert not tenants.is_enabled(session, "echo", house.shop.id)


def test_only_what_was_offered_can_be_chosen(ana, session, house):
    answer = ana.post(path(house), data=typed(house, **{"echo-loudness": "deafening"}))
    assert answer.status_code == 422
    assert "Choose one of the list." in answer.text
    assert session.scalars(select(PluginSetting)).all() == []


def test_what_is_wrong_with_the_instance_stands_at_its_field(ana, session, house):
    answer = ana.post(path(house), data=typed(house, timezone="Mars/Olympus"))
    assert answer.status_code == 422
    assert 'id="timezone-error"' in answer.text
    answer = ana.post(path(house), data=typed(house, currency="XXY"))
    assert answer.status_code == 422


def test_the_filled_slots_appear_when_the_plugin_is_switched_on(ana, house):
    InvoiceFactory(instance=house.shop)
    assert 'data-label="Echo"' not in ana.get("/invoices").text
    ana.post(path(house), data=typed(house, **{"echo-enabled": "1"}))
    assert 'data-label="Echo"' in ana.get("/invoices").text
    assert "On" in ana.get("/settings").text


def test_void_and_replace_are_not_offered_where_a_guard_says_no(ana, session, house):
    ana.post(path(house), data=typed(house, **{"echo-enabled": "1", "echo-keep_invoices": "1"}))
    free = InvoiceFactory(instance=house.shop)
    kept = InvoiceFactory(instance=house.shop)
    session.add(Note(tenant_id=house.tenant.id, instance_id=house.shop.id, invoice_id=kept.id, text="Heard"))
    session.commit()
    page = ana.get(f"/invoices/{free.id}").text
    assert f"/invoices/{free.id}/void" in page
    assert f"/invoices/{free.id}/replace" in page
    page = ana.get(f"/invoices/{kept.id}").text
    assert f"/invoices/{kept.id}/void" not in page
    assert f"/invoices/{kept.id}/replace" not in page
    assert page.count('disabled aria-describedby="why-not-void"') == 2
    reason = "Echo keeps this invoice."
    assert reason in page
    for verb in ("void", "replace"):
        answer = ana.get(f"/invoices/{kept.id}/{verb}", follow_redirects=True).text
        assert "This can't be undone" not in answer
        assert reason in answer
    assert session.get(Invoice, kept.id).status == "sent"


def test_an_instance_is_made(ana, session, house):
    form = {"name": "Side Street", "code": "side", "currency": "EUR", "timezone": "Europe/Berlin", "locale": "de_DE"}
    answer = ana.post("/settings/instances/new", data=form, follow_redirects=True)
    assert "Side Street is created." in answer.text
    taken = ana.post("/settings/instances/new", data=form)
    assert taken.status_code == 422
    assert "There is an instance with the code SIDE already." in taken.text


def test_people_are_added_switched_off_and_given_passwords(app, ana, session, house):
    form = {"name": "Ben", "email": "ben@example.com", "role": "billing", "password": "a long password"}
    assert "Ben can sign in now" in ana.post("/settings/people", data=form, follow_redirects=True).text
    assert ana.post("/settings/people", data=form).status_code == 422
    assert ana.post("/settings/people", data={**form, "email": "x@example.com", "role": "host"}).status_code == 422
    ben = session.scalars(select(User).where(User.email == "ben@example.com")).one()
    assert ben.role == Role.BILLING
    ana.post(f"/settings/people/{ben.id}/switch", data={"active": "0"})
    assert not session.get(User, ben.id).active
    assert ana.post(f"/settings/people/{ben.id}/password", data={"password": "short"}).status_code == 422
    assert ana.post(f"/settings/people/{ben.id}/password", data={"password": "another long one"}).status_code == 302
    assert (
        "switch yourself off"
        in ana.post(f"/settings/people/{house.ana.id}/switch", data={"active": "0"}, follow_redirects=True).text
    )
    assert ana.post(f"/settings/people/{UserFactory().id}/switch", data={"active": "0"}).status_code == 404


def test_a_token_is_shown_once_and_revoked(app, ana, session, house):
    page = ana.post("/settings/tokens", data={"name": "Shop robot", "expires_on": ""}).text
    raw = page.split('id="token-text">')[1].split("<")[0]
    assert raw.startswith("erp_")
    assert raw not in ana.get("/settings/tokens").text
    token = session.scalars(select(ApiToken)).one()
    robot = app.test_client()
    assert robot.get("/api/customers", headers={"Authorization": f"Bearer {raw}"}).status_code == 200
    ana.post(f"/settings/tokens/{token.id}/revoke")
    assert robot.get("/api/customers", headers={"Authorization": f"Bearer {raw}"}).status_code == 401
    assert ana.post("/settings/tokens", data={"name": "Old", "expires_on": "2020-01-01"}).status_code == 422


def test_a_viewer_sees_and_revokes_own_tokens_only(ana, client, session, house):
    ana.post("/settings/tokens", data={"name": "Of Ana"})
    token = session.scalars(select(ApiToken)).one()
    client.login(house.vera)
    assert "Of Ana" not in client.get("/settings/tokens").text
    assert client.post(f"/settings/tokens/{token.id}/revoke").status_code == 403
    client.post("/settings/tokens", data={"name": "Of Vera"})
    assert "Of Vera" in client.get("/settings/tokens").text
    client.login(UserFactory())
    assert client.post(f"/settings/tokens/{token.id}/revoke").status_code == 404


def test_a_tax_rate_is_added(ana, session, house):
    assert (
        "NYC can be chosen"
        in ana.post("/settings/taxes", data={"name": "NYC", "percent": "8.875"}, follow_redirects=True).text
    )
    assert "8.875 %" in ana.get("/settings/taxes").text
    assert ana.post("/settings/taxes", data={"name": "X", "percent": "101"}).status_code == 422
    assert len(session.scalars(select(TaxRate)).all()) == 1


def test_a_customer_is_made_edited_and_switched_off(ana, session, house):
    form = {
        "name": "Redwood Co-op",
        "account_code": "RED",
        "terms_days": "15",
        "currency": "USD",
        "tax_exempt": "y",
        "contacts-0-name": "",
        "contacts-1-name": "Mo",
        "contacts-1-email": "mo@redwood.example",
        "billing-line1": "40 Bridge St",
        "billing-city": "Pueblo",
        "billing-region": "CO",
        "billing-postal_code": "81003",
    }
    address = ana.post("/customers/new", data=form).location
    page = ana.get(address).text
    for text in ("mo@redwood.example", "Pueblo, CO 81003", "15 days", "Tax exempt"):
        assert text in page
    customer = session.scalars(select(Customer)).one()
    version = customer.updated_at.isoformat()
    edit = {**form, "terms_days": "30", "version": version}
    assert ana.post(f"{address}/edit", data=edit).status_code == 302
    stale = ana.post(f"{address}/edit", data={**edit, "terms_days": "60"})
    assert stale.status_code == 422
    assert "Somebody else saved Redwood Co-op" in stale.text
    wrong = ana.post("/customers/new", data={**form, "name": "B", "contacts-1-email": "nonsense", "terms_days": "soon"})
    assert wrong.status_code == 422
    taken = ana.post("/customers/new", data=form)
    assert 'id="name-error"' in taken.text
    wrong = ana.post("/customers/new", data={**form, "name": "B", "account_code": "", "contacts-1-email": "nonsense"})
    assert 'id="contacts-1-email-error"' in wrong.text
    ana.post(f"{address}/switch", data={"active": "0"})
    assert "Switched off" in ana.get(address).text
    assert ana.get("/customers/suggest?q=red").get_json() == {"items": []}


def test_a_product_is_made_edited_and_switched_off(ana, session, house):
    form = {"sku": "OATS", "name": "Rolled Oats", "kind": "goods", "price": "29.90", "stock": "12.5", "taxable": "y"}
    address = ana.post("/products/new", data=form).location
    product = session.scalars(select(Product)).one()
    assert (str(product.price.normalize()), str(product.stock)) == ("29.9", "12.500000")
    assert 'value="29.90"' in ana.get(f"{address}/edit").text
    version = product.updated_at.isoformat()
    assert ana.post(f"{address}/edit", data={**form, "price": "30", "version": version}).status_code == 302
    stale = ana.post(f"{address}/edit", data={**form, "price": "31", "version": version})
    assert "Somebody else saved Rolled Oats" in stale.text
    taken = ana.post("/products/new", data={**form, "sku": "oats"})
    assert 'id="sku-error"' in taken.text
    ana.post(f"{address}/switch", data={"active": "0"})
    assert "Switched off" in ana.get(address).text


def test_a_plugin_that_is_off_keeps_its_settings(ana, session, house):
    ana.post(path(house), data=typed(house, **{"echo-enabled": "1", "echo-words": "Hark"}))
    ana.post(path(house), data=typed(house, **{"echo-words": "Hark"}))
    assert not tenants.is_enabled(session, "echo", house.shop.id)
    assert 'value="Hark"' in ana.get(path(house)).text
