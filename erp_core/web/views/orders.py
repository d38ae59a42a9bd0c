"""Orders: the list, one order, and the form that makes or edits one."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from erp_core import clock
from erp_core.access import current_actor, current_instance, current_tenant_id, may, requires
from erp_core.errors import ERPError, Invalid
from erp_core.extensions import db
from erp_core.models import Activity, Instance, Invoice, Order, OrderLine, OrderState
from erp_core.plugins.slots import ORDER_ACTIONS, ORDER_PANEL
from erp_core.services import fulfilment, invoicing, ordering, ordering_rules
from erp_core.services import lists as declared
from erp_core.services.lookup import find
from erp_core.services.ordering import LineInput, OrderInput
from erp_core.services.ordering_rules import Act
from erp_core.web import choices, lists, slots
from erp_core.web.forms import OrderForm, known_day
from erp_core.web.lists import Column

bp = Blueprint("orders", __name__, url_prefix="/orders")

COLUMNS = (
    Column("Number", "number"),
    Column("Customer", "customer"),
    Column("Date", "date"),
    Column("State", "state"),
    Column("Total", numeric=True),
)
STEPS = (
    (OrderState.DRAFT, "Draft"),
    (OrderState.CONFIRMED, "Confirmed"),
    (OrderState.SHIPPED, "Shipped"),
    (OrderState.INVOICED, "Invoiced"),
    (OrderState.PAID, "Paid"),
)
EMPTY_LINES = 3
LATEST = 100


@bp.get("")
@requires("erp.view")
def index() -> ResponseReturnValue:
    """All orders of the chosen instance."""
    instance = current_instance()
    spec = declared.orders()
    view = lists.build(
        "orders",
        spec,
        COLUMNS,
        conditions=[Order.instance_id == instance.id] if instance else [],
    )
    return render_template("erp/orders/index.html", list=view, totals=ordering.totals)


@bp.get("/<id:order_id>")
@requires("erp.view")
def show(order_id: int) -> ResponseReturnValue:
    """One order: what it says, what can be done with it, what happened to it."""
    session = db.session()
    order = _order(order_id)
    invoice = ordering_rules.live_invoice(session, order)
    invoices = session.scalars(select(Invoice).where(Invoice.order_id == order.id).order_by(Invoice.id)).all()
    return render_template(
        "erp/orders/show.html",
        order=order,
        totals=ordering.totals(order),
        steps=STEPS,
        reached=[state for state, _ in STEPS].index(order.state) if order.state != OrderState.CANCELLED else -1,
        why_not={act.value: ordering_rules.why_not(session, order, act, invoice) for act in Act},
        invoices=invoices,
        invoice_status={one.id: invoicing.status(one, clock.today(order.instance.timezone)) for one in invoices},
        tab="activity" if request.args.get("tab") == "activity" else "order",
        activity=_history(order) if request.args.get("tab") == "activity" else [],
        plugin_actions=slots.html(ORDER_ACTIONS, order, instance=order.instance),
        live=_live(order),
    )


@bp.get("/<id:order_id>/panel")
@requires("erp.view")
def panel(order_id: int) -> ResponseReturnValue:
    """What plugins say about the order now, for the page that is open."""
    order = _order(order_id)
    return {"rows": {str(order.id): _live(order)}}


@bp.route("/new", methods=["GET", "POST"])
@requires("orders.write")
def new() -> ResponseReturnValue:
    """Make an order."""
    form = OrderForm()
    instance = choices.an_instance()
    _offer(form, None)
    if request.method == "GET":
        form.instance_id.data = instance.id
        form.order_date.data = clock.today(instance.timezone)
        form.customer.data = request.args.get("customer", "")
        _add_empty_lines(form)
    elif form.validate_on_submit():
        try:
            instance = choices.an_instance(form.instance_id.data)
            order = ordering.create_order(db.session(), instance, _read(form), actor=current_actor())
            if request.form.get("then") == "confirm":
                ordering.confirm_order(db.session(), order, actor=current_actor())
            db.session.commit()
        except ERPError as error:
            db.session.rollback()
            form.refuse(error, rows={"lines": _filled(form)})
        else:
            flash(f"Order {order.number} is saved.", "success")
            return redirect(url_for("orders.show", order_id=order.id))
    return _form_page(form, None)


@bp.route("/<id:order_id>/edit", methods=["GET", "POST"])
@requires("orders.write")
def edit(order_id: int) -> ResponseReturnValue:
    """Change an order, and with it its invoice if it has one."""
    order = _order(order_id)
    reason = ordering_rules.why_not(db.session(), order, Act.EDIT)
    if reason is not None:
        flash(reason, "warning")
        return redirect(url_for("orders.show", order_id=order.id))
    form = OrderForm()
    _offer(form, order)
    if request.method == "GET":
        _fill(form, order)
    elif form.validate_on_submit():
        try:
            typed = form.version.data or ""
            version = int(typed) if typed.isdecimal() else None
            if version is None:
                raise Invalid("The form was not complete. Reload the page and make your changes again.")
            ordering.edit_order(db.session(), order, _read(form), actor=current_actor(), version=version)
            db.session.commit()
        except ERPError as error:
            db.session.rollback()
            form.refuse(error, rows={"lines": _filled(form)})
        else:
            flash(f"Order {order.number} is saved.", "success")
            return redirect(url_for("orders.show", order_id=order_id))
    return _form_page(form, order)


@bp.post("/<id:order_id>/confirm")
@requires("orders.write")
def confirm(order_id: int) -> ResponseReturnValue:
    """A draft becomes binding."""
    order = ordering.confirm_order(db.session(), _order(order_id), actor=current_actor())
    return _done(order, f"Order {order.number} is confirmed.")


@bp.post("/<id:order_id>/ship")
@requires("orders.write")
def ship(order_id: int) -> ResponseReturnValue:
    """The goods leave."""
    order = fulfilment.ship_order(db.session(), _order(order_id), actor=current_actor())
    return _done(order, f"Order {order.number} is marked as shipped.")


@bp.post("/<id:order_id>/invoice")
@requires("invoices.write")
def invoice(order_id: int) -> ResponseReturnValue:
    """Make the invoice; with `draft`, one that can still be looked at before it gets its number."""
    made = invoicing.invoice_order(
        db.session(), _order(order_id), actor=current_actor(), draft=bool(request.form.get("draft"))
    )
    db.session.commit()
    flash(f"Invoice {made.number} is created." if made.number else "The draft invoice is created.", "success")
    return redirect(url_for("invoices.show", invoice_id=made.id))


@bp.post("/<id:order_id>/cancel")
@requires("orders.write")
def cancel(order_id: int) -> ResponseReturnValue:
    """End an order that has no invoice."""
    order = ordering.cancel_order(db.session(), _order(order_id), actor=current_actor())
    return _done(order, f"Order {order.number} is cancelled.")


@bp.post("/<id:order_id>/delete")
@requires("orders.write")
def delete(order_id: int) -> ResponseReturnValue:
    """Remove an order that has no invoice."""
    order = _order(order_id)
    ordering.delete_order(db.session(), order, actor=current_actor())
    db.session.commit()
    flash(f"Order {order.number} is deleted.", "success")
    return redirect(url_for("orders.index"))


def _order(order_id: int) -> Order:
    return find(db.session(), Order, order_id, tenant_id=current_tenant_id())


def _done(order: Order, sentence: str) -> ResponseReturnValue:
    db.session.commit()
    flash(sentence, "success")
    return redirect(url_for("orders.show", order_id=order.id))


def _live(order: Order) -> dict[str, list[str]]:
    """What changes by itself on the order's page."""
    content = render_template("erp/orders/panels.html", panels=slots.html(ORDER_PANEL, order, instance=order.instance))
    return {"panels": [slots.fingerprint(content), content]}


