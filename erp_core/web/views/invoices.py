"""Invoices: the list that keeps itself fresh, the document, voiding and replacing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from erp_core import clock
from erp_core.access import current_actor, current_instance, current_tenant_id, may, requires
from erp_core.errors import ERPError
from erp_core.extensions import db
from erp_core.models import Activity, Invoice, InvoiceLine, PaymentAllocation
from erp_core.plugins import registry
from erp_core.plugins.slots import (
    INVOICE_BANNER,
    INVOICE_BULK,
    INVOICE_COLUMN,
    INVOICE_FILTER,
    INVOICE_PANEL,
    INVOICE_STATUS,
    BulkAction,
    ListColumn,
)
from erp_core.services import invoicing
from erp_core.services import lists as declared
from erp_core.services.listing import Filter, ListSpec
from erp_core.services.lookup import find, matching
from erp_core.services.ordering_rules import Act
from erp_core.web import lists, slots
from erp_core.web.forms import ReasonForm
from erp_core.web.lists import Column
from erp_core.web.navigation import instances

log = structlog.get_logger(__name__)

bp = Blueprint("invoices", __name__, url_prefix="/invoices")

COLUMNS = (
    Column("Number", "number"),
    Column("Customer", "customer"),
    Column("Due", "due"),
    Column("Total", "total", numeric=True),
    Column("Payment"),
)
LAST = (Column("Last activity", "updated"),)
MOST_CELLS = 200
LATEST = 100


@bp.get("")
@requires("erp.view")
def index() -> ResponseReturnValue:
    """All invoices of the chosen instance, with what plugins know about them."""
    columns = _plugin_columns()
    view = lists.build(
        "invoices",
        _spec(),
        (*COLUMNS, *(Column(column.title) for column in columns), *LAST),
        conditions=_here(),
    )
    return render_template(
        "erp/invoices/index.html",
        list=view,
        cells=_cells(view.rows, columns),
        columns=columns,
        banners=slots.html(INVOICE_BANNER, instance=current_instance()),
        bulk=_bulk_actions(),
    )


@bp.get("/cells")
@requires("erp.view")
def cells() -> ResponseReturnValue:
    """The cells that change by themselves, of the invoices in `ids`: `{"rows": {id: {key: [fingerprint, html]}}}`.

    With `chips`, also how many rows each filter of this list would show: `{"chips": {filter: "12"}}`."""
    ids = [int(text) for text in request.args.get("ids", "").split(",") if text.isdecimal() and len(text) < 10]
    found = matching(db.session(), Invoice, ids[:MOST_CELLS], tenant_id=current_tenant_id())
    answer: dict[str, object] = {
        "rows": {str(key): row for key, row in _cells(list(found.values()), _plugin_columns()).items()}
    }
    if request.args.get("chips"):
        answer["chips"] = lists.counts(_spec(), conditions=_here())
    return answer


@bp.get("/<id:invoice_id>")
@requires("erp.view")
def show(invoice_id: int) -> ResponseReturnValue:
    """The invoice as a document, and what can be done with it."""
    invoice = _invoice(invoice_id)
    session = db.session()
    order = invoice.order
    tab = "activity" if request.args.get("tab") == "activity" else "invoice"
    why_not = _why_not(invoice, Act.VOID, Act.REPLACE) if may("invoices.write") else {}
    lines = session.scalars(
        select(InvoiceLine)
        .where(InvoiceLine.invoice_id == invoice.id)
        .order_by(InvoiceLine.position)
        .options(joinedload(InvoiceLine.product))
    ).all()
    return render_template(
        "erp/invoices/show.html",
        invoice=invoice,
        lines=lines,
        order=order,
        payments=session.scalars(
            select(PaymentAllocation)
            .where(PaymentAllocation.invoice_id == invoice.id)
            .options(joinedload(PaymentAllocation.payment))
            .order_by(PaymentAllocation.id)
        ).all(),
        replaces=session.get(Invoice, invoice.replaces_id) if invoice.replaces_id else None,
        replaced_by=session.scalars(select(Invoice).where(Invoice.replaces_id == invoice.id)).first(),
        why_not_void=why_not.get(Act.VOID),
        why_not_replace=why_not.get(Act.REPLACE),
        tab=tab,
        activity=_history(invoice) if tab == "activity" else [],
        live=_live(invoice),
    )


@bp.get("/<id:invoice_id>/panel")
@requires("erp.view")
def panel(invoice_id: int) -> ResponseReturnValue:
    """What changes by itself on the invoice's page."""
    invoice = _invoice(invoice_id)
    return {"rows": {str(invoice.id): _live(invoice)}}


@bp.post("/<id:invoice_id>/issue")
@requires("invoices.write")
def issue(invoice_id: int) -> ResponseReturnValue:
    """Give a draft its number."""
    invoice = invoicing.issue_invoice(db.session(), _invoice(invoice_id), actor=current_actor())
    db.session.commit()
    flash(f"Invoice {invoice.number} is issued.", "success")
    return redirect(url_for("invoices.show", invoice_id=invoice.id))


@bp.post("/<id:invoice_id>/delete")
@requires("invoices.write")
def delete(invoice_id: int) -> ResponseReturnValue:
    """Remove a draft."""
    invoice = _invoice(invoice_id)
    order_id = invoice.order_id
    invoicing.delete_draft(db.session(), invoice, actor=current_actor())
    db.session.commit()
    flash("The draft is deleted. The order is still shipped and can be invoiced again.", "success")
    return redirect(url_for("orders.show", order_id=order_id))


