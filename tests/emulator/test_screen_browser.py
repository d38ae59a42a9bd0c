"""The screen in a real browser: a person pays half an invoice, then the rest, voids another and deletes a third."""

import re

import pytest
from playwright.sync_api import Page, expect

from qbo_emulator.testing import RunningEmulator
from tests.browser import chromium
from tests.emulator.books import now
from tests.emulator.conftest import RawClient

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PATHS = ("", "/customers", "/customer/1", "/customer/1/edit", "/customers/import", "/items", "/item/1/edit",
         "/invoices", "/invoice/1", "/invoice/1/edit", "/invoice/1/void", "/payments", "/payments/new?customer=1",
         "/credits", "/transactions", "/raw/Invoice/1", "/settings", "/disconnect?app=emulator-client",
         "/customer/1/merge?q=a")  # fmt: skip
# How far the text of each field goes beyond it; a select is as wide as its widest choice wants to be.
CUT = """() => [...document.querySelectorAll('main select, main input:not([type=hidden], [type=checkbox], [type=radio])')]
  .filter(field => field.getClientRects().length)
  .map(field => {
    if (field.tagName !== 'SELECT') return [field.name, field.scrollWidth - field.clientWidth];
    const copy = field.cloneNode(true);
    copy.style.cssText = 'position: absolute; width: max-content; max-width: none';
    field.parentNode.append(copy);
    const wanted = copy.offsetWidth;
    copy.remove();
    return [field.name, wanted - field.offsetWidth];
  }).filter(([, beyond]) => beyond > 1)"""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.REMEDY, pytrace=False)
    return {**browser_type_launch_args, "executable_path": path, "args": ["--no-sandbox"]}


def test_a_bookkeeper_pays_voids_and_deletes_in_the_browser(page: Page, emulator: RunningEmulator, qbo: RawClient):
    paid, voided, deleted = (
        qbo.create("Invoice", qbo.invoice(qbo.line(80), DocNumber=number)) for number in ("PAY-1", "VOID-1", "DEL-1")
    )
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(emulator.url)
    page.get_by_role("link", name="Harbor & Pine Provisions LLC").click()
    expect(page.get_by_text("Not QuickBooks, not your ERP")).to_be_visible()
    invoices = page.get_by_role("navigation").get_by_role("link", name="Invoices")
    invoices.click()
    page.get_by_role("link", name="PAY-1").click()

    # Half of it, then what is left.
    page.get_by_role("link", name="Receive payment").click()
    expect(page.get_by_label("Amount received")).to_have_value("80.00")
    expect(page.get_by_role("checkbox", name="Invoice PAY-1")).to_be_checked()
    page.get_by_label("Amount received").fill("40")
    page.get_by_label("Reference no.").fill("CHK 17")
    page.get_by_role("button", name="Save payment").click()
    expect(page.get_by_role("status")).to_contain_text("Payment received. Invoice PAY-1 has $40.00 left to pay.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Partly paid")
    assert now(qbo, "Invoice", paid)["Balance"] == 40
    page.get_by_role("link", name="Receive payment").click()
    page.get_by_label("Amount received").fill("forty")
    page.get_by_label("Amount received").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("“forty” is not a number")
    expect(page.get_by_label("Amount received")).to_have_value("forty")
    page.get_by_label("Amount received").fill("40.00")
    page.get_by_label("Amount received").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Invoice PAY-1 is paid.")
    assert now(qbo, "Invoice", paid)["Balance"] == 0
    assert len(now(qbo, "Invoice", paid)["LinkedTxn"]) == 2

    # Void another, after a look at the question and back.
    invoices.click()
    page.get_by_role("link", name="VOID-1").click()
    page.get_by_role("link", name="Void", exact=True).click()
    page.get_by_role("link", name="Keep it").click()
    assert now(qbo, "Invoice", voided)["TotalAmt"] == 80
    page.get_by_role("link", name="Void", exact=True).click()
    page.get_by_role("button", name="Void invoice").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Voided")
    assert now(qbo, "Invoice", voided)["TotalAmt"] == 0

    # Delete a third.
    invoices.click()
    page.get_by_role("link", name="DEL-1").click()
    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete invoice").click()
    expect(page.get_by_role("status")).to_contain_text("Invoice DEL-1 is deleted.")
    expect(page.get_by_role("link", name="DEL-1")).to_have_count(0)
    assert qbo.get(f"invoice/{deleted['Id']}").status_code == 400
    page.get_by_role("link", name=re.compile(r"^Paid \d")).click()
    expect(page.get_by_role("link", name="PAY-1")).to_be_visible()
    # The page that refused “forty” has status 400, which Chromium notes; nothing else may be wrong.
    assert [problem for problem in problems if "status of 400" not in problem] == []


