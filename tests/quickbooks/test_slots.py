"""What people and programs see of QuickBooks in the host's pages and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from erp_core.models import Actor, Address, Invoice, Role
from erp_core.services import accounts, ordering
from erp_core.testing.factories import ACTOR, OrderFactory, UserFactory
from plugins.quickbooks.state import SyncState
from tests.quickbooks.conftest import Shop, fault
from tests.quickbooks.test_rules import edit

if TYPE_CHECKING:
    from erp_core.testing.client import Client

INVOICE = {"method": "POST", "path_glob": "/v3/company/*/invoice"}


@pytest.fixture
def ana(client: Client, shop: Shop) -> Client:
    """The administrator of the shop, signed in."""
    client.login(shop.user)
    return client


def test_the_list_shows_badge_and_number_and_filters_by_state(ana: Client, shop: Shop, worker) -> None:
    sent = shop.invoice()
    worker.drain()
    waiting = shop.invoice()
    page = ana.get("/invoices").text
    for shown in ("Sent and verified", "Waiting", "QBO number", "Send to QuickBooks"):
        assert shown in page
    page = ana.get("/invoices?filter=quickbooks-waiting").text
    assert f"{waiting.number}<" in page
    assert f"{sent.number}<" not in page
    page = ana.get("/invoices?filter=quickbooks-sent").text
    assert f"{sent.number}<" in page
    assert f"{waiting.number}<" not in page


def test_a_badge_is_a_button_that_says_why_and_what_to_do(ana: Client, shop: Shop, worker) -> None:
    shop.quickbooks.fault(match=INVOICE, action="status", status=400, body=fault("6190", "Invalid Company Status"))
    invoice = shop.invoice()
    worker.drain()
    page = ana.get(f"/invoices/{invoice.id}").text
    assert '<button type="button" class="erp-badge tone-danger"' in page
    assert "The QuickBooks subscription is not active" in page
    assert "Ask the owner of the company to renew it" in page
    assert "Send again" in page
    assert "Details for support" in page
    assert "intuit_tid" in page


def test_the_banner_groups_by_cause(ana: Client, shop: Shop, worker) -> None:
    assert "QuickBooks needs you" not in ana.get("/invoices").text
    shop.configure(income_account_id=None)
    for _ in range(2):
        shop.invoice()
    worker.drain()
    page = ana.get("/invoices").text
    assert "QuickBooks needs you" in page
    assert "2 invoices: No income account is chosen" in page
    assert "Open QuickBooks settings" in page


def test_the_banner_counts_reasons_that_differ(ana: Client, shop: Shop, worker) -> None:
    shop.invoice(customer=shop.customer(name="A: B"))
    shop.invoice(memo="你好")
    worker.drain()
    assert "2 invoices: QuickBooks can't store" in ana.get("/invoices").text.replace("&#39;", "'")
    assert "and 1 more reason" in ana.get("/invoices").text


def test_who_may_not_change_settings_is_not_sent_there(client: Client, shop: Shop, worker) -> None:
    shop.configure(income_account_id=None)
    invoice = shop.invoice()
    worker.drain()
    client.login(UserFactory(tenant=shop.instance.tenant, role=Role.BILLING))
    page = client.get(f"/invoices/{invoice.id}").text
    assert "Send again" in page
    assert "Open QuickBooks settings" not in page


def test_sending_from_the_list_and_again_after_a_failure(ana: Client, shop: Shop, worker) -> None:
    shop.choose(auto_invoice=False)
    invoice = shop.invoice()
    answer = ana.post("/quickbooks/send", data={"ids": [invoice.id]}, follow_redirects=True)
    assert "1 invoice on the way to QuickBooks" in answer.text
    shop.quickbooks.fault(match=INVOICE, action="status", status=400, body=fault("6000", "Not today"))
    worker.drain()
    assert shop.sync(invoice).state is SyncState.FAILED_USER
    ana.post("/quickbooks/send", data={"ids": [invoice.id]})
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED


def test_a_question_is_answered_on_the_panel(ana: Client, shop: Shop, worker) -> None:
    customer = shop.customer(name="Saltbox again", email="hello@saltboxcafe.example")
    shop.invoice(customer=shop.customer(name="Saltbox", email="hello@saltboxcafe.example"))
    worker.drain()
    invoice = shop.invoice(customer=customer)
    worker.drain()
    page = ana.get(f"/invoices/{invoice.id}").text
    assert "Create a new one" in page
    form = {"kind": "customer", "local_id": customer.id, "qbo_id": ""}
    ana.post(f"/quickbooks/invoices/{invoice.id}/choose", data=form)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED


def test_an_order_is_invoiced_and_sent_in_one_click(ana: Client, shop: Shop, worker) -> None:
    shop.choose(auto_invoice=False)
    order = shop.order()
    page = ana.get(f"/orders/{order.id}").text
    assert "Create invoice in QuickBooks" in page
    assert "Found or created when sent" in page
    ana.post(f"/quickbooks/orders/{order.id}/send")
    worker.drain()
    invoice = shop.session.scalars(select(Invoice).where(Invoice.order_id == order.id)).one()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    page = ana.get(f"/orders/{order.id}").text
    assert "Auto-created" in page
    assert "Sent and verified" in page
    assert "Create invoice in QuickBooks" not in page


def test_a_draft_order_offers_nothing_to_send(ana: Client, shop: Shop) -> None:
    order = OrderFactory(instance=shop.instance)
    assert "Create invoice in QuickBooks" not in ana.get(f"/orders/{order.id}").text


def test_the_instance_page_shows_the_readiness_list(ana: Client, shop: Shop) -> None:
    shop.choose(auto_invoice=False)
    shop.invoice()
    shop.configure(income_account_id=None)
    page = ana.get(f"/settings/instances/{shop.instance.id}").text
    assert "Nothing old will be sent: 1 invoice stays as it is" in page
    assert "Choose the income account for new products" in page
    assert "Connected to Harbor &amp; Pine Provisions LLC." in page


def test_a_viewer_sees_the_state_and_no_button(client: Client, shop: Shop, worker) -> None:
    shop.configure(income_account_id=None)
    invoice = shop.invoice()
    worker.drain()
    client.login(UserFactory(tenant=shop.instance.tenant, role=Role.VIEWER))
    page = client.get(f"/invoices/{invoice.id}").text
    assert "Needs setup" in page
    assert "Send again" not in page
    assert client.post("/quickbooks/send", data={"ids": [invoice.id]}).status_code == 403


def test_programs_read_the_state_from_the_api(client: Client, shop: Shop, worker) -> None:
    _, token = accounts.create_token(shop.session, shop.user, "test", expires_at=None, actor=Actor("Ana", shop.user.id))
    shop.session.commit()
    headers = {"Authorization": f"Bearer {token}"}
    good = shop.invoice()
    bad = shop.invoice(customer=shop.customer(name="A: B"))
    worker.drain()
    answer = client.get(f"/api/invoices/{good.id}", headers=headers).json
    assert answer is not None
    assert answer["quickbooks"]["state"] == "verified"
    assert answer["quickbooks"]["doc_number"] == good.number
    assert answer["quickbooks"]["id"] == shop.sync(good).qbo_id
    assert answer["quickbooks"]["error"] is None
    answer = client.get(f"/api/invoices/{bad.id}", headers=headers).json
    assert answer is not None
    assert answer["quickbooks"]["state"] == "blocked"
    assert answer["quickbooks"]["error"]["code"] == "needs_setup"
    assert "colon" in answer["quickbooks"]["error"]["headline"]


def test_another_tenants_invoice_is_not_there(client: Client, shop: Shop) -> None:
    invoice = shop.invoice()
    client.login(UserFactory())
    client.post("/quickbooks/send", data={"ids": [invoice.id]})
    assert (
        client.post(f"/quickbooks/invoices/{invoice.id}/choose", data={"kind": "customer", "local_id": 1}).status_code
        == 404
    )
    assert shop.sync(invoice).state is SyncState.QUEUED


def test_without_keys_of_an_intuit_app_tenants_see_nothing_of_quickbooks(make_app, shop: Shop) -> None:
    invoice = shop.invoice()
    plain = make_app(environ={}).test_client()
    plain.login(shop.user)
    order = f"/orders/{invoice.order_id}"
    for page in ("/invoices", f"/invoices/{invoice.id}", order, f"/settings/instances/{shop.instance.id}", "/settings"):
        answer = plain.get(page)
        assert answer.status_code == 200
        assert "quickbooks" not in answer.text.lower(), page


def test_a_cancelled_order_is_not_said_to_wait_for_its_invoice(ana: Client, shop: Shop) -> None:
    order = shop.order()
    assert "Not invoiced yet." in ana.get(f"/orders/{order.id}").text
    ordering.cancel_order(shop.session, order, actor=ACTOR)
    shop.session.commit()
    page = ana.get(f"/orders/{order.id}").text
    assert "Not invoiced yet." not in page
    assert "This order is cancelled, so nothing is sent." in page


def test_the_chip_says_what_it_counts(ana: Client, shop: Shop, worker) -> None:
    invoice = shop.invoice((shop.product(), 1))
    worker.drain()
    edit(shop, invoice, 2)
    page = ana.get("/invoices?filter=quickbooks-differs").text
    assert f"{invoice.number}<" in page
    assert "Changed or differs" in page


@pytest.mark.parametrize(
    "values",
    [
        {"name": "Cedar Farm Supply", "email": ""},  # a vendor's name there
        {"name": "A: B"},
        {"name": "Saltbox again", "email": "hello@saltboxcafe.example"},  # somebody there has this address
        {"billing": Address(line1="你好 1", city="Reno")},
    ],
    ids=["name taken", "name", "question", "characters"],
)
def test_a_cause_about_a_customer_leads_to_the_customer(ana: Client, shop: Shop, worker, values) -> None:
    if "Saltbox again" in values.values():
        shop.invoice(customer=shop.customer(name="Saltbox", email=values["email"]))
        worker.drain()
    customer = shop.customer(**values)
    invoice = shop.invoice(customer=customer)
    worker.drain()
    button = f'href="/customers/{customer.id}">Open the customer</a>'
    for page in (f"/invoices/{invoice.id}", "/invoices"):
        assert button in ana.get(page).text


def test_an_address_that_quickbooks_refuses_leads_to_the_customer(ana: Client, shop: Shop, worker) -> None:
    shop.quickbooks.fault(match=INVOICE, action="status", status=400, body=fault("2210", "Invalid email"))
    invoice = shop.invoice()
    worker.drain()
    button = f'href="/customers/{invoice.customer_id}">Open the customer</a>'
    assert button in ana.get(f"/invoices/{invoice.id}").text


def test_gaps_of_several_records_lead_to_each(ana: Client, shop: Shop, worker) -> None:
    customer, product = shop.customer(name="A: B"), shop.product(name="C: D")
    invoice = shop.invoice((product, 1), customer=customer)
    worker.drain()
    page = ana.get(f"/invoices/{invoice.id}").text
    assert f'href="/customers/{customer.id}">Open the customer</a>' in page
    assert f'href="/products/{product.id}">Open the product</a>' in page
