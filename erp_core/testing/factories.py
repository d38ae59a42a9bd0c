"""Records for tests, committed, in the session of the test's application context (`session`).

`OrderFactory(shipped=True)` and `InvoiceFactory()` take the steps that a person takes, so that numbers, stock, totals and
events are real. Lines are pairs of a product and a quantity, or whole `LineInput`s:
`OrderFactory(instance=shop, lines=[(granola, 3)], confirmed=True)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import factory
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from erp_core.extensions import db
from erp_core.models import (
    Actor,
    Contact,
    Customer,
    Instance,
    Invoice,
    NumberSeries,
    Order,
    Product,
    ProductKind,
    Role,
    Tenant,
    User,
)
from erp_core.services import fulfilment, invoicing, ordering
from erp_core.services.order_input import LineInput, OrderInput

PASSWORD = "correct horse battery staple"
ACTOR = Actor(name="The test")
_PASSWORD_HASH = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1")


def _session() -> Session:
    return db.session()


class _Factory(factory.alchemy.SQLAlchemyModelFactory):
    class Meta:
        abstract = True
        sqlalchemy_session_factory = _session
        sqlalchemy_session_persistence = "commit"


class TenantFactory(_Factory):
    """A customer of the ERP."""

    class Meta:
        model = Tenant

    name = factory.Sequence(lambda n: f"Tenant {n}")


class InstanceFactory(_Factory):
    """A shop of a tenant, in US dollars, with its number series."""

    class Meta:
        model = Instance

    tenant = factory.SubFactory(TenantFactory)
    tenant_id = factory.SelfAttribute("tenant.id")
    name = factory.Sequence(lambda n: f"Shop {n}")
    code = factory.Sequence(lambda n: f"S{n}")
    series = factory.LazyAttribute(
        lambda shop: [
            NumberSeries(kind="order", prefix=f"{shop.code}-ORD-"),
            NumberSeries(kind="invoice", prefix=f"{shop.code}-INV-"),
            NumberSeries(kind="payment", prefix=f"{shop.code}-PAY-"),
        ]
    )


class UserFactory(_Factory):
    """A person who signs in with `PASSWORD`; an administrator unless `role` says otherwise."""

    class Meta:
        model = User

    tenant = factory.SubFactory(TenantFactory)
    tenant_id = factory.LazyAttribute(lambda user: user.tenant and user.tenant.id)
    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    role = Role.ADMINISTRATOR
    password_hash = _PASSWORD_HASH


class CustomerFactory(_Factory):
    """Somebody who buys, with one contact who has the address `email`."""

    class Meta:
        model = Customer
        exclude = ("email",)

    tenant_id = factory.LazyFunction(lambda: TenantFactory().id)
    name = factory.Sequence(lambda n: f"Customer {n}")
    email = factory.Sequence(lambda n: f"customer{n}@example.com")
    contacts = factory.LazyAttribute(lambda it: [Contact(name=it.name, email=it.email)] if it.email else [])


class ProductFactory(_Factory):
    """Goods for 10.00 with a thousand in stock."""

    class Meta:
        model = Product

    tenant_id = factory.LazyFunction(lambda: TenantFactory().id)
    sku = factory.Sequence(lambda n: f"SKU-{n}")
    name = factory.Sequence(lambda n: f"Product {n}")
    kind = ProductKind.GOODS
    price = Decimal("10.00")
    stock = Decimal(1000)


class OrderFactory(_Factory):
    """An order of one product: a draft, or `confirmed`, `shipped` or `invoiced`. Other keywords are those of `OrderInput`."""

    class Meta:
        model = Order

    instance = factory.SubFactory(InstanceFactory)
    customer = factory.LazyAttribute(
        lambda order: CustomerFactory(tenant_id=order.instance.tenant_id, currency=order.instance.currency)
    )
    lines = factory.LazyAttribute(lambda order: [(ProductFactory(tenant_id=order.instance.tenant_id), 1)])
    confirmed = False
    shipped = False
    invoiced = False

    @classmethod
    def _create(cls, _model: type[Order], *_: Any, **values: Any) -> Any:
        session = _session()
        instance, customer = values.pop("instance"), values.pop("customer")
        invoiced = values.pop("invoiced")
        shipped = values.pop("shipped") or invoiced
        confirmed = values.pop("confirmed") or shipped
        data = OrderInput(customer_id=customer.id, lines=_lines(values.pop("lines")), **values)
        order = ordering.create_order(session, instance, data, actor=ACTOR)
        if confirmed:
            ordering.confirm_order(session, order, actor=ACTOR)
        if shipped:
            fulfilment.ship_order(session, order, actor=ACTOR)
        if invoiced:
            invoicing.invoice_order(session, order, actor=ACTOR)
        session.commit()
        return order


class InvoiceFactory(OrderFactory):
    """The invoice of an order; keywords are those of `OrderFactory`."""

    class Meta:
        model = Invoice

    invoiced = False

    @classmethod
    def _create(cls, _model: type[Order], *_: Any, **values: Any) -> Any:
        order = super()._create(Order, **{**values, "shipped": True, "invoiced": False})
        invoice = invoicing.invoice_order(_session(), order, actor=ACTOR)
        _session().commit()
        return invoice


def _lines(lines: Iterable[LineInput | tuple[Product, int | str | Decimal]]) -> list[LineInput]:
    return [
        line if isinstance(line, LineInput) else LineInput(product_id=line[0].id, quantity=Decimal(line[1]))
        for line in lines
    ]
