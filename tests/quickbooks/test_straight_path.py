"""Press the button, let the worker run, look at the books."""

from __future__ import annotations

import threading
from decimal import Decimal

from sqlalchemy import select

from erp_core.models import Activity, Invoice, Message, MessageState
from erp_core.services import invoicing
from erp_core.testing.factories import ACTOR
from plugins.quickbooks.models import Entity, Link
from plugins.quickbooks.send import send_invoices
from plugins.quickbooks.state import SyncState
from tests.quickbooks.conftest import Shop, money


def test_an_invoiced_order_reaches_quickbooks(shop: Shop, worker) -> None:
    granola = shop.product(name="Organic Granola Mix", sku="GRAN-1", price=Decimal("12.345678"))
    invoice = shop.invoice((granola, 3), customer=shop.customer(name="Green Grocer", email="buy@green.example"))
    assert shop.sync(invoice).state is SyncState.QUEUED

    worker.drain()

    sync = shop.sync(invoice)
    assert sync.state is SyncState.VERIFIED, sync
    [remote] = shop.remote_invoices
    assert sync.qbo_id == remote["Id"]
    assert sync.doc_number == remote["DocNumber"] == invoice.number
    assert money(remote["TotalAmt"]) == invoice.total == Decimal("37.04")
    assert remote["CustomerRef"]["name"] == "Green Grocer"
    assert remote["BillEmail"]["Address"] == "buy@green.example"
    [item] = [one for one in shop.books["Item"] if one.get("Sku") == "GRAN-1"]
    assert item["Type"] == "NonInventory"
    assert remote["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"] == item["Id"]


def test_the_message_is_done_and_the_log_says_who_sent_it_as_what(shop: Shop, worker) -> None:
    invoice = shop.invoice()
    worker.drain()
    shop.session.expire_all()
    assert shop.session.scalars(select(Message.state)).all() == [MessageState.DONE]
    entry = shop.session.scalars(
        select(Activity).where(Activity.action == "invoice_created").order_by(Activity.id)
    ).all()[-1]
    assert entry.summary == f"Invoice {invoice.number} sent to QuickBooks as {invoice.number}"
    assert entry.actor_name == "Auto Invoice"
    assert entry.subject_id == invoice.id


def test_a_hundred_orders_invoiced_at_once_are_a_hundred_invoices_equal_to_the_cent(shop: Shop, worker) -> None:
    products = [shop.product(price=Decimal(f"{number}.{number:02d}5")) for number in range(1, 8)]
    customers = [shop.customer() for _ in range(10)]
    orders = [
        shop.order(
            (products[number % 7], 1 + number % 5), (products[(number + 3) % 7], 2), customer=customers[number % 10]
        )
        for number in range(100)
    ]
    outcomes = invoicing.invoice_orders(shop.session, orders, actor=ACTOR)
    shop.session.commit()
    assert all(outcome.ok for outcome in outcomes)

    worker.drain()

    remote = {one["DocNumber"]: money(one["TotalAmt"]) for one in shop.remote_invoices}
    assert len(shop.remote_invoices) == 100
    assert remote == {outcome.invoice.number: outcome.invoice.total for outcome in outcomes if outcome.invoice}
    writes = shop.calls("write")
    assert len(writes) == 100 + len(products) + len(customers)
    assert len(shop.calls("query")) + len(shop.calls("batch")) == 1


def test_a_known_customer_and_item_cost_no_read_and_no_write(shop: Shop, worker) -> None:
    product, customer = shop.product(), shop.customer()
    shop.invoice((product, 1), customer=customer)
    worker.drain()
    shop.quickbooks.clear_calls()
    shop.invoice((product, 2), customer=customer)
    worker.drain()
    assert [call["kind"] for call in shop.calls()] == ["write"]


def test_with_auto_invoice_off_nothing_is_sent_until_somebody_sends_it(shop: Shop, worker) -> None:
    shop.choose(auto_invoice=False)
    invoice = shop.invoice()
    worker.drain()
    assert shop.sync(invoice).state is SyncState.OFF
    assert shop.remote_invoices == []

    result = send_invoices(shop.session, [invoice], actor=ACTOR)
    assert result.queued == [invoice]
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED


def test_links_say_what_was_created_and_what_was_found(shop: Shop, worker) -> None:
    found = shop.customer(name="Juniper", email="orders@junipermarket.example")
    shop.invoice(
        (shop.product(name="New here"), 1), (shop.product(name="Trail Mix", sku="TM-CLASSIC"), 1), customer=found
    )
    worker.drain()
    shop.session.expire_all()
    links = {(link.entity, link.name): link.created_by_us for link in shop.session.scalars(select(Link))}
    assert links[Entity.CUSTOMER, "Juniper Market"] is False
    assert links[Entity.ITEM, "Trail Mix (Classic)"] is False
    assert links[Entity.ITEM, "New here"] is True


def test_what_a_person_sends_passes_a_backlog(shop: Shop, worker, transaction) -> None:
    product, customer = shop.product(), shop.customer()
    shop.choose(auto_invoice=False)
    hers = shop.invoice((product, 1), customer=customer)
    shop.choose()
    backlog = [shop.invoice((product, 1), customer=customer) for _ in range(4)]
    match = {"method": "POST", "path_glob": "/v3/company/*/invoice"}
    shop.quickbooks.fault(match=match, action="delay", ms=2000)

    invoice_id = hers.id

    def send() -> None:
        with transaction() as session:
            send_invoices(session, [session.get_one(Invoice, invoice_id)], actor=ACTOR)

    person = threading.Timer(0.7, send)
    person.start()
    worker.drain()
    person.join()
    worker.drain()
    numbers = [one["DocNumber"] for one in sorted(shop.remote_invoices, key=lambda one: int(one["Id"]))]
    assert numbers == [backlog[0].number, hers.number, *(one.number for one in backlog[1:])]
