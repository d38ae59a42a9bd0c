"""The QuickBooks Online API for one company, over python-quickbooks.

python-quickbooks knows the addresses, headers and envelopes; payloads are ours, byte for byte, because its objects
send defaults of their own (``AllowIPNPayment``, ``GlobalTaxCalculation``, empty dates) that change or clear fields.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from plugins.quickbooks.qbo import payload
from plugins.quickbooks.qbo.auth import Environment
from plugins.quickbooks.qbo.batch import BatchItem, BatchResult, batch_body, batch_results
from plugins.quickbooks.qbo.envelopes import Entity, check_entity, entity_of, rows_of, sparse
from plugins.quickbooks.qbo.query import PAGE_SIZE, Query
from plugins.quickbooks.qbo.request_id import BATCH_LIMIT, SINGLE_LIMIT
from plugins.quickbooks.qbo.transport import Timeout, prepare, safe_url
from plugins.quickbooks.qbo.wire import CallRecord, Wire

_API_URLS: Mapping[str, str] = {
    "sandbox": "https://sandbox-quickbooks.api.intuit.com",
    "production": "https://quickbooks.api.intuit.com",
}
# Intuit's way to void differs: these are updated with include=void, everything else has an operation of its own.
_VOIDED_BY_UPDATE = frozenset({"Payment", "SalesReceipt", "RefundReceipt", "BillPayment"})

_log = logging.getLogger(__name__)


class QBOClient:
    """One company's API. Keeps its connection open between calls; use one client in each thread, and close it.

    Every call makes exactly one HTTP request (``query_all``: one for each 1,000 rows), is never repeated here, and
    raises a ``QBOError``. Amounts in answers are Decimal, or int when QuickBooks wrote no fraction.

    ``api_url`` replaces Intuit's address (``http://127.0.0.1:8100`` for an emulator); in the clear it must be on
    this machine. ``timeout`` is in seconds, to connect and of silence; Intuit itself gives up after 120.
    ``on_call`` hears of every request, also of one without an answer."""

    def __init__(
        self,
        realm_id: str,
        access_token: str,
        *,
        environment: Environment = "sandbox",
        api_url: str | None = None,
        timeout: Timeout = (5, 125),
        on_call: Callable[[CallRecord], None] | None = None,
    ) -> None:
        if not realm_id.isascii() or not realm_id.isalnum():
            raise ValueError("a realm id consists of digits")
        self.realm_id = realm_id
        self.environment = environment
        self._on_call = on_call
        base_url = _base_url(environment, api_url)
        self._wire = Wire(company_id=realm_id, base_url=base_url, note=self._note)
        prepare(self._wire.session, timeout, base_url)
        self.use_token(access_token)

    def __repr__(self) -> str:
        return f"QBOClient(realm_id={self.realm_id!r}, environment={self.environment!r})"

    def __enter__(self) -> QBOClient:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection to QuickBooks."""
        self._wire.session.close()

    def use_token(self, access_token: str) -> None:
        """Use this access token from now on, on the same connection: after a refresh."""
        if not access_token.isascii() or not access_token.isprintable() or not access_token:
            raise ValueError("this access token can't be sent in a header")
        self._wire.access_token = access_token

    def create(self, entity: str, members: Mapping[str, Any], request_id: str) -> Entity:
        """Create a record with exactly these members; the record as QuickBooks stored it.

        The same request id again gives the same answer and no second record."""
        check_entity(entity)
        if "Id" in members:
            raise ValueError("a new record has no Id")
        answer = self._wire.create_object(
            entity, payload.to_json(members), request_id=_checked(request_id, SINGLE_LIMIT)
        )
        return entity_of(answer, entity)

    def update(self, entity: str, members: Mapping[str, Any], request_id: str) -> Entity:
        """Change exactly these members (a sparse update, needs Id and SyncToken); the record as stored.

        Lines, if sent, replace all lines. Raises ``QBOStale`` when the sync token is not the current one."""
        body = payload.to_json(sparse(entity, members))
        return entity_of(self._wire.update_object(entity, body, request_id=_checked(request_id, SINGLE_LIMIT)), entity)

    def void(self, entity: str, entity_id: str, sync_token: str, request_id: str) -> Entity:
        """Void a transaction: it stays, with all amounts zero; the record as stored."""
        check_entity(entity)
        body: dict[str, Any] = {"Id": entity_id, "SyncToken": sync_token}
        params = {"operation": "void"}
        if entity in _VOIDED_BY_UPDATE:
            body["sparse"] = True
            params = {"operation": "update", "include": "void"}
        url = self._wire.company_url(entity.lower())
        answer = self._wire.post(
            url, payload.to_json(body), params=params, request_id=_checked(request_id, SINGLE_LIMIT)
        )
        return entity_of(answer, entity)

    def read(self, entity: str, entity_id: str) -> Entity:
        """The record with this id, also an inactive one. Raises ``QBONotFound``."""
        check_entity(entity)
        return entity_of(self._wire.get_single_object(entity, pk=quote(entity_id, safe="")), entity)

    def query(self, statement: str) -> list[Entity]:
        """The rows of one statement, as it is: at most 100 of them when it does not say MAXRESULTS."""
        return rows_of(self._wire.query(statement))

    def query_all(self, query: Query) -> Iterator[Entity]:
        """All rows of the query, fetched by 1,000 as they are consumed."""
        start = 1
        while True:
            rows = self.query(query.page(start))
            yield from rows
            if len(rows) < PAGE_SIZE:
                return
            start += PAGE_SIZE

    def company_info(self) -> Entity:
        """The company's CompanyInfo: name, legal address, country, what it subscribes to."""
        return entity_of(self._wire.get_single_object("CompanyInfo", pk=self.realm_id), "CompanyInfo")

    def preferences(self) -> Entity:
        """The company's Preferences: currency, tax, custom transaction numbers, what sales forms may hold."""
        return entity_of(self._wire.get(self._wire.company_url("preferences")), "Preferences")

    def batch(self, items: Sequence[BatchItem], request_id: str) -> list[BatchResult]:
        """Carry out 1 to 30 items, each for itself; one result for each, in the order of ``items``.

        A refused item is an error in its own result. An exception concerns the whole batch. The same request id
        with the same items gives the same results and writes nothing twice."""
        answer = self._wire.post(
            self._wire.company_url("batch"),
            payload.to_json(batch_body(items)),
            request_id=_checked(request_id, BATCH_LIMIT),
            items=tuple(item.kind for item in items),
        )
        return batch_results(items, answer, intuit_tid=self._wire.intuit_tid, secrets=(self._wire.access_token,))

    def _note(self, record: CallRecord) -> None:
        if self._on_call is None:
            return
        try:
            self._on_call(record)
        except Exception:  # noqa: BLE001  # whatever it is: it is logged, and the answer matters more
            # A defect in counting must not lose the answer to a write that has happened.
            _log.exception("a call to QuickBooks could not be counted")


def _base_url(environment: str, api_url: str | None) -> str:
    if environment not in _API_URLS:
        raise ValueError(f"the environment is sandbox or production, not {environment!r}")
    return safe_url(api_url or _API_URLS[environment], "the API's address").removesuffix("/v3")


def _checked(request_id: str, limit: int) -> str:
    if not 1 <= len(request_id) <= limit:
        raise ValueError(f"a request id has 1 to {limit} characters here")
    return request_id
