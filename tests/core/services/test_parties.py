"""Customers: unique names, checked contacts, and announcements that mean something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from erp_core.errors import Conflict, Invalid, NotFound, Refused
from erp_core.models import Address, Customer
from erp_core.plugins import hooks
from erp_core.plugins.contract import Plugin
from erp_core.services import parties
from erp_core.services.lookup import find, find_many
from erp_core.services.parties import ContactInput, CustomerInput
from tests.core.services.shop import ACTOR, Shop
from tests.core.services.spy import Spy

ANN = ContactInput("Ann", "ann@example.com", "555 0100")
BOB = ContactInput("Bob", "bob@example.com")
HOME = Address("1 Main St", "", "Springfield", "IL", "62701", "US")
FULL = CustomerInput("Green Grocer", [ANN, BOB], HOME, HOME, "C-7", 15, "USD", True)


def create(shop: Shop, data: CustomerInput = FULL) -> Customer:
    return parties.create_customer(shop.session, shop.tenant.id, data, actor=ACTOR)


def test_a_customer_keeps_what_was_typed(shop: Shop) -> None:
    customer = create(shop)
    shop.session.commit()
    shop.session.expire_all()
    assert (customer.name, customer.account_code, customer.terms_days, customer.tax_exempt) == (
        "Green Grocer",
        "C-7",
        15,
        True,
    )
    assert (customer.billing, customer.email) == (HOME, "ann@example.com")
    assert [contact.name for contact in customer.contacts] == ["Ann", "Bob"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"contacts": [ContactInput(email="nobody")]}, "contacts.0.email"),
        ({"contacts": [ContactInput(email="a@b")]}, "contacts.0.email"),
        ({"contacts": [ContactInput(phone="1" * 31)]}, "contacts.0.phone"),
        ({"contacts": [ANN] * 51}, "contacts"),
        ({"billing": Address(postal_code="9" * 31)}, "billing.postal_code"),
        ({"shipping": Address(country="x" * 61)}, "shipping.country"),
        ({"terms_days": -1}, "terms_days"),
        ({"terms_days": 4000}, "terms_days"),
        ({"currency": "XYZ"}, "currency"),
        ({"currency": ""}, "currency"),
        ({"account_code": "x" * 31}, "account_code"),
    ],
)
def test_bad_input_gets_a_sentence_for_its_field(shop: Shop, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        create(shop, replace(FULL, **values))
    assert list(refusal.value.fields) == [field]
    assert refusal.value.fields[field].endswith(".") or refusal.value.fields[field].endswith(".com.")


def test_names_and_account_codes_are_unique_whatever_their_case(shop: Shop, stranger: Shop) -> None:
    create(shop)
    with pytest.raises(Invalid, match="a customer named GREEN GROCER already"):
        create(shop, replace(FULL, name="GREEN GROCER", account_code=""))
    with pytest.raises(Invalid, match="C-7 belongs to Green Grocer"):
        create(shop, replace(FULL, name="Other"))
    assert create(stranger).name == "Green Grocer"


def test_a_name_that_only_the_unique_index_finds_is_a_conflict(shop: Shop) -> None:
    shop.session.add(Customer(tenant_id=shop.tenant.id, name="green grocer"))
    with shop.session.no_autoflush, pytest.raises(Conflict) as refusal:  # the rule asks before the other row is written
        create(shop)
    assert list(refusal.value.fields) == ["name"]


def test_an_edit_is_announced_only_when_others_need_to_know(shop: Shop, load_plugin: Callable[[Plugin], None]) -> None:
    spy = Spy(shop.session, shop.instance)
    load_plugin(spy)
    customer = create(shop)
    created = hooks.CustomerChanged(shop.tenant.id, customer.id)
    assert spy.heard == [created]
    spy.heard.clear()
    for silent in (FULL, replace(FULL, account_code="C-8"), replace(FULL, account_code="C-8", tax_exempt=False)):
        parties.update_customer(shop.session, customer, silent, actor=ACTOR)
    assert spy.heard == []
    for loud in (
        replace(FULL, name="Greener Grocer"),
        replace(FULL, terms_days=1),
        replace(FULL, billing=Address("2 Side St")),
        replace(FULL, contacts=[BOB]),
    ):
        parties.update_customer(shop.session, customer, loud, actor=ACTOR)
        assert spy.heard == [created]
        spy.heard.clear()
        parties.update_customer(shop.session, customer, FULL, actor=ACTOR)
        spy.heard.clear()


def test_the_log_says_what_was_edited_and_nothing_when_nothing_was(shop: Shop) -> None:
    customer = create(shop)
    parties.update_customer(shop.session, customer, FULL, actor=ACTOR)
    assert shop.actions()[-1] == "customer_created"
    parties.update_customer(shop.session, customer, replace(FULL, terms_days=7, contacts=[ANN]), actor=ACTOR)
    edited = shop.activities()[-1]
    assert (edited.action, sorted(edited.details["changed"])) == ("customer_edited", ["contacts", "terms_days"])


def test_contacts_keep_their_ids_so_that_the_first_stays_first(shop: Shop) -> None:
    customer = create(shop)
    ids = [contact.id for contact in customer.contacts]
    new = replace(FULL, contacts=[replace(ANN, phone=""), BOB, ContactInput("Cid")])
    parties.update_customer(shop.session, customer, new, actor=ACTOR)
    shop.session.commit()
    shop.session.expire_all()
    assert [contact.id for contact in customer.contacts][:2] == ids
    assert [contact.name for contact in customer.contacts] == ["Ann", "Bob", "Cid"]


def test_the_currency_of_a_customer_with_orders_can_not_change(shop: Shop) -> None:
    shop.order()
    with pytest.raises(Refused, match="has orders in USD"):
        parties.update_customer(shop.session, shop.customer, CustomerInput("Blue Café", currency="EUR"), actor=ACTOR)


def test_switching_off_is_logged_once(shop: Shop) -> None:
    for active in (False, False, True):
        parties.set_customer_active(shop.session, shop.customer, active, actor=ACTOR)
    assert shop.actions()[-2:] == ["customer_deactivated", "customer_activated"]


def test_looking_for_records_of_others_finds_nothing(shop: Shop, stranger: Shop) -> None:
    assert find(shop.session, Customer, shop.customer.id, tenant_id=shop.tenant.id) is shop.customer
    for foreign in (stranger.customer.id, 0, -1, 2**70):
        with pytest.raises(NotFound, match=r"There is no such customer\."):
            find(shop.session, Customer, foreign, tenant_id=shop.tenant.id)
    with pytest.raises(NotFound, match="1 of the 2 records"):
        find_many(shop.session, Customer, [shop.customer.id, stranger.customer.id], tenant_id=shop.tenant.id)


def test_many_are_found_in_the_order_asked_for(shop: Shop) -> None:
    wanted = [create(shop, CustomerInput(f"Customer {number}")).id for number in range(3)][::-1]
    found = find_many(shop.session, Customer, [*wanted, wanted[0]], tenant_id=shop.tenant.id)
    assert [customer.id for customer in found] == wanted
