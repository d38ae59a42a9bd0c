"""Every fault and every gap, in words for the person who must act."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from erp_core.models import Message, MessageState, TaxRate
from erp_core.testing.factories import ACTOR
from plugins.quickbooks.models import Connection, ConnectionStatus, Link
from plugins.quickbooks.send import resend_blocked, send_invoices
from plugins.quickbooks.state import SyncState
from tests.quickbooks.conftest import Shop, fault

INVOICE = {"method": "POST", "path_glob": "/v3/company/*/invoice"}


def sent(shop: Shop, worker, *lines: tuple[Any, int], **values: Any) -> Any:
    """A new invoice, after the worker had it."""
    invoice = shop.invoice(*lines, **values)
    worker.drain()
    return invoice


def gaps(shop: Shop, invoice: Any) -> list[str]:
    sync = shop.sync(invoice)
    assert sync.state is SyncState.BLOCKED, sync
    assert sync.error
    assert sync.error.code == "needs_setup"
    return [gap["code"] for gap in sync.error.details["gaps"]]


@pytest.mark.parametrize(
    ("code", "expected", "headline"),
    [
        ("6190", "refused_6190", "The QuickBooks subscription is not active"),
        ("6210", "period_closed", "The books are closed on this date"),
        ("6200", "period_closed", "The books are closed on this date"),
        ("2500", "reference_gone", "Something this refers to is inactive or deleted in QuickBooks"),
        ("610", "reference_gone", "Something this refers to is inactive or deleted in QuickBooks"),
        ("6430", "refused_6430", "An account of the wrong kind is chosen in the settings"),
        ("6070", "refused_6070", "QuickBooks computes another amount for a line"),
        ("2210", "refused_2210", "QuickBooks does not accept the customer's e-mail address"),
        ("2050", "refused_2050", "A text is too long for QuickBooks"),
        ("6270", "refused_6270", "A product starts later than this invoice in QuickBooks"),
    ],
)
def test_a_fault_needs_a_person_at_once(shop: Shop, worker, code: str, expected: str, headline: str) -> None:
    shop.quickbooks.fault(match=INVOICE, action="status", status=400, body=fault(code, "A reason of QuickBooks"))
    invoice = sent(shop, worker)
    sync = shop.sync(invoice)
    assert sync.state is SyncState.FAILED_USER
    assert sync.error
    assert sync.error.code == expected
    assert sync.error.headline == headline
    assert sync.error.body
    assert sync.error.next
    assert code not in sync.error.headline
    assert sync.error.details["code"] == code
    assert sync.error.details["intuit_tid"]
    assert sync.send_label == "Send again"


def test_an_unknown_fault_says_what_quickbooks_said(shop: Shop, worker) -> None:
    body = fault("6000", "A business validation error", detail="Business Validation Error: The moon is wrong.")
    shop.quickbooks.fault(match=INVOICE, action="status", status=400, body=body)
    sync = shop.sync(sent(shop, worker))
    assert sync.error
    assert "The moon is wrong" in sync.error.body


def test_a_forbidden_company_asks_for_its_administrator(shop: Shop, worker) -> None:
    body = {
        "fault": {"error": [{"message": "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"}]}
    }
    shop.quickbooks.fault(match=INVOICE, action="status", status=403, body=body)
    sync = shop.sync(sent(shop, worker))
    assert sync.state is SyncState.FAILED_USER
    assert sync.error
    assert sync.error.code == "permission"


@pytest.mark.parametrize("status", [502, 503, 504])
def test_an_outage_is_tried_without_limit(shop: Shop, worker, clock, status: int) -> None:
    shop.quickbooks.fault(
        match={"path_glob": "/v3/company/*"},
        action="status",
        status=status,
        body="<html>",
        content_type="text/html",
        times=12,
    )
    invoice = sent(shop, worker)
    for _ in range(15):
        clock.move(hours=1)
        worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED
    assert len(shop.remote_invoices) == 1


def test_answers_that_are_not_json_end_with_a_person_after_eight(shop: Shop, worker, clock) -> None:
    shop.quickbooks.fault(
        match={"path_glob": "/v3/company/*"},
        action="status",
        status=500,
        body="<html>",
        content_type="text/html",
        times=100,
    )
    invoice = sent(shop, worker)
    for _ in range(12):
        clock.move(hours=3)
        worker.drain()
    assert shop.sync(invoice).state is SyncState.FAILED_USER
    assert len(shop.calls()) == 8
    shop.quickbooks.clear_faults()
    send_invoices(shop.session, [invoice], actor=ACTOR)
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED


def test_a_token_that_is_refused_is_renewed_once_and_the_same_request_goes_out(shop: Shop, worker) -> None:
    body = {
        "fault": {
            "error": [{"message": "message=AuthenticationFailed; errorCode=003200; statusCode=401"}],
            "type": "AUTHENTICATION",
        }
    }
    shop.quickbooks.fault(match=INVOICE, action="status", status=401, body=body)
    invoice = sent(shop, worker)
    assert shop.sync(invoice).state is SyncState.VERIFIED
    ids = [call["request_id"] for call in shop.calls("write") if call["path"].endswith("/invoice")]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_dead_connection_holds_its_work_and_says_so(shop: Shop, worker) -> None:
    body = fault("120", "Authorization Failure", "AuthorizatonFault")
    shop.quickbooks.fault(match={"path_glob": "/v3/company/*"}, action="status", status=401, body=body)
    invoice = sent(shop, worker)
    shop.session.expire_all()
    assert shop.session.get_one(Connection, shop.connection.id).status == ConnectionStatus.NEEDS_RECONNECT
    sync = shop.sync(invoice)
    assert sync.state is SyncState.PAUSED
    assert "sign in again" in sync.help
    assert worker.drain() == 0


# ------------------------------------------------------------------------------------------------ gaps


def test_all_gaps_are_listed_at_once_and_nothing_is_created(shop: Shop, worker) -> None:
    shop.configure(auto_create_customers=False, income_account_id=None)
    shop.prefer(allow_discount=False, allow_shipping=False)
    customers = len(shop.books["Customer"])
    invoice = sent(shop, worker, discount=Decimal(1), shipping=Decimal(2))
    assert gaps(shop, invoice) == ["discount", "shipping", "customer_missing", "income_account_id"]
    sync = shop.sync(invoice)
    assert sync.error
    assert sync.error.headline == "4 things are missing before this can be sent"
    assert len(shop.books["Customer"]) == customers
    assert shop.calls("write") == []


def test_what_waited_for_settings_is_sent_after_they_were_saved(shop: Shop, worker) -> None:
    shop.configure(income_account_id=None)
    invoice = sent(shop, worker)
    assert gaps(shop, invoice) == ["income_account_id"]
    account = next(one for one in shop.books["Account"] if one["Name"] == "Sales of Product Income")
    shop.configure(income_account_id=account["Id"])
    assert resend_blocked(shop.session, shop.connection, actor=ACTOR) == 1
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED


def test_products_that_may_not_be_created(shop: Shop, worker) -> None:
    shop.configure(auto_create_products=False)
    invoice = sent(shop, worker, (shop.product(name="One"), 1), (shop.product(name="Two"), 1))
    assert gaps(shop, invoice) == ["item_missing", "item_missing"]


def test_tax_is_not_set_up_yet(shop: Shop, worker) -> None:
    rate = TaxRate(tenant_id=shop.instance.tenant_id, name="Maine", percent=Decimal("5.5"))
    shop.session.add(rate)
    shop.session.commit()
    product = shop.product(taxable=True)
    invoice = sent(shop, worker, (product, 1), tax_rate_id=rate.id)
    assert invoice.tax > 0
    assert gaps(shop, invoice) == ["tax"]
    assert shop.remote_invoices == []


def test_what_waited_for_the_company_is_sent_after_it_was_read_again(shop: Shop, worker, client) -> None:
    shop.prefer(allow_discount=False)  # as it was when the company was connected; it allows discounts by now
    invoice = sent(shop, worker, discount=Decimal(1))
    assert gaps(shop, invoice) == ["discount"]
    client.login(shop.user)
    client.post(f"/settings/quickbooks/{shop.connection.id}/read-again")
    worker.drain()
    assert shop.sync(invoice).state is SyncState.VERIFIED


def test_another_currency_without_multicurrency(shop: Shop, worker) -> None:
    shop.connection.home_currency = "CAD"
    shop.session.commit()
    assert gaps(shop, sent(shop, worker)) == ["currency"]


def test_a_number_that_is_too_long_is_never_cut(shop: Shop, worker) -> None:
    for series in shop.instance.series:
        if series.kind == "invoice":
            series.prefix, series.padding = "A-LONG-ONE-", 12
    shop.session.commit()
    assert gaps(shop, sent(shop, worker)) == ["number_too_long"]


def test_a_company_that_numbers_by_itself_gets_no_number_from_us(shop: Shop, worker) -> None:
    shop.prefer(custom_txn_numbers=False)
    invoice = sent(shop, worker)
    sync = shop.sync(invoice)
    assert sync.state is SyncState.VERIFIED
    assert sync.doc_number != invoice.number


def test_closed_books_are_seen_before_anything_is_sent(shop: Shop, worker) -> None:
    shop.prefer(book_close_date=date(2999, 12, 31))
    assert gaps(shop, sent(shop, worker)) == ["period_closed"]


def test_characters_that_an_american_company_cannot_store(shop: Shop, worker) -> None:
    invoice = sent(shop, worker, memo="Danke 你好")
    assert gaps(shop, invoice) == ["characters"]
    sync = shop.sync(invoice)
    assert sync.error
    assert "你 好" in sync.error.headline


def test_a_name_with_a_colon(shop: Shop, worker) -> None:
    assert gaps(shop, sent(shop, worker, customer=shop.customer(name="A: B"))) == ["name"]


def test_a_name_that_a_vendor_has(shop: Shop, worker) -> None:
    invoice = sent(shop, worker, customer=shop.customer(name="Cedar Farm Supply", email=""))
    sync = shop.sync(invoice)
    assert sync.state is SyncState.FAILED_USER
    assert sync.error
    assert sync.error.code == "name_taken"
    assert sync.error.headline == "“Cedar Farm Supply” is already used in QuickBooks"


def test_one_bad_invoice_never_stops_its_neighbours(shop: Shop, worker) -> None:
    product = shop.product()
    good = shop.invoice((product, 1))
    bad = shop.invoice((product, 1), customer=shop.customer(name="A: B"))
    last = shop.invoice((product, 1))
    worker.drain()
    assert [shop.sync(one).state for one in (good, bad, last)] == [
        SyncState.VERIFIED,
        SyncState.BLOCKED,
        SyncState.VERIFIED,
    ]


def test_discount_and_shipping_are_lines_of_their_own(shop: Shop, worker) -> None:
    invoice = sent(
        shop, worker, (shop.product(price=Decimal(50)), 2), discount=Decimal("10.50"), shipping=Decimal("7.25")
    )
    assert shop.sync(invoice).state is SyncState.VERIFIED
    [remote] = shop.remote_invoices
    kinds = [line["DetailType"] for line in remote["Line"]]
    assert kinds == ["SalesItemLineDetail", "SubTotalLineDetail", "DiscountLineDetail", "SalesItemLineDetail"]
    assert Decimal(remote["TotalAmt"]) == Decimal("96.75")


def test_an_answer_about_another_record_is_not_linked(shop: Shop, worker) -> None:
    other = {
        "Invoice": {"Id": "77", "SyncToken": "0", "TotalAmt": 10, "CustomerRef": {"value": "1"}, "PrivateNote": "x"}
    }
    shop.quickbooks.fault(match=INVOICE, action="status", status=200, body=other)
    invoice = sent(shop, worker)
    sync = shop.sync(invoice)
    assert sync.state is SyncState.FAILED_USER
    assert sync.error
    assert sync.error.code == "other_record"
    assert shop.session.scalars(select(Link).where(Link.entity == "Invoice")).all() == []


def test_secrets_reach_neither_the_message_nor_the_log(shop: Shop, worker, caplog: pytest.LogCaptureFixture) -> None:
    from sqlalchemy.orm import undefer

    query = select(Connection).options(undefer(Connection.access_token), undefer(Connection.refresh_token))
    connection = shop.session.scalars(query.execution_options(populate_existing=True)).one()
    secrets = [connection.access_token or "?", connection.refresh_token or "?"]
    body = fault("6000", f"Token expired: {secrets[0]}", detail=f"Bearer {secrets[0]} {secrets[1]}")
    shop.quickbooks.fault(match=INVOICE, action="status", status=400, body=body)
    shop.quickbooks.fault(match={"path_glob": "/v3/company/*/batch"}, action="reset_before")
    invoice = sent(shop, worker)
    shop.session.expire_all()
    message = shop.session.scalars(select(Message)).one()
    assert message.state in (MessageState.FAILED, MessageState.PENDING)
    shown = f"{message.error} {shop.sync(invoice)} {caplog.text} {connection!r}"
    assert all(secret not in shown for secret in secrets)
