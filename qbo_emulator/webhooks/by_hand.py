"""Deliveries written by hand: hostile bodies, test events, anything a test wants an endpoint to meet."""

import itertools
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from qbo_emulator.webhooks import catalogue, journal, payloads
from qbo_emulator.webhooks.delivery import Webhooks
from qbo_emulator.webhooks.post import post, session

KNOWN = ("body", "payload", "events", "signature", "content_type", "headers", "url", "verifier_token")


class ByHand:
    """Sends at once and once, apart from the queue; the list of deliveries shows it."""

    def __init__(
        self,
        webhooks: Webhooks,
        now: Callable[[], datetime],
        companies: Callable[[], list[tuple[str, str]]],
        client_id: str,
    ) -> None:
        self._webhooks = webhooks
        self._now = now
        self._companies = companies
        self._source = payloads.source(client_id)
        self._numbers = itertools.count(1)

    def send(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Send what is given: body (text as it is), payload (any JSON) or events; an empty mapping sends a test event.

        signature: right, wrong, none, or the header's value. Answers the status, or the error. ValueError says what is
        wrong with the request.
        """
        if unknown := set(given) - set(KNOWN):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(KNOWN)}")
        endpoint = self._webhooks.registered()
        if endpoint is None:
            raise ValueError("There is no endpoint. Register one with POST /_emulator/webhooks first.")
        events: list[journal.Event] = []
        if "body" in given:
            raw = str(given["body"]).encode()
        elif "payload" in given:
            raw = json.dumps(given["payload"]).encode()
        else:
            events = self._events(given.get("events", [{}]))
            raw = payloads.body(endpoint, events, self._source)
        extra = given.get("headers") or {}
        if not isinstance(extra, Mapping):
            raise ValueError("headers: an object of names and values")  # noqa: TRY004 - one error for all bad requests
        headers = {str(name): str(value) for name, value in extra.items()}
        headers["Content-Type"] = str(given.get("content_type") or endpoint.content_type)
        kind = str(given.get("signature", "right"))
        right = payloads.signature(str(given.get("verifier_token") or endpoint.verifier_token), raw)
        if kind != "none":
            wrong = payloads.signature(f"not {endpoint.verifier_token}", raw)
            headers["intuit-signature"] = {"right": right, "wrong": wrong}.get(kind, kind)
        at = self._now().isoformat(timespec="milliseconds")
        with session() as opened:
            outcome = post(opened, str(given.get("url") or endpoint.url), raw, headers)
        shown = outcome.public(at)
        self._webhooks.log.note(f"by-hand-{next(self._numbers)}", at, "sent by hand", events, raw, [shown])
        return shown

    def _events(self, given: Any) -> list[journal.Event]:
        if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
            raise ValueError("events: a list of objects with realm_id, entity, id, operation and deleted_id")
        events = []
        for number, one in enumerate(given):
            entity = catalogue.chosen([one.get("entity", "Customer")])[0]
            operation = str(one.get("operation", "Update"))
            if operation not in catalogue.PAST:
                raise ValueError(f"operation: one of {', '.join(catalogue.PAST)}")
            realm = str(one.get("realm_id") or self._companies()[0][0])
            deleted = one.get("deleted_id")
            object_id = str(one.get("id", "1"))
            events.append(
                journal.event(
                    realm, entity, object_id, operation, self._now(), number, None if deleted is None else str(deleted)
                )
            )
        return events
