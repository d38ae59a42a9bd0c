"""The lists of the ERP: what can be searched, filtered and sorted in each. `listing` runs them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, false, func, or_
from sqlalchemy.orm import contains_eager, selectinload

from erp_core import clock
from erp_core.models import (
    Activity,
    Customer,
    Instance,
    Invoice,
    InvoiceStatus,
    Order,
    OrderState,
    Payment,
    Product,
    ProductKind,
)
from erp_core.services.listing import Filter, ListSpec

OPEN = (InvoiceStatus.SENT, InvoiceStatus.PARTIAL)


def orders() -> ListSpec[Order]:
    """Orders, newest first."""
    looks = {
        OrderState.DRAFT: ("Draft", "pencil"),
        OrderState.CONFIRMED: ("Confirmed", "check2"),
        OrderState.SHIPPED: ("Shipped", "truck"),
        OrderState.INVOICED: ("Invoiced", "receipt"),
        OrderState.PAID: ("Paid", "cash-coin"),
        OrderState.CANCELLED: ("Cancelled", "x-circle"),
    }
    return ListSpec(
        Order,
        search=(Order.number, Customer.name, Order.memo),
        sorts={
            "id": Order.id,
            "number": Order.number,
            "customer": func.lower(Customer.name),
            "date": Order.order_date,
            "state": Order.state,
        },
        default_sort="-id",
        filters=tuple(
            Filter(state.value, label, lambda state=state: Order.state == state, icon=icon)  # type: ignore[misc]
            for state, (label, icon) in looks.items()
        ),
        joins=(Order.customer,),
        options=(contains_eager(Order.customer), selectinload(Order.lines)),
    )


def is_overdue(instances: Sequence[Instance]) -> ColumnElement[bool]:
    """Open invoices whose due date has passed where their instance is."""
    late = (
        and_(Invoice.instance_id == instance.id, Invoice.due_date < clock.today(instance.timezone))
        for instance in instances
    )
    return and_(Invoice.status.in_(OPEN), or_(false(), *late))


def invoices(instances: Sequence[Instance]) -> ListSpec[Invoice]:
    """Invoices, newest first. Overdue follows from each instance's own date."""
    return ListSpec(
        Invoice,
        search=(Invoice.number, Customer.name, Order.number),
        sorts={
            "id": Invoice.id,
            "number": func.coalesce(Invoice.number, ""),
            "customer": func.lower(Customer.name),
            "date": Invoice.invoice_date,
            "due": Invoice.due_date,
            "total": Invoice.total,
            "balance": Invoice.balance,
            "updated": Invoice.updated_at,
        },
        default_sort="-id",
        filters=(
            Filter("draft", "Draft", lambda: Invoice.status == InvoiceStatus.DRAFT, icon="pencil"),
            Filter("open", "Open", lambda: Invoice.status.in_(OPEN), icon="hourglass"),
            Filter("overdue", "Overdue", lambda: is_overdue(instances), tone="danger", icon="exclamation-triangle"),
            Filter("paid", "Paid", lambda: Invoice.status == InvoiceStatus.PAID, tone="success", icon="check2-circle"),
            Filter("voided", "Voided", lambda: Invoice.status == InvoiceStatus.VOIDED, icon="slash-circle"),
        ),
        joins=(Invoice.customer, Invoice.order),
        options=(contains_eager(Invoice.customer), contains_eager(Invoice.order)),
    )


def customers() -> ListSpec[Customer]:
    """Customers by name."""
    return ListSpec(
        Customer,
        search=(Customer.name, Customer.account_code),
        sorts={"name": func.lower(Customer.name), "code": Customer.account_code, "id": Customer.id},
        default_sort="name",
        filters=(
            Filter("active", "Active", lambda: Customer.active.is_(True), icon="person-check"),
            Filter("inactive", "Inactive", lambda: ~Customer.active, icon="person-slash"),
            Filter("exempt", "Tax exempt", lambda: Customer.tax_exempt.is_(True), group="tax", icon="percent"),
        ),
        options=(selectinload(Customer.contacts),),
    )


def products() -> ListSpec[Product]:
    """Products and services by name."""
    return ListSpec(
        Product,
        search=(Product.name, Product.sku, Product.description),
        sorts={
            "name": func.lower(Product.name),
            "sku": func.lower(Product.sku),
            "price": Product.price,
            "stock": Product.stock,
            "id": Product.id,
        },
        default_sort="name",
        filters=(
            Filter("active", "Active", lambda: Product.active.is_(True), icon="check2"),
            Filter("inactive", "Inactive", lambda: ~Product.active, icon="slash-circle"),
            Filter("goods", "Goods", lambda: Product.kind == ProductKind.GOODS, group="kind", icon="box"),
            Filter("service", "Services", lambda: Product.kind == ProductKind.SERVICE, group="kind", icon="tools"),
        ),
    )


def payments() -> ListSpec[Payment]:
    """Payments, newest first."""
    return ListSpec(
        Payment,
        search=(Payment.number, Payment.reference, Customer.name),
        sorts={
            "id": Payment.id,
            "number": Payment.number,
            "customer": func.lower(Customer.name),
            "date": Payment.payment_date,
            "amount": Payment.amount,
        },
        default_sort="-id",
        filters=(
            Filter("received", "Received", lambda: Payment.voided_at.is_(None), icon="cash-coin"),
            Filter("voided", "Voided", lambda: Payment.voided_at.is_not(None), icon="slash-circle"),
        ),
        joins=(Payment.customer,),
        options=(contains_eager(Payment.customer), selectinload(Payment.allocations)),
    )


def activity() -> ListSpec[Activity]:
    """The activity log, newest first."""
    return ListSpec(
        Activity,
        search=(Activity.summary, Activity.actor_name),
        sorts={"id": Activity.id, "who": Activity.actor_name, "action": Activity.action},
        default_sort="-id",
        filters=(
            Filter("person", "People", lambda: Activity.actor_kind == "person", icon="person"),
            Filter("machine", "Machines", lambda: Activity.actor_kind == "machine", icon="cpu"),
        ),
    )
