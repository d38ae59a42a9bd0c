"""Bad input gets a clear problem and changes nothing."""

from __future__ import annotations

import pytest

from erp_core.testing.factories import CustomerFactory, InvoiceFactory, OrderFactory, ProductFactory

JSON = "application/json"
LARGE = 10 * 1024 * 1024


@pytest.fixture
def known(shop):
    """Ids of records of the tenant, and of another one."""
    foreign = InvoiceFactory()
    return {
        "customer": CustomerFactory(tenant_id=shop.tenant_id, account_code="GVM").id,
        "product": ProductFactory(tenant_id=shop.tenant_id, sku="GRAN").id,
        "off": ProductFactory(tenant_id=shop.tenant_id, sku="OFF", active=False).id,
        "order": OrderFactory(instance=shop).id,
        "invoice": InvoiceFactory(instance=shop).id,
        "their_order": foreign.order_id,
        "their_invoice": foreign.id,
        "their_customer": foreign.customer_id,
        "their_product": foreign.lines[0].product_id,
        "their_instance": foreign.instance_id,
        "their_sku": foreign.lines[0].product.sku,
    }


LINE = {"product_id": "$product", "quantity": "1"}
ORDER = {"customer_id": "$customer", "lines": [LINE]}

WRONG_ORDERS = {
    "no customer": ({"lines": [LINE]}, "customer_id"),
    "two ways to name the customer": ({**ORDER, "account_code": "GVM"}, "customer_id"),
    "an unknown customer": ({**ORDER, "customer_id": 999999}, "customer_id"),
    "an unknown account code": ({"account_code": "NOBODY", "lines": [LINE]}, "account_code"),
    "a customer of another tenant": ({**ORDER, "customer_id": "$their_customer"}, "customer_id"),
    "a seller of another tenant": ({**ORDER, "seller_id": "$their_customer"}, "seller_id"),
    "an unknown tax rate": ({**ORDER, "tax_rate_id": 12345}, "tax_rate_id"),
    "an instance of another tenant": ({**ORDER, "instance": "$their_instance"}, "instance"),
    "no lines": ({"customer_id": "$customer"}, "lines"),
    "an empty list of lines": ({**ORDER, "lines": []}, "lines"),
    "lines that are no list": ({**ORDER, "lines": {"0": LINE}}, "lines"),
    "a line that is no object": ({**ORDER, "lines": ["GRAN"]}, "lines.0"),
    "too many lines": ({**ORDER, "lines": [LINE] * 501}, "lines"),
    "no product": ({**ORDER, "lines": [{"quantity": 1}]}, "lines.0.product_id"),
    "a product of another tenant": (
        {**ORDER, "lines": [{"product_id": "$their_product", "quantity": 1}]},
        "lines.0.product_id",
    ),
    "a SKU of another tenant": ({**ORDER, "lines": [{"sku": "$their_sku", "quantity": 1}]}, "lines.0.sku"),
    "a product that is switched off": ({**ORDER, "lines": [{"sku": "OFF", "quantity": 1}]}, "lines.0.product_id"),
    "no quantity": ({**ORDER, "lines": [{"product_id": "$product"}]}, "lines.0.quantity"),
    "a negative quantity": ({**ORDER, "lines": [{**LINE, "quantity": "-1"}]}, "lines.0.quantity"),
    "a quantity of zero": ({**ORDER, "lines": [LINE, {**LINE, "quantity": 0}]}, "lines.1.quantity"),
    "a quantity in words": ({**ORDER, "lines": [{**LINE, "quantity": "three"}]}, "lines.0.quantity"),
    "a quantity that is true": ({**ORDER, "lines": [{**LINE, "quantity": True}]}, "lines.0.quantity"),
    "a quantity of null": ({**ORDER, "lines": [{**LINE, "quantity": None}]}, "lines.0.quantity"),
    "NaN as a text": ({**ORDER, "lines": [{**LINE, "quantity": "NaN"}]}, "lines.0.quantity"),
    "Infinity as a text": ({**ORDER, "lines": [{**LINE, "quantity": "Infinity"}]}, "lines.0.quantity"),
    "a huge quantity": ({**ORDER, "lines": [{**LINE, "quantity": "9" * 20}]}, "lines.0.quantity"),
    "a huge whole number": ({**ORDER, "lines": [{**LINE, "quantity": 10**400}]}, "lines.0.quantity"),
    "seven decimal places": ({**ORDER, "lines": [{**LINE, "quantity": "1.0000001"}]}, "lines.0.quantity"),
    "a negative price": ({**ORDER, "lines": [{**LINE, "unit_price": "-0.01"}]}, "lines.0.unit_price"),
    "a negative discount": ({**ORDER, "discount": "-1"}, "discount"),
    "a discount above the lines": ({**ORDER, "discount": "10.01"}, "discount"),
    "a fraction of a cent": ({**ORDER, "shipping": "0.001"}, "shipping"),
    "a date that does not exist": ({**ORDER, "order_date": "2026-02-30"}, "order_date"),
    "a date in another form": ({**ORDER, "order_date": "20260228"}, "order_date"),
    "a date long ago": ({**ORDER, "order_date": "0001-01-01"}, "order_date"),
    "a text that is a number": ({**ORDER, "memo": 7}, "memo"),
    "a text with a NUL": ({**ORDER, "memo": "a\x00b"}, "memo"),
    "a text that no database stores": ({**ORDER, "memo": "\ud800"}, "memo"),
    "a text that is too long": ({**ORDER, "memo": "a" * 1001}, "memo"),
    "an unknown member": ({**ORDER, "total": "1.00"}, "total"),
    "an unknown member of a line": ({**ORDER, "lines": [{**LINE, "amount": "1"}]}, "lines.0.amount"),
    "a list instead of an object": ([], ""),
    "an id that is too large": ({**ORDER, "customer_id": 2**40}, "customer_id"),
    "an id that is a text": ({**ORDER, "customer_id": "1"}, "customer_id"),
}


