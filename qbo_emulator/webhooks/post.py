"""One POST to an endpoint."""

import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from queue import Empty, SimpleQueue
from typing import Any

import requests

SECONDS = 3.0
TOO_LATE = "no answer within 3 seconds"
LONGEST_ANSWER = 64 * 1024
USER_AGENT = "intuit-webhooks (qbo-emulator)"


@dataclass(frozen=True)
class Outcome:
    """The status of the answer, or why there was none in time."""

    status: int | None
    error: str | None
    ms: int

    @property
    def taken(self) -> bool:
        """Whether the endpoint acknowledged: 200, and no other success."""
        return self.error is None and self.status == HTTPStatus.OK

    def public(self, at: str) -> dict[str, Any]:
        """The attempt as the list of deliveries shows it."""
        return {"at": at, "status": self.status, "error": self.error, "ms": self.ms}


def session() -> requests.Session:
    """A session that keeps its connection and takes no settings from the machine, such as proxies."""
    opened = requests.Session()
    opened.trust_env = False
    opened.headers.clear()
    opened.headers.update({"User-Agent": USER_AGENT, "Accept": "*/*"})
    return opened


def post(opened: requests.Session, url: str, raw: bytes, headers: dict[str, str]) -> Outcome:
    """Send these bytes; an answer after 3 seconds is none, and neither is one that is not complete by then. Redirects
    are not followed. Never raises: what cannot be sent is an outcome too."""
    started = time.monotonic()
    answers: SimpleQueue[tuple[int | None, str | None]] = SimpleQueue()
    # The time-outs of the library begin anew with every byte, so somebody else has to watch the clock.
    threading.Thread(
        target=lambda: answers.put(_exchange(opened, url, raw, headers)), name="webhook attempt", daemon=True
    ).start()
    try:
        status, error = answers.get(timeout=SECONDS)
    except Empty:
        status, error = None, TOO_LATE
    return Outcome(status, error, int((time.monotonic() - started) * 1000))


def _exchange(opened: requests.Session, url: str, raw: bytes, headers: dict[str, str]) -> tuple[int | None, str | None]:
    """The status, or the error, of one exchange."""
    ends_at = time.monotonic() + SECONDS
    try:
        with opened.post(url, data=raw, headers=headers, timeout=SECONDS, allow_redirects=False, stream=True) as answer:
            read = 0
            for piece in answer.iter_content(8192):
                read += len(piece)
                if read > LONGEST_ANSWER or time.monotonic() > ends_at:
                    break
            return answer.status_code, None
    except requests.Timeout:
        return None, TOO_LATE
    except Exception as failure:  # noqa: BLE001 - whatever cannot be sent is an outcome
        return None, type(failure).__name__
