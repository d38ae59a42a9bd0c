"""The other end of the network: a real HTTP server that answers what a test tells it to, and remembers."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

REALM = "9341452000000001"
TOKEN = "eyJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.the-access-token"


@dataclass
class Received:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    connection: tuple[str, int]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    instead: str = ""
    """"reset" breaks the connection, "half" breaks it in the middle of the answer, "silence" never answers,
    "close" answers and then closes the connection without having said so."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: deque[Answer] = deque()
        self.received: list[Received] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def will_answer(self, body: object = None, status: int = 200, **headers: str) -> None:
        """Queue an answer: bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        self.answers.append(Answer(status, content, headers))

    def will(self, instead: str) -> None:
        self.answers.append(Answer(instead=instead))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Received(self.command, parts.path, query, headers, body, self.client_address))
        answer = self.server.answers.popleft()
        if answer.instead == "silence":
            self.server.closing.wait(10)
            self.close_connection = True
        elif answer.instead == "reset":
            self._reset()
        else:
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", "intuit_tid": "1-abc", **answer.headers}.items():
                self.send_header(name, value)
            missing = 100 if answer.instead == "half" else 0
            self.send_header("Content-Length", str(len(answer.body) + missing))
            self.end_headers()
            self.wfile.write(answer.body)
            if missing:
                self._reset()
            if answer.instead == "close":
                self.close_connection = True

    do_POST = do_GET  # noqa: N815  # the name that http.server looks for

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""