def _history(order: Order) -> list[Activity]:
    return list(
        db.session.scalars(
            select(Activity)
            .where(
                Activity.tenant_id == order.tenant_id,
                Activity.subject_type == "order",
                Activity.subject_id == order.id,
            )
            .order_by(Activity.id.desc())
            .limit(LATEST)
        )
    )


def _offer(form: OrderForm, order: Order | None) -> None:
    form.instance_id.offer(choices.instance_choices() if order is None else [(order.instance_id, order.instance.name)])
    form.tax_rate_id.offer(choices.tax_choices(order.tax_rate_id if order else None))
    if order is not None:
        form.instance_id.data = order.instance_id


def _add_empty_lines(form: OrderForm) -> None:
    for _ in range(EMPTY_LINES):
        form.lines.append_entry()


def _fill(form: OrderForm, order: Order) -> None:
    form.customer.data = order.customer.name
    form.seller.data = order.seller.name if order.seller else ""
    form.order_date.data = order.order_date
    form.tax_rate_id.data = order.tax_rate_id or 0
    form.memo.data = order.memo
    form.commission.fill(order.commission or None)
    form.discount.fill(order.discount or None)
    form.shipping.fill(order.shipping or None)
    form.version.data = str(order.version)
    lines = db.session.scalars(
        select(OrderLine)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.position)
        .options(joinedload(OrderLine.product))
    )
    for line in lines:
        form.lines.append_entry(
            {
                "product": choices.product_label(line.product),
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "description": line.description,
                "note": line.note,
            }
        )
    form.lines.append_entry()


