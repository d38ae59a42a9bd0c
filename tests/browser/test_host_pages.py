"""What the pages do in a browser: keyboard, ticked rows, the line editor, questions before harm, and a phone's width."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from playwright.sync_api import Page, expect

from erp_core.sample import PASSWORD
from tests.browser.processes import LiveERP

pytestmark = pytest.mark.timeout(180)

PHONE = {"width": 390, "height": 844}
PATHS = [
    "/",
    "/orders",
    "/orders/new",
    "/orders/4",
    "/orders/4/edit",
    "/fulfilment",
    "/invoices",
    "/invoices/1",
    "/customers",
    "/customers/1",
    "/customers/new",
    "/products",
    "/products/1",
    "/payments",
    "/payments/1",
    "/payments/new?invoice_id=1",
    "/activity",
    "/search?q=a",
    "/settings",
    "/settings/instances/1",
    "/settings/people",
    "/settings/tokens",
    "/settings/taxes",
    "/nothing-here",
]


@pytest.fixture
def live_environ() -> Mapping[str, str]:
    """None: these pages are the host's, and nothing is sent."""
    return {}


@pytest.fixture
def ana(page: Page, live_erp: LiveERP) -> Page:
    """An administrator of the sample data, signed in. A script that fails or is refused fails the test."""
    live_erp.run("seed")
    page.goto(live_erp.url)
    page.get_by_label("E-mail").fill("ana@golden-grove.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    return page


def test_the_pages_fit_a_phone_work_by_keyboard_and_keep_themselves_fresh(ana: Page, live_erp: LiveERP) -> None:
    """One story for all, because each start of the ERP costs seconds."""
    failures: list[str] = []
    ana.on("pageerror", lambda error: failures.append(str(error)))
    ana.on("console", lambda line: failures.append(line.text) if "Content Security Policy" in line.text else None)
    desktop = ana.viewport_size
    no_page_is_wider_than_a_phone(ana, live_erp)
    the_invoices_fit_a_small_screen(ana, live_erp)
    ana.set_viewport_size(desktop or PHONE)  # type: ignore[arg-type]
    a_page_keeps_itself_fresh(ana, live_erp)
    an_order_is_typed_line_by_line_and_deleted_after_a_question(ana, live_erp)
    rows_are_ticked_by_mouse_and_by_keyboard(ana, live_erp)
    leaving_with_unsaved_changes_is_asked(ana, live_erp)
    assert failures == []


def no_page_is_wider_than_a_phone(ana: Page, live_erp: LiveERP) -> None:
    ana.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for path in PATHS:
        ana.goto(live_erp.url + path)
        expect(ana.get_by_role("heading", level=1)).to_be_visible()
        wider = ana.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, path
    ana.goto(live_erp.url)
    ana.get_by_role("button", name="Open the navigation").click()
    ana.get_by_role("link", name="Invoices", exact=True).click()
    expect(ana.get_by_role("heading", name="Invoices")).to_be_visible()


def the_invoices_fit_a_small_screen(ana: Page, live_erp: LiveERP) -> None:
    ana.set_viewport_size({"width": 1280, "height": 800})
    ana.goto(f"{live_erp.url}/invoices")
    box = ana.locator(".erp-list-box")
    assert box.evaluate("box => box.scrollWidth - box.clientWidth") <= 0


def rows_are_ticked_by_mouse_and_by_keyboard(ana: Page, live_erp: LiveERP) -> None:
    ana.goto(f"{live_erp.url}/fulfilment")
    ana.keyboard.press("?")
    shortcuts = ana.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shortcuts).to_contain_text("Create invoice (ticked rows)")
    ana.keyboard.press("Escape")
    expect(shortcuts).to_be_hidden()
    bar, boxes = ana.locator("form[data-bulk]"), ana.locator("[data-bulk-row]")
    expect(bar).to_be_hidden()
    ana.keyboard.press("x")
    expect(bar).to_contain_text("1 selected")
    ana.keyboard.press("j")
    ana.keyboard.press("x")
    expect(bar).to_contain_text("2 selected")
    ana.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    boxes.nth(0).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(bar).to_contain_text("4 selected")
    ana.get_by_label("Select all rows of this page").click()
    expect(bar).to_contain_text("8 selected")
    ana.keyboard.press("i")
    expect(ana.get_by_text("8 orders are invoiced.")).to_be_visible()


