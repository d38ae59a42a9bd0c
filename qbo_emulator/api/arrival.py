"""A call as it arrives: what it is about, before anybody has checked it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from qbo_emulator.wire import loads

# Everything that Intuit serves; the rest (control paths, screen) exists only here.
INTUIT_PATHS = ("/v3/", "/v1/", "/v2/", "/oauth2/", "/op/", "/sandbox/", "/connect/", "/.well-known/")
OAUTH_KINDS = {
    "/oauth2/v1/tokens/bearer": "token",
    "/v2/oauth2/tokens/revoke": "revoke",
    "/connect/oauth2": "consent",
    "/op/v1/jwks": "jwks",
}
FROM = re.compile(r"\bfrom\s+(\w+)", re.IGNORECASE)
READS = frozenset({"get", "query", "pdf", "cdc"})
LARGEST_LOOKED_AT = 16 * 1024 * 1024


def kind_of(method: str, rest: str) -> str:
    """The kind of a call of the accounting API: write, get, query, pdf, cdc or batch."""
    parts = rest.lower().strip("/").split("/")
    if parts[0] in ("query", "batch", "cdc"):
        return parts[0]
    if parts[-1] == "pdf":
        return "pdf"
    return "get" if method in ("GET", "HEAD") else "write"


@dataclass(frozen=True)
class Arrival:
    """Method, path, parameters and body; realm is None outside the accounting API, rest is what follows it."""

    method: str
    path: str
    args: Mapping[str, str]
    raw: bytes
    realm: str | None = None
    rest: str = ""

    @classmethod
    def of(cls, method: str, path: str, args: Mapping[str, str], raw: bytes) -> "Arrival":
        """The arrival at a path."""
        parts = path.split("/", 4)
        if len(parts) >= 4 and parts[1:3] == ["v3", "company"]:
            return cls(method, path, args, raw, parts[3], parts[4] if len(parts) == 5 else "")
        return cls(method, path, args, raw)

    @property
    def at_intuit(self) -> bool:
        """Whether the path is one of Intuit's."""
        return self.path.startswith(INTUIT_PATHS)

    @cached_property
    def kind(self) -> str:
        """write, get, query, pdf, cdc or batch; token, revoke, consent, jwks, discovery or userinfo for OAuth."""
        if self.realm is not None:
            return kind_of(self.method, self.rest)
        path = self.path.rstrip("/")
        if path.startswith("/.well-known/"):
            return "discovery"
        return "userinfo" if path.endswith("/userinfo") else OAUTH_KINDS.get(path, "other")

    @property
    def is_email(self) -> bool:
        """Whether a document is sent to somebody."""
        return self.method == "POST" and self.realm is not None and self.rest.lower().rstrip("/").endswith("/send")

    @cached_property
    def items(self) -> list[Any]:
        """The items of a batch as they were sent; none when it is no batch or cannot be read."""
        if self.kind != "batch" or len(self.raw) > LARGEST_LOOKED_AT:
            return []
        try:
            payload = loads(self.raw.decode("utf-8"))
        except (ValueError, RecursionError):
            return []
        found = payload.get("BatchItemRequest") if isinstance(payload, dict) else None
        return found if isinstance(found, list) else []

    @cached_property
    def entities(self) -> frozenset[str]:
        """The names of what the call is about, in lower case."""
        if self.kind == "batch":
            return frozenset(name for item in self.items for name in entities_of(item))
        if self.kind == "query":
            text = self.args.get("query") or self.raw[:100_000].decode("utf-8", "replace")
            return entities_of({"Query": text})
        return frozenset({self.rest.split("/", 1)[0].lower()}) if self.rest else frozenset()


def entities_of(item: Any) -> frozenset[str]:
    """The names of what an item of a batch is about, in lower case."""
    if not isinstance(item, Mapping):
        return frozenset()
    if "Query" in item:
        found = FROM.search(str(item["Query"])[:100_000])
        return frozenset({found[1].lower()}) if found else frozenset()
    return frozenset(str(name).lower() for name in item if name not in ("bId", "operation", "optionsData"))
