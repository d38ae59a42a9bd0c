"""Selects offer something, and what they offer can be sent."""

from __future__ import annotations

from decimal import Decimal
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core import clock
from erp_core.models import Payment, Product, User
from erp_core.testing.factories import InvoiceFactory, OrderFactory, TenantFactory, UserFactory

if TYPE_CHECKING:
    from erp_core.testing.client import Client


class Selects(HTMLParser):
    """The options of each select of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.offers: dict[str, list[str]] = {}
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "select":
            self._select = values.get("name") or ""
            self.offers[self._select] = []
        elif tag == "option" and self._select:
            self.offers[self._select].append(values.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


@pytest.mark.parametrize("kind", ["goods", "service"])
def test_a_product_is_made_and_edited_with_each_kind_that_is_offered(
    ana: Client, session: Session, house: Any, kind: str
) -> None:
    assert Selects(ana.get("/products/new").text).offers["kind"] == ["goods", "service"]
    form = {"sku": "OATS", "name": "Rolled Oats", "kind": kind, "price": "29.90"}
    address = ana.post("/products/new", data=form).location
    product = session.scalars(select(Product)).one()
    assert product.kind == kind
    page = ana.get(f"{address}/edit").text
    assert Selects(page).offers["kind"] == ["goods", "service"]
    assert f'<option selected value="{kind}">' in page


def test_a_payment_is_recorded_with_each_method_that_is_offered(ana: Client, session: Session, house: Any) -> None:
    invoice = InvoiceFactory(instance=house.shop)
    methods = Selects(ana.get(f"/payments/new?invoice_id={invoice.id}").text).offers["method"]
    assert "Check" in methods
    for method in methods:
        form = {
            "instance_id": house.shop.id,
            "customer_id": invoice.customer_id,
            "amount": "1",
            "payment_date": clock.today(house.shop.timezone).isoformat(),
            "method": method,
        }
        assert ana.post("/payments/new", data=form).status_code == 302, method
    assert [payment.method for payment in session.scalars(select(Payment).order_by(Payment.id))] == methods


def test_a_person_is_added_with_each_role_that_is_offered(ana: Client, session: Session, house: Any) -> None:
    roles = [role for role in Selects(ana.get("/settings/people").text).offers["role"] if role]
    assert {"administrator", "billing", "viewer"} == set(roles)
    for role in ("administrator", "billing", "viewer"):
        form = {"name": role, "email": f"{role}@example.com", "role": role, "password": "a long password"}
        assert ana.post("/settings/people", data=form).status_code == 302
        assert session.scalars(select(User.role).where(User.email == f"{role}@example.com")).one() == role


def test_a_person_who_can_not_be_added_is_said_at_the_top_and_the_tab_stays(ana: Client, house: Any) -> None:
    answer = ana.post("/settings/people", data={"name": "", "email": "nonsense", "role": "viewer", "password": "short"})
    assert answer.status_code == 422
    assert answer.text.index('role="alert"') < answer.text.index("People who sign in")
    assert 'href="#add-person">Show it' in answer.text
    tab = answer.text.split('href="/settings/people"', 1)[1].split(">", 1)[0]
    assert 'aria-current="page"' in tab


def test_an_order_is_edited_with_plain_quantities_and_prices_with_cents(ana: Client, house: Any) -> None:
    order = OrderFactory(
        instance=house.shop,
        lines=[(house.product(price=Decimal("18.5")), "2.50"), (house.product("Oats", "OATS"), "48")],
    )
    page = ana.get(f"/orders/{order.id}/edit").text
    assert 'name="lines-0-quantity" type="text" value="2.5"' in page
    assert 'name="lines-1-quantity" type="text" value="48"' in page
    assert 'name="lines-0-unit_price" type="text" value="18.50"' in page


def test_a_tenant_without_customers_and_products_is_told_what_an_order_needs(ana: Client, house: Any) -> None:
    page = ana.get("/orders/new").text
    assert '<a class="alert-link" href="/customers/new">a customer</a>' in page
    assert '<a class="alert-link" href="/products/new">a product</a>' in page
    house.customer()
    page = ana.get("/orders/new").text
    assert "An order needs" in page
    assert ">a customer</a>" not in page
    house.product()
    assert "An order needs" not in ana.get("/orders/new").text


def test_the_host_hears_all_that_is_wrong_with_a_new_tenant_at_once(client: Client, session: Session) -> None:
    client.login(UserFactory(tenant=None, role="host"))
    form = {
        "tenant": "",
        "instance": "Shop",
        "code": "much too long a code",
        "currency": "USD",
        "timezone": "Mars/Olympus",
        "person": "",
        "email": "nonsense",
        "password": "short",
    }
    answer = client.post("/host/tenants", data=form)
    assert answer.status_code == 422
    for field in ("tenant", "code", "timezone", "person", "email", "password"):
        assert f'id="{field}-error"' in answer.text, field
    assert "Only checked" not in client.get("/host").text
    TenantFactory(name="Old Oak")
    assert "<time" not in client.get("/host").text.split("Old Oak", 1)[1].split("</tr>", 1)[0]