def test_a_form_is_filled_in_with_the_keyboard_alone(page: Page, emulator: RunningEmulator, qbo: RawClient):
    page.goto(f"{emulator.url}/app/{qbo.realm}/customers/new")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    name = page.get_by_label("Display name")
    expect(name).to_be_focused()
    assert name.evaluate("field => getComputedStyle(field).outlineStyle") == "solid"
    page.keyboard.type("Typed Only")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Typed Only")
    assert qbo.first("Customer", "WHERE DisplayName = 'Typed Only'")["Active"] is True


def test_enter_in_a_line_saves_the_invoice_and_adds_no_lines(page: Page, emulator: RunningEmulator, qbo: RawClient):
    page.goto(f"{emulator.url}/app/{qbo.realm}/invoice/1/edit")
    page.get_by_label("Quantity, line 1").fill("1")
    page.get_by_label("Quantity, line 1").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Invoice HP-1001 saved")
    assert now(qbo, "Invoice", "1")["TotalAmt"] == 56


def test_a_file_of_customers_is_chosen_looked_at_and_imported(page: Page, emulator: RunningEmulator, qbo: RawClient):
    page.goto(f"{emulator.url}/app/{qbo.realm}/customers/import")
    content = b'\xef\xbb\xbfDisplayName;Notes\r\nFirst;"Two\r\nlines"\r\nJuniper Market;\r\n'
    page.get_by_label("CSV file").set_input_files({"name": "c.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Look at the rows").click()
    expect(page.get_by_text("“Juniper Market” is already a customer here (ID 1).")).to_be_visible()
    page.get_by_role("button", name="Import 1 customer").click()
    expect(page.get_by_role("status")).to_contain_text("1 customer imported.")
    assert qbo.first("Customer", "WHERE DisplayName = 'First'")["Notes"].split() == ["Two", "lines"]


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_page_is_wider_than_the_screen(page: Page, emulator: RunningEmulator, qbo: RawClient, width: int):
    qbo.create("Customer", {"DisplayName": "Longestnamewithoutanyspaceinit" * 4, "Notes": "x" * 300})
    page.set_viewport_size({"width": width, "height": 800})
    for path in PATHS:
        page.goto(f"{emulator.url}/app/{qbo.realm}{path}")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    page.goto(f"{emulator.url}/activity")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_no_field_of_the_forms_is_too_narrow_for_what_stands_in_it(page: Page, emulator: RunningEmulator):
    page.set_viewport_size({"width": 1280, "height": 900})
    first, taxed = emulator.realms()[0], emulator.realms()[2]
    for realm, path in ((taxed, "/invoices/new?customer=1"), (taxed, "/invoice/1/edit"), (first, "/items/new")):
        page.goto(f"{emulator.url}/app/{realm}{path}")
        assert page.evaluate(CUT) == [], path


def test_a_developer_follows_the_app_and_moves_the_clock(page: Page, emulator: RunningEmulator, qbo: RawClient):
    page.goto(emulator.url)
    page.get_by_role("link", name="Activity").click()
    emulator.fault(name="throttled", times=5, match={"kind": "get"})
    assert qbo.get("customer/1").status_code == 429
    page.get_by_role("link", name="Refresh", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="GET /customer/1").filter(has_text="429")).to_contain_text(
        "throttled"
    )
    page.get_by_role("button", name="Remove throttled").click()
    expect(page.get_by_role("status")).to_contain_text("The rule is gone.")
    before = emulator.now()
    page.get_by_role("button", name="26 hours").click()
    expect(page.get_by_role("status")).to_contain_text("The clock is 26 hours later.")
    assert (emulator.now() - before).total_seconds() > 25 * 3600
