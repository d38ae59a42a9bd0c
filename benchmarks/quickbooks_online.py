"""A QuickBooks Online to measure against: qbo-emulator serve in a process of its own, and a plain client of it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

SERVE = (sys.executable, "-c", "from qbo_emulator.cli import main; main()", "serve", "--port", "0")


class Refused(Exception):
    """An answer that is not 200."""


class Client:
    """One kept connection with a token; as little as possible between the clock and the server."""

    def __init__(self, url: str, pid: int) -> None:
        self.url, self.pid = url, pid
        parts = urlsplit(url)
        self._http = HTTPConnection(str(parts.hostname), parts.port, timeout=120)
        self.connection = self._call("POST", "/_emulator/connections", b"", {})
        self.base = f"/v3/company/{self.connection['realm_id']}"
        self._headers = {
            "Authorization": f"Bearer {self.connection['access_token']}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }

    def get(self, path: str, **params: str) -> Any:
        """Read something of the company."""
        return self._call("GET", f"{self.base}/{path}{'?' + urlencode(params) if params else ''}", None, self._headers)

    def post(self, path: str, body: Any) -> Any:
        """Write something of the company."""
        return self._call("POST", f"{self.base}/{path}", json.dumps(body).encode(), self._headers)

    def query(self, statement: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        found = self._call("GET", f"{self.base}/query?query={quote(statement)}", None, self._headers)["QueryResponse"]
        return next((value for value in found.values() if isinstance(value, list)), [])

    def batch(self, operation: str, entity: str, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Up to thirty operations in one call; Refused when one of them was."""
        items = [{"bId": str(number), "operation": operation, entity: body} for number, body in enumerate(bodies)]
        answers = self.post("batch", {"BatchItemRequest": items})["BatchItemResponse"]
        for answer in answers:
            if "Fault" in answer:
                raise Refused(str(answer["Fault"]))
        return [answer[entity] for answer in answers]

    def forget(self) -> None:
        """Empty what the emulator keeps of calls on purpose: their list, for tests, and the arrivals of the last minute."""
        for path in ("/_emulator/calls", "/_emulator/limits"):
            self._http.request("DELETE", path)
            self._http.getresponse().read()

    def close(self) -> None:
        """Give up the connection."""
        self._http.close()

    def _call(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        self._http.request(method, path, body, headers)
        answer = self._http.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise Refused(f"{method} {path}: {answer.status} {content[:500]!r}")
        return json.loads(content)


@contextmanager
def served(*options: str) -> Iterator[Client]:
    """A client of a new emulator, which ends with it; options are those of qbo-emulator serve."""
    running = subprocess.Popen([*SERVE, *options], stdout=subprocess.PIPE, text=True)
    try:
        line = running.stdout.readline() if running.stdout is not None else ""
        url = re.search(r"http://\S+", line)
        if url is None:
            raise Refused(f"The emulator did not start: {line!r}")
        client = Client(url.group(), running.pid)
        yield client
        client.close()
    finally:
        running.terminate()
        running.wait(20)
        if running.stdout is not None:
            running.stdout.close()
