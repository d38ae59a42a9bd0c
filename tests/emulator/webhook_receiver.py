"""A real HTTP server that receives webhooks, and checks their signature by itself."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "a-verifier-token"


class Received:
    """One POST as it came in."""

    def __init__(self, path: str, headers: dict[str, str], raw: bytes, connection: Any) -> None:
        self.path, self.headers, self.raw, self.connection = path, headers, raw, connection
        self.at = time.monotonic()

    @property
    def signed(self) -> bool:
        """Whether the signature is that of the raw bytes."""
        expected = base64.b64encode(hmac.new(TOKEN.encode(), self.raw, hashlib.sha256).digest()).decode()
        return self.headers.get("intuit-signature") == expected

    def json(self) -> Any:
        return json.loads(self.raw)

    def changes(self) -> list[tuple[str, str, str, str]]:
        """Realm, entity, id and operation of each event, in either format."""
        body = self.json()
        if isinstance(body, dict):
            return [
                (group["realmId"], one["name"].lower(), one["id"], one["operation"])
                for group in body["eventNotifications"]
                for one in group["dataChangeEvent"]["entities"]
            ]
        words = {"created": "Create", "updated": "Update", "deleted": "Delete", "merged": "Merge", "voided": "Void"}
        found = []
        for one in body:
            _, entity, past, version = one["type"].split(".")
            assert version == "v1"
            found.append((one["intuitaccountid"], entity, one["intuitentityid"], words.get(past, past.capitalize())))
        return found


class Receiver:
    """Listens on a free port. Answers 200, or what answers(...) said: a status, or a function of the delivery."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._script: deque[Any] = deque()
        self._changed = threading.Condition()
        self.released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                got = Received(self.path, {k.lower(): v for k, v in self.headers.items()}, raw, self.client_address)
                answer = receiver._take(got)
                try:
                    self.send_response(answer)
                    if answer in (301, 302, 307):
                        self.send_header("Location", "/elsewhere")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def answers(self, *script: Any) -> None:
        """What the next deliveries are answered; "hang" waits for stop() or released."""
        self._script.extend(script)

    def _take(self, got: Received) -> int:
        with self._changed:
            answer = self._script.popleft() if self._script else 200
            self.received.append(got)
            self._changed.notify_all()
        if answer == "hang":
            self.released.wait(20)
            return 200
        return int(answer)

    def wait(self, number: int, timeout: float = 10.0) -> list[Received]:
        """The deliveries, as soon as there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.received) >= number, timeout), self.received
            return list(self.received)

    def changes(self) -> list[tuple[str, str, str, str]]:
        return [change for got in list(self.received) for change in got.changes()]

    def clear(self) -> None:
        with self._changed:
            self.received.clear()

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
