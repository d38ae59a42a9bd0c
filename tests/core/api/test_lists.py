"""Lists: paging, search, status, sorting, and nobody else's records."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from erp_core.extensions import db
from erp_core.testing.factories import CustomerFactory, InstanceFactory, InvoiceFactory, OrderFactory, ProductFactory


def numbers(response, member="id"):
    assert response.status_code == 200, response.text
    return [row[member] for row in response.get_json()["data"]]


def test_a_cursor_leads_through_all_records_once(program, shop):
    made = [CustomerFactory(tenant_id=shop.tenant_id).id for _ in range(7)]
    seen, path = [], "/api/customers?limit=3&sort=-id"
    for _ in range(3):
        page = program.get(path).get_json()
        seen += [row["id"] for row in page["data"]]
        path = f"/api/customers?limit=3&sort=-id&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert seen == made[::-1]


def test_lists_hold_only_the_tenants_own_records(program, shop):
    mine, theirs = InvoiceFactory(instance=shop), InvoiceFactory()
    assert numbers(program.get("/api/invoices")) == [mine.id]
    assert numbers(program.get("/api/orders")) == [mine.order_id]
    assert numbers(program.get("/api/customers")) == [mine.customer_id]
    assert numbers(program.get("/api/products")) == [mine.lines[0].product_id]
    assert numbers(program.get("/api/instances"), "code") == ["MAIN"]
    assert numbers(program.get(f"/api/activities?subject=invoice:{theirs.id}")) == []


def test_orders_are_found_by_state_words_and_instance(program, shop):
    second = InstanceFactory(tenant=shop.tenant, code="B2B")
    draft = OrderFactory(instance=shop, memo="for the picnic")
    shipped = OrderFactory(instance=second, shipped=True)
    assert numbers(program.get("/api/orders?status=draft")) == [draft.id]
    assert numbers(program.get("/api/orders?search=PICNIC the")) == [draft.id]
    assert numbers(program.get("/api/orders?search=100%25")) == []
    assert numbers(program.get("/api/orders?instance=B2B")) == [shipped.id]
    assert numbers(program.get(f"/api/orders?instance={shop.id}&sort=number")) == [draft.id]


def test_overdue_invoices_are_found_and_say_so(program, shop, clock):
    invoice = InvoiceFactory(instance=shop)
    assert numbers(program.get("/api/invoices?status=open")) == [invoice.id]
    assert numbers(program.get("/api/invoices?status=overdue")) == []
    clock.move(days=40)
    assert numbers(program.get("/api/invoices?status=overdue"), "status") == ["overdue"]


@pytest.mark.parametrize("name", ["orders", "invoices", "customers", "products", "payments", "activities"])
def test_a_longer_page_takes_no_more_statements(program, shop, name):
    def count():
        statements = []

        def note(_connection, _cursor, statement, *_):
            statements.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        assert program.get(f"/api/{name}?limit=200").status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
        return len([text for text in statements if text.startswith("SELECT")])

    def make():
        InvoiceFactory(
            instance=shop,
            customer=CustomerFactory(tenant_id=shop.tenant_id),
            lines=[(ProductFactory(tenant_id=shop.tenant_id), 1), (ProductFactory(tenant_id=shop.tenant_id), 2)],
        )

    make()
    short = count()
    for _ in range(3):
        make()
    assert count() == short <= 12


def test_reading_writes_nothing(program, shop, stored):
    InvoiceFactory(instance=shop)
    before = stored()
    for name in ("orders", "invoices", "customers", "products", "payments", "activities", "instances"):
        assert program.get(f"/api/{name}").status_code == 200
    assert stored() == before
