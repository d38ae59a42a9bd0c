"""One POST to an endpoint."""

import time
from dataclasses import dataclass
from typing import Any

import requests

SECONDS = 3.0
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
        """Whether the endpoint acknowledged."""
        return self.error is None and self.status is not None and 200 <= self.status < 300

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
    """Send these bytes; an answer after 3 seconds is none. Redirects are not followed."""
    started = time.monotonic()
    status: int | None = None
    error: str | None = None
    try:
        with opened.post(url, data=raw, headers=headers, timeout=SECONDS, allow_redirects=False, stream=True) as answer:
            status = answer.status_code
            read = 0
            for piece in answer.iter_content(8192):
                read += len(piece)
                if read > LONGEST_ANSWER or time.monotonic() - started > SECONDS:
                    break
    except requests.Timeout:
        error = "no answer within 3 seconds"
    except requests.RequestException as failure:
        error = type(failure).__name__
    taken = time.monotonic() - started
    if error is None and taken > SECONDS:
        error = "no answer within 3 seconds"
    return Outcome(status, error, int(taken * 1000))
