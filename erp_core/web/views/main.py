"""The dashboard, the search over everything, and the switch between instances."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, select

from erp_core import clock
from erp_core.access import current_instance, current_tenant_id, requires, signed_in
from erp_core.extensions import db
from erp_core.models import Activity, Instance, Invoice, Order, OrderState, Role
from erp_core.plugins.slots import DASHBOARD_CARD
from erp_core.services import invoicing, listing
from erp_core.services import lists as declared
from erp_core.services.lookup import find
from erp_core.web import slots
from erp_core.web.errors import back
from erp_core.web.navigation import instances

bp = Blueprint("main", __name__)

LATEST = 8
HITS = 6


@bp.get("/")
def dashboard() -> ResponseReturnValue:
    """What is to be done, and what happened last. The host's administrator is led to the server's page."""
    if signed_in().role == Role.HOST:
        return redirect(url_for("host.index"))
    return _dashboard()


@requires("erp.view")
def _dashboard() -> ResponseReturnValue:
    session, tenant_id, instance = db.session(), current_tenant_id(), current_instance()
    order_list, invoice_list = declared.orders(), declared.invoices(instances())
    here: list[ColumnElement[bool]] = [Order.instance_id == instance.id] if instance else []
    invoiced_here: list[ColumnElement[bool]] = [Invoice.instance_id == instance.id] if instance else []

    def orders_in(state: OrderState) -> listing.Count:
        return listing.count(session, order_list, tenant_id=tenant_id, conditions=[*here, Order.state == state])

    def invoices_with(condition: ColumnElement[bool]) -> listing.Count:
        return listing.count(session, invoice_list, tenant_id=tenant_id, conditions=[*invoiced_here, condition])

    owed = session.execute(
        select(Invoice.currency, func.sum(Invoice.balance))
        .where(Invoice.tenant_id == tenant_id, Invoice.status.in_(declared.OPEN), *invoiced_here)
        .group_by(Invoice.currency)
        .order_by(Invoice.currency)
    ).all()
    latest = session.scalars(
        select(Activity)
        .where(Activity.tenant_id == tenant_id, *([Activity.instance_id == instance.id] if instance else []))
        .order_by(Activity.id.desc())
        .limit(LATEST)
    ).all()
    return render_template(
        "erp/dashboard.html",
        drafts=orders_in(OrderState.DRAFT),
        to_ship=orders_in(OrderState.CONFIRMED),
        to_invoice=orders_in(OrderState.SHIPPED),
        open_invoices=invoices_with(Invoice.status.in_(declared.OPEN)),
        overdue=invoices_with(declared.is_overdue(instances())),
        owed=owed,
        latest=latest,
        cards=slots.html(DASHBOARD_CARD, instance=instance),
    )


@bp.get("/search")
@requires("erp.view")
def search() -> ResponseReturnValue:
    """The first hits among orders, invoices, customers and products."""
    text = request.args.get("q", "").strip()
    hits: dict[str, listing.Page[Any]] = {}
    if text:
        query = listing.Query(search=text, size=HITS)
        specs: dict[str, listing.ListSpec[Any]] = {
            "orders": declared.orders(),
            "invoices": declared.invoices(instances()),
            "customers": declared.customers(),
            "products": declared.products(),
        }
        for name, spec in specs.items():
            hits[name] = listing.run(db.session(), spec, query, tenant_id=current_tenant_id(), counts=False)
    return render_template(
        "erp/search.html",
        text=text,
        hits=hits,
        found=any(page.rows for page in hits.values()),
        status=lambda invoice: invoicing.status(invoice, clock.today(invoice.instance.timezone)),
    )


@bp.post("/instance")
@requires("erp.view")
def switch_instance() -> ResponseReturnValue:
    """Choose the instance that lists show; nothing chosen means all of them."""
    chosen = request.form.get("instance_id", "")
    if chosen.isdecimal() and len(chosen) < 10:
        cookie["instance_id"] = find(db.session(), Instance, int(chosen), tenant_id=current_tenant_id()).id
    else:
        cookie.pop("instance_id", None)
    return redirect(_without_page(back(url_for("main.dashboard"))))


def _without_page(address: str) -> str:
    """A page of another instance's list means nothing here."""
    path, _, query = address.partition("?")
    kept = "&".join(part for part in query.split("&") if part and not part.startswith("page="))
    return f"{path}?{kept}" if kept else path
