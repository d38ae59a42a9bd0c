"""Fulfilment: what is to be shipped and what is to be invoiced, many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from erp_core.access import current_actor, current_instance, current_tenant_id, requires
from erp_core.errors import ERPError
from erp_core.extensions import db
from erp_core.models import Order, OrderState
from erp_core.services import fulfilment, invoicing, listing, ordering
from erp_core.services import lists as declared
from erp_core.services.lookup import find_many
from erp_core.services.outcomes import Outcome
from erp_core.web import lists
from erp_core.web.errors import back
from erp_core.web.lists import Column

bp = Blueprint("fulfilment", __name__, url_prefix="/fulfilment")

COLUMNS = (
    Column("Order", "number"),
    Column("Customer", "customer"),
    Column("Date", "date"),
    Column("Items", numeric=True),
    Column("Total", numeric=True),
)
TABS = {"invoice": OrderState.SHIPPED, "ship": OrderState.CONFIRMED}
SENTENCES = 8
"""More refusals than these get a page of their own: a flashed message travels in a cookie."""


@bp.get("")
@requires("erp.view")
def index() -> ResponseReturnValue:
    """Shipped orders to invoice, and confirmed orders to ship."""
    tab = request.args.get("show", "")
    tab = tab if tab in TABS else "invoice"
    instance = current_instance()
    here = [Order.instance_id == instance.id] if instance else []
    spec = declared.orders()
    plain = listing.ListSpec(
        spec.model, spec.search, spec.sorts, "id", filters=(), joins=spec.joins, options=spec.options
    )
    view = lists.build("fulfilment", plain, COLUMNS, conditions=[*here, Order.state == TABS[tab]], kept={"show": tab})
    counts = {
        name: listing.count(
            db.session(), plain, tenant_id=current_tenant_id(), conditions=[*here, Order.state == state]
        )
        for name, state in TABS.items()
    }
    return render_template("erp/fulfilment/index.html", list=view, tab=tab, counts=counts, totals=ordering.totals)


@bp.post("/confirm")
@requires("orders.write")
def confirm() -> ResponseReturnValue:
    """Confirm the ticked drafts."""
    return _each("confirmed", lambda orders: [_confirm(order) for order in orders])


@bp.post("/ship")
@requires("orders.write")
def ship() -> ResponseReturnValue:
    """Mark the ticked orders as shipped."""
    return _each(
        "marked as shipped", lambda orders: fulfilment.ship_orders(db.session(), orders, actor=current_actor())
    )


@bp.post("/invoice")
@requires("invoices.write")
def invoice() -> ResponseReturnValue:
    """Make an invoice of each ticked order."""
    return _each("invoiced", lambda orders: invoicing.invoice_orders(db.session(), orders, actor=current_actor()))


def _confirm(order: Order) -> Outcome:
    session = db.session()
    try:
        with session.begin_nested():
            ordering.confirm_order(session, order, actor=current_actor())
    except ERPError as error:
        return Outcome(order, error=error)
    return Outcome(order)


def _each(word: str, act: Callable[[Sequence[Order]], list[Outcome]]) -> ResponseReturnValue:
    """Do it, and say a sentence for each order that was refused; the others are done."""
    orders = find_many(db.session(), Order, lists.posted_ids(), tenant_id=current_tenant_id())
    outcomes = act(orders)
    db.session.commit()
    done = [outcome for outcome in outcomes if outcome.ok]
    refused = [outcome for outcome in outcomes if not outcome.ok]
    target = back(url_for("fulfilment.index"))
    if len(refused) > SENTENCES:
        return render_template("erp/fulfilment/result.html", word=word, done=done, refused=refused, back=target)
    if done:
        flash(_success(word, done), "success")
    for outcome in refused:
        flash(outcome.error.message if outcome.error else "", "warning")
    return redirect(target)


def _success(word: str, done: Sequence[Outcome]) -> Markup:
    amount = "1 order is" if len(done) == 1 else f"{len(done)} orders are"
    sentence = escape(f"{amount} {word}.")
    numbers = [outcome.invoice for outcome in done if outcome.invoice is not None]
    if not numbers:
        return sentence
    links = Markup(", ").join(
        Markup('<a class="alert-link" href="{}">{}</a>').format(
            url_for("invoices.show", invoice_id=invoice.id), invoice.number
        )
        for invoice in numbers[:5]
    )
    rest = Markup(" and {} more").format(len(numbers) - 5) if len(numbers) > 5 else ""
    return Markup('{} Invoices: {}{}. <a class="alert-link" href="{}">See them in the invoice list</a>').format(
        sentence, links, rest, url_for("invoices.index")
    )
