"""Products and tax rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from erp_core.errors import Invalid
from erp_core.models import Product, ProductKind
from erp_core.plugins import hooks
from erp_core.plugins.contract import Plugin
from erp_core.services import catalogue
from erp_core.services.catalogue import ProductInput
from tests.core.services.shop import ACTOR, Shop
from tests.core.services.spy import Spy

D = Decimal
MIX = ProductInput("MIX-1", "Trail Mix", "Nuts", ProductKind.GOODS, D("7.25"), D("3.10"), True, D(12))


def create(shop: Shop, data: ProductInput = MIX) -> Product:
    return catalogue.create_product(shop.session, shop.tenant.id, data, actor=ACTOR)


def test_a_product_keeps_what_was_typed(shop: Shop) -> None:
    product = create(shop)
    shop.session.commit()
    shop.session.expire_all()
    assert (product.sku, product.kind, product.price, product.cost, product.stock) == (
        "MIX-1",
        "goods",
        D("7.25"),
        D("3.10"),
        D(12),
    )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"sku": ""}, "sku"),
        ({"sku": "x" * 61}, "sku"),
        ({"name": " "}, "name"),
        ({"description": "x" * 1001}, "description"),
        ({"kind": "gas"}, "kind"),
        ({"price": D(-1)}, "price"),
        ({"price": D("0.0000001")}, "price"),
        ({"cost": D("NaN")}, "cost"),
        ({"stock": D(10) ** 9}, "stock"),
    ],
)
def test_bad_input_gets_a_sentence_for_its_field(shop: Shop, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        create(shop, replace(MIX, **values))
    assert list(refusal.value.fields) == [field]


def test_skus_are_unique_whatever_their_case(shop: Shop, stranger: Shop) -> None:
    create(shop)
    with pytest.raises(Invalid, match="The SKU mix-1 belongs to Trail Mix"):
        create(shop, replace(MIX, sku="mix-1"))
    assert create(stranger).sku == "MIX-1"


def test_an_edit_is_announced_only_when_others_need_to_know(shop: Shop, load_plugin: Callable[[Plugin], None]) -> None:
    spy = Spy(shop.session, shop.instance)
    load_plugin(spy)
    product = create(shop)
    changed = hooks.ProductChanged(shop.tenant.id, product.id)
    assert spy.heard == [changed]
    for silent in (MIX, replace(MIX, stock=D(5)), replace(MIX, cost=D(1))):
        catalogue.update_product(shop.session, product, silent, actor=ACTOR)
    assert spy.heard == [changed]
    catalogue.update_product(shop.session, product, replace(MIX, price=D(8)), actor=ACTOR)
    assert spy.heard == [changed, changed]


def test_an_edit_without_a_stock_keeps_it(shop: Shop) -> None:
    product = create(shop)
    catalogue.update_product(shop.session, product, replace(MIX, stock=None, name="Mix"), actor=ACTOR)
    assert (product.stock, product.name) == (D(12), "Mix")


def test_switching_off_is_logged_once(shop: Shop) -> None:
    for active in (False, False, True):
        catalogue.set_product_active(shop.session, shop.granola, active, actor=ACTOR)
    assert shop.actions()[-2:] == ["product_deactivated", "product_activated"]


@pytest.mark.parametrize(
    ("name", "percent", "field"),
    [("", "5", "name"), ("City", "-1", "percent"), ("City", "101", "percent"), ("State", "5", "name")],
)
def test_bad_tax_rates_are_refused(shop: Shop, name: str, percent: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        catalogue.create_tax_rate(shop.session, shop.tenant.id, name, D(percent), actor=ACTOR)
    assert list(refusal.value.fields) == [field]


def test_a_tax_rate_is_logged_with_its_percentage(shop: Shop) -> None:
    catalogue.create_tax_rate(shop.session, shop.tenant.id, "City", D("4.500"), actor=ACTOR)
    assert shop.activities()[-1].summary == "Tax rate City of 4.5 % was created."
