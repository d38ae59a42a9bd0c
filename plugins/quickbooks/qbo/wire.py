"""python-quickbooks' client, made fit: exact bytes, Decimal, and errors that keep what QuickBooks said."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from quickbooks.client import QuickBooks

from plugins.quickbooks.qbo import faults
from plugins.quickbooks.qbo.envelopes import CallKind
from plugins.quickbooks.qbo.errors import QBOUnreachable
from plugins.quickbooks.qbo.transport import unreachable

# Intuit serves every lower version as this one since August 2025.
MINOR_VERSION = 75


@dataclass(frozen=True)
class CallRecord:
    """One HTTP request that was made, for counting. ``path`` has no query string; ``status`` is None when no answer
    came; ``items`` are the kinds of a batch's items, which Intuit meters one by one."""

    kind: CallKind
    method: str
    path: str
    status: int | None
    ms: float
    intuit_tid: str
    items: tuple[CallKind, ...] = ()


class Wire(QuickBooks):
    """python-quickbooks' client, whose every call passes through ``make_request`` here.

    The session is not an OAuth2Session: that one writes tokens to the debug log, and refuses an emulator on this
    machine unless a variable of the environment switches its check off for the whole process."""

    def __new__(cls, **settings: Any) -> Wire:
        return cast(Wire, super().__new__(cls, company_id=settings["company_id"], minorversion=MINOR_VERSION))

    def __init__(self, *, company_id: str, base_url: str, note: Callable[[CallRecord], None]) -> None:
        self.session = requests.Session()
        self.access_token = ""
        self.intuit_tid = ""
        """Intuit's id of the last answer."""
        self.api_url_v3 = f"{base_url}/v3"
        self._note = note

    def company_url(self, path: str) -> str:
        """The address of a resource of this company."""
        return f"{self.api_url}/company/{self.company_id}/{path}"

    def make_request(
        self,
        request_type: str,
        url: str,
        request_body: str | None = None,
        content_type: str = "application/json",
        params: Mapping[str, str] | None = None,
        file_path: None = None,
        file_bytes: None = None,
        request_id: str | None = None,
        items: tuple[CallKind, ...] = (),
    ) -> dict[str, Any]:
        """Make one HTTP request, tell ``note`` of it, and return its JSON object or raise a ``QBOError``."""
        query = {**(params or {}), "minorversion": str(self.minorversion)}
        if request_id is not None:
            query["requestid"] = request_id
        started = time.monotonic()
        outcome = self._exchange(request_type, url, query, request_body, content_type)
        status = None if isinstance(outcome, QBOUnreachable) else outcome.status_code
        self.intuit_tid = "" if isinstance(outcome, QBOUnreachable) else faults.tid_of(outcome.headers)
        path = urlsplit(url).path
        self._note(
            CallRecord(
                kind=_kind(request_type, path),
                method=request_type,
                path=path,
                status=status,
                ms=(time.monotonic() - started) * 1000,
                intuit_tid=self.intuit_tid,
                items=items,
            )
        )
        if isinstance(outcome, QBOUnreachable):
            raise outcome
        return faults.answer(outcome.status_code, outcome.headers, outcome.content, secrets=(self.access_token,))

    def _exchange(
        self, method: str, url: str, query: Mapping[str, str], body: str | None, content_type: str
    ) -> requests.Response | QBOUnreachable:
        try:
            return self.session.request(
                method,
                url,
                params=query,
                data=body.encode() if body else None,
                headers={"Accept": "application/json", "Content-Type": content_type},
                auth=self._authorize,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # Returned, not raised: as its context, requests' exception would carry the token along.
            return unreachable(error, urlsplit(url).hostname or url)

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # As the request's `auth`, so that no entry of ~/.netrc replaces it.
        request.headers["Authorization"] = f"Bearer {self.access_token}"
        return request


def _kind(method: str, path: str) -> CallKind:
    last = path.rpartition("/")[2]
    if last in ("query", "batch", "cdc", "pdf"):
        return cast(CallKind, last)
    return "get" if method == "GET" else "write"
