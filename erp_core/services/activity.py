"""The one way to write the activity log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from erp_core.models import Activity, Actor

LONGEST_SUMMARY = 500


def record(
    session: Session,
    *,
    actor: Actor,
    action: str,
    subject: object | tuple[str, int],
    summary: str,
    tenant_id: int,
    instance_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> Activity:
    """Remember what the actor did to the subject: a record, or its table's name and id. `details` must fit into JSON."""
    subject_type, subject_id = subject if isinstance(subject, tuple) else _identify(session, subject)
    row = Activity(
        tenant_id=tenant_id,
        instance_id=instance_id,
        actor_kind=actor.kind,
        actor_name=_shorten(actor.name, 100),
        user_id=actor.user_id,
        ip=actor.ip,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        summary=_shorten(summary, LONGEST_SUMMARY),
        details=dict(details or {}),
    )
    session.add(row)
    return row


def _identify(session: Session, subject: object) -> tuple[str, int]:
    state = inspect(subject, raiseerr=True)
    if state.identity is None:
        session.flush()
    return state.mapper.local_table.name, state.identity[0]


def _shorten(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
