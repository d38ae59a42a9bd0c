"""The endpoint that receives events, and how they are sent to it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from qbo_emulator.webhooks import catalogue

FORMATS = ("cloudevents", "legacy")
CONTENT_TYPES = ("application/json", "application/cloudevents+json")
MOST_EVENTS = 100
LONGEST_WINDOW_MS = 600_000
VERIFIER_TOKEN = "emulator-verifier-token"  # noqa: S105 - the emulator's own, for development


@dataclass(frozen=True)
class Endpoint:
    """One address for every company, as for one app.

    batch_size: events in one delivery, at most; window_ms: how long an event waits for others, by the emulator's
    clock; mix_companies: None mixes them in CloudEvents and sends a delivery for each company in the older format;
    head_of_line_blocking: nothing is sent while a failed delivery waits for its next attempt; merge_data: the
    CloudEvent of a merge holds {"deletedId"} in its data; push_entities: data holds the object as it is when the
    event is sent. Intuit leaves open what data holds; it is {} unless one of them is set.
    """

    url: str
    verifier_token: str = field(default=VERIFIER_TOKEN, repr=False)
    format: str = "cloudevents"
    entities: tuple[str, ...] = catalogue.ENTITIES
    content_type: str = "application/json"
    batch_size: int = MOST_EVENTS
    window_ms: int = 0
    mix_companies: bool | None = None
    head_of_line_blocking: bool = True
    merge_data: bool = False
    push_entities: bool = False

    @property
    def mixes(self) -> bool:
        """Whether one delivery may hold events of several companies."""
        return self.format == "cloudevents" if self.mix_companies is None else self.mix_companies

    def kept(self) -> dict[str, Any]:
        """Everything, to be kept in the state."""
        return asdict(self)

    def public(self) -> dict[str, Any]:
        """What may be shown: all but the verifier token."""
        return {name: value for name, value in asdict(self).items() if name != "verifier_token"}


def endpoint(given: Mapping[str, Any]) -> Endpoint:
    """An endpoint from JSON; ValueError says what is wrong with it."""
    known = {row.name for row in fields(Endpoint)}
    if unknown := set(given) - known:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
    values = {name: value for name, value in given.items() if value is not None}
    _check_url(values.get("url"))
    token = values.get("verifier_token", VERIFIER_TOKEN)
    if not isinstance(token, str) or not token:
        raise ValueError("verifier_token: a text")
    _one_of(values, "format", FORMATS)
    _one_of(values, "content_type", CONTENT_TYPES)
    _number(values, "batch_size", 1, MOST_EVENTS)
    _number(values, "window_ms", 0, LONGEST_WINDOW_MS)
    for name in ("mix_companies", "head_of_line_blocking", "merge_data", "push_entities"):
        if not isinstance(values.get(name, False), bool):
            raise ValueError(f"{name}: true or false")  # noqa: TRY004 - one error for all bad requests
    if "entities" in values:
        if not isinstance(values["entities"], (list, tuple)):
            raise ValueError("entities: a list of names")
        values["entities"] = catalogue.chosen(values["entities"])
    return Endpoint(**values)


def _check_url(url: object) -> None:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        usable = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)
        if parts is not None:
            _ = parts.port
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("url: an address that starts with http:// or https://")


def _one_of(values: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> None:
    if values.get(name, choices[0]) not in choices:
        raise ValueError(f"{name}: one of {', '.join(choices)}")


def _number(values: Mapping[str, Any], name: str, low: int, high: int) -> None:
    value = values.get(name, low)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name}: a whole number from {low} to {high}")
