"""Invoices: the document, voiding and replacing, the cells that keep themselves fresh; payments."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from erp_core import clock
from erp_core.models import Customer, Invoice, Payment
from erp_core.testing.factories import InstanceFactory, InvoiceFactory, OrderFactory


def test_the_list_filters_by_status_and_overdue_follows_the_date_of_the_shop(ana, session, house, clock):
    customer = house.customer(terms_days=0)
    invoice = InvoiceFactory(instance=house.shop, customer=customer)
    assert "Clear filters" in ana.get("/invoices?filter=overdue").text
    clock.move(days=2)
    page = ana.get("/invoices?filter=overdue").text
    assert invoice.number in page
    assert "Overdue" in page
    assert invoice.number in ana.get("/invoices?filter=open").text
    assert "No invoice matches." in ana.get("/invoices?filter=paid").text


def test_a_list_shows_the_chosen_instance_only(ana, house):
    other = InstanceFactory(tenant=house.tenant, name="Side Street", code="SIDE")
    here, there = InvoiceFactory(instance=house.shop), InvoiceFactory(instance=other)
    page = ana.get("/invoices").text
    assert here.number in page
    assert there.number in page
    answer = ana.post(
        "/instance", data={"instance_id": other.id}, headers={"Referer": "http://localhost/invoices?page=abc&q=inv"}
    )
    assert answer.location == "/invoices?q=inv"
    page = ana.get("/invoices").text
    assert here.number not in page
    assert there.number in page
    ana.post("/instance", data={"instance_id": ""})
    assert here.number in ana.get("/invoices").text


def test_a_link_to_a_page_that_is_gone_shows_the_first_one(ana, house):
    invoice = InvoiceFactory(instance=house.shop)
    page = ana.get("/invoices?page=nonsense&filter=nonsense&sort=nonsense").text
    assert "Start at the first page." in page
    assert invoice.number in page


def test_pages_are_linked_in_both_directions_and_keep_search_filter_and_order(ana, session, house):
    session.add_all(Customer(tenant_id=house.tenant.id, name=f"Customer {number:03}") for number in range(60))
    page = ana.get("/customers?q=customer&filter=active&sort=-name").text
    link = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "q=customer" in link
    assert "filter=active" in link
    assert "sort=-name" in link
    assert "Customer 059" in page
    second = ana.get(link).text
    assert "Customer 009" in second
    assert "Customer 059" not in second
    back = second.split('rel="prev"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "Customer 059" in ana.get(back).text


def test_cells_change_their_fingerprint_only_when_they_change(ana, session, house):
    first, second = InvoiceFactory(instance=house.shop), InvoiceFactory(instance=house.shop)
    url = f"/invoices/cells?ids={first.id},{second.id},x,,99999999999"
    before = ana.get(url).get_json()["rows"]
    assert set(before) == {str(first.id), str(second.id)}
    assert ana.get(url).get_json()["rows"] == before
    page = ana.get("/invoices").text
    for key, (fingerprint, html) in before[str(first.id)].items():
        assert f'data-live-key="{key}" data-live-print="{fingerprint}">{html}' in page, key
    assert ana.post(f"/invoices/{first.id}/void", data={"reason": "Wrong"}).status_code == 302
    after = ana.get(url).get_json()["rows"]
    assert after[str(second.id)] == before[str(second.id)]
    assert after[str(first.id)]["status"] != before[str(first.id)]["status"]
    assert "Voided" in after[str(first.id)]["status"][1]
    assert after[str(first.id)]["number"] == before[str(first.id)]["number"]


def test_the_chips_are_counted_anew_for_the_list_that_is_open(ana, house):
    first = InvoiceFactory(instance=house.shop, customer=house.customer("Pine & Paddle"))
    InvoiceFactory(instance=house.shop, customer=house.customer("Redwood Co-op"))
    page = ana.get("/invoices?filter=open&q=pine").text
    address = page.split('data-live="')[1].split('"')[0].replace("&amp;", "&")
    assert 'data-chip="open"' in page
    assert "chips" not in ana.get(f"{address}&ids={first.id}").get_json()
    chips = ana.get(f"{address}&ids={first.id}&chips=1").get_json()["chips"]
    assert (chips["open"], chips["voided"]) == ("1", "0")
    assert ana.get("/invoices/cells?ids=&chips=1").get_json()["chips"]["open"] == "2"
    ana.post(f"/invoices/{first.id}/void", data={"reason": ""})
    chips = ana.get(f"{address}&ids={first.id}&chips=1").get_json()["chips"]
    assert (chips["open"], chips["voided"]) == ("0", "1")


def test_voiding_asks_first_and_cancels_the_order(ana, session, house):
    invoice = InvoiceFactory(instance=house.shop)
    page = ana.get(f"/invoices/{invoice.id}/void").text
    assert f"order {invoice.order.number} is cancelled" in page
    assert session.get(Invoice, invoice.id).status == "sent"
    answer = ana.post(f"/invoices/{invoice.id}/void", data={"reason": "Sent twice"}, follow_redirects=True)
    assert "is voided, and order" in answer.text
    assert "VOIDED" in answer.text
    assert "Sent twice" in ana.get(f"/invoices/{invoice.id}?tab=activity").text
    assert session.get(Invoice, invoice.id).order.state == "cancelled"
    again = ana.post(f"/invoices/{invoice.id}/void")
    assert again.status_code == 409
    assert "is voided already" in again.text


def test_replacing_keeps_the_order_and_links_both_invoices(ana, session, house):
    invoice = InvoiceFactory(instance=house.shop)
    answer = ana.post(f"/invoices/{invoice.id}/replace", data={"reason": ""}, follow_redirects=True)
    new = session.scalars(select(Invoice).where(Invoice.replaces_id == invoice.id)).one()
    assert f"replaced by {new.number}" in answer.text
    assert f"/invoices/{invoice.id}" in answer.text
    assert new.number in ana.get(f"/invoices/{invoice.id}").text
    assert new.order.state == "invoiced"


def test_a_draft_is_issued_or_deleted(ana, session, house):
    order = OrderFactory(instance=house.shop, shipped=True)
    draft = ana.post(f"/orders/{order.id}/invoice", data={"draft": "1"}).location
    assert "Issue it, or delete it." in ana.get(f"{draft}/void", follow_redirects=True).text
    assert ana.post(f"{draft}/delete").location == f"/orders/{order.id}"
    assert session.scalars(select(Invoice)).all() == []


def paying(house, invoice, amount, part):
    return {
        "instance_id": house.shop.id,
        "customer_id": invoice.customer_id,
        "amount": amount,
        "payment_date": clock.today(house.shop.timezone).isoformat(),
        "method": "Check",
        "reference": "1042",
        "allocations-0-invoice_id": invoice.id,
        "allocations-0-amount": part,
    }


def test_a_payment_pays_an_invoice_in_part_and_is_voided_again(ana, session, house):
    invoice = InvoiceFactory(instance=house.shop)
    assert 'value="10"' in ana.get(f"/payments/new?invoice_id={invoice.id}").text
    answer = ana.post("/payments/new", data=paying(house, invoice, "6.00", "4"), follow_redirects=True)
    assert "$2.00" in answer.text  # the credit that is left
    assert session.get(Invoice, invoice.id).balance == Decimal(6)
    assert "Part paid" in ana.get("/invoices").text
    assert "Void the payment first" in ana.get(f"/invoices/{invoice.id}").text
    payment = session.scalars(select(Payment)).one()
    assert (
        "is voided. What it paid is owed again." in ana.post(f"/payments/{payment.id}/void", follow_redirects=True).text
    )
    assert session.get(Invoice, invoice.id).balance == Decimal(10)
    assert "is voided already" in ana.post(f"/payments/{payment.id}/void", follow_redirects=True).text


def test_a_payment_that_is_wrong_is_refused_at_its_field(ana, session, house):
    invoice = InvoiceFactory(instance=house.shop)
    for amount, part, sentence in (
        ("100", "11", "Only $10.00 is owed"),
        ("5", "6", "More is applied to invoices than was paid."),
        ("0", "", "The amount must be more than 0."),
        ("much", "", "Enter a number as the amount."),
    ):
        answer = ana.post("/payments/new", data=paying(house, invoice, amount, part))
        assert answer.status_code == 422
        assert sentence in answer.text
        assert 'value="1042"' in answer.text
    assert session.scalars(select(Payment)).all() == []


def test_who_paid_is_asked_first(ana, house):
    house.customer()
    assert "Who paid?" in ana.get("/payments/new").text
    assert "There is no customer named" in ana.get("/payments/new?customer=Nobody").text
    assert "has no open invoice" in ana.get("/payments/new?customer=pine+%26+paddle").text


def test_the_dashboard_and_the_search_count_what_is_there(ana, house, clock):
    InvoiceFactory(instance=house.shop, customer=house.customer(terms_days=0))
    OrderFactory(instance=house.shop, confirmed=True, customer=house.customer("Redwood Co-op"))
    clock.move(days=2)
    page = ana.get("/").text
    assert page.count('<span class="erp-tile-number">1</span>') == 3  # to ship, open, overdue
    assert "$10.00" in page
    found = ana.get("/search?q=redwood").text
    assert "Redwood Co-op" in found
    assert "MAIN-ORD-0002" in found
    assert "Nothing matches" in ana.get("/search?q=zebra").text


def test_the_log_is_filtered_by_action_person_and_words(ana, session, house):
    order = OrderFactory(instance=house.shop)
    ana.post(f"/orders/{order.id}/confirm")
    page = ana.get("/activity").text
    assert "was confirmed" in page
    assert "127.0.0.1" in page
    assert "was confirmed" not in ana.get("/activity?action=order_created").text
    assert "was created" not in ana.get(f"/activity?person={house.ana.id}").text
    assert "was confirmed" in ana.get(f"/activity?person={house.ana.id}&q=confirmed&filter=person").text
    assert "No entry matches." in ana.get("/activity?action=nonsense&person=x").text


def test_times_are_those_of_the_shop(ana, session, house, clock):
    house.shop.timezone = "Pacific/Kiritimati"
    invoice = InvoiceFactory(instance=house.shop)
    there = (clock.now() + timedelta(hours=14)).date()
    assert invoice.invoice_date in (there, there - timedelta(days=1))
