"""Many threads at once, each with its own connection."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import requests

from qbo_emulator.testing import RunningEmulator


def send(qbo, bodies, path="invoice", params=None):
    headers = dict(qbo.session.headers)

    def one(number):
        with requests.Session() as session:
            query = (params or (lambda _: {}))(number)
            return session.post(qbo.url(path), json=bodies[number], params=query, headers=headers, timeout=30)

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, range(len(bodies))))


def test_a_hundred_invoices_at_once_are_a_hundred_invoices(emulator, qbo):
    qbo.preference("SalesFormsPrefs", CustomTxnNumbers=False)
    body = qbo.invoice(qbo.line("12.34"), CustomerRef={"value": "4"})
    answers = send(qbo, [body] * 100)
    assert {answer.status_code for answer in answers} == {200}
    made = [answer.json()["Invoice"] for answer in answers]
    assert len({invoice["Id"] for invoice in made}) == 100
    assert sorted(int(invoice["DocNumber"]) for invoice in made) == list(range(1001, 1101))
    customer = next(row for row in emulator.books(qbo.realm)["Customer"] if row["Id"] == "4")
    assert customer["Balance"] == Decimal("1234.00")


def test_one_request_id_from_many_threads_writes_once(emulator, qbo):
    body = qbo.invoice(DocNumber="SAME")
    answers = send(qbo, [body] * 30, params=lambda _: {"requestid": "same"})
    assert len({answer.content for answer in answers}) == 1
    assert len(qbo.rows("SELECT * FROM Invoice WHERE DocNumber = 'SAME'")) == 1


def test_one_number_from_many_threads_is_given_once(qbo):
    answers = send(qbo, [qbo.invoice(DocNumber="TWIN")] * 30)
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 29]


def test_one_version_is_changed_once(qbo):
    made = qbo.create("Invoice", qbo.invoice())
    bodies = [{"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": str(n)} for n in range(20)]
    answers = send(qbo, bodies)
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 19]


def test_a_connection_serves_many_requests(emulator, qbo):
    addresses = set()
    for _ in range(5):
        answer = qbo.session.get(qbo.url("customer/1"), timeout=10, stream=True)
        addresses.add(answer.raw.connection.sock.getsockname())
        assert answer.json()["Customer"]["Id"] == "1"
    assert len(addresses) == 1


def test_chunked_bodies_are_read(qbo):
    def parts():
        yield b'{"DisplayName": '
        yield b'"In chunks"}'

    answer = qbo.session.post(qbo.url("customer"), data=parts(), timeout=10)
    assert answer.json()["Customer"]["DisplayName"] == "In chunks"
    assert qbo.get("customer/1").status_code == 200


def test_two_emulators_do_not_share_anything():
    one, two = RunningEmulator(), RunningEmulator(company="empty")
    assert len(one.invoices(one.realms()[0])) == 2
    assert two.invoices(two.realms()[0]) == []
    assert one.url != two.url
    one.stop()
    two.stop()


def test_one_batch_from_many_threads_acts_once(emulator, qbo):
    item = {"bId": "1", "operation": "create", "Customer": {"DisplayName": "Batched once"}}
    emulator.latency(base="50ms")
    answers = send(qbo, [{"BatchItemRequest": [item]}] * 12, "batch", lambda _: {"requestid": "same-batch"})
    emulator.latency()
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["BatchItemResponse"][0]["Customer"]["SyncToken"] == "0"
    assert sorted(call["replayed"] for call in emulator.calls() if call["kind"] == "batch") == [False, *[True] * 11]
