"""Products and services: what is sold."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from erp_core.access import current_actor, current_tenant_id, requires
from erp_core.errors import Conflict, ERPError
from erp_core.extensions import db
from erp_core.models import Activity, Product
from erp_core.services import catalogue
from erp_core.services import lists as declared
from erp_core.services.catalogue import ProductInput
from erp_core.services.lookup import find
from erp_core.web import choices, lists
from erp_core.web.forms import ProductForm
from erp_core.web.lists import Column

bp = Blueprint("products", __name__, url_prefix="/products")

COLUMNS = (
    Column("Name", "name"),
    Column("SKU", "sku"),
    Column("Kind"),
    Column("Price", "price", numeric=True),
    Column("In stock", "stock", numeric=True),
    Column("State"),
)
LATEST = 20


@bp.get("")
@requires("erp.view")
def index() -> ResponseReturnValue:
    """All products of the tenant."""
    view = lists.build("products", declared.products(), COLUMNS)
    return render_template("erp/products/index.html", list=view, currency=_currency())


@bp.get("/suggest")
@requires("erp.view")
def suggest() -> ResponseReturnValue:
    """Products for a field, while somebody types."""
    found = choices.suggested_products(request.args.get("q", "").replace("\x00", "")[:100])
    return {"items": [{"value": choices.product_label(product)} for product in found]}


@bp.get("/<id:product_id>")
@requires("erp.view")
def show(product_id: int) -> ResponseReturnValue:
    """One product."""
    product = _product(product_id)
    activity = db.session.scalars(
        select(Activity)
        .where(
            Activity.tenant_id == product.tenant_id,
            Activity.subject_type == "product",
            Activity.subject_id == product.id,
        )
        .order_by(Activity.id.desc())
        .limit(LATEST)
    ).all()
    return render_template("erp/products/show.html", product=product, activity=activity, currency=_currency())


@bp.route("/new", methods=["GET", "POST"])
@requires("products.write")
def new() -> ResponseReturnValue:
    """Make a product."""
    form = ProductForm()
    if form.validate_on_submit():
        try:
            product = catalogue.create_product(db.session(), current_tenant_id(), _read(form), actor=current_actor())
            db.session.commit()
        except ERPError as error:
            db.session.rollback()
            form.refuse(error)
        else:
            flash(f"{product.name} is saved.", "success")
            return redirect(url_for("products.show", product_id=product.id))
    return _page(form, None)


@bp.route("/<id:product_id>/edit", methods=["GET", "POST"])
@requires("products.write")
def edit(product_id: int) -> ResponseReturnValue:
    """Change a product."""
    product = _product(product_id)
    form = ProductForm(obj=product) if request.method == "GET" else ProductForm()
    if request.method == "GET":
        form.version.data = product.updated_at.isoformat()
        form.kind.data = str(product.kind)
    elif form.validate_on_submit():
        try:
            if form.version.data != product.updated_at.isoformat():
                raise Conflict(
                    f"Somebody else saved {product.name} meanwhile, or it was shipped, so your changes were not saved. "
                    "Reload the page and make them again."
                )
            catalogue.update_product(db.session(), product, _read(form), actor=current_actor())
            db.session.commit()
        except ERPError as error:
            db.session.rollback()
            form.refuse(error)
        else:
            flash(f"{product.name} is saved.", "success")
            return redirect(url_for("products.show", product_id=product_id))
    return _page(form, product)


@bp.post("/<id:product_id>/switch")
@requires("products.write")
def switch(product_id: int) -> ResponseReturnValue:
    """Switch a product on or off."""
    product = _product(product_id)
    catalogue.set_product_active(db.session(), product, request.form.get("active") == "1", actor=current_actor())
    db.session.commit()
    flash(f"{product.name} is switched {'on' if product.active else 'off'}.", "success")
    return redirect(url_for("products.show", product_id=product.id))


def _product(product_id: int) -> Product:
    return find(db.session(), Product, product_id, tenant_id=current_tenant_id())


def _currency() -> str:
    return choices.an_instance().currency if choices.instance_choices() else "USD"


def _read(form: ProductForm) -> ProductInput:
    zero = Decimal(0)
    return ProductInput(
        sku=form.sku.data or "",
        name=form.name.data or "",
        description=form.description.data or "",
        kind=form.kind.data,
        price=form.price.value(zero),
        cost=form.cost.value(zero),
        taxable=bool(form.taxable.data),
        stock=form.stock.value() if (form.stock.data or "").strip() else None,
    )


def _page(form: ProductForm, product: Product | None) -> ResponseReturnValue:
    page = render_template("erp/products/form.html", form=form, product=product, currency=_currency())
    return page, 422 if form.is_submitted() else 200
