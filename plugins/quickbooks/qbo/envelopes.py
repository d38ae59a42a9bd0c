"""What QuickBooks wraps around records, in both directions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from plugins.quickbooks.qbo.errors import QBOUnavailable

Entity = dict[str, Any]
"""A record as QuickBooks stores it: its JSON members, money as Decimal (or int when there is no fraction)."""

CallKind = Literal["write", "get", "query", "pdf", "cdc", "batch"]
"""How Intuit meters a call: reads cost money, writes don't."""

_ENTITY_NAME = re.compile(r"[A-Z][A-Za-z]*")


def check_entity(entity: str) -> None:
    """Raises ValueError unless this is written like an entity's name: ``Invoice``, ``CreditMemo``."""
    if not _ENTITY_NAME.fullmatch(entity):
        raise ValueError(f"{entity!r} is not the name of an entity")


def sparse(entity: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a sparse update, which leaves alone what it does not name. Raises ValueError without Id or token."""
    check_entity(entity)
    if not members.get("Id") or members.get("SyncToken") in (None, ""):
        raise ValueError(f"an update of {entity} needs Id and SyncToken")
    return {**members, "sparse": True}


def entity_of(answer: Mapping[str, Any], entity: str) -> Entity:
    """The record in an answer. Raises ``QBOUnavailable`` when there is none: then the effect is not known."""
    record = answer.get(entity)
    if not isinstance(record, dict):
        raise QBOUnavailable(f"QuickBooks' answer holds no {entity}", status=200)
    return record


def rows_of(answer: Mapping[str, Any]) -> list[Entity]:
    """The rows of a query's answer, none when it found nothing. Raises ``QBOUnavailable`` for another answer."""
    response = answer.get("QueryResponse")
    if not isinstance(response, dict):
        raise QBOUnavailable("QuickBooks' answer to a query holds no QueryResponse", status=200)
    return [row for member in response.values() if isinstance(member, list) for row in member]
