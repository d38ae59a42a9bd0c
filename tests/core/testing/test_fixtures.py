"""What the fixtures promise to authors of tests."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from flask import has_app_context, has_request_context
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core import clock as product_clock
from erp_core.app import sessions
from erp_core.extensions import db
from erp_core.models import InvoiceStatus, OrderState, Tenant
from erp_core.testing.factories import InvoiceFactory, OrderFactory, ProductFactory, TenantFactory, UserFactory


def tenant_names(session):
    return session.scalars(select(Tenant.name)).all()


def test_a_test_starts_with_an_empty_database(session):
    assert tenant_names(session) == []
    TenantFactory(name="Left by the first test")


def test_the_next_test_starts_with_an_empty_database_too(session):
    assert tenant_names(session) == []


def test_a_factory_commits(app, session):
    TenantFactory(name="Seen by all")
    with sessions(app)() as other:
        assert tenant_names(other) == ["Seen by all"]


def test_a_test_is_not_inside_a_request(app):
    assert not has_request_context()
    assert not has_app_context()


def test_a_request_does_not_share_the_context_of_the_test(app, session, client):
    client.login(UserFactory())
    seen = []
    app.before_request(lambda: seen.append(app.extensions["sqlalchemy"].session()))
    client.get("/")
    assert isinstance(seen[0], Session)
    assert seen[0] is not session


def test_a_request_waits_for_no_lock_of_the_test_and_the_test_sees_what_it_wrote(app, session, client):
    client.login(UserFactory())
    tenant = TenantFactory(name="Before")
    tenant_id = tenant.id

    def rename():
        db.session.get(Tenant, tenant_id).name += ", after"
        db.session.commit()

    app.before_request(rename)
    tenant.name = "Written by the test"
    session.flush()
    client.post("/")
    assert tenant.name == "Written by the test, after"


def test_a_person_who_is_logged_in_reaches_the_pages(session, client):
    client.login(UserFactory())
    assert client.get("/").status_code == 200


def test_the_clock_moves_and_is_put_back(clock):
    before = product_clock.now()
    clock.move(hours=2)
    assert product_clock.now() - before >= timedelta(hours=2)


def test_a_worker_drains_an_empty_outbox(worker):
    assert worker.drain() == 0


def test_an_order_takes_the_steps_that_were_asked_for(session):
    assert OrderFactory().state == OrderState.DRAFT
    assert OrderFactory(confirmed=True).state == OrderState.CONFIRMED
    assert OrderFactory(shipped=True).state == OrderState.SHIPPED
    assert OrderFactory(invoiced=True).state == OrderState.INVOICED


def test_an_invoice_has_the_lines_that_were_asked_for(session):
    order = OrderFactory()
    granola = ProductFactory(tenant_id=order.tenant_id, price=Decimal("4.50"))
    invoice = InvoiceFactory(instance=order.instance, lines=[(granola, 3)])
    assert invoice.status == InvoiceStatus.SENT
    assert [(line.quantity, line.amount) for line in invoice.lines] == [(3, Decimal("13.50"))]
    assert invoice.order.state == OrderState.INVOICED


def test_redis_answers(redis_url):
    import redis

    with redis.Redis.from_url(redis_url) as client:
        client.set("greeting", "hello")
        assert client.get("greeting") == b"hello"
