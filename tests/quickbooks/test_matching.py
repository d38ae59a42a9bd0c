"""Finding customers and items: by link, by e-mail or SKU, by name; never by guess."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import requests
from sqlalchemy import select

from erp_core.errors import NotFound, Refused
from erp_core.testing.factories import ACTOR
from plugins.quickbooks.models import Entity, Link
from plugins.quickbooks.send import choose
from plugins.quickbooks.settings import CustomerMatch, ItemType
from plugins.quickbooks.state import SyncState
from tests.quickbooks.conftest import Shop

SALTBOX = "hello@saltboxcafe.example"


def write(shop: Shop, entity: str, **members: Any) -> dict[str, Any]:
    """Write into the company's books as somebody else's program."""
    token = shop.quickbooks.connection(shop.realm)["access_token"]
    url = f"{shop.quickbooks.api_url}/company/{shop.realm}/{entity.lower()}"
    answer = requests.post(url, json=members, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    assert answer.status_code == 200, answer.text
    written: dict[str, Any] = answer.json()[entity]
    return written


def names(shop: Shop, entity: str, field: str) -> list[str]:
    return [one[field] for one in shop.books[entity]]


def billed_to(shop: Shop) -> str:
    [remote] = shop.remote_invoices
    return str(remote["CustomerRef"]["name"])


def test_a_customer_is_found_by_its_address_whatever_the_case(shop: Shop, worker) -> None:
    before = names(shop, "Customer", "DisplayName")
    shop.invoice(customer=shop.customer(name="Something else", email="Hello@SaltboxCafe.example"))
    worker.drain()
    assert billed_to(shop) == "Saltbox Cafe"
    assert names(shop, "Customer", "DisplayName") == before


def test_a_customer_without_an_address_there_is_found_by_its_exact_name(shop: Shop, worker) -> None:
    shop.invoice(customer=shop.customer(name="Blue Door Bistro", email="new@bluedoor.example"))
    worker.drain()
    assert billed_to(shop) == "Blue Door Bistro"


def test_a_similar_name_is_another_customer(shop: Shop, worker) -> None:
    shop.invoice(customer=shop.customer(name="Blue Door", email=""))
    worker.drain()
    assert billed_to(shop) == "Blue Door"


def test_an_apostrophe_in_a_name_changes_no_question(shop: Shop, worker) -> None:
    shop.invoice(customer=shop.customer(name="O'Malley's Grocery", email=""))
    worker.drain()
    assert billed_to(shop) == "O'Malley's Grocery"
    assert names(shop, "Customer", "DisplayName").count("O'Malley's Grocery") == 1


@pytest.mark.parametrize(
    ("order", "expected"), [(CustomerMatch.EMAIL_FIRST, "Saltbox Cafe"), (CustomerMatch.NAME_FIRST, "Juniper Market")]
)
def test_the_order_of_matching_is_a_setting(shop: Shop, worker, order: CustomerMatch, expected: str) -> None:
    shop.configure(match_customers_by=order)
    shop.invoice(customer=shop.customer(name="Juniper Market", email=SALTBOX))
    worker.drain()
    assert billed_to(shop) == expected


def test_two_customers_with_one_address_are_a_question(shop: Shop, worker) -> None:
    second = write(shop, "Customer", DisplayName="Saltbox Cafe Harbor", PrimaryEmailAddr={"Address": SALTBOX})
    ours = shop.customer(name="Saltbox", email=SALTBOX)
    invoice = shop.invoice(customer=ours)
    worker.drain()
    sync = shop.sync(invoice)
    assert sync.state is SyncState.FAILED_USER
    assert sync.error
    assert sync.error.code == "ambiguous_customer"
    assert SALTBOX in sync.error.body
    offered = {one["name"]: one["qbo_id"] for one in sync.error.details["candidates"]}
    assert set(offered) == {"Saltbox Cafe", "Saltbox Cafe Harbor"}
    assert offered["Saltbox Cafe Harbor"] == second["Id"]
    assert shop.remote_invoices == []

    choose(shop.session, invoice, "customer", ours.id, second["Id"], actor=ACTOR)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert billed_to(shop) == "Saltbox Cafe Harbor"


def test_a_person_may_say_that_it_is_a_new_customer(shop: Shop, worker) -> None:
    write(shop, "Customer", DisplayName="Saltbox Cafe Harbor", PrimaryEmailAddr={"Address": SALTBOX})
    ours = shop.customer(name="Saltbox Salem", email=SALTBOX)
    invoice = shop.invoice(customer=ours)
    worker.drain()
    choose(shop.session, invoice, "customer", ours.id, None, actor=ACTOR)
    worker.drain()
    assert billed_to(shop) == "Saltbox Salem"


def test_an_answer_to_a_question_that_nobody_asks_is_refused(shop: Shop, worker) -> None:
    write(shop, "Customer", DisplayName="Saltbox Cafe Harbor", PrimaryEmailAddr={"Address": SALTBOX})
    ours = shop.customer(name="Saltbox", email=SALTBOX)
    invoice = shop.invoice(customer=ours)
    with pytest.raises(Refused, match="answered already"):
        choose(shop.session, invoice, "customer", ours.id, "1", actor=ACTOR)
    worker.drain()
    with pytest.raises(NotFound, match="not one of the candidates"):
        choose(shop.session, invoice, "customer", ours.id, "999", actor=ACTOR)


def test_a_candidate_of_another_record_of_ours_is_a_question(shop: Shop, worker) -> None:
    first = shop.invoice(customer=shop.customer(name="Saltbox", email=SALTBOX))
    worker.drain()
    assert shop.sync(first).state is SyncState.VERIFIED
    second = shop.invoice(customer=shop.customer(name="Saltbox again", email=SALTBOX))
    worker.drain()
    sync = shop.sync(second)
    assert sync.error
    assert sync.error.code == "ambiguous_customer"
    assert "linked to another customer of yours" in sync.error.body
    assert [one["free"] for one in sync.error.details["candidates"]] == [False]


def test_two_new_customers_of_one_run_do_not_share_a_candidate(shop: Shop, worker) -> None:
    first = shop.invoice(customer=shop.customer(name="Saltbox", email=SALTBOX))
    second = shop.invoice(customer=shop.customer(name="Saltbox two", email=SALTBOX))
    worker.drain()
    assert [shop.sync(one).state for one in (first, second)] == [SyncState.VERIFIED, SyncState.FAILED_USER]


def test_an_item_is_found_by_its_sku_before_its_name(shop: Shop, worker) -> None:
    shop.invoice((shop.product(name="Maple Roasted Pecans", sku="DA-1LB"), 1))
    worker.drain()
    [remote] = shop.remote_invoices
    assert remote["Line"][0]["SalesItemLineDetail"]["ItemRef"]["name"] == "Dried Apricots 1lb"


def test_an_item_is_found_by_its_name(shop: Shop, worker) -> None:
    shop.invoice((shop.product(name="Maple Roasted Pecans", sku="OTHER"), 1))
    worker.drain()
    shop.session.expire_all()
    link = shop.session.scalars(select(Link).where(Link.entity == Entity.ITEM)).one()
    assert (link.name, link.created_by_us) == ("Maple Roasted Pecans", False)


def test_two_items_with_one_sku_are_a_question(shop: Shop, worker) -> None:
    income = next(one["Id"] for one in shop.books["Account"] if one["Name"] == "Sales of Product Income")
    write(shop, "Item", Name="Apricots, new crop", Sku="DA-1LB", Type="Service", IncomeAccountRef={"value": income})
    product = shop.product(name="Apricots", sku="DA-1LB")
    invoice = shop.invoice((product, 1))
    worker.drain()
    sync = shop.sync(invoice)
    assert sync.error
    assert sync.error.code == "ambiguous_product"
    assert sync.error.details["local_id"] == product.id


def test_a_category_is_never_an_item(shop: Shop, worker) -> None:
    write(shop, "Item", Name="Granola", Type="Category")
    invoice = shop.invoice((shop.product(name="Granola", sku="G-1"), 1))
    worker.drain()
    links = shop.session.scalars(select(Link).where(Link.entity == Entity.ITEM)).all()
    kinds = {one["Id"]: one["Type"] for one in shop.books["Item"]}
    assert all(kinds[link.qbo_id] != "Category" for link in links)
    assert shop.sync(invoice).state in (SyncState.VERIFIED, SyncState.FAILED_USER)


@pytest.mark.parametrize("kind", list(ItemType))
def test_new_items_get_the_type_of_the_settings(shop: Shop, worker, kind: ItemType) -> None:
    shop.configure(item_type=kind, inventory_quantity=Decimal(25))
    invoice = shop.invoice((shop.product(name="New thing", sku="NEW-1", cost=Decimal("2.50")), 1))
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    [item] = [one for one in shop.books["Item"] if one["Name"] == "New thing"]
    assert item["Type"] == kind
    if kind is ItemType.INVENTORY:
        assert Decimal(item["QtyOnHand"]) == 24


def test_a_link_saves_every_later_question(shop: Shop, worker) -> None:
    customer = shop.customer(name="Saltbox", email=SALTBOX)
    product = shop.product()
    shop.invoice((product, 1), customer=customer)
    worker.drain()
    shop.quickbooks.clear_calls()
    write(shop, "Customer", DisplayName="Saltbox Cafe Harbor", PrimaryEmailAddr={"Address": SALTBOX})
    shop.quickbooks.clear_calls()
    invoice = shop.invoice((product, 1), customer=customer)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert len(shop.calls()) == 1


def test_a_name_that_the_company_cannot_store_does_not_spoil_the_search_for_others(shop: Shop, worker) -> None:
    odd = shop.invoice(customer=shop.customer(name="你好", email=""))
    known = shop.invoice(customer=shop.customer(name="你好 2", email=SALTBOX))
    worker.drain()
    assert shop.sync(odd).state is SyncState.BLOCKED
    assert shop.sync(known).state is SyncState.VERIFIED
    assert billed_to(shop) == "Saltbox Cafe"
