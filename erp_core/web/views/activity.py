"""The activity log: who did what, on which record, from where, when."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, select

from erp_core.access import current_instance, current_tenant_id, requires
from erp_core.extensions import db
from erp_core.models import Activity, User
from erp_core.services import lists as declared
from erp_core.web import lists
from erp_core.web.lists import Column

bp = Blueprint("activity", __name__, url_prefix="/activity")

COLUMNS = (Column("When", "id"), Column("What"), Column("Who", "who"), Column("Action", "action"), Column("From"))
RECENT = 5000
"""The actions to choose from are those of so many latest entries."""
PAGES = {
    "order": ("orders.show", "order_id"),
    "invoice": ("invoices.show", "invoice_id"),
    "customer": ("customers.show", "customer_id"),
    "product": ("products.show", "product_id"),
    "payment": ("payments.show", "payment_id"),
    "instance": ("settings.instance", "instance_id"),
}


@bp.get("")
@requires("erp.view")
def index() -> ResponseReturnValue:
    """The log, newest first, by action, by person, by words."""
    tenant_id, instance = current_tenant_id(), current_instance()
    action, person = request.args.get("action", ""), request.args.get("person", "")
    conditions: list[ColumnElement[bool]] = [Activity.instance_id == instance.id] if instance else []
    if action:
        conditions.append(Activity.action == action)
    if person.isdecimal() and len(person) < 10:
        conditions.append(Activity.user_id == int(person))
    else:
        person = ""
    view = lists.build(
        "activity",
        declared.activity(),
        COLUMNS,
        conditions=conditions,
        narrowed={"action": action, "person": person},
    )
    recent = (
        select(Activity.action)
        .where(Activity.tenant_id == tenant_id)
        .order_by(Activity.id.desc())
        .limit(RECENT)
        .subquery()
    )
    actions = db.session.scalars(select(recent.c.action).distinct().order_by(recent.c.action)).all()
    people = db.session.execute(select(User.id, User.name).where(User.tenant_id == tenant_id).order_by(User.name)).all()
    return render_template(
        "erp/activity/index.html", list=view, actions=actions, people=people, action=action, person=person, link=_link
    )


def _link(entry: Activity) -> str:
    """The page of the record, or nothing. A record that was deleted since is not found there."""
    if entry.subject_type not in PAGES or entry.action.endswith("_deleted"):
        return ""
    endpoint, parameter = PAGES[entry.subject_type]
    return url_for(endpoint, **cast(Any, {parameter: entry.subject_id}))