@bp.route("/<id:invoice_id>/void", methods=["GET", "POST"])
@requires("invoices.write")
def void(invoice_id: int) -> ResponseReturnValue:
    """Ask why and whether, then void the invoice; its order is cancelled."""

    def act(invoice: Invoice, reason: str) -> Invoice:
        invoicing.void_invoice(db.session(), invoice, actor=current_actor(), reason=reason)
        flash(f"Invoice {invoice.number} is voided, and order {invoice.order.number} is cancelled.", "success")
        return invoice

    return _ask("void", invoice_id, Act.VOID, act)


@bp.route("/<id:invoice_id>/replace", methods=["GET", "POST"])
@requires("invoices.write")
def replace(invoice_id: int) -> ResponseReturnValue:
    """Ask why and whether, then void the invoice and make a new one in the same act."""

    def act(invoice: Invoice, reason: str) -> Invoice:
        made = invoicing.replace_invoice(db.session(), invoice, actor=current_actor(), reason=reason)
        flash(f"Invoice {invoice.number} is voided and replaced by {made.number}.", "success")
        return made

    return _ask("replace", invoice_id, Act.REPLACE, act)


def _ask(word: str, invoice_id: int, act: Act, do: Callable[[Invoice, str], Invoice]) -> ResponseReturnValue:
    invoice = _invoice(invoice_id)
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            result = do(invoice, form.reason.data or "")
            db.session.commit()
            return redirect(url_for("invoices.show", invoice_id=result.id))
        except ERPError as error:
            db.session.rollback()
            form.refuse(error)
    elif (reason := _why_not(invoice, act)[act]) is not None:
        flash(reason, "warning")
        return redirect(url_for("invoices.show", invoice_id=invoice.id))
    return render_template("erp/invoices/ask.html", invoice=invoice, form=form, word=word), 409 if form.problem else 200


def _invoice(invoice_id: int) -> Invoice:
    return find(db.session(), Invoice, invoice_id, tenant_id=current_tenant_id())


def _why_not(invoice: Invoice, *acts: Act) -> dict[Act, str | None]:
    """Why each of these can't be done, or None. It is asked again before anything is voided."""
    return {act: invoicing.why_not_void(db.session(), invoice, act) for act in acts}


def _spec() -> ListSpec[Invoice]:
    return declared.invoices(instances()).with_filters(_plugin_filters())


def _here() -> list[ColumnElement[bool]]:
    instance = current_instance()
    return [Invoice.instance_id == instance.id] if instance else []


def _status(invoice: Invoice) -> str:
    return invoicing.status(invoice, clock.today(invoice.instance.timezone))


def _plugin_columns() -> list[ListColumn]:
    instance = current_instance()
    return registry.current().fills(
        db.session(), INVOICE_COLUMN, tenant_id=current_tenant_id(), instance_id=instance.id if instance else None
    )


def _plugin_filters() -> list[Filter]:
    instance = current_instance()
    fills = registry.current().fills(
        db.session(), INVOICE_FILTER, tenant_id=current_tenant_id(), instance_id=instance.id if instance else None
    )
    return [
        Filter(chip.key, chip.label, chip.condition, "plugin", chip.tone, chip.icon, chip.hide_when_empty)
        for chip in fills
    ]


def _bulk_actions() -> list[BulkAction]:
    instance = current_instance()
    fills = registry.current().fills(
        db.session(), INVOICE_BULK, tenant_id=current_tenant_id(), instance_id=instance.id if instance else None
    )
    return [action for action in fills if may(action.permission)]


def _cells(rows: Sequence[Invoice], columns: Sequence[ListColumn]) -> dict[int, dict[str, list[str]]]:
    """For each row the cells that change by themselves: the host's and those of plugins."""
    answers = slots.cells(columns, rows)
    found: dict[int, dict[str, list[str]]] = {}
    for invoice in rows:
        contents: dict[str, str] = {
            "number": render_template("erp/invoices/cell_number.html", invoice=invoice),
            "status": render_template("erp/invoices/cell_status.html", status=_status(invoice)),
            "total": render_template("erp/invoices/cell_total.html", invoice=invoice),
            "updated": render_template("erp/invoices/cell_updated.html", invoice=invoice),
        }
        for index, answer in enumerate(answers):
            contents[f"plugin-{index}"] = str(answer.get(invoice.id, "–"))
        found[invoice.id] = {key: [slots.fingerprint(html), html] for key, html in contents.items()}
    return found


def _live(invoice: Invoice) -> dict[str, list[str]]:
    """What changes by itself on the invoice's page."""
    contents = {
        "status": render_template(
            "erp/invoices/live_status.html",
            status=_status(invoice),
            badges=slots.html(INVOICE_STATUS, invoice, instance=invoice.instance),
        ),
        "panels": render_template(
            "erp/invoices/live_panels.html", panels=slots.html(INVOICE_PANEL, invoice, instance=invoice.instance)
        ),
    }
    return {key: [slots.fingerprint(html), html] for key, html in contents.items()}


def _history(invoice: Invoice) -> list[Activity]:
    return list(
        db.session.scalars(
            select(Activity)
            .where(
                Activity.tenant_id == invoice.tenant_id,
                or_(
                    (Activity.subject_type == "invoice") & (Activity.subject_id == invoice.id),
                    (Activity.subject_type == "order") & (Activity.subject_id == invoice.order_id),
                ),
            )
            .order_by(Activity.id.desc())
            .limit(LATEST)
        )
    )
