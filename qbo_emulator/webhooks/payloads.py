"""The bodies that an endpoint receives, and their signature."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from qbo_emulator.webhooks.catalogue import PAST
from qbo_emulator.webhooks.endpoint import Endpoint
from qbo_emulator.webhooks.journal import Event
from qbo_emulator.wire import Raw, dumps


def body(endpoint: Endpoint, events: Sequence[Event], source: str) -> bytes:
    """The events in the endpoint's format; the same events give the same bytes."""
    content = legacy(events) if endpoint.format == "legacy" else cloudevents(events, source, endpoint.merge_data)
    return dumps(content).encode()


def cloudevents(events: Sequence[Event], source: str, merge_data: bool) -> list[dict[str, Any]]:
    """CloudEvents 1.0: an array, also for one event."""
    return [
        {
            "specversion": "1.0",
            "id": one.event_id,
            "source": source,
            "type": f"qbo.{one.entity.lower()}.{PAST[one.operation]}.v1",
            "datacontenttype": "application/json",
            "time": f"{_second(one):%Y-%m-%dT%H:%M:%S}.{one.at_ns % 10**9:09d}Z",
            "intuitentityid": one.object_id,
            "intuitaccountid": one.realm,
            "data": _data(one, merge_data),
        }
        for one in events
    ]


def _data(one: Event, merge_data: bool) -> Any:
    if merge_data and one.deleted_id:
        return {"deletedId": one.deleted_id}
    return {} if one.body is None else Raw(one.body)


def legacy(events: Sequence[Event]) -> dict[str, Any]:
    """The older shape: events grouped by company."""
    companies: dict[str, list[dict[str, str]]] = {}
    for one in events:
        entity = {
            "name": one.entity,
            "id": one.object_id,
            "operation": one.operation,
            "lastUpdated": f"{_second(one):%Y-%m-%dT%H:%M:%S}.{one.at_ns % 10**9 // 10**6:03d}Z",
        }
        if one.operation == "Merge" and one.deleted_id:
            entity["deletedId"] = one.deleted_id
        companies.setdefault(one.realm, []).append(entity)
    return {
        "eventNotifications": [
            {"realmId": realm, "dataChangeEvent": {"entities": entities}} for realm, entities in companies.items()
        ]
    }


def source(client_id: str) -> str:
    """Who sends: a word made from the app's client id, always the same for the same app."""
    return "intuit." + base64.b64encode(hashlib.sha256(client_id.encode()).digest()).decode()


def signature(verifier_token: str, raw: bytes) -> str:
    """The header intuit-signature for these bytes."""
    return base64.b64encode(hmac.new(verifier_token.encode(), raw, hashlib.sha256).digest()).decode()


def _second(one: Event) -> datetime:
    return datetime.fromtimestamp(one.at_ns // 10**9, UTC)
