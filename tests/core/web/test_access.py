"""Every page answers, and only to those who may see it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp_core import clock
from erp_core.models import Activity, Order, Role
from erp_core.services import payments
from erp_core.testing.factories import ACTOR, InstanceFactory, InvoiceFactory, OrderFactory, TenantFactory, UserFactory

LISTS = [
    "/",
    "/orders",
    "/fulfilment",
    "/fulfilment?show=ship",
    "/invoices",
    "/customers",
    "/products",
    "/payments",
    "/activity",
    "/search",
    "/search?q=nothing",
    "/settings",
    "/settings/people",
    "/settings/tokens",
    "/settings/taxes",
]
FORMS = [
    "/orders/new",
    "/customers/new",
    "/products/new",
    "/payments/new",
    "/settings/instances/new",
    "/password",
]
RECORDS = [
    "/orders/{order}",
    "/orders/{order}?tab=activity",
    "/orders/{order}/edit",
    "/orders/{order}/panel",
    "/invoices/{invoice}",
    "/invoices/{invoice}?tab=activity",
    "/invoices/{invoice}/panel",
    "/invoices/{open}/void",
    "/invoices/{open}/replace",
    "/customers/{customer}",
    "/customers/{customer}/edit",
    "/products/{product}",
    "/products/{product}/edit",
    "/payments/{payment}",
    "/payments/new?invoice_id={open}",
    "/settings/instances/{instance}",
    "/settings/people/{person}/password",
]
WRITES = [
    "/orders/new",
    "/orders/{order}/edit",
    "/orders/{order}/confirm",
    "/orders/{order}/ship",
    "/orders/{order}/invoice",
    "/orders/{order}/cancel",
    "/orders/{order}/delete",
    "/fulfilment/confirm",
    "/fulfilment/ship",
    "/fulfilment/invoice",
    "/invoices/{open}/issue",
    "/invoices/{open}/delete",
    "/invoices/{open}/void",
    "/invoices/{open}/replace",
    "/customers/new",
    "/customers/{customer}/edit",
    "/customers/{customer}/switch",
    "/products/new",
    "/products/{product}/edit",
    "/products/{product}/switch",
    "/payments/new",
    "/payments/{payment}/void",
    "/settings/instances/new",
    "/settings/instances/{instance}",
    "/settings/people",
    "/settings/people/{person}/switch",
    "/settings/people/{person}/password",
    "/settings/taxes",
    "/host/tenants",
]


def furnish(session, shop, person):
    """One record of each kind."""
    paid, owed = InvoiceFactory(instance=shop), InvoiceFactory(instance=shop)
    payment = payments.record_payment(
        session,
        shop,
        customer_id=paid.customer_id,
        amount=paid.total,
        payment_date=clock.today(shop.timezone),
        allocations=[(paid.id, paid.total)],
        actor=ACTOR,
    )
    order = OrderFactory(instance=shop)
    session.commit()
    return {
        "order": order.id,
        "invoice": paid.id,
        "open": owed.id,
        "customer": order.customer_id,
        "product": order.lines[0].product_id,
        "payment": payment.id,
        "instance": shop.id,
        "person": person.id,
    }


@pytest.mark.parametrize("path", [*LISTS, *FORMS])
def test_pages_render_without_any_data(ana, path):
    answer = ana.get(path)
    assert answer.status_code == 200
    assert "<h1>" in answer.text


def test_pages_that_need_an_instance_say_so_when_there_is_none(client, session):
    client.login(UserFactory())
    for path in LISTS:
        assert client.get(path).status_code == 200, path
    answer = client.get("/orders/new")
    assert answer.status_code == 422
    assert "Create one under Settings first." in answer.text


def test_pages_render_with_data(ana, session, house):
    ids = furnish(session, house.shop, house.vera)
    for path in (*LISTS, *FORMS, *RECORDS):
        answer = ana.get(path.format(**ids))
        assert answer.status_code == 200, path
    for path in ("/orders", "/invoices", "/payments", "/activity"):
        assert "data-row" in ana.get(path).text, path


def test_a_viewer_sees_everything_and_changes_nothing(client, session, house):
    ids = furnish(session, house.shop, house.vera)
    client.login(house.vera)
    for path in (*LISTS, *(path for path in RECORDS if not path.endswith(("/edit", "/void", "/replace", "/password")))):
        if "payments/new" not in path:
            assert client.get(path.format(**ids)).status_code == 200, path
    before = session.query(Activity).count()
    for path in WRITES:
        answer = client.post(path.format(**ids), data={"ids": [ids["order"]], "name": "x"})
        assert answer.status_code == 403, path
    assert session.query(Activity).count() == before
    assert session.get(Order, ids["order"]).state == "draft"


def test_a_viewer_reads_whom_to_ask(client, house):
    client.login(house.vera)
    page = client.get(f"/settings/instances/{house.shop.id}").text
    assert "Ask an administrator: Ana." in page
    assert '<fieldset class="erp-stack" disabled>' in page
    assert "New order" not in client.get("/orders").text


def test_records_of_another_tenant_do_not_exist(ana, session, house):
    strangers = TenantFactory()
    shop = InstanceFactory(tenant=strangers)
    ids = furnish(session, shop, UserFactory(tenant=strangers))
    for path in RECORDS:
        assert ana.get(path.format(**ids)).status_code == 404, path
    for path in WRITES:
        if "{" in path:
            assert ana.post(path.format(**ids)).status_code == 404, path
    for path in ("/fulfilment/ship", "/fulfilment/invoice"):
        assert ana.post(path, data={"ids": [ids["order"]]}).status_code == 404
    assert ana.get(f"/invoices/cells?ids={ids['invoice']}").get_json() == {"rows": {}}
    assert ana.post("/instance", data={"instance_id": shop.id}).status_code == 404
    assert "data-row" not in ana.get("/orders").text


def test_every_form_needs_its_token(ana, session, house):
    ids = furnish(session, house.shop, house.vera)
    before = session.query(Activity).count()
    for path in (*WRITES, "/sign-out", "/instance", "/settings/tokens", "/password"):
        answer = ana.post(path.format(**ids), data={"ids": [ids["order"]]}, csrf=False)
        assert answer.status_code == 400, path
        assert "This form has expired" in answer.text
    assert session.query(Activity).count() == before


def test_nobody_gets_in_without_signing_in(client, session, house):
    ids = furnish(session, house.shop, house.vera)
    for path in (*LISTS, *FORMS, *RECORDS, "/invoices/cells?ids=1", "/customers/suggest", "/host"):
        answer = client.get(path.format(**ids))
        assert answer.status_code == 302, path
        assert answer.location.startswith("/sign-in"), path


def test_the_hosts_administrator_sees_tenants_but_none_of_their_records(client, session, house):
    ids = furnish(session, house.shop, house.vera)
    client.login(UserFactory(tenant=None, role=Role.HOST))
    assert client.get("/").location == "/host"
    page = client.get("/host").text
    assert "Golden Grove" in page
    for path in (*LISTS[1:], *RECORDS):
        assert client.get(path.format(**ids)).status_code == 403, path


def test_only_the_hosts_administrator_sees_the_server(ana):
    assert ana.get("/host").status_code == 403


def test_the_host_makes_a_tenant_with_its_first_administrator(client, session):
    client.login(UserFactory(tenant=None, role=Role.HOST))
    form = {
        "tenant": "Blue Mesa",
        "instance": "Shop",
        "code": "BM",
        "currency": "USD",
        "timezone": "America/Denver",
        "person": "Ben",
        "email": "ben@example.com",
        "password": "short",
    }
    refused = client.post("/host/tenants", data=form)
    assert refused.status_code == 422
    assert "The password needs at least 10 characters." in refused.text
    assert "Blue Mesa</td>" not in client.get("/host").text
    made = client.post("/host/tenants", data={**form, "password": "a long password"}, follow_redirects=True)
    assert "Ben can sign in as ben@example.com." in made.text
    assert "Blue Mesa" in client.get("/host").text


@pytest.mark.parametrize(
    "path", ["/orders/0", "/orders/99999999999999999999", "/orders/1e3", "/nothing", "/customers/-1"]
)
def test_what_is_not_there_is_said_in_plain_words(ana, path):
    answer = ana.get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_a_wrong_method_and_a_nul_are_said_in_plain_words(ana, house):
    answer = ana.get(f"/orders/{OrderFactory(instance=house.shop).id}/confirm")
    assert answer.status_code == 405
    assert "That does not work this way" in answer.text
    assert ana.get("/orders?q=%00").status_code == 400
    assert ana.post("/customers/new", data={"name": "a\x00b"}).status_code == 400


def test_a_form_that_is_too_large_is_refused(ana):
    answer = ana.post("/customers/new", data={"name": "x" * 1_100_000})
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_pages_carry_nothing_from_another_host_and_no_inline_code(ana, session, house):
    ids = furnish(session, house.shop, house.vera)
    for path in (*LISTS, *FORMS, *RECORDS):
        answer = ana.get(path.format(**ids))
        page = answer.text
        assert (
            "script-src" in answer.headers["Content-Security-Policy"]
            or "default-src 'self'" in answer.headers["Content-Security-Policy"]
        )
        assert "http://" not in page.replace("http://www.w3.org", "")
        assert "https://" not in page
        assert " style=" not in page, path
        assert "<script>" not in page, path
        assert " onclick=" not in page, path


def test_money_and_dates_follow_the_instance(ana, session, house):
    house.shop.locale, house.shop.currency = "de_DE", "EUR"
    product = house.product()
    order = OrderFactory(
        instance=house.shop, customer=house.customer(currency="EUR"), lines=[(product, 3)], discount=Decimal("1.50")
    )
    page = ana.get(f"/orders/{order.id}").text
    assert "28,50\u00a0€" in page
    assert f"{order.order_date:%d.%m.%Y}" in page