def _filled(form: OrderForm) -> list[int]:
    """Which of the lines are not empty."""
    return [index for index, entry in enumerate(form.lines) if not entry.form.is_empty()]


def _read(form: OrderForm) -> OrderInput:
    """What was typed, with names made into records. Raises `Invalid` for names that nobody has."""
    unknown: dict[str, str] = {}
    people = {}
    for name in ("customer", "seller"):
        text = (form[name].data or "").strip()
        people[name] = choices.customer_named(text)
        if text and people[name] is None:
            unknown[name] = (
                f"There is no customer named “{text}”. Choose one from the list, or create the customer first."
            )
    entries = [form.lines[index].form for index in _filled(form)]
    products = choices.products_named([entry.product.data or "" for entry in entries])
    lines = []
    for index, entry in enumerate(entries):
        text = entry.product.data or ""
        product = products.get(text)
        if text.strip() and product is None:
            unknown[f"lines.{index}.product_id"] = f"There is no product “{text.strip()}”. Choose one from the list."
        price = entry.unit_price.data
        lines.append(
            LineInput(
                product_id=product.id if product else None,
                quantity=entry.quantity.value(),
                unit_price=entry.unit_price.value() if (price or "").strip() else None,
                description=entry.description.data or "",
                note=entry.note.data or "",
            )
        )
    if unknown:
        raise Invalid(f"The order was not saved. {next(iter(unknown.values()))}", fields=unknown)
    customer, seller = people["customer"], people["seller"]
    zero = Decimal(0)
    return OrderInput(
        customer_id=customer.id if customer else None,
        lines=lines,
        order_date=known_day(form.order_date),
        memo=form.memo.data or "",
        commission=form.commission.value(zero),
        discount=form.discount.value(zero),
        shipping=form.shipping.value(zero),
        seller_id=seller.id if seller else None,
        tax_rate_id=form.tax_rate_id.data or None,
    )


def _lacking(customers: bool, products: bool) -> list[tuple[str, str]]:
    """What an order needs and the tenant does not have yet: words, and where to make it."""
    needed = (
        ("a customer", "customers.new", "customers.write", customers),
        ("a product", "products.new", "products.write", products),
    )
    return [(words, url_for(page) if may(right) else "") for words, page, right, there in needed if not there]


def _form_page(form: OrderForm, order: Order | None) -> ResponseReturnValue:
    if len(form.lines) < 500 and len(form.lines) == len(_filled(form)):
        form.lines.append_entry()
    instance: Instance = order.instance if order else choices.an_instance()
    page = render_template(
        "erp/orders/form.html",
        form=form,
        order=order,
        currency=order.currency if order else instance.currency,
        customers=(customers := choices.suggested_customers()),
        products=(products := choices.suggested_products()),
        lacking=[] if order else _lacking(bool(customers), bool(products)),
        product_label=choices.product_label,
    )
    return page, 422 if form.is_submitted() else 200
