"""The QuickBooks settings page: the defaults form, and what the page says after an act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from erp_core.models import Activity
from erp_core.services import invoicing
from erp_core.testing.factories import ACTOR
from plugins.quickbooks.settings import CustomerMatch, ItemType, connection_settings
from tests.quickbooks.conftest import Shop

if TYPE_CHECKING:
    from erp_core.testing.client import Client


@pytest.fixture
def ana(client: Client, shop: Shop) -> Client:
    """The administrator of the shop, signed in."""
    client.login(shop.user)
    return client


def typed(shop: Shop, **changes: Any) -> dict[str, str]:
    """The defaults form as it is shown, with some fields changed."""
    saved = connection_settings(shop.session, shop.connection.id)
    values: dict[str, Any] = {**saved.model_dump(mode="json"), **changes}
    return {
        f"c{shop.connection.id}-{name}": {None: "", True: "y"}.get(value, str(value))
        for name, value in values.items()
        if value is not False
    }


def address(shop: Shop) -> str:
    return f"/settings/quickbooks/{shop.connection.id}/defaults"


def test_what_is_saved_has_the_types_that_were_declared(ana: Client, shop: Shop) -> None:
    form = typed(shop, item_type="Service", match_customers_by="name_first", inventory_quantity="2.5")
    answer = ana.post(address(shop), data=form, follow_redirects=True)
    assert "Saved the settings of" in answer.text
    saved = connection_settings(shop.session, shop.connection.id)
    assert saved.item_type is ItemType.SERVICE
    assert saved.match_customers_by is CustomerMatch.NAME_FIRST
    page = ana.get("/settings/quickbooks").text
    assert 'value="2.5"' in page
    assert page.count("form-select") >= 6


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("expense_account_id", "Choose the expense account: new inventory products need it."),
        ("asset_account_id", "Choose the inventory asset account: new inventory products need it."),
    ],
)
def test_inventory_without_its_accounts_is_refused_at_the_field(
    ana: Client, shop: Shop, missing: str, sentence: str
) -> None:
    form = typed(shop, item_type="Inventory", **{missing: ""})
    answer = ana.post(address(shop), data=form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'id="c{shop.connection.id}-{missing}-error"' in answer.text
    assert connection_settings(shop.session, shop.connection.id).item_type is ItemType.NON_INVENTORY
    assert ana.get(address(shop)).location == f"/settings/quickbooks#connection-{shop.connection.id}"
    without = {name: value for name, value in form.items() if not name.endswith("auto_create_products")}
    assert ana.post(address(shop), data=without).status_code == 302  # nothing new is made, so no account is needed


def test_a_wrong_quantity_is_named(ana: Client, shop: Shop) -> None:
    for quantity, sentence in (
        ("-1", "The default quantity can&#39;t be negative."),
        ("many", "Enter a number as the default quantity."),
        ("", "Enter the default quantity; 0 will do."),
    ):
        answer = ana.post(address(shop), data=typed(shop, inventory_quantity=quantity))
        assert answer.status_code == 422
        assert sentence in answer.text


def test_the_page_says_what_waits_and_what_refresh_reads(ana: Client, shop: Shop) -> None:
    page = ana.get("/settings/quickbooks").text
    assert "Nothing is waiting" in page
    assert "Refresh from QuickBooks reads accounts, terms and preferences again." in page
    shop.invoice()
    assert "1 message" in ana.get("/settings/quickbooks").text


def test_void_is_not_offered_for_an_invoice_in_quickbooks(ana: Client, shop: Shop, worker: Any) -> None:
    waiting = shop.invoice()
    assert f"/invoices/{waiting.id}/void" in ana.get(f"/invoices/{waiting.id}").text
    worker.drain()  # to ask whether it may be voided has dropped nothing
    assert len(shop.remote_invoices) == 1
    page = ana.get(f"/invoices/{waiting.id}").text
    assert f"/invoices/{waiting.id}/void" not in page
    assert "is in QuickBooks" in page.split('id="why-not-void"')[1]
    assert "This can't be undone" not in ana.get(f"/invoices/{waiting.id}/void", follow_redirects=True).text
    assert shop.session.query(Activity).filter_by(action="invoice_voided").count() == 0


def test_many_refusals_are_one_message_grouped_by_reason(ana: Client, shop: Shop, worker: Any) -> None:
    drafts = [invoicing.invoice_order(shop.session, shop.order(), actor=ACTOR, draft=True) for _ in range(5)]
    shop.session.commit()
    sent = shop.invoice()
    worker.drain()
    page = ana.get("/invoices").text
    assert f'aria-label="Select draft of order {drafts[0].order.number}"' in page
    ids = [invoice.id for invoice in (*drafts, sent)]
    page = ana.post("/quickbooks/send", data={"ids": ids}, follow_redirects=True).text
    flashes = page.split('class="erp-flashes"')[1].split("<h", 1)[0]
    assert "6 were not sent." in flashes
    assert "It is a draft. Issue it first (5): a draft, a draft, a draft and 2 more." in flashes
    assert flashes.count("alert-warning") == 1
    assert f"(1): {sent.number}." in flashes


def test_the_order_page_has_one_primary_button(ana: Client, shop: Shop) -> None:
    order = shop.order()
    shop.session.commit()
    page = ana.get(f"/orders/{order.id}").text
    actions = page.split('class="erp-actions"')[1].split("erp-tabs")[0]
    assert "Create invoice in QuickBooks" in actions
    assert actions.count("btn-primary") == 1
    assert "Create invoice</button>" in actions