def fill(value, known):
    """Put the known ids where the table says `$name`."""
    if isinstance(value, dict):
        return {key: fill(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, known) for inner in value]
    if isinstance(value, str) and value.startswith("$"):
        return known[value[1:]]
    return value


def test_an_order_is_refused_with_the_member_that_is_wrong(program, known, problem, stored, subtests):
    before = stored()
    for case, (body, member) in WRONG_ORDERS.items():
        with subtests.test(case):
            refusal = problem(program.post("/api/orders", fill(body, known)), 422)
            assert member in refusal["errors"]
            assert stored() == before


def test_the_table_is_about_an_order_that_would_be_accepted(program, known):
    assert program.post("/api/orders", fill(ORDER, known)).status_code == 201


def test_a_record_of_another_tenant_is_as_unknown_as_none(program, known, problem, stored):
    before = stored()
    for kind, theirs in (("order", "their_order"), ("invoice", "their_invoice"), ("customer", "their_customer")):
        foreign = problem(program.get(f"/api/{kind}s/{known[theirs]}"), 404, "not_found")
        missing = problem(program.get(f"/api/{kind}s/999999"), 404, "not_found")
        assert foreign["detail"] == missing["detail"]
    for act in ("confirm", "ship", "invoice"):
        problem(program.post(f"/api/orders/{known['their_order']}/{act}"), 404)
    problem(program.post(f"/api/invoices/{known['their_invoice']}/void"), 404)
    payment = {
        "customer_id": known["customer"],
        "amount": "1.00",
        "allocations": [{"invoice_id": known["their_invoice"], "amount": "1.00"}],
    }
    refusal = problem(program.post("/api/payments", payment), 422)
    assert refusal["errors"] == {"allocations.0.invoice_id": "There is no such invoice."}
    assert stored() == before


