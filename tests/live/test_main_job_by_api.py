"""The main job by the REST API alone, between real processes: what `make demo` serves, driven by a program."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.browser.processes import LiveEmulator, LiveERP

REALM = "4620816365000000022"
TOKEN_OF = "ana@golden-grove.example"

pytestmark = pytest.mark.timeout(180)


class Program:
    """A tenant's program with its token."""

    def __init__(self, erp: LiveERP, token: str) -> None:
        self.url = erp.url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> requests.Response:
        return self.session.post(self.url + path, json=body or {}, headers=headers, timeout=60)

    def get(self, path: str) -> Any:
        answer = self.session.get(self.url + path, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def made(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        answer = self.post(path, body, **headers)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


@pytest.fixture
def program(live_erp: LiveERP, emulator: LiveEmulator) -> Program:
    """A seeded ERP whose first tenant is connected to a company, Auto Invoice on."""
    live_erp.run("seed")
    connect = Path(__file__).with_name("connect_company.py")
    command = [sys.executable, str(connect), emulator.url, "Golden Grove Foods", REALM, "WS"]
    subprocess.run(command, env=dict(live_erp.environ), check=True)
    return Program(live_erp, live_erp.run("api-token", "create", TOKEN_OF).strip())


def invoices(emulator: LiveEmulator) -> list[dict[str, Any]]:
    books = requests.get(f"{emulator.url}/_emulator/books/{REALM}", timeout=30)
    found: list[dict[str, Any]] = books.json(parse_float=Decimal)["Invoice"]
    return found


def eventually(condition: Callable[[], bool], within: float) -> float:
    """How many seconds it took until the condition held."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - began


def order(program: Program, customer: int, *lines: tuple[str, str], key: str = "") -> int:
    body = {"customer_id": customer, "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines]}
    order_id: int = program.made("/api/orders", body, **({"Idempotency-Key": key} if key else {}))["id"]
    program.made(f"/api/orders/{order_id}/confirm")
    program.made(f"/api/orders/{order_id}/ship")
    return order_id


def test_an_invoice_made_by_a_program_is_in_quickbooks_at_once_and_once(
    program: Program, emulator: LiveEmulator
) -> None:
    before = len(invoices(emulator))
    customer = program.made("/api/customers", {"name": "Program & Sons", "contacts": [{"email": "ap@program.example"}]})
    program.made("/api/products", {"sku": "NEW-1", "name": "Brand New Muesli", "kind": "goods", "price": "12.345"})
    order_id = order(program, customer["id"], ("NEW-1", "3"), ("GRAN-ORG", "2.5"))
    invoice = program.made(f"/api/orders/{order_id}/invoice")
    eventually(lambda: len(invoices(emulator)) == before + 1, within=10)
    eventually(lambda: program.get(f"/api/invoices/{invoice['id']}")["quickbooks"]["state"] == "verified", within=10)
    there = [one for one in invoices(emulator) if one.get("DocNumber") == invoice["number"]]
    assert len(there) == 1
    # 3 × 12.345 = 37.035 and 2.5 × 18.50 = 46.25; each line is rounded half up to the cent.
    assert Decimal(there[0]["TotalAmt"]) == Decimal(invoice["total"]) == Decimal("83.29")
    shown = program.get(f"/api/invoices/{invoice['id']}")["quickbooks"]
    assert (shown["id"], shown["doc_number"], shown["error"]) == (there[0]["Id"], invoice["number"], None)


def test_a_hundred_orders_invoiced_at_once_are_a_hundred_invoices_equal_to_the_cent(
    program: Program, emulator: LiveEmulator
) -> None:
    before = {one["Id"] for one in invoices(emulator)}
    customers = [row["id"] for row in program.get("/api/customers?limit=50")["data"] if "Coastal" not in row["name"]]
    skus = ["GRAN-ORG", "TRAIL-CL", "ALM-BTR-16", "CASH-RAW-5", "HONEY-WILD"]
    ids = [
        order(program, customers[n % len(customers)], (skus[n % 5], f"{n % 7 + 1}.{n % 10}"), (skus[(n + 2) % 5], "2"))
        for n in range(100)
    ]
    outcomes = program.made("/api/orders/invoice", {"ids": ids}, **{"Idempotency-Key": str(uuid.uuid4())})
    numbers = {row["invoice"]["number"]: Decimal(row["invoice"]["total"]) for row in outcomes["data"]}
    assert len(numbers) == 100
    eventually(lambda: len(invoices(emulator)) >= len(before) + 100, within=90)
    ours = [one for one in invoices(emulator) if one["Id"] not in before]
    assert {one["DocNumber"]: Decimal(one["TotalAmt"]) for one in ours} == numbers
    assert len(ours) == 100
    eventually(
        lambda: all(
            row["quickbooks"]["state"] == "verified"
            for row in program.get("/api/invoices?limit=100&sort=-id")["data"]
            if row["number"] in numbers
        ),
        within=60,
    )
