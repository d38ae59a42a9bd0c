"""A threaded HTTP/1.1 server with keep-alive for one WSGI application.

Werkzeug's own server closes every connection after one answer; clients of an API keep theirs.
"""

import io
import socket
import sys
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_to_bytes

from qbo_emulator.app import CONNECTION

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
# A file of 100 MB, the most that the API takes, with room for its multipart envelope.
LARGEST_REQUEST = 110 * 1024 * 1024
IDLE_SECONDS = 120


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "qbo-emulator"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: "Server"

    def do_any(self) -> None:
        """Run the application for one request and send its answer in one piece."""
        body = self._body()
        if body is None:
            self.close_connection = True
            self._send("413 Content Too Large", [("Content-Type", "text/plain")], b"The request is too large.")
            return
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [status, headers]
            return lambda _: None

        result = self.server.application(self._environ(body), start_response)
        try:
            content = b"".join(result)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()
        self._send(started[0], started[1], content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_any  # noqa: N815 - http.server's names

    def _body(self) -> bytes | None:
        """The whole body, so that the next request starts where this one ends; None when it is too large."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        length = self.headers.get("Content-Length") or "0"
        if not length.isdigit() or int(length) > LARGEST_REQUEST:
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionResetError("The client went away in the middle of its request.")
        return body

    def _chunks(self) -> bytes | None:
        content = bytearray()
        while True:
            try:
                size = int(self.rfile.readline(100).split(b";")[0], 16)
            except ValueError:
                return None
            if size < 0 or len(content) + size > LARGEST_REQUEST:
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
        if code != 204:
            head.append(f"Content-Length: {len(content)}")
        if self.close_connection:
            head.append("Connection: close")
        payload = b"" if self.command == "HEAD" or code == 204 else content
        try:
            self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + payload)
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
        super().__init__((host, port), _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self.server_address[:2]
        name = f"[{host!s}]" if self.address_family == socket.AF_INET6 else str(host)
        return f"http://{'127.0.0.1' if name.strip('0.') == '' else name}:{port}"
