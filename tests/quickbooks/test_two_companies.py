"""One invoice, several companies: it goes to one of them, and work follows its instance."""

from __future__ import annotations

from sqlalchemy import select

from erp_core.testing.factories import ACTOR
from plugins.quickbooks.models import Attempt
from plugins.quickbooks.send import send_invoices
from plugins.quickbooks.state import SyncState
from tests.quickbooks.conftest import HARBOR, NORTHWIND, Shop

INVOICE = {"method": "POST", "path_glob": "/v3/company/*/invoice"}


def ours(shop: Shop, realm: str) -> list[str]:
    return [one["DocNumber"] for one in shop.quickbooks.invoices(realm) if "ERP " in one.get("PrivateNote", "")]


def test_an_invoice_in_doubt_stays_with_the_company_that_may_have_it(
    shop: Shop, worker, clock, connect_company
) -> None:
    shop.quickbooks.fault(match=INVOICE, action="reset_after")
    invoice = shop.invoice()
    worker.drain()
    assert shop.sync(invoice).state is SyncState.UNKNOWN
    shop.choose(connection_id=connect_company(shop.instance.tenant_id, NORTHWIND))
    assert send_invoices(shop.session, [invoice], actor=ACTOR).queued
    shop.session.commit()
    worker.drain()
    clock.move(hours=1)
    worker.drain()
    assert (ours(shop, HARBOR), ours(shop, NORTHWIND)) == ([invoice.number], [])
    assert shop.session.scalars(select(Attempt.realm_id).where(Attempt.entity == "Invoice")).all() == [HARBOR]
    assert shop.sync(invoice).state is SyncState.VERIFIED