def an_order_is_typed_line_by_line_and_deleted_after_a_question(ana: Page, live_erp: LiveERP) -> None:
    ana.goto(f"{live_erp.url}/orders/new")
    customer = ana.locator("#customer-list option").first.get_attribute("value") or ""
    ana.get_by_label("Customer", exact=True).fill(customer)
    lines = ana.locator("[data-line]")
    expect(lines).to_have_count(3)
    ana.get_by_role("button", name="Add line").click()
    expect(lines).to_have_count(4)
    expect(ana.get_by_label("Product of line 4", exact=True)).to_be_focused()
    ana.keyboard.type("Trail Mix (Classic)")
    ana.keyboard.press("Tab")
    expect(ana.get_by_label("Quantity of line 4", exact=True)).to_have_value("1")
    ana.get_by_label("Quantity of line 4", exact=True).click()
    ana.keyboard.type("5")
    expect(ana.get_by_label("Quantity of line 4", exact=True)).to_have_value("5")
    ana.get_by_label("Product of line 3", exact=True).fill("Nothing of this name")
    ana.keyboard.press("Tab")
    expect(ana.get_by_label("Quantity of line 3", exact=True)).to_have_value("")
    ana.get_by_label("Product of line 3", exact=True).fill("")
    ana.get_by_role("button", name="Remove line 1").click()
    expect(lines).to_have_count(3)
    ana.get_by_role("button", name="Save", exact=True).click()
    expect(ana.get_by_role("heading", name=re.compile("Order SO-"))).to_be_visible()
    expect(ana.get_by_role("cell", name=re.compile("Trail Mix"))).to_be_visible()

    dialog = ana.locator("dialog#confirm")
    ana.get_by_role("button", name="Delete").click()
    expect(dialog).to_contain_text("removed for good")
    dialog.get_by_role("button", name="Go back").click()
    expect(dialog).to_be_hidden()
    ana.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(ana.get_by_text("is deleted.")).to_be_visible()


def leaving_with_unsaved_changes_is_asked(ana: Page, live_erp: LiveERP) -> None:
    asked: list[str] = []

    def answer(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.accept()  # type: ignore[attr-defined]

    ana.on("dialog", answer)
    ana.goto(f"{live_erp.url}/settings/instances/1")
    ana.get_by_label("Name", exact=True).press_sequentially(" 2")
    expect(ana.get_by_text("Not saved yet")).to_be_visible()
    ana.get_by_role("link", name="People").click()
    expect(ana.get_by_role("heading", name="People")).to_be_visible()
    assert asked == ["beforeunload"]
    ana.goto(f"{live_erp.url}/settings/instances/1")
    ana.get_by_label("Name", exact=True).press_sequentially(" 2")
    ana.get_by_role("button", name="Save").click()
    expect(ana.get_by_text(re.compile(r"Saved \d"))).to_be_visible()
    assert asked == ["beforeunload"]


def a_page_keeps_itself_fresh(ana: Page, live_erp: LiveERP) -> None:
    ana.goto(f"{live_erp.url}/invoices?filter=open")
    row = ana.locator("[data-row]").first
    link = row.get_by_role("link").first
    count = ana.locator('[data-chip="open"] .erp-chip-count')
    before = int(count.inner_text())
    other = ana.context.new_page()
    other.goto(live_erp.url + (link.get_attribute("href") or "") + "/void")
    link.focus()
    other.get_by_role("button", name="Void invoice").click()
    expect(other.get_by_text("VOIDED", exact=True)).to_be_visible()
    ana.bring_to_front()
    expect(row).to_contain_text("Voided", timeout=15_000)
    expect(link).to_be_focused()
    expect(count).to_have_text(str(before - 1), timeout=15_000)
