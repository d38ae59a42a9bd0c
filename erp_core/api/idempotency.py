"""`Idempotency-Key`: a program may repeat a write without fear; the act happens once and the answer stays the same.

The key is claimed at the start of the transaction that holds the effect, and kept with the answer in that same
transaction. Of two at once, the second waits for the first at the unique index (PostgreSQL) or at the write lock
(SQLite) and then finds its answer, or acts itself if the first one failed. Refusals are not kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import request
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from erp_core import clock
from erp_core.errors import Invalid
from erp_core.models import IdempotencyKey

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY = re.compile(r"[!-~]{1,100}")
KEPT = timedelta(hours=48)
"""How long an answer is kept at least."""


@dataclass(frozen=True)
class Claim:
    """A key that this request holds, or the answer that an earlier one left. Without a key, `row` is None."""

    row: IdempotencyKey | None
    replayed: bool = False

    def keep(self, status: int, body: Mapping[str, Any]) -> None:
        """Remember the answer; it is stored when the caller commits."""
        if self.row is not None:
            self.row.status, self.row.body = status, dict(body)


def claim(session: Session, user_id: int, data: object) -> Claim:
    """Claim the key of the current request. Raises `Invalid` when the key stood for something else before."""
    key = request.headers.get(HEADER)
    if key is None:
        return Claim(None)
    if not KEY.fullmatch(key):
        raise Invalid(
            f"The header {HEADER} must have 1 to 100 visible ASCII characters.",
            code="bad_idempotency_key",
            fields={HEADER: "1 to 100 visible ASCII characters."},
        )
    fingerprint = _fingerprint(data)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    inserted = session.execute(
        insert(IdempotencyKey)
        .values(user_id=user_id, key=key, fingerprint=fingerprint, status=0, body={}, created_at=clock.now())
        .on_conflict_do_nothing(index_elements=["user_id", "key"])
        .returning(IdempotencyKey.id)
    ).scalar_one_or_none()
    row = session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
    ).one()
    if inserted is not None:
        return Claim(row)
    if row.fingerprint != fingerprint:
        raise Invalid(
            f"This {HEADER} was used for another request. Use a new key for a new request.",
            code="idempotency_key_reused",
            fields={HEADER: "Already used for another request."},
        )
    return Claim(row, replayed=True)


def forget_old(session: Session) -> None:
    """Delete answers that are older than two days. A schedule runs this; the caller commits."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < clock.now() - KEPT))


def _fingerprint(data: object) -> str:
    """SHA-256 of method, path and what the body says, whatever the order and spacing of its members."""
    said = json.dumps(data, sort_keys=True, default=str)
    return hashlib.sha256(f"{request.method} {request.path}\n{said}".encode()).hexdigest()
