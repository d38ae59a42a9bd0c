"""Tenants, instances, and the switch of a plugin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from erp_core.errors import Invalid, NotFound, Refused
from erp_core.jobs import outbox
from erp_core.models import Actor, Instance, Message, MessageState
from erp_core.plugins import guards
from erp_core.plugins.contract import Plugin
from erp_core.services import tenants
from erp_core.services.tenants import InstanceInput
from tests.core.services.shop import ACTOR, Shop
from tests.core.services.spy import Spy

WEB = InstanceInput("Web shop", "WEB", "EUR", "Europe/Berlin", "de_DE")


def create(shop: Shop, data: InstanceInput = WEB, **values: Any) -> Instance:
    return tenants.create_instance(shop.session, shop.tenant.id, data, **values, actor=ACTOR)


def prefixes(instance: Instance) -> dict[str, str]:
    return {series.kind: series.prefix for series in instance.series}


def test_the_first_instance_has_plain_numbers_and_the_next_carry_their_code(shop: Shop) -> None:
    assert prefixes(shop.instance) == {"order": "SO-", "invoice": "INV-", "payment": "PAY-"}
    assert prefixes(create(shop)) == {"order": "SO-WEB-", "invoice": "INV-WEB-", "payment": "PAY-WEB-"}
    longest = prefixes(create(shop, replace(WEB, code="WHOLESALES")))
    assert all(len(prefix) <= 12 for prefix in longest.values())


def test_prefixes_and_the_first_number_can_be_chosen(shop: Shop) -> None:
    instance = create(shop, replace(WEB, invoice_prefix="R", order_prefix=""), first_number=1042)
    assert prefixes(instance) == {"order": "", "invoice": "R", "payment": "PAY-WEB-"}
    assert {series.next_number for series in instance.series} == {1042}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"code": ""}, "code"),
        ({"code": "A B"}, "code"),
        ({"code": "x" * 11}, "code"),
        ({"code": "shop"}, "code"),
        ({"currency": "ABC"}, "currency"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
        ({"locale": "xx_XX"}, "locale"),
        ({"invoice_prefix": "INV-1"}, "invoice_prefix"),
        ({"order_prefix": "x" * 13}, "order_prefix"),
    ],
)
def test_bad_input_gets_a_sentence_for_its_field(shop: Shop, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        create(shop, replace(WEB, **values))
    assert list(refusal.value.fields) == [field]


def test_an_instance_of_no_tenant_is_refused(shop: Shop) -> None:
    with pytest.raises(NotFound, match="no such tenant"):
        tenants.create_instance(shop.session, 999, WEB, actor=ACTOR)


def test_an_edit_keeps_prefixes_that_were_not_given(shop: Shop) -> None:
    instance = create(shop)
    tenants.update_instance(shop.session, instance, replace(WEB, name="Web", invoice_prefix="R-"), actor=ACTOR)
    shop.session.commit()
    assert (instance.name, prefixes(instance)["invoice"], prefixes(instance)["order"]) == ("Web", "R-", "SO-WEB-")
    assert shop.actions()[-1] == "instance_edited"


def test_an_edit_that_changes_nothing_leaves_no_trace(shop: Shop) -> None:
    instance = create(shop)
    count = len(shop.activities())
    tenants.update_instance(shop.session, instance, WEB, actor=ACTOR)
    assert len(shop.activities()) == count


def test_the_currency_of_an_instance_with_orders_can_not_change(shop: Shop) -> None:
    shop.order()
    with pytest.raises(Refused, match="Shop has orders"):
        tenants.update_instance(shop.session, shop.instance, InstanceInput("Shop", "SHOP", "EUR"), actor=ACTOR)


def test_switching_a_plugin_off_holds_its_messages_and_on_releases_them(
    shop: Shop, load_plugin: Callable[[Plugin], None]
) -> None:
    load_plugin(Spy(shop.session))
    switch(shop, True)
    assert tenants.is_enabled(shop.session, "spy", shop.instance.id)
    message = outbox.put(
        shop.session,
        "spy.work",
        stream="spy:1",
        subject="spy:thing:1",
        payload={},
        tenant_id=shop.tenant.id,
        instance_id=shop.instance.id,
        plugin="spy",
        actor=ACTOR,
    )
    shop.session.commit()
    switch(shop, False)
    assert state(shop, message) == MessageState.HELD
    assert not tenants.is_enabled(shop.session, "spy", shop.instance.id)
    switch(shop, True)
    assert state(shop, message) == MessageState.PENDING
    assert shop.actions()[-3:] == ["plugin_enabled", "plugin_disabled", "plugin_enabled"]
    assert shop.activities()[-1].summary == "Spy was switched on in Shop."


def test_switching_twice_is_logged_once(shop: Shop, load_plugin: Callable[[Plugin], None]) -> None:
    load_plugin(Spy(shop.session))
    switch(shop, True)
    switch(shop, True)
    assert shop.actions().count("plugin_enabled") == 1


def test_a_plugin_is_asked_before_it_is_switched_even_when_it_is_off(
    shop: Shop, load_plugin: Callable[[Plugin], None]
) -> None:
    spy = Spy(shop.session)
    spy.refuses = (guards.SwitchPlugin,)
    load_plugin(spy)
    with pytest.raises(Refused, match="The spy says no"):
        switch(shop, True)
    assert not tenants.is_enabled(shop.session, "spy", shop.instance.id)


def test_a_plugin_that_is_not_loaded_can_not_be_switched_on(shop: Shop) -> None:
    with pytest.raises(NotFound, match="ERP_PLUGINS"):
        tenants.set_plugin_enabled(shop.session, shop.instance, "nothing", True, actor=ACTOR)


def test_a_machine_is_named_in_the_log(shop: Shop) -> None:
    tenants.create_tenant(shop.session, "Beta", actor=Actor("Seed"))
    shop.session.flush()
    assert (Actor("Seed").kind, Actor("Ann", user_id=1).kind) == ("machine", "person")


def state(shop: Shop, message: Message) -> MessageState:
    shop.session.refresh(message)
    return message.state


def switch(shop: Shop, enabled: bool) -> None:
    tenants.set_plugin_enabled(shop.session, shop.instance, "spy", enabled, actor=ACTOR)
    shop.session.commit()
