"""Finding records of one tenant. A record of somebody else does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from erp_core.errors import NotFound
from erp_core.models import TenantScoped

T = TypeVar("T", bound=TenantScoped)

HIGHEST_ID = 2**31 - 1
CHUNK = 500


def find(session: Session, model: type[T], record_id: int, *, tenant_id: int) -> T:
    """The record with this id. Raises `NotFound` when there is none, or when it belongs to another tenant."""
    found = matching(session, model, [record_id], tenant_id=tenant_id)
    if record_id not in found:
        raise NotFound(f"There is no such {noun(model)}.")
    return found[record_id]


def find_many(session: Session, model: type[T], record_ids: Sequence[int], *, tenant_id: int) -> list[T]:
    """The records with these ids, in this order, each once. Raises `NotFound` when one is missing or foreign."""
    wanted = list(dict.fromkeys(record_ids))
    found = matching(session, model, wanted, tenant_id=tenant_id)
    if missing := len(wanted) - len(found):
        raise NotFound(f"{missing} of the {len(wanted)} records can't be found. Reload the page and select again.")
    return [found[record_id] for record_id in wanted]


def matching(session: Session, model: type[T], record_ids: Sequence[int], *, tenant_id: int) -> dict[int, T]:
    """Those of the ids that are records of this tenant, read a chunk at a time."""
    key = inspect(model, raiseerr=True).primary_key[0]
    usable = [record_id for record_id in record_ids if 0 < record_id <= HIGHEST_ID]
    found: dict[int, T] = {}
    for start in range(0, len(usable), CHUNK):
        query = select(key, model).where(model.tenant_id == tenant_id, key.in_(usable[start : start + CHUNK]))
        found.update(dict(session.execute(query).tuples().all()))
    return found


def noun(model: type[TenantScoped]) -> str:
    """What people call such a record, such as `tax rate`."""
    return str(inspect(model, raiseerr=True).local_table.description).replace("_", " ")
