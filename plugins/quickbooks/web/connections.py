"""Connect, callback, test, disconnect: what a person does with a QuickBooks company."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask import session as cookie
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from erp_core.toolkit import (
    Instance,
    Priority,
    Refused,
    clock,
    current_actor,
    current_tenant_id,
    db,
    outbox,
    public,
    requires,
    transaction,
    writes,
)
from plugins.quickbooks import connect
from plugins.quickbooks.causes import cause_of
from plugins.quickbooks.qbo.auth import OAuthClient
from plugins.quickbooks.qbo.errors import QBOError
from plugins.quickbooks.server import CALLBACK_PATH, server
from plugins.quickbooks.settings import instance_settings
from plugins.quickbooks.web.blueprint import back_to_settings, blueprint, own_connection, require_server, waiting

PENDING = "quickbooks_consents"
CONSENT_LIFE = timedelta(hours=1)
MOST_CONSENTS = 5


@blueprint.get("/quickbooks/connect")
@requires("quickbooks.manage")
def start() -> Response:
    """Send the person to Intuit's consent page, with a state that only this browser session knows."""
    require_server()
    reconnect_id = request.args.get("connection", type=int)
    if reconnect_id is not None:
        own_connection(reconnect_id)
    state = secrets.token_urlsafe(32)
    pending: list[dict[str, Any]] = cookie.get(PENDING, [])
    pending.append({"state": state, "reconnect": reconnect_id, "at": clock.now().isoformat()})
    cookie[PENDING] = pending[-MOST_CONSENTS:]
    db.session.rollback()  # the first call in a process fetches Intuit's addresses; no transaction stays open meanwhile
    try:
        return redirect(OAuthClient(server().app, now=clock.now).authorization_url(state))
    except QBOError as error:
        return back_to_settings(_sentence(error), "danger")


@blueprint.get("/api/quickbooks/callback")
@blueprint.get("/dashboard/integrations/quickbooks/callback")
@public
def older_callback() -> Response:
    """The return addresses that the older systems registered at Intuit lead to ours; sessions of people end at /api."""
    require_server()
    return redirect(f"{url_for('quickbooks.callback')}?{request.query_string.decode('latin-1')}")


@blueprint.get(CALLBACK_PATH)
@public
@writes
def callback() -> Response:
    """Where Intuit sends the person back. The state is checked, and used up, before anything else."""
    require_server()
    if not current_user.is_authenticated:
        return redirect(url_for("auth.sign_in"))
    consent = _take_consent(request.args.get("state", ""))
    if consent is None:
        return back_to_settings(
            "This answer from QuickBooks does not belong to this browser session, or it is older than an hour. "
            "Nothing was connected. Press Connect to QuickBooks again.",
            "danger",
        )
    if request.args.get("error"):
        return back_to_settings("Nothing was connected: the permission was not given at QuickBooks.", "warning")
    code, realm_id = request.args.get("code", ""), request.args.get("realmId", "")
    if not code or not realm_id:
        return back_to_settings("QuickBooks did not say which company to connect. Press Connect again.", "danger")
    return _finish(code, realm_id, consent["reconnect"])


@requires("quickbooks.manage")
def _finish(code: str, realm_id: str, reconnect_id: int | None) -> Response:
    try:
        connection_id = connect.connect(
            transaction,
            tenant_id=current_tenant_id(),
            code=code,
            realm_id=realm_id,
            actor=current_actor(),
            reconnect_id=reconnect_id,
        )
    except Refused as refusal:
        return back_to_settings(refusal.message, "danger")
    except QBOError as error:
        return back_to_settings(_sentence(error), "danger")
    name = own_connection(connection_id).company_name
    session = db.session()
    instances = session.scalars(select(Instance.id).where(Instance.tenant_id == current_tenant_id()))
    chosen = any(instance_settings(session, one).connection_id == connection_id for one in instances)
    next_step = "" if chosen else " Now choose it on the page of an instance."
    return back_to_settings(f"Connected to {name}.{next_step}", "success")


def _take_consent(state: str) -> dict[str, Any] | None:
    pending: list[dict[str, Any]] = cookie.get(PENDING, [])
    found = next((one for one in pending if hmac.compare_digest(one["state"].encode(), state.encode())), None)
    if found is None:
        return None
    cookie[PENDING] = [one for one in pending if one is not found]
    return found if clock.now() - datetime.fromisoformat(found["at"]) < CONSENT_LIFE else None


@blueprint.post("/settings/quickbooks/<id:connection_id>/test")
@requires("quickbooks.manage")
def test(connection_id: int) -> Response:
    """Ask QuickBooks for the company's name."""
    require_server()
    connection = own_connection(connection_id)
    try:
        name = connect.test(transaction, connection.id)
    except (connect.ConnectionEnded, connect.RefreshBusy) as problem:
        return back_to_settings(str(problem), "danger")
    except QBOError as error:
        return back_to_settings(_sentence(error), "danger")
    return back_to_settings(f"The connection works: QuickBooks answered as {name}.", "success")


@blueprint.post("/settings/quickbooks/<id:connection_id>/read-again")
@requires("quickbooks.manage")
def read_again(connection_id: int) -> Response:
    """Read the company's preferences and accounts again, on the company's own stream."""
    require_server()
    connection = own_connection(connection_id)
    outbox.put(
        db.session(),
        "quickbooks.read_company",
        stream=connection.stream,
        subject=f"quickbooks:company:{connection.id}",
        payload={"connection_id": connection.id},
        tenant_id=connection.tenant_id,
        plugin="quickbooks",
        priority=Priority.PERSON,
        actor=current_actor(),
    )
    db.session.commit()
    return back_to_settings(
        f"The accounts, terms and preferences of {connection.company_name} are being read again.", "info"
    )


@blueprint.post("/settings/quickbooks/<id:connection_id>/switch")
@requires("quickbooks.manage")
def switch(connection_id: int) -> Response:
    """The connection's own Enable, which holds or releases all its instances."""
    require_server()
    connection = own_connection(connection_id)
    enabled = request.form.get("enabled") == "1"
    connect.switch(db.session(), connection, enabled, actor=current_actor())
    db.session.commit()
    if enabled:
        return back_to_settings(f"{connection.company_name} is on again. What waited is being sent.", "success")
    return back_to_settings(f"{connection.company_name} is off. What waits stays waiting.", "warning")


@blueprint.route("/settings/quickbooks/<id:connection_id>/disconnect", methods=["GET", "POST"])
@requires("quickbooks.manage")
def disconnect(connection_id: int) -> Response | str:
    """Say what Disconnect does, then do it."""
    require_server()
    connection = own_connection(connection_id)
    if request.method == "GET":
        return render_template("quickbooks/disconnect.html", connection=connection, waiting=waiting(connection))
    name = connection.company_name
    confirmed = connect.disconnect(transaction, connection.id, actor=current_actor())
    if confirmed:
        return back_to_settings(
            f"Disconnected from {name}. Links are kept, so connecting again makes no copies.", "info"
        )
    return back_to_settings(
        f"Disconnected from {name} here: nothing is sent any more. Intuit could not be reached to end its side; "
        "remove the app in QuickBooks under Settings, Connected apps.",
        "warning",
    )


def _sentence(error: QBOError) -> str:
    cause = cause_of(error)
    return " ".join(part for part in (f"{cause.headline}.", cause.body) if part)
