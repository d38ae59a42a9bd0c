"""Fulfilment: what is to be shipped and what is to be invoiced, many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, select

from erp_core.access import current_actor, current_instance, current_tenant_id, requires
from erp_core.errors import ERPError
from erp_core.extensions import db
from erp_core.models import Invoice, InvoiceStatus, Order, OrderState
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
REASONS = 6
"""So many reasons are told: a flashed message travels in a cookie, and must leave room for the list."""
NAMED = 3
"""So many orders are named with each reason."""


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
    return render_template(
        "erp/fulfilment/index.html",
        list=view,
        tab=tab,
        counts=counts,
        totals=ordering.totals,
        drafts=_invoice_numbers(view.rows, Invoice.status == InvoiceStatus.DRAFT),
    )


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
    """Do it, and say in one message which orders were refused and why; the others are done."""
    orders = find_many(db.session(), Order, lists.posted_ids(), tenant_id=current_tenant_id())
    outcomes = act(orders)
    db.session.commit()
    done = [outcome for outcome in outcomes if outcome.ok]
    refused = [outcome for outcome in outcomes if not outcome.ok]
    if done:
        flash(_success(word, done), "success")
    if refused:
        flash(_refusals(word, refused), "warning")
    return redirect(back(url_for("fulfilment.index")))


def _refusals(word: str, refused: Sequence[Outcome]) -> str:
    """The sentence of the only one, or a line for each reason with the orders that it stopped."""
    if len(refused) == 1:
        return refused[0].error.message if refused[0].error else ""
    numbers = _invoice_numbers([outcome.order for outcome in refused])
    reasons: dict[str, list[str]] = {}
    for outcome in refused:
        order, sentence = outcome.order, outcome.error.message if outcome.error else ""
        for number in filter(None, numbers.get(order.id, [])):
            sentence = sentence.replace(f", as invoice {number}", "").replace(f"invoice {number}", "its invoice")
        sentence = sentence.replace(f"Order {order.number}", "The order").replace(f"order {order.number}", "the order")
        reasons.setdefault(sentence, []).append(order.number)
    told = sorted(reasons.items(), key=lambda reason: -len(reason[1]))
    lines = [f"{len(refused)} were not {word}."]
    for sentence, orders in told[:REASONS]:
        more = len(orders) - NAMED
        rest = f" and {more} more" if more > 0 else ""
        lines.append(f"{sentence.rstrip('.')} ({len(orders)}): {', '.join(orders[:NAMED])}{rest}.")
    if (others := sum(len(orders) for _, orders in told[REASONS:])) > 0:
        lines.append(f"{others} more, for other reasons.")
    return "\n".join(lines)


def _invoice_numbers(orders: Sequence[Order], *conditions: ColumnElement[bool]) -> dict[int, list[str]]:
    """The numbers of the invoices of these orders; a draft's is empty."""
    found: dict[int, list[str]] = {}
    of_these = Invoice.order_id.in_([order.id for order in orders])
    for order_id, number in db.session.execute(select(Invoice.order_id, Invoice.number).where(of_these, *conditions)):
        found.setdefault(order_id, []).append(number or "")
    return found


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
