"""An Idempotency-Key makes a repetition harmless."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import func, select

from erp_core import clock as product_clock
from erp_core.api import idempotency
from erp_core.extensions import db
from erp_core.models import Customer, IdempotencyKey, Invoice
from erp_core.testing.factories import OrderFactory

BODY = {"name": "Green Valley", "account_code": "GVM"}


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def test_a_repetition_gets_the_same_answer_and_does_nothing(program, session, stored):
    first = program.post("/api/customers", BODY, key="one")
    before = stored()
    again = program.post("/api/customers", BODY, key="one")
    assert (again.status_code, again.data) == (first.status_code, first.data) == (201, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert stored() == before


def test_the_order_of_members_and_the_form_of_numbers_do_not_matter(program):
    one = '{"sku": "A", "name": "A", "price": "18.50"}'
    two = '{"price":18.50,  "name":"A","sku":"A"}'
    first = program.post("/api/products", data=one, content_type="application/json", key="k")
    again = program.post("/api/products", data=two, content_type="application/json", key="k")
    assert first.data == again.data


def test_another_body_or_path_under_the_same_key_is_refused(program, problem, stored, shop):
    order = OrderFactory(instance=shop)
    program.post("/api/customers", BODY, key="one")
    before = stored()
    problem(program.post("/api/customers", {"name": "Another"}, key="one"), 422, "idempotency_key_reused")
    problem(program.post(f"/api/orders/{order.id}/confirm", key="one"), 422, "idempotency_key_reused")
    assert stored() == before


def test_an_act_without_a_body_is_repeated_safely(program, shop):
    order = OrderFactory(instance=shop, shipped=True)
    first = program.post(f"/api/orders/{order.id}/invoice", key="invoice")
    again = program.post(f"/api/orders/{order.id}/invoice", key="invoice")
    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json()


def test_many_invoices_at_once_are_repeated_safely(program, session, shop):
    orders = [OrderFactory(instance=shop, shipped=True), OrderFactory(instance=shop)]
    body = {"ids": [order.id for order in orders]}
    first = program.post("/api/orders/invoice", body, key="bulk")
    again = program.post("/api/orders/invoice", body, key="bulk")
    assert first.data == again.data
    assert count(session, Invoice) == 1


def test_a_refusal_is_not_kept(program, session, shop, problem):
    order = OrderFactory(instance=shop)
    problem(program.post(f"/api/orders/{order.id}/ship", key="ship"), 409)
    assert count(session, IdempotencyKey) == 0
    program.made(f"/api/orders/{order.id}/confirm")
    assert program.post(f"/api/orders/{order.id}/ship", key="ship").status_code == 200


def test_two_programs_may_use_the_same_key(program, program_of, shop):
    other = program_of(shop)
    assert program.post("/api/customers", BODY, key="one").status_code == 201
    assert other.post("/api/customers", {"name": "Another"}, key="one").status_code == 201


def test_a_key_that_is_none_is_refused(program, problem, stored, subtests):
    before = stored()
    for key in ("", "a" * 101, "ä", "two words"):
        with subtests.test(key):
            refusal = problem(program.post("/api/customers", BODY, key=key), 422, "bad_idempotency_key")
            assert "Idempotency-Key" in refusal["errors"]
            assert stored() == before


def test_of_many_at_once_one_acts_and_all_get_its_answer(app, program, session):
    start = threading.Barrier(6)
    session.commit()

    def send(_number):
        start.wait(10)
        headers = {"Authorization": f"Bearer {program.token}", "Idempotency-Key": "race"}
        response = app.test_client().post("/api/customers", json=BODY, headers=headers)
        return response.status_code, response.headers.get("Idempotency-Replayed"), response.data

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(send, range(6)))

    assert {status for status, _, _ in answers} == {201}
    assert sorted(replayed or "" for _, replayed, _ in answers) == ["", *["true"] * 5]
    assert len({body for _, _, body in answers}) == 1
    assert count(session, Customer) == 1


def test_who_waits_for_a_request_that_fails_acts_itself(app, program, session):
    session.commit()
    engine = db.engine
    with engine.connect() as first, first.begin() as transaction, ThreadPoolExecutor(1) as threads:
        first.execute(
            IdempotencyKey.__table__.insert().values(
                user_id=program.user.id, key="race", fingerprint="x", status=0, body={}, created_at=product_clock.now()
            )
        )
        session.rollback()
        headers = {"Authorization": f"Bearer {program.token}", "Idempotency-Key": "race"}
        waiting = threads.submit(app.test_client().post, "/api/customers", json=BODY, headers=headers)
        time.sleep(0.3)
        assert not waiting.done()
        transaction.rollback()
        assert waiting.result(20).status_code == 201
    assert count(session, Customer) == 1


def test_answers_are_forgotten_only_when_they_are_old(app, program, session, clock):
    program.post("/api/customers", BODY, key="one")
    clock.move(hours=25)
    program.post("/api/customers", {"name": "Another"}, key="two")
    idempotency.forget_old(session)
    assert count(session, IdempotencyKey) == 2
    clock.move(hours=24)
    idempotency.forget_old(session)
    assert session.scalars(select(IdempotencyKey.key)).all() == ["two"]
    assert timedelta(hours=24) <= idempotency.KEPT
