"""The API is what its OpenAPI document says."""

from __future__ import annotations

import re
from contextvars import Context

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from erp_core.api.reach import belongs
from erp_core.testing.client import settle
from erp_core.testing.factories import InvoiceFactory, OrderFactory

DOCUMENT = "/api/openapi.json"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def document(client):
    """What anybody may read."""
    return client.get(DOCUMENT).get_json()


def test_the_document_names_every_endpoint(app, document):
    for rule in app.url_map.iter_rules():
        if belongs(app, rule.endpoint) and rule.rule != DOCUMENT:
            path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
            assert {method.lower() for method in rule.methods - {"HEAD", "OPTIONS"}} & set(document["paths"][path])


def test_every_operation_is_described_with_its_problems(document):
    for path, operations in document["paths"].items():
        for method in set(operations) & {"get", "post"}:
            operation = operations[method]
            assert operation["summary"], path
            statuses = set(operation["responses"])
            assert {"401", "403", "429", "500"} <= statuses
            if method == "post":
                assert {"400", "409", "413", "415", "422"} <= statuses
                assert any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"])
            if "{" in path:
                assert "404" in statuses


def test_the_document_says_how_to_sign_in_and_loads_nothing_from_elsewhere(document):
    assert document["openapi"] == "3.1.0"
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert document["security"] == [{"token": []}]
    assert not re.search(r"https?://", str(document))


def test_every_reference_in_the_document_leads_somewhere(document):
    for reference in re.findall(r"'\$ref': '#/([^']+)'", str(document)):
        place = document
        for part in reference.split("/"):
            place = place[part]


def test_the_examples_of_the_document_work(program, document):
    def example(path):
        return document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]

    program.made("/api/customers", example("/api/customers"))
    program.made("/api/products", example("/api/products"))
    program.made("/api/products", {"sku": "TRAIL-500", "name": "Trail Mix (Classic)"})
    program.made("/api/orders", example("/api/orders"))


@pytest.mark.timeout(60)
def test_no_request_that_the_document_allows_or_forbids_makes_us_stumble(app, program, shop):
    OrderFactory(instance=shop, confirmed=True)
    InvoiceFactory(instance=shop)
    settle()
    headers = {"Authorization": f"Bearer {program.token}"}
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, app)
    seen: set[int] = set()

    def run() -> None:
        for found in schema.get_all_operations():
            operation = found.ok()
            for mode in schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE:

                @settings(
                    max_examples=8,
                    deadline=None,
                    database=None,
                    derandomize=True,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
                @given(case=operation.as_strategy(generation_mode=mode))
                def check(case: schemathesis.Case) -> None:
                    seen.add(case.call_and_validate(headers=headers, checks=CHECKS).status_code)

                check()

    Context().run(run)
    assert {200, 201, 400, 401, 404, 422} <= seen
