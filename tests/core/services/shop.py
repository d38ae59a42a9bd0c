"""A small business for the tests of the services, made with the services themselves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core.models import Activity, Actor, Invoice, Order, Payment, ProductKind
from erp_core.services import catalogue, fulfilment, invoicing, ordering, parties, payments, tenants
from erp_core.services.order_input import LineInput, OrderInput
from erp_core.services.ordering_rules import Stage

D = Decimal
ACTOR = Actor("Ann", ip="192.0.2.7")
TODAY = date(2026, 3, 2)
STAGES = tuple(Stage)


class Shop:
    """One tenant's shop. An order costs 30.00 unless its lines say otherwise; nothing of it is taxed without `tax`."""

    def __init__(self, session: Session, currency: str = "USD") -> None:
        self.session = session
        self.tenant = tenants.create_tenant(session, "Acme", actor=ACTOR)
        data = tenants.InstanceInput("Shop", "SHOP", currency=currency)
        self.instance = tenants.create_instance(session, self.tenant.id, data, actor=ACTOR)
        self.customer = parties.create_customer(
            session, self.tenant.id, parties.CustomerInput("Blue Café", currency=currency), actor=ACTOR
        )
        self.granola = self.product("GRA-1", price="10", stock="100")
        self.delivery = self.product("DEL", price="5", kind=ProductKind.SERVICE)
        self.tax = catalogue.create_tax_rate(session, self.tenant.id, "State", D("8.875"), actor=ACTOR)

    def product(
        self, sku: str, *, price: str, kind: ProductKind = ProductKind.GOODS, stock: str = "0", taxable: bool = True
    ):
        data = catalogue.ProductInput(sku, f"Product {sku}", kind=kind, price=D(price), stock=D(stock), taxable=taxable)
        return catalogue.create_product(self.session, self.tenant.id, data, actor=ACTOR)

    def data(self, quantity: str = "3", price: str | None = None, **values) -> OrderInput:
        line = LineInput(self.granola.id, D(quantity), D(price) if price is not None else None)
        return OrderInput(**{"customer_id": self.customer.id, "lines": [line], "order_date": TODAY, **values})

    def order(self, stage: Stage = Stage.DRAFT, data: OrderInput | None = None) -> Order:
        """An order that has come this far, by the verbs that a person uses."""
        session = self.session
        order = ordering.create_order(session, self.instance, data or self.data(), actor=ACTOR)
        if stage is Stage.DRAFT:
            return order
        if stage is Stage.CANCELLED:
            return ordering.cancel_order(session, order, actor=ACTOR)
        ordering.confirm_order(session, order, actor=ACTOR)
        if stage is Stage.CONFIRMED:
            return order
        fulfilment.ship_order(session, order, actor=ACTOR)
        if stage is Stage.SHIPPED:
            return order
        invoice = invoicing.invoice_order(session, order, actor=ACTOR, invoice_date=TODAY)
        if stage is Stage.PARTLY_PAID:
            self.pay(invoice, "0.01")
        if stage is Stage.PAID:
            self.pay(invoice, str(invoice.total))
        return order

    def invoice(self, data: OrderInput | None = None) -> Invoice:
        invoice: Invoice = self.invoice_of(self.order(Stage.INVOICED, data))
        return invoice

    def invoice_of(self, order: Order) -> Any:
        """The newest invoice of the order, or None."""
        self.session.flush()
        return self.session.scalars(
            select(Invoice).where(Invoice.order_id == order.id).order_by(Invoice.id.desc())
        ).first()

    def pay(self, invoice: Invoice, amount: str) -> Payment:
        return payments.record_payment(
            self.session,
            self.instance,
            customer_id=invoice.customer_id,
            amount=D(amount),
            payment_date=TODAY,
            allocations=[(invoice.id, D(amount))],
            actor=ACTOR,
        )

    def activities(self) -> list[Activity]:
        """The log, oldest first."""
        self.session.flush()
        return list(
            self.session.scalars(select(Activity).where(Activity.tenant_id == self.tenant.id).order_by(Activity.id))
        )

    def actions(self) -> list[str]:
        return [activity.action for activity in self.activities()]
