"""What plugins put into a page. A plugin that fails costs its own place, never the page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from flask import render_template
from markupsafe import Markup

from erp_core.access import current_tenant_id
from erp_core.extensions import db
from erp_core.models import Instance
from erp_core.plugins import registry
from erp_core.plugins.slots import ListColumn, Slot

log = structlog.get_logger(__name__)

_TOKEN = re.compile(r'(name="csrf_token"[^>]*value=")[^"]*')


def html(slot: Slot[Callable[..., Markup]], *records: Any, instance: Instance | None = None) -> list[Markup]:
    """What the enabled plugins say in this slot, without those that say nothing."""
    session = db.session()
    fills = registry.current().fills(
        session, slot, tenant_id=current_tenant_id(), instance_id=instance.id if instance else None
    )
    answers = [ask(function, *records) for function in fills]
    return [answer for answer in answers if answer.strip()]


def ask(function: Callable[..., Markup], *records: Any) -> Markup:
    """One plugin's answer, or a sentence when it failed."""
    session = db.session()
    try:
        with session.begin_nested():
            return Markup(function(session, *records))  # noqa: S704 - a plugin answers with markup
    except Exception:
        log.exception("slot_failed", function=getattr(function, "__qualname__", ""))
        return Markup(render_template("erp/slot_failed.html"))  # noqa: S704 - our own template


def cells(columns: Sequence[ListColumn], rows: Sequence[Any]) -> list[dict[int, Markup]]:
    """The cells of plugin columns, column by column."""
    session = db.session()
    answers: list[dict[int, Markup]] = []
    for column in columns:
        try:
            with session.begin_nested():
                answers.append(dict(column.cells(session, rows)))
        except Exception:
            log.exception("column_failed", column=column.title)
            answers.append({row.id: Markup("–") for row in rows})
    return answers


def fingerprint(content: str) -> str:
    """The same as long as the content is the same; tokens of forms, which differ each time, don't count."""
    return hashlib.sha256(_TOKEN.sub(r"\1", content).encode()).hexdigest()[:16]
