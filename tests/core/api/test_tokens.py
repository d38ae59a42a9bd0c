"""Who may use the API: the token decides, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

from flask_login import current_user

from erp_core import clock as product_clock
from erp_core.api.reach import belongs
from erp_core.models import Role
from erp_core.services import accounts
from erp_core.testing.factories import ACTOR, CustomerFactory, InstanceFactory, OrderFactory, UserFactory

CUSTOMER = {"name": "Green Valley"}


def use(client, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.post("/api/customers", json=CUSTOMER, headers=headers)


WRONG_HEADERS = {
    "none": (None, "token_missing"),
    "another scheme": ("Basic YTpi", "token_missing"),
    "no token": ("Bearer ", "token_missing"),
    "an unknown token": ("Bearer erp_unknown", "token_unknown"),
    "bytes": ("Bearer erp_\xff\xfe", "token_unknown"),
}


def test_without_a_good_token_nothing_is_answered(client, shop, problem, stored, subtests):
    before = stored()
    for case, (header, code) in WRONG_HEADERS.items():
        with subtests.test(case):
            response = use(client, header)
            problem(response, 401, code)
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
            assert "Location" not in response.headers
            assert stored() == before


def test_an_expired_token_opens_nothing(session, client, shop, clock, problem, stored):
    user = UserFactory(tenant=shop.tenant)
    expires = product_clock.now() + timedelta(hours=1)
    _, token = accounts.create_token(session, user, "program", expires_at=expires, actor=ACTOR)
    clock.move(hours=2)
    session.commit()
    before = stored()
    response = use(client, f"Bearer {token}")
    problem(response, 401, "token_expired")
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
    assert stored() == before


def test_a_revoked_token_opens_nothing(session, client, shop, problem):
    user = UserFactory(tenant=shop.tenant)
    record, token = accounts.create_token(session, user, "program", actor=ACTOR)
    assert use(client, f"Bearer {token}").status_code == 201
    accounts.revoke_token(session, record, actor=ACTOR)
    problem(use(client, f"Bearer {token}"), 401, "token_revoked")


def test_the_token_of_a_person_who_was_switched_off_opens_nothing(session, program, shop, problem):
    UserFactory(tenant=shop.tenant)
    accounts.set_active(session, program.user, False, actor=ACTOR)
    problem(program.get("/api/orders"), 401, "token_inactive")


def test_every_endpoint_refuses_without_a_token(app, client, problem):
    walked = 0
    for rule in app.url_map.iter_rules():
        if not belongs(app, rule.endpoint) or rule.rule == "/api/openapi.json":
            continue
        path = re.sub(r"<[^>]*>", "1", rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            problem(client.open(path, method=method), 401, "token_missing")
            walked += 1
    assert walked >= 18


def test_every_endpoint_names_its_permission(app):
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api_") and rule.endpoint != "api_document":
            assert getattr(app.view_functions[rule.endpoint], "permission", None), rule


def test_a_viewer_reads_but_does_not_write(program_of, shop, problem, stored):
    viewer = program_of(shop, role=Role.VIEWER)
    order = OrderFactory(instance=shop, shipped=True)
    before = stored()
    assert viewer.get("/api/orders").status_code == 200
    refusals = [
        viewer.post("/api/customers", CUSTOMER),
        viewer.post("/api/products", {"sku": "A", "name": "A"}),
        viewer.post("/api/orders", {"customer_id": order.customer_id, "lines": []}),
        viewer.post(f"/api/orders/{order.id}/confirm"),
        viewer.post(f"/api/orders/{order.id}/ship"),
        viewer.post(f"/api/orders/{order.id}/invoice"),
        viewer.post("/api/orders/invoice", {"ids": [order.id]}),
        viewer.post("/api/payments", {"customer_id": order.customer_id, "amount": "1"}),
    ]
    for refusal in refusals:
        problem(refusal, 403, "forbidden")
    assert stored() == before


def test_the_hosts_administrator_sees_no_tenant(session, client, shop, problem):
    host = UserFactory(tenant=None, role=Role.HOST)
    _, token = accounts.create_token(session, host, "program", actor=ACTOR)
    CustomerFactory(tenant_id=shop.tenant_id)
    response = client.get("/api/customers", headers={"Authorization": f"Bearer {token}"})
    problem(response, 403)


def test_a_signed_in_browser_can_not_use_the_api(client, shop, problem, stored):
    user = UserFactory(tenant=shop.tenant)
    client.login(user)
    before = stored()
    problem(client.post("/api/customers", json=CUSTOMER, csrf=False), 401, "token_missing")
    problem(client.post("/api/customers", json=CUSTOMER), 401, "token_missing")
    problem(client.get("/api/customers"), 401, "token_missing")
    assert stored() == before


def test_the_token_decides_also_when_a_cookie_says_otherwise(client, program, shop):
    elsewhere = InstanceFactory()
    CustomerFactory(tenant_id=elsewhere.tenant_id)
    mine = CustomerFactory(tenant_id=shop.tenant_id)
    client.login(UserFactory(tenant=elsewhere.tenant))
    answer = program.get("/api/customers").get_json()
    assert [row["id"] for row in answer["data"]] == [mine.id]
    assert program.post("/api/customers", CUSTOMER).status_code == 201


def test_a_page_under_api_stays_a_page(app, client, program, shop):
    """Some addresses were given by others, such as that of an OAuth callback."""
    app.add_url_rule("/api/others/callback", "others_callback", lambda: current_user.name)
    person = UserFactory(tenant=shop.tenant)
    response = client.get("/api/others/callback", headers={"Authorization": f"Bearer {program.token}"})
    assert response.status_code == 302
    assert "sign-in" in response.headers["Location"]
    client.login(person)
    assert client.get("/api/others/callback").text == person.name


def test_a_token_signs_nobody_in_to_the_pages(client, program):
    response = client.get("/orders", headers={"Authorization": f"Bearer {program.token}"})
    assert response.status_code in (302, 404)


def test_too_many_requests_with_one_token_are_refused_for_a_while(make_app, session, shop, problem):
    app = make_app(rate_limits=True, api_rate_limit=3)
    client = app.test_client()
    tokens = [
        accounts.create_token(session, UserFactory(tenant=shop.tenant), "program", actor=ACTOR)[1] for _ in range(2)
    ]
    busy, calm = ({"Authorization": f"Bearer {token}"} for token in tokens)
    paths = ("/api/orders", "/api/customers", "/api/orders")
    assert [client.get(path, headers=busy).status_code for path in paths] == [200] * 3
    response = client.get("/api/products", headers=busy)
    problem(response, 429)
    assert 0 <= int(response.headers["Retry-After"]) <= 60
    assert client.get("/api/products", headers=calm).status_code == 200


def test_guessing_tokens_is_refused_for_a_while_and_stops_nobody_else(make_app, session, shop, problem):
    app = make_app(rate_limits=True, api_rate_limit=3)
    client = app.test_client()
    _, token = accounts.create_token(session, UserFactory(tenant=shop.tenant), "program", actor=ACTOR)
    for number in range(3):
        problem(client.get("/api/orders", headers={"Authorization": f"Bearer erp_{number}"}), 401)
    problem(client.get("/api/orders", headers={"Authorization": "Bearer erp_guess"}), 429)
    assert client.get("/api/orders", headers={"Authorization": f"Bearer {token}"}).status_code == 200
