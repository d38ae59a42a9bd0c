"""Customers: who buys, whom to write to, and what they owe."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from wtforms import FormField

from erp_core import clock
from erp_core.access import current_actor, current_tenant_id, requires
from erp_core.errors import Conflict, ERPError
from erp_core.extensions import db
from erp_core.models import Activity, Address, Customer, Invoice, Order
from erp_core.services import invoicing, parties
from erp_core.services import lists as declared
from erp_core.services.lookup import find
from erp_core.services.parties import ContactInput, CustomerInput
from erp_core.web import choices, lists
from erp_core.web.forms import AddressForm, CustomerForm
from erp_core.web.lists import Column

bp = Blueprint("customers", __name__, url_prefix="/customers")

COLUMNS = (
    Column("Name", "name"),
    Column("Account", "code"),
    Column("E-mail"),
    Column("Terms", numeric=True),
    Column("Currency"),
    Column("State"),
)
PARTS = ("line1", "line2", "city", "region", "postal_code", "country")
LATEST = 10
NO_NUMBER = -1
"""What the service answers with "must be a whole number"."""


@bp.get("")
@requires("erp.view")
def index() -> ResponseReturnValue:
    """All customers of the tenant."""
    return render_template("erp/customers/index.html", list=lists.build("customers", declared.customers(), COLUMNS))


@bp.get("/suggest")
@requires("erp.view")
def suggest() -> ResponseReturnValue:
    """Customers for a field, while somebody types."""
    found = choices.suggested_customers(request.args.get("q", "").replace("\x00", "")[:100])
    return {"items": [{"value": customer.name, "hint": customer.account_code} for customer in found]}


@bp.get("/<id:customer_id>")
@requires("erp.view")
def show(customer_id: int) -> ResponseReturnValue:
    """One customer, with the latest orders and invoices."""
    customer = _customer(customer_id)
    session = db.session()
    invoices = session.scalars(
        select(Invoice).where(Invoice.customer_id == customer.id).order_by(Invoice.id.desc()).limit(LATEST)
    ).all()
    return render_template(
        "erp/customers/show.html",
        customer=customer,
        orders=session.scalars(
            select(Order).where(Order.customer_id == customer.id).order_by(Order.id.desc()).limit(LATEST)
        ).all(),
        invoices=invoices,
        invoice_status={one.id: invoicing.status(one, clock.today(one.instance.timezone)) for one in invoices},
        owed=session.execute(
            select(Invoice.currency, func.sum(Invoice.balance))
            .where(Invoice.customer_id == customer.id, Invoice.status.in_(declared.OPEN))
            .group_by(Invoice.currency)
        ).all(),
        activity=session.scalars(
            select(Activity)
            .where(
                Activity.tenant_id == customer.tenant_id,
                Activity.subject_type == "customer",
                Activity.subject_id == customer.id,
            )
            .order_by(Activity.id.desc())
            .limit(LATEST)
        ).all(),
    )


@bp.route("/new", methods=["GET", "POST"])
@requires("customers.write")
def new() -> ResponseReturnValue:
    """Make a customer."""
    form = CustomerForm()
    form.currency.offer(choices.currency_choices())
    if form.validate_on_submit():
        try:
            customer = parties.create_customer(db.session(), current_tenant_id(), _read(form), actor=current_actor())
            db.session.commit()
        except ERPError as error:
            db.session.rollback()
            form.refuse(error, rows={"contacts": _filled(form)})
        else:
            flash(f"{customer.name} is saved.", "success")
            return redirect(url_for("customers.show", customer_id=customer.id))
    elif request.method == "GET":
        form.currency.data = choices.an_instance().currency if choices.instance_choices() else "USD"
        form.name.data = request.args.get("name", "")
    return _page(form, None)


@bp.route("/<id:customer_id>/edit", methods=["GET", "POST"])
@requires("customers.write")
def edit(customer_id: int) -> ResponseReturnValue:
    """Change a customer."""
    customer = _customer(customer_id)
    form = CustomerForm()
    form.currency.offer(choices.currency_choices(customer.currency))
    if request.method == "GET":
        _fill(form, customer)
    elif form.validate_on_submit():
        try:
            if form.version.data != customer.updated_at.isoformat():
                raise Conflict(
                    f"Somebody else saved {customer.name} meanwhile, so your changes were not saved. "
                    "Reload the page and make them again."
                )
            parties.update_customer(db.session(), customer, _read(form), actor=current_actor())
            db.session.commit()
        except ERPError as error:
            db.session.rollback()
            form.refuse(error, rows={"contacts": _filled(form)})
        else:
            flash(f"{customer.name} is saved.", "success")
            return redirect(url_for("customers.show", customer_id=customer_id))
    return _page(form, customer)


@bp.post("/<id:customer_id>/switch")
@requires("customers.write")
def switch(customer_id: int) -> ResponseReturnValue:
    """Switch a customer on or off."""
    customer = _customer(customer_id)
    parties.set_customer_active(db.session(), customer, request.form.get("active") == "1", actor=current_actor())
    db.session.commit()
    flash(f"{customer.name} is switched {'on' if customer.active else 'off'}.", "success")
    return redirect(url_for("customers.show", customer_id=customer.id))


def _customer(customer_id: int) -> Customer:
    return find(db.session(), Customer, customer_id, tenant_id=current_tenant_id())


def _fill(form: CustomerForm, customer: Customer) -> None:
    form.name.data, form.account_code.data = customer.name, customer.account_code
    form.terms_days.data, form.currency.data = customer.terms_days, customer.currency
    form.tax_exempt.data, form.version.data = customer.tax_exempt, customer.updated_at.isoformat()
    for contact in customer.contacts:
        form.contacts.append_entry({"name": contact.name, "email": contact.email, "phone": contact.phone})
    for field, address in ((form.billing, customer.billing), (form.shipping, customer.shipping)):
        for part in PARTS:
            field.form[part].data = getattr(address, part)


def _filled(form: CustomerForm) -> list[int]:
    return [index for index, entry in enumerate(form.contacts) if not entry.form.is_empty()]


def _read(form: CustomerForm) -> CustomerInput:
    terms = form.terms_days
    return CustomerInput(
        name=form.name.data or "",
        contacts=[
            ContactInput(entry.form.name.data or "", entry.form.email.data or "", entry.form.phone.data or "")
            for entry in (form.contacts[index] for index in _filled(form))
        ],
        billing=_address(form.billing),
        shipping=_address(form.shipping),
        account_code=form.account_code.data or "",
        terms_days=terms.data if terms.data is not None else NO_NUMBER,
        currency=form.currency.data or "",
        tax_exempt=bool(form.tax_exempt.data),
    )


def _address(field: FormField[AddressForm]) -> Address:
    return Address(**{part: (field.form[part].data or "").strip() for part in PARTS})


def _page(form: CustomerForm, customer: Customer | None) -> ResponseReturnValue:
    if len(form.contacts) < 50 and len(form.contacts) == len(_filled(form)):
        form.contacts.append_entry()
    page = render_template("erp/customers/form.html", form=form, customer=customer, parts=PARTS)
    return page, 422 if form.is_submitted() else 200
