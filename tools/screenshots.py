"""Make the pictures of the README from the running `make demo`; Chromium comes from the browser tests."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from erp_core.sample import PASSWORD  # the path comes first
from tests.browser import chromium

ERP = "http://127.0.0.1:8000"
IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"


def main() -> None:
    """One picture after the other, as the second tenant's administrator."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(ERP)
        page.get_by_label("E-mail").fill("ana@blue-mesa.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        _take(page, "invoices", "/invoices")
        _take(page, "settings", "/settings/quickbooks")
        _take(page, "fulfilment", "/fulfilment?show=invoice", tick=2)
        page.goto(f"{ERP}/settings")
        page.get_by_role("link", name="Blue Mesa Foodservice").first.click()
        page.locator("#plugin-quickbooks").scroll_into_view_if_needed()
        page.evaluate("window.scrollBy(0, 400)")
        page.screenshot(path=IMAGES / "instance.png")
        page.goto(f"{ERP}/invoices")
        page.get_by_role("button", name=re.compile("Needs you")).first.click()
        page.screenshot(path=IMAGES / "error.png")
        browser.close()


def _take(page: Page, name: str, path: str, *, tick: int = 0) -> None:
    page.goto(ERP + path)
    for number in range(tick):
        page.locator("[data-bulk-row]").nth(number).check()
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
