"""A threaded HTTP/1.1 server with keep-alive for one WSGI application.

Werkzeug's own server closes every connection after one answer; clients of an API keep theirs.
"""

import contextlib
import io
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_to_bytes

from qbo_emulator.app import CONNECTION, TOO_LARGE

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
# A file of 100 MB, the most that the API takes, with room for its multipart envelope.
LARGEST_REQUEST = 110 * 1024 * 1024
IDLE_SECONDS = 120
# How long calls under way may take at the end before their connections are cut.
GRACE_SECONDS = 5.0
LENGTH, SIZE = re.compile(r"[0-9]{1,20}"), re.compile(rb"[0-9A-Fa-f]{1,16}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "qbo-emulator"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: "Server"

    def do_any(self) -> None:
        """Run the application for one request and send its answer in one piece."""
        try:
            body = self._body()
        except ValueError:
            self.close_connection = True
            self._send("400 Bad Request", [("Content-Type", "text/plain")], b"The length of the request is no number.")
            return
        environ = self._environ(body or b"")
        if body is None:
            self.close_connection = environ[TOO_LARGE] = True
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [status, headers]
            return lambda _: None

        result = self.server.application(environ, start_response)
        try:
            content = b"".join(result)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()
        self._send(started[0], started[1], content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_any  # noqa: N815 - http.server's names

    def _body(self) -> bytes | None:
        """The whole body, so that the next request starts where this one ends; None when it is too large, ValueError
        when nobody can say where it ends."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        given = self.headers.get("Content-Length") or "0"
        if not LENGTH.fullmatch(given):
            raise ValueError(given)
        length = int(given)
        if length > LARGEST_REQUEST:
            return None
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError("The client went away in the middle of its request.")
        return body

    def _chunks(self) -> bytes | None:
        content = bytearray()
        while True:
            given = self.rfile.readline(100).split(b";")[0].strip()
            if not SIZE.fullmatch(given):
                raise ValueError(given)
            size = int(given, 16)
            if len(content) + size > LARGEST_REQUEST:
                return None
            if size == 0:
                while self.rfile.readline(65_537).strip():
                    pass
                return bytes(content)
            content += self.rfile.read(size)
            self.rfile.readline(10)

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": self.path,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            CONNECTION: self.connection,
        }
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def _send(self, status: str, headers: list[tuple[str, str]], content: bytes) -> None:
        head = [f"HTTP/1.1 {status}", f"Date: {self.date_time_string()}", f"Server: {self.server_version}"]
        head += [f"{name}: {value}" for name, value in headers if name.lower() not in ("content-length", "server")]
        code = int(status.split()[0])
        bare = code in (204, 304)
        if not bare:
            head.append(f"Content-Length: {len(content)}")
        if self.close_connection:
            head.append("Connection: close")
        payload = b"" if self.command == "HEAD" or bare else content
        try:
            self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1", "replace") + payload)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Requests are on the list of calls, not on the terminal."""

    def handle(self) -> None:
        """A client that goes away ends its connection, nothing else."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True


class Server(ThreadingHTTPServer):
    """Serves an application; each connection has its thread. port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, application: Wsgi, host: str = "127.0.0.1", port: int = 0) -> None:
        self.application = application
        self._open: set[Any] = set()
        self._changed = threading.Condition()
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """A connection has ended."""
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def server_close(self) -> None:
        """Stop listening, answer the calls under way and end every connection, also those that are kept."""
        super().server_close()
        self._end(socket.SHUT_RD)
        with self._changed:
            self._changed.wait_for(lambda: not self._open, GRACE_SECONDS)
        self._end(socket.SHUT_RDWR)

    def _end(self, how: int) -> None:
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(how)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self.server_address[:2]
        name = f"[{host!s}]" if self.address_family == socket.AF_INET6 else str(host)
        return f"http://{'127.0.0.1' if name.strip('0.') == '' else name}:{port}"
