"""What a person can choose from: instances, customers, products, tax rates, currencies, languages."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import available_timezones

from babel import Locale
from sqlalchemy import func, or_, select

from erp_core.access import current_instance, current_tenant_id
from erp_core.errors import Invalid
from erp_core.extensions import db
from erp_core.models import Customer, Instance, Product, TaxRate
from erp_core.services.lookup import find
from erp_core.web.navigation import instances

SHOWN = 50
"""So many suggestions stand in a page; typing brings others."""
SEPARATOR = " · "
CURRENCIES = (
    "USD",
    "CAD",
    "EUR",
    "GBP",
    "AUD",
    "NZD",
    "CHF",
    "JPY",
    "MXN",
    "INR",
    "ZAR",
    "BRL",
    "SGD",
    "SEK",
    "NOK",
    "DKK",
)
LOCALES = ("en_US", "en_CA", "en_GB", "en_AU", "en_IN", "de_DE", "de_CH", "fr_FR", "fr_CA", "es_ES", "es_MX", "it_IT",
           "nl_NL", "pt_BR", "sv_SE", "da_DK", "nb_NO", "ja_JP")  # fmt: skip


def instance_choices() -> list[tuple[int, str]]:
    """The tenant's instances for a select."""
    return [(instance.id, instance.name) for instance in instances()]


def an_instance(instance_id: int | None = None) -> Instance:
    """The instance with this id, else the chosen one, else the tenant's first. Raises `Invalid` when there is none."""
    if instance_id is not None:
        return find(db.session(), Instance, instance_id, tenant_id=current_tenant_id())
    chosen = current_instance() or next(iter(instances()), None)
    if chosen is None:
        raise Invalid("There is no instance yet. Create one under Settings first.")
    return chosen


def tax_choices(kept: int | None = None) -> list[tuple[int, str]]:
    """Active tax rates, and the one that a record has; 0 is no tax."""
    rates = db.session.scalars(
        select(TaxRate)
        .where(TaxRate.tenant_id == current_tenant_id(), or_(TaxRate.active, TaxRate.id == kept))
        .order_by(TaxRate.name)
    )
    return [(0, "No tax"), *((rate.id, f"{rate.name} ({rate.percent.normalize():f} %)") for rate in rates)]


def currency_choices(kept: str = "") -> list[tuple[str, str]]:
    """Usual currencies, and the one that a record has."""
    names = Locale.parse("en_US").currencies
    codes = [*CURRENCIES, *([kept] if kept and kept not in CURRENCIES else [])]
    return [(code, f"{code} · {names.get(code, code)}") for code in codes]


def locale_choices(kept: str = "") -> list[tuple[str, str]]:
    """Usual formats of dates and money, and the one that a record has."""
    codes = [*LOCALES, *([kept] if kept and kept not in LOCALES else [])]
    return sorted(
        ((code, Locale.parse(code).get_display_name("en_US") or code) for code in codes), key=lambda it: it[1]
    )


def timezones() -> list[str]:
    """The names of time zones."""
    return sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
    )


def product_label(product: Product) -> str:
    """A product as it stands in a field."""
    return f"{product.sku}{SEPARATOR}{product.name}"


def suggested_customers(text: str = "") -> list[Customer]:
    """Active customers whose name or account code holds this text."""
    query = select(Customer).where(Customer.tenant_id == current_tenant_id(), Customer.active)
    if text:
        query = query.where(
            or_(Customer.name.icontains(text, autoescape=True), Customer.account_code.icontains(text, autoescape=True))
        )
    return list(db.session.scalars(query.order_by(func.lower(Customer.name)).limit(SHOWN)))


def suggested_products(text: str = "") -> list[Product]:
    """Active products whose SKU or name holds this text."""
    query = select(Product).where(Product.tenant_id == current_tenant_id(), Product.active)
    if text:
        text = text.partition(SEPARATOR)[0]
        query = query.where(
            or_(Product.name.icontains(text, autoescape=True), Product.sku.icontains(text, autoescape=True))
        )
    return list(db.session.scalars(query.order_by(func.lower(Product.name)).limit(SHOWN)))


def customer_named(text: str) -> Customer | None:
    """The customer with this name or account code, whatever its case."""
    text = text.strip()
    if not text:
        return None
    found = db.session.scalars(
        select(Customer).where(
            Customer.tenant_id == current_tenant_id(),
            or_(func.lower(Customer.name) == func.lower(text), func.lower(Customer.account_code) == func.lower(text)),
        )
    ).all()
    by_name = [customer for customer in found if customer.name.lower() == text.lower()]
    return next(iter(by_name or found), None)


def products_named(texts: Sequence[str]) -> dict[str, Product]:
    """The products that people meant by these texts: `SKU · Name`, a SKU, or a name that only one product has."""
    wanted = {text: text.partition(SEPARATOR)[0].strip() for text in texts if text.strip()}
    if not wanted:
        return {}
    lowered = [func.lower(word) for word in {*wanted.values(), *(text.strip() for text in wanted)}]
    found = db.session.scalars(
        select(Product).where(
            Product.tenant_id == current_tenant_id(),
            or_(func.lower(Product.sku).in_(lowered), func.lower(Product.name).in_(lowered)),
        )
    ).all()
    by_sku = {product.sku.lower(): product for product in found}
    meant: dict[str, Product] = {}
    for text, word in wanted.items():
        named = [product for product in found if product.name.lower() == text.strip().lower()]
        if (product := by_sku.get(word.lower())) is not None:
            meant[text] = product
        elif len(named) == 1:
            meant[text] = named[0]
    return meant
