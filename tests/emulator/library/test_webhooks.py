"""python-quickbooks accepts the signature of what the emulator delivers, and of nothing else."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from quickbooks.objects.customer import Customer

from tests.emulator.library.cases import named
from tests.emulator.library.conftest import VERIFIER_TOKEN


class App(HTTPServer):
    """The app at the other end: it answers 200 and keeps what it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[str, str]] = []
        self.came = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: App

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.got.append((body, self.headers["intuit-signature"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.came.set()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Nothing on the terminal."""


@pytest.fixture
def listener() -> Iterator[App]:
    """An app that listens on a free port."""
    server = App()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("form", ["cloudevents", "legacy"])
def test_a_delivery_carries_a_signature_that_the_library_checks(emulator, qb, kit, listener, form):
    emulator.webhooks(f"http://127.0.0.1:{listener.server_port}/hook", VERIFIER_TOKEN, format=form)
    try:
        saved = named(Customer, "Signed")(kit).save(qb=qb)
        assert listener.came.wait(10)
    finally:
        emulator.stop_webhooks()
    body, signature = listener.got[0]
    assert qb.validate_webhook_signature(body, signature)
    assert qb.validate_webhook_signature(body, signature, verifier_token=VERIFIER_TOKEN)
    assert not qb.validate_webhook_signature(f"{body} ", signature)
    assert not qb.validate_webhook_signature(body, signature, verifier_token="another")
    events = json.loads(body)
    if form == "cloudevents":
        assert [(row["type"], row["intuitentityid"], row["intuitaccountid"]) for row in events] == [
            ("qbo.customer.created.v1", saved.Id, qb.company_id)
        ]
    else:
        (notification,) = events["eventNotifications"]
        assert notification["realmId"] == qb.company_id
        (entity,) = notification["dataChangeEvent"]["entities"]
        assert (entity["name"], entity["id"], entity["operation"]) == ("Customer", saved.Id, "Create")
