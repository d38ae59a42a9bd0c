"""Products, and the tax rates that a tenant charges."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp_core.models import Actor, Product, ProductKind, TaxRate
from erp_core.plugins import hooks
from erp_core.services import activity
from erp_core.services.locking import lock
from erp_core.services.uniqueness import unique
from erp_core.services.validation import Problems

_ANNOUNCED = ("sku", "name", "description", "kind", "price")
"""What other systems know of a product; `ProductChanged` tells when one of these changed."""
HIGHEST_PERCENT = 100


@dataclass(frozen=True)
class ProductInput:
    """A product as somebody typed it. Without a stock, a new product has none and another one keeps its stock."""

    sku: str
    name: str
    description: str = ""
    kind: ProductKind | str = ProductKind.GOODS
    price: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    taxable: bool = True
    stock: Decimal | None = None


def create_product(session: Session, tenant_id: int, data: ProductInput, *, actor: Actor) -> Product:
    """A new product. SKUs are unique within the tenant, whatever their case."""
    data = _checked(session, tenant_id, data, None)
    product = Product(tenant_id=tenant_id, stock=Decimal(0))
    with _unique(session, data):
        _write(product, data)
        session.add(product)
    _record(session, product, actor, "product_created", f"Product {product.sku} {product.name} was created.")
    hooks.emit(session, hooks.ProductChanged(tenant_id, product.id))
    return product


def update_product(session: Session, product: Product, data: ProductInput, *, actor: Actor) -> Product:
    """Replace what is known of a product. Announced only when something changed that others need to know."""
    lock(session, product)
    data = _checked(session, product.tenant_id, data, product)
    before = _contents(product)
    with _unique(session, data):
        _write(product, data)
    after = _contents(product)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        summary = f"Product {product.sku} {product.name} was edited."
        _record(session, product, actor, "product_edited", summary, changed=changed)
    if any(name in _ANNOUNCED for name in changed):
        hooks.emit(session, hooks.ProductChanged(product.tenant_id, product.id))
    return product


def set_product_active(session: Session, product: Product, active: bool, *, actor: Actor) -> Product:
    """Switch a product on or off. One that is off stays on its documents but can't be ordered anew."""
    lock(session, product)
    if product.active != active:
        product.active = active
        session.flush()
        word = "on" if active else "off"
        action = "product_activated" if active else "product_deactivated"
        _record(session, product, actor, action, f"Product {product.sku} {product.name} was switched {word}.")
    return product


def create_tax_rate(session: Session, tenant_id: int, name: str, percent: Decimal, *, actor: Actor) -> TaxRate:
    """A new tax rate, such as 8.875 percent. Names are unique within the tenant."""
    problems = Problems()
    name = problems.text("name", name, name="name", limit=60, required=True)
    percent = problems.rate("percent", percent, name="percentage")
    if percent > HIGHEST_PERCENT:
        problems.add("percent", f"The percentage can be at most {HIGHEST_PERCENT}.")
    taken = select(TaxRate.id).where(TaxRate.tenant_id == tenant_id, TaxRate.name == name)
    if not problems.fields and session.scalar(taken) is not None:
        problems.add("name", f"There is a tax rate named {name} already. Choose another name.")
    problems.stop("The tax rate was not saved.")
    rate = TaxRate(tenant_id=tenant_id, name=name, percent=percent)
    with unique(session, f"Somebody else just saved a tax rate named {name}.", field="name"):
        session.add(rate)
    activity.record(
        session,
        actor=actor,
        action="tax_rate_created",
        subject=rate,
        summary=f"Tax rate {name} of {percent.normalize():f} % was created.",
        tenant_id=tenant_id,
    )
    return rate


def set_tax_rate_active(session: Session, rate: TaxRate, active: bool, *, actor: Actor) -> TaxRate:
    """Offer a tax rate on new orders, or no longer. Orders that have it keep it."""
    lock(session, rate)
    if rate.active == active:
        return rate
    rate.active = active
    session.flush()
    activity.record(
        session,
        actor=actor,
        action="tax_rate_activated" if active else "tax_rate_deactivated",
        subject=rate,
        summary=f"Tax rate {rate.name} was switched {'on' if active else 'off'}.",
        tenant_id=rate.tenant_id,
    )
    return rate


def _checked(session: Session, tenant_id: int, data: ProductInput, product: Product | None) -> ProductInput:
    problems = Problems()
    sku = problems.text("sku", data.sku, name="SKU", limit=60, required=True)
    name = problems.text("name", data.name, name="name", limit=100, required=True)
    description = problems.text("description", data.description, name="description", limit=1000)
    price = problems.rate("price", data.price, name="price")
    cost = problems.rate("cost", data.cost, name="cost")
    stock = None if data.stock is None else problems.rate("stock", data.stock, name="stock", signed=True)
    if data.kind not in list(ProductKind):
        problems.add("kind", "Choose goods or service.")
    taken = select(Product.name).where(Product.tenant_id == tenant_id, func.lower(Product.sku) == func.lower(sku))
    if product is not None:
        taken = taken.where(Product.id != product.id)
    if not problems.fields and (owner := session.scalar(taken)):
        problems.add("sku", f"The SKU {sku} belongs to {owner}. Choose another one.")
    problems.stop("The product was not saved.")
    return ProductInput(sku, name, description, ProductKind(data.kind), price, cost, bool(data.taxable), stock)


def _unique(session: Session, data: ProductInput) -> AbstractContextManager[None]:
    return unique(session, f"Somebody else just saved a product with the SKU {data.sku}.", field="sku")


def _write(product: Product, data: ProductInput) -> None:
    product.sku, product.name, product.description = data.sku, data.name, data.description
    product.kind, product.price, product.cost = ProductKind(data.kind), data.price, data.cost
    product.taxable = data.taxable
    if data.stock is not None:
        product.stock = data.stock


def _contents(product: Product) -> dict[str, Any]:
    names = ("sku", "name", "description", "kind", "price", "cost", "taxable", "stock")
    return {name: getattr(product, name) for name in names}


def _record(session: Session, product: Product, actor: Actor, action: str, summary: str, **details: object) -> None:
    activity.record(
        session,
        actor=actor,
        action=action,
        subject=product,
        summary=summary,
        tenant_id=product.tenant_id,
        details=details,
    )
