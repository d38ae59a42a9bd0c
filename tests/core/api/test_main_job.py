"""A program does the whole job without a browser."""

from __future__ import annotations

import pytest

from erp_core.testing.factories import InstanceFactory, OrderFactory

CUSTOMER = {
    "name": "Green Valley Market",
    "account_code": "GVM",
    "contacts": [{"name": "Ana Ruiz", "email": "ana@greenvalley.example"}],
    "billing": {"line1": "12 Oak Street", "city": "Portland"},
    "terms_days": 15,
}


@pytest.fixture
def order(program):
    """An order of three bags of granola and one of trail mix."""
    program.made("/api/customers", CUSTOMER)
    granola = program.made("/api/products", {"sku": "GRAN-500", "name": "Organic Granola Mix", "price": "18.50"})
    program.made("/api/products", {"sku": "TRAIL", "name": "Trail Mix (Classic)", "price": "12.00", "kind": "goods"})
    lines = [
        {"product_id": granola["id"], "quantity": "3"},
        {"sku": "trail", "quantity": 1, "unit_price": "11.255", "note": "500 g"},
    ]
    return program.made(
        "/api/orders", {"account_code": "GVM", "lines": lines, "memo": "Thank you.", "discount": "1", "shipping": 5}
    )


def test_a_program_creates_ships_and_invoices_an_order(program, order):
    assert order["state"] == "draft"
    assert (order["subtotal"], order["total"]) == ("66.76", "70.76")
    assert [line["sku"] for line in order["lines"]] == ["GRAN-500", "TRAIL"]
    assert [line["unit_price"] for line in order["lines"]] == ["18.50", "11.255"]
    assert order["instance"] == "MAIN"

    assert program.made(f"/api/orders/{order['id']}/confirm")["state"] == "confirmed"
    assert program.made(f"/api/orders/{order['id']}/ship")["state"] == "shipped"
    response = program.post(f"/api/orders/{order['id']}/invoice")
    assert response.status_code == 201
    invoice = response.get_json()

    assert invoice["number"] == "MAIN-INV-0001"
    assert (invoice["status"], invoice["total"], invoice["balance"]) == ("sent", "70.76", "70.76")
    assert invoice["memo"] == "Thank you."
    assert program.get(f"/api/invoices/{invoice['id']}").get_json() == invoice
    assert program.get(f"/api/orders/{order['id']}").get_json()["invoice_id"] == invoice["id"]


def test_a_payment_settles_the_invoice(program, order):
    for act in ("confirm", "ship"):
        program.made(f"/api/orders/{order['id']}/{act}")
    invoice = program.made(f"/api/orders/{order['id']}/invoice")
    payment = program.made(
        "/api/payments",
        {
            "account_code": "GVM",
            "amount": "70.76",
            "method": "Check",
            "allocations": [{"invoice_id": invoice["id"], "amount": "70.76"}],
        },
    )
    assert payment["allocations"] == [{"invoice_id": invoice["id"], "amount": "70.76"}]
    assert program.get(f"/api/invoices/{invoice['id']}").get_json()["status"] == "paid"
    assert program.get(f"/api/orders/{order['id']}").get_json()["state"] == "paid"
    assert [row["id"] for row in program.get("/api/payments?status=received").get_json()["data"]] == [payment["id"]]


def test_a_voided_invoice_cancels_its_order_and_says_why(program, order):
    for act in ("confirm", "ship"):
        program.made(f"/api/orders/{order['id']}/{act}")
    invoice = program.made(f"/api/orders/{order['id']}/invoice")
    assert program.made(f"/api/invoices/{invoice['id']}/void", {"reason": "Sent twice"})["status"] == "voided"
    assert program.get(f"/api/orders/{order['id']}").get_json()["state"] == "cancelled"
    log = program.get(f"/api/activities?subject=invoice:{invoice['id']}").get_json()["data"]
    assert log[0]["action"] == "invoice_voided"
    assert "Sent twice" in log[0]["summary"]
    assert log[0]["actor_name"] == program.user.name


def test_a_second_invoice_of_an_order_is_refused(program, order, problem, stored):
    for act in ("confirm", "ship", "invoice"):
        program.made(f"/api/orders/{order['id']}/{act}")
    before = stored()
    problem(program.post(f"/api/orders/{order['id']}/invoice"), 409)
    assert stored() == before


def test_a_draft_can_not_be_shipped(program, order, problem, stored):
    before = stored()
    refusal = problem(program.post(f"/api/orders/{order['id']}/ship"), 409)
    assert order["number"] in refusal["detail"]
    assert stored() == before


def test_many_orders_are_invoiced_at_once_and_one_refusal_stops_nobody(program, shop):
    shipped = [OrderFactory(instance=shop, shipped=True) for _ in range(3)]
    draft = OrderFactory(instance=shop)
    foreign = OrderFactory(shipped=True)
    ids = [shipped[0].id, draft.id, shipped[1].id, foreign.id, 2**31 - 1, shipped[2].id, shipped[0].id]

    outcomes = program.made("/api/orders/invoice", {"ids": ids})["data"]

    assert [outcome["order_id"] for outcome in outcomes] == ids[:6]
    assert ["invoice" in outcome for outcome in outcomes] == [True, False, True, False, False, True]
    assert [outcomes[place]["invoice"]["number"] for place in (0, 2, 5)] == [
        "MAIN-INV-0001",
        "MAIN-INV-0002",
        "MAIN-INV-0003",
    ]
    assert outcomes[1]["problem"]["status"] == 409
    assert outcomes[3]["problem"]["detail"] == outcomes[4]["problem"]["detail"] == "There is no such order."
    assert program.get(f"/api/orders/{draft.id}").get_json()["state"] == "draft"


def test_an_order_names_its_instance_by_code_or_id(program, shop, order, problem, stored):
    second = InstanceFactory(tenant=shop.tenant, code="B2B")
    body = {"account_code": "GVM", "lines": [{"sku": "TRAIL", "quantity": "1"}]}
    assert program.made("/api/orders", {**body, "instance": "B2B"})["instance_id"] == second.id
    assert program.made("/api/orders", {**body, "instance": second.id})["number"] == "B2B-ORD-0002"
    before = stored()
    missing = problem(program.post("/api/orders", body), 422)
    assert "B2B, MAIN" in missing["detail"] or "MAIN, B2B" in missing["detail"]
    problem(program.post("/api/orders", {**body, "instance": "OTHER"}), 422)
    assert stored() == before
    codes = [instance["code"] for instance in program.get("/api/instances").get_json()["data"]]
    assert sorted(codes) == ["B2B", "MAIN"]
