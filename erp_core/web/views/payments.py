"""Payments: what came, what it pays, and what turned out not to have come."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from erp_core import clock
from erp_core.access import current_actor, current_instance, current_tenant_id, requires
from erp_core.errors import ERPError
from erp_core.extensions import db
from erp_core.models import Customer, Instance, Invoice, Payment
from erp_core.services import lists as declared
from erp_core.services import payments
from erp_core.services.lookup import find
from erp_core.web import choices, lists
from erp_core.web.forms import PaymentForm, known_day
from erp_core.web.lists import Column

bp = Blueprint("payments", __name__, url_prefix="/payments")

COLUMNS = (
    Column("Number", "number"),
    Column("Customer", "customer"),
    Column("Date", "date"),
    Column("Method"),
    Column("Amount", "amount", numeric=True),
    Column("State"),
)
MOST_INVOICES = 200


@bp.get("")
@requires("erp.view")
def index() -> ResponseReturnValue:
    """All payments of the chosen instance."""
    instance = current_instance()
    view = lists.build(
        "payments",
        declared.payments(),
        COLUMNS,
        conditions=[Payment.instance_id == instance.id] if instance else [],
    )
    return render_template("erp/payments/index.html", list=view)


@bp.get("/<id:payment_id>")
@requires("erp.view")
def show(payment_id: int) -> ResponseReturnValue:
    """One payment and what it paid."""
    payment = _payment(payment_id)
    applied = sum((part.amount for part in payment.allocations), Decimal(0))
    return render_template("erp/payments/show.html", payment=payment, credit=payment.amount - applied)


@bp.route("/new", methods=["GET", "POST"])
@requires("payments.write")
def new() -> ResponseReturnValue:
    """Record a payment: first from whom, then how much and for which invoices."""
    if request.method == "POST":
        return _record()
    invoice_id = request.args.get("invoice_id", "")
    if invoice_id.isdecimal() and len(invoice_id) < 10:
        invoice = find(db.session(), Invoice, int(invoice_id), tenant_id=current_tenant_id())
        return _page(_blank(invoice.instance, invoice.customer, invoice), invoice.instance, invoice.customer)
    typed = request.args.get("customer", "").strip()
    customer = choices.customer_named(typed)
    if customer is None:
        return render_template(
            "erp/payments/who.html",
            typed=typed,
            customers=choices.suggested_customers(typed),
            instance_choices=choices.instance_choices(),
            chosen=choices.an_instance(),
        )
    chosen = request.args.get("instance_id", "")
    instance = choices.an_instance(int(chosen) if chosen.isdecimal() and len(chosen) < 10 else None)
    return _page(_blank(instance, customer, None), instance, customer)


@bp.post("/<id:payment_id>/void")
@requires("payments.write")
def void(payment_id: int) -> ResponseReturnValue:
    """The money did not come after all."""
    payment = payments.void_payment(db.session(), _payment(payment_id), actor=current_actor())
    db.session.commit()
    flash(f"Payment {payment.number} is voided. What it paid is owed again.", "success")
    return redirect(url_for("payments.show", payment_id=payment.id))


def _payment(payment_id: int) -> Payment:
    return find(db.session(), Payment, payment_id, tenant_id=current_tenant_id())


def _record() -> ResponseReturnValue:
    form = PaymentForm()
    instance = find(db.session(), Instance, _number(form.instance_id.data), tenant_id=current_tenant_id())
    customer = find(db.session(), Customer, _number(form.customer_id.data), tenant_id=current_tenant_id())
    filled = [index for index, entry in enumerate(form.allocations) if (entry.form.amount.data or "").strip()]
    if form.validate_on_submit():
        try:
            payment = payments.record_payment(
                db.session(),
                instance,
                customer_id=customer.id,
                amount=form.amount.value(),
                payment_date=known_day(form.payment_date) or clock.today(instance.timezone),
                allocations=[
                    (_number(entry.invoice_id.data), entry.amount.value())
                    for entry in (form.allocations[index].form for index in filled)
                ],
                method=form.method.data or "",
                reference=form.reference.data or "",
                actor=current_actor(),
            )
            db.session.commit()
        except ERPError as error:
            db.session.rollback()
            form.refuse(error, rows={"allocations": filled})
        else:
            flash(f"Payment {payment.number} is recorded.", "success")
            return redirect(url_for("payments.show", payment_id=payment.id))
    return _page(form, instance, customer)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def _open_invoices(instance: Instance, customer: Customer) -> list[Invoice]:
    return list(
        db.session.scalars(
            select(Invoice)
            .where(
                Invoice.tenant_id == instance.tenant_id,
                Invoice.instance_id == instance.id,
                Invoice.customer_id == customer.id,
                Invoice.status.in_(declared.OPEN),
            )
            .order_by(Invoice.due_date, Invoice.id)
            .limit(MOST_INVOICES)
        )
    )


def _blank(instance: Instance, customer: Customer, invoice: Invoice | None) -> PaymentForm:
    form = PaymentForm()
    form.instance_id.data, form.customer_id.data = str(instance.id), str(customer.id)
    form.payment_date.data = clock.today(instance.timezone)
    if invoice is not None and invoice.balance:
        form.amount.fill(invoice.balance)
    for one in _open_invoices(instance, customer):
        chosen = invoice is not None and one.id == invoice.id
        form.allocations.append_entry({"invoice_id": one.id, "amount": one.balance if chosen else None})
    return form


def _page(form: PaymentForm, instance: Instance, customer: Customer) -> ResponseReturnValue:
    known = {str(invoice.id): invoice for invoice in _open_invoices(instance, customer)}
    page = render_template("erp/payments/form.html", form=form, instance=instance, customer=customer, known=known)
    return page, 422 if form.is_submitted() else 200
