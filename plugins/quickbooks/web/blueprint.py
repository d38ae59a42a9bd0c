"""The blueprint of the plugin's pages."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from erp_core.toolkit import MessageState, NotFound, current_tenant_id, db, find, outbox
from plugins.quickbooks.models import Connection
from plugins.quickbooks.server import server

blueprint = Blueprint(
    "quickbooks",
    "plugins.quickbooks",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/quickbooks",
)


def require_server() -> None:
    """Tenants don't see QuickBooks on a server where it is not set up."""
    if not server().configured:
        raise NotFound("QuickBooks is not set up on this server.")


def own_connection(connection_id: int) -> Connection:
    """A connection of the person's tenant. Raises `NotFound` for any other."""
    return find(db.session(), Connection, connection_id, tenant_id=current_tenant_id())


def own_connections() -> list[Connection]:
    """All connections of the person's tenant, the oldest first."""
    query = select(Connection).where(Connection.tenant_id == current_tenant_id()).order_by(Connection.id)
    return list(db.session.scalars(query))


def waiting(connection: Connection) -> int:
    """How many messages wait for this company, held ones included."""
    numbers = outbox.counts(db.session(), stream=connection.stream)
    return sum(numbers[state] for state in (MessageState.PENDING, MessageState.HELD, MessageState.IN_FLIGHT))


def back_to_settings(message: str, tone: str) -> Response:
    """The settings page with a sentence about what happened."""
    flash(message, tone)
    return redirect(url_for("quickbooks.settings"))
