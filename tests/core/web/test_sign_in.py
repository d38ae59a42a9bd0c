"""Signing in: with limits, and never to another host."""

from __future__ import annotations

import pytest

from erp_core.services import accounts
from erp_core.testing.factories import ACTOR, PASSWORD


def sign_in(client, email="ana@example.com", password=PASSWORD, **arguments):
    return client.post("/sign-in", data={"email": email, "password": password}, **arguments)


def test_a_person_signs_in_and_out(client, house):
    assert client.get("/orders").location == "/sign-in?next=/orders"
    assert sign_in(client).location == "/"
    assert client.get("/orders").status_code == 200
    assert client.post("/sign-out").location == "/sign-in"
    assert client.get("/orders").status_code == 302


def test_wrong_words_let_nobody_in_and_do_not_say_which_was_wrong(client, house):
    texts = set()
    for email, password in (("ana@example.com", "wrong password"), ("nobody@example.com", PASSWORD), ("", "")):
        answer = sign_in(client, email, password)
        assert answer.status_code == 401
        texts.add("don&#39;t match" in answer.text)
    assert texts == {True}
    assert client.get("/").status_code == 302


def test_a_person_who_was_switched_off_is_out_at_once(client, session, house):
    sign_in(client, "vera@example.com")
    assert client.get("/orders").status_code == 200
    accounts.set_active(session, house.vera, False, actor=ACTOR)
    assert client.get("/orders").status_code == 302
    assert sign_in(client, "vera@example.com").status_code == 401


def test_the_way_leads_to_the_wanted_page(client, house):
    assert sign_in(client, query_string={"next": "/orders?filter=draft"}).location == "/orders?filter=draft"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        " //evil.example",
        "http:/evil.example",
        "orders",
    ],
)
def test_the_way_never_leads_to_another_host(client, house, target):
    assert sign_in(client, query_string={"next": target}).location == "/"
    assert client.get("/sign-in", query_string={"next": target}).location == "/"


def test_after_ten_attempts_in_a_minute_an_address_must_wait(make_app, session, house):
    client = make_app(rate_limits=True).test_client()
    assert [sign_in(client, password="wrong password").status_code for _ in range(10)] == [401] * 10
    answer = sign_in(client)
    assert answer.status_code == 429
    assert "Wait a minute" in answer.text
    assert client.get("/sign-in").status_code == 200


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(app, client, session, house):
    other = app.test_client()
    sign_in(client)
    sign_in(other)
    form = {"current": PASSWORD, "new": "another long one", "again": "another long one"}
    wrong = client.post("/password", data={**form, "current": "wrong"})
    assert wrong.status_code == 422
    assert "not your current password" in wrong.text
    assert client.post("/password", data={**form, "again": "else"}).status_code == 422
    assert client.post("/password", data={**form, "new": "short", "again": "short"}).status_code == 422
    assert client.post("/password", data=form).location == "/"
    assert client.get("/orders").status_code == 200
    assert other.get("/orders").status_code == 302
    assert sign_in(app.test_client(), password="another long one").location == "/"