RAW = {
    "no JSON": ('{"lines": [', JSON, 400, "malformed_json"),
    "an empty body": ("", JSON, 400, "malformed_json"),
    "NaN": ('{"amount": NaN}', JSON, 400, "malformed_json"),
    "Infinity": ('{"amount": -Infinity}', JSON, 400, "malformed_json"),
    "bytes that are no text": (b'{"memo": "\xff"}', JSON, 400, "malformed_json"),
    "a member twice": ('{"customer_id": 1, "customer_id": 2}', JSON, 400, "malformed_json"),
    "nesting without end": ("[" * 100_000, JSON, 400, "malformed_json"),
    "digits without end": ('{"customer_id": ' + "9" * 100_000 + "}", JSON, 400, "malformed_json"),
    "an exponent without end": ('{"discount": 1e' + "9" * 30 + "}", JSON, 400, "malformed_json"),
    "a huge exponent": ('{"discount": 1e999999, "customer_id": 1, "lines": []}', JSON, 422, "invalid"),
    "a form": ("customer_id=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    "a plain text": ("{}", "text/plain", 415, "unsupported_media_type"),
    "no content type": ("{}", None, 415, "unsupported_media_type"),
}


def test_a_body_that_can_not_be_read_is_refused(program, problem, stored, subtests):
    before = stored()
    for case, (body, content_type, status, code) in RAW.items():
        with subtests.test(case):
            problem(program.post("/api/orders", data=body, content_type=content_type), status, code)
            assert stored() == before


def test_a_body_of_ten_megabytes_is_refused(program, problem, stored):
    before = stored()
    body = b'{"memo": "' + b"a" * LARGE + b'"}'
    problem(program.post("/api/orders", data=body, content_type=JSON), 413)
    assert stored() == before


WRONG_QUERIES = {
    "a limit above 200": ("limit=201", "limit"),
    "a limit of zero": ("limit=0", "limit"),
    "a limit in words": ("limit=many", "limit"),
    "a cursor that we did not hand out": ("cursor=abc", None),
    "a column that is no column": ("sort=tenant_id", "sort"),
    "an unknown status": ("status=lost", "status"),
    "an unknown parameter": ("page=2", "page"),
    "a parameter twice": ("limit=1&limit=2", "limit"),
    "an unknown instance": ("instance=OTHER", "instance"),
}


def test_a_list_refuses_what_it_does_not_know(program, problem, subtests):
    for case, (query, member) in WRONG_QUERIES.items():
        with subtests.test(case):
            refusal = problem(program.get(f"/api/orders?{query}"), 422)
            assert member is None or member in refusal["errors"]


def test_the_log_refuses_a_subject_that_is_none(program, problem):
    problem(program.get("/api/activities?subject=17"), 422)
    problem(program.get("/api/activities?subject=order:9999999999"), 422)


def test_an_address_that_is_none_is_a_problem_too(program, problem):
    problem(program.get("/api/nothing"), 404, "not_found")
    problem(program.get("/api/orders/0"), 404)
    problem(program.get("/api/orders/99999999999999999999"), 404)
    response = program.client.put("/api/orders", headers={"Authorization": f"Bearer {program.token}"})
    problem(response, 405)
    assert "POST" in response.headers["Allow"]


def test_duplicates_are_refused_with_a_sentence(program, problem, stored):
    program.made("/api/customers", {"name": "Green Valley", "account_code": "GVM"})
    program.made("/api/products", {"sku": "gran", "name": "Granola"})
    before = stored()
    assert "name" in problem(program.post("/api/customers", {"name": "GREEN VALLEY"}), 422)["errors"]
    twin = {"name": "Another", "account_code": "GVM"}
    assert "account_code" in problem(program.post("/api/customers", twin), 422)["errors"]
    assert "sku" in problem(program.post("/api/products", {"sku": "GRAN", "name": "B"}), 422)["errors"]
    assert stored() == before


def test_a_failure_of_ours_says_nothing_about_its_cause(app, program, problem, caplog):
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def crash() -> None:
        raise RuntimeError("the password is swordfish")

    app.view_functions["api_instances.list_instances"] = crash
    response = program.get("/api/instances")
    problem(response, 500)
    assert "swordfish" not in response.text
    assert "RuntimeError" in caplog.text
