"""The whole story as a person lives it: connect, switch on, invoice, send by hand, fail, mend, send again, look there."""

from __future__ import annotations

import re

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from erp_core.sample import PASSWORD
from tests.browser.processes import LiveEmulator, LiveERP

FIRST = "4620816365000000011"
SOON = 20_000
"""Milliseconds until the worker must have done its part, on a busy machine."""

pytestmark = pytest.mark.timeout(240)


def sign_in(page: Page, erp: LiveERP, email: str = "ana@golden-grove.example") -> None:
    page.goto(erp.url)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def connect(page: Page) -> None:
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="QuickBooks").first.click()
    page.get_by_role("link", name="Connect to QuickBooks").click()
    page.get_by_text("Harbor & Pine Provisions LLC").click()
    page.get_by_role("button", name="Connect").click()


def open_instance(page: Page, erp: LiveERP) -> None:
    page.goto(f"{erp.url}/settings")
    page.get_by_role("link", name="Wholesale").first.click()


def save_instance(page: Page, *, auto_invoice: bool) -> None:
    page.get_by_label("QuickBooks company").select_option(label="Harbor & Pine Provisions LLC (sandbox)")
    page.get_by_label("Enable").set_checked(True)
    page.get_by_label("Auto Invoice").set_checked(auto_invoice)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(re.compile(r"Saved \d"))).to_be_visible()


def tick_orders(page: Page, erp: LiveERP, count: int, *, of: str = "") -> None:
    """Tick shipped orders, the newest first, of one customer if named."""
    page.goto(f"{erp.url}/fulfilment?show=invoice" + (f"&q={of}" if of else ""))
    boxes = page.locator("[data-bulk-row]")
    for number in range(count):
        boxes.nth(number).check()


def badges(page: Page) -> Locator:
    """The QuickBooks badges of the invoice list, in order."""
    return page.locator('td[data-label="QuickBooks"] .erp-badge')


def books(emulator: LiveEmulator) -> dict[str, list[dict[str, object]]]:
    answer: dict[str, list[dict[str, object]]] = requests.get(
        f"{emulator.url}/_emulator/books/{FIRST}", timeout=10
    ).json()
    return answer


def test_a_person_connects_invoices_sends_by_hand_and_mends_a_failure(
    page: Page, live_erp: LiveERP, emulator: LiveEmulator
) -> None:
    live_erp.run("seed")
    there_before = len(books(emulator)["Invoice"])
    sign_in(page, live_erp)

    # Connect: consent on QuickBooks' page, back on a Connected card.
    connect(page)
    card = page.get_by_role("region", name="Harbor & Pine Provisions LLC")
    expect(card.get_by_text("Connected", exact=True)).to_be_visible()
    for shown in (FIRST, "Sandbox", "Ana", "Renews by itself"):
        expect(card.get_by_text(shown).first).to_be_visible()

    # Choose the company, turn on Enable and Auto Invoice, Save.
    open_instance(page, live_erp)
    save_instance(page, auto_invoice=True)

    # Tick shipped orders and create invoices; the list turns to verified without reloading.
    tick_orders(page, live_erp, 2, of="Lakeside")
    page.get_by_role("button", name="Create invoice").click()
    page.goto(f"{live_erp.url}/invoices?q=Lakeside")
    page.evaluate("window.notReloaded = true")
    fresh = badges(page)
    expect(fresh.nth(0)).to_contain_text("Sent and verified", timeout=SOON)
    assert page.evaluate("window.notReloaded") is True
    number = page.locator('td[data-label="Number"]').first.inner_text().split()[0]
    expect(page.locator('td[data-label="QBO number"]').first).to_have_text(number)

    # Auto Invoice off: nothing goes by itself; tick it in the list and send it.
    open_instance(page, live_erp)
    save_instance(page, auto_invoice=False)
    tick_orders(page, live_erp, 1, of="Summit")
    page.get_by_role("button", name="Create invoice").click()
    page.goto(f"{live_erp.url}/invoices?q=Summit")
    by_hand = badges(page).first
    expect(by_hand).to_contain_text("Not sent")
    page.locator("[data-bulk-row]").first.check()
    page.get_by_role("button", name="Send to QuickBooks").first.click()
    page.goto(f"{live_erp.url}/invoices?q=Summit")
    expect(badges(page).first).to_contain_text("Sent and verified", timeout=SOON)

    # One click on an order.
    page.goto(f"{live_erp.url}/fulfilment?show=invoice&q=Brien")
    page.locator('td[data-label="Order"] a').first.click()
    page.get_by_role("button", name="Create invoice in QuickBooks").click()
    expect(page.get_by_text("on the way to QuickBooks").first).to_be_visible()
    page.goto(f"{live_erp.url}/invoices?q=Brien")
    expect(badges(page).first).to_contain_text("Sent and verified", timeout=SOON)

    # One fails: QuickBooks has a vendor of that name. The badge says why by hover, focus and click.
    tick_orders(page, live_erp, 1, of="Coastal")
    page.get_by_role("button", name="Create invoice").click()
    page.goto(f"{live_erp.url}/invoices?q=Coastal")
    page.locator("[data-bulk-row]").first.check()
    page.get_by_role("button", name="Send to QuickBooks").first.click()
    page.goto(f"{live_erp.url}/invoices?q=Coastal")
    failed = badges(page).first
    expect(failed).to_contain_text("Needs you", timeout=SOON)
    panel = page.locator(".erp-badge-panel").first
    expect(panel).to_be_hidden()
    failed.hover()
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("already used in QuickBooks")
    page.mouse.move(5, 5)
    expect(panel).to_be_hidden()
    failed.focus()
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    failed.click()
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")

    # Fix it: rename the customer; then send again.
    page.goto(f"{live_erp.url}/customers?q=Coastal")
    page.locator("td a", has_text="Coastal").first.click()
    page.get_by_role("link", name="Edit").first.click()
    page.get_by_label("Name", exact=True).first.fill("Coastal Freight (customer)")
    page.get_by_role("button", name="Save").first.click()
    page.goto(f"{live_erp.url}/invoices?q=Coastal")
    badges(page).first.click()
    page.locator(".erp-badge-panel").first.get_by_role("button", name=re.compile("Send")).click()
    page.goto(f"{live_erp.url}/invoices?q=Coastal")
    expect(badges(page).first).to_contain_text("Sent and verified", timeout=SOON)

    # Everything is in QuickBooks, once, and a person sees it on its own screen.
    there = books(emulator)
    ours = [one for one in there["Invoice"] if "reference" in str(one.get("PrivateNote", ""))]
    assert len(ours) == len(there["Invoice"]) - there_before
    assert len({str(one["DocNumber"]) for one in ours}) == len(ours)
    page.goto(emulator.url)
    page.get_by_role("link", name="Harbor & Pine Provisions LLC").first.click()
    expect(page.get_by_text("Coastal Freight (customer)").first).to_be_visible()
    expect(page.get_by_text(str(ours[0]["DocNumber"])).first).to_be_visible()
