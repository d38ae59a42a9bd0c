"""Customers and the people to write to there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp_core.errors import Refused
from erp_core.models import Actor, Address, Contact, Customer, Order
from erp_core.plugins import hooks
from erp_core.services import activity
from erp_core.services.locking import lock
from erp_core.services.uniqueness import unique
from erp_core.services.validation import Problems

NOWHERE = Address()
MOST_CONTACTS = 50
LONGEST_TERMS = 3650
_ADDRESS_LIMITS = {"line1": 200, "line2": 200, "city": 100, "region": 100, "postal_code": 30, "country": 60}
_ANNOUNCED = ("name", "contacts", "billing", "shipping", "terms_days", "currency")
"""What other systems know of a customer; `CustomerChanged` tells when one of these changed."""


@dataclass(frozen=True)
class ContactInput:
    """A person at a customer."""

    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class CustomerInput:
    """A customer as somebody typed it. Terms are days until an invoice is due; 0 is due on receipt."""

    name: str
    contacts: Sequence[ContactInput] = ()
    billing: Address = NOWHERE
    shipping: Address = NOWHERE
    account_code: str = ""
    terms_days: int = 30
    currency: str = "USD"
    tax_exempt: bool = False


def create_customer(session: Session, tenant_id: int, data: CustomerInput, *, actor: Actor) -> Customer:
    """A new customer. Names and account codes are unique within the tenant."""
    data = _checked(session, tenant_id, data, None)
    customer = Customer(tenant_id=tenant_id)
    with _unique(session, data):
        _write(customer, data)
        session.add(customer)
    _record(session, customer, actor, "customer_created", f"Customer {customer.name} was created.")
    hooks.emit(session, hooks.CustomerChanged(tenant_id, customer.id))
    return customer


def update_customer(session: Session, customer: Customer, data: CustomerInput, *, actor: Actor) -> Customer:
    """Replace what is known of a customer. Announced only when something changed that others need to know."""
    lock(session, customer)
    data = _checked(session, customer.tenant_id, data, customer)
    before = _contents(customer)
    with _unique(session, data):
        _write(customer, data)
    after = _contents(customer)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        summary = f"Customer {customer.name} was edited."
        _record(session, customer, actor, "customer_edited", summary, changed=changed)
    if any(name in _ANNOUNCED for name in changed):
        hooks.emit(session, hooks.CustomerChanged(customer.tenant_id, customer.id))
    return customer


def set_customer_active(session: Session, customer: Customer, active: bool, *, actor: Actor) -> Customer:
    """Switch a customer on or off. One that is off keeps its documents but gets no new orders."""
    lock(session, customer)
    if customer.active != active:
        customer.active = active
        session.flush()
        word = "on" if active else "off"
        action = "customer_activated" if active else "customer_deactivated"
        _record(session, customer, actor, action, f"Customer {customer.name} was switched {word}.")
    return customer


def _checked(session: Session, tenant_id: int, data: CustomerInput, customer: Customer | None) -> CustomerInput:
    problems = Problems()
    name = problems.text("name", data.name, name="name", limit=100, required=True)
    code = problems.text("account_code", data.account_code, name="account code", limit=30)
    currency = problems.currency("currency", data.currency)
    terms = problems.whole("terms_days", data.terms_days, name="terms in days", least=0, most=LONGEST_TERMS)
    billing = _address(problems, "billing", data.billing)
    shipping = _address(problems, "shipping", data.shipping)
    if len(data.contacts) > MOST_CONTACTS:
        problems.add("contacts", f"A customer can have at most {MOST_CONTACTS} contacts.")
    contacts = [
        _contact(problems, f"contacts.{index}", contact) for index, contact in enumerate(data.contacts[:MOST_CONTACTS])
    ]
    others = select(Customer.name).where(Customer.tenant_id == tenant_id).limit(1)
    if customer is not None:
        others = others.where(Customer.id != customer.id)
    if not problems.fields and session.scalar(others.where(func.lower(Customer.name) == func.lower(name))):
        problems.add("name", _name_taken(name))
    if not problems.fields and code and (owner := session.scalar(others.where(Customer.account_code == code))):
        problems.add("account_code", f"The account code {code} belongs to {owner}. Choose another one.")
    problems.stop("The customer was not saved.")
    if customer is not None and currency != customer.currency and _has_orders(session, customer):
        raise Refused(
            f"{customer.name} has orders in {customer.currency}, so its currency can't change. "
            f"Create a second customer for {currency}.",
            code="currency_in_use",
        )
    return CustomerInput(name, contacts, billing, shipping, code, terms, currency, bool(data.tax_exempt))


def _address(problems: Problems, field: str, address: Address) -> Address:
    return Address(
        **{
            part: problems.text(
                f"{field}.{part}", getattr(address, part), name=f"{field} {part.replace('_', ' ')}", limit=limit
            )
            for part, limit in _ADDRESS_LIMITS.items()
        }
    )


def _contact(problems: Problems, field: str, contact: ContactInput) -> ContactInput:
    return ContactInput(
        name=problems.text(f"{field}.name", contact.name, name="contact's name", limit=100),
        email=problems.email(f"{field}.email", contact.email, limit=100),
        phone=problems.text(f"{field}.phone", contact.phone, name="phone number", limit=30),
    )


def _has_orders(session: Session, customer: Customer) -> bool:
    return session.scalar(select(Order.id).where(Order.customer_id == customer.id).limit(1)) is not None


def _name_taken(name: str) -> str:
    return f"There is a customer named {name} already. Choose another name, or use that customer."


def _unique(session: Session, data: CustomerInput) -> AbstractContextManager[None]:
    return unique(
        session, f"Somebody else just saved a customer with the name {data.name} or its account code.", field="name"
    )


def _write(customer: Customer, data: CustomerInput) -> None:
    customer.name, customer.account_code, customer.terms_days = data.name, data.account_code, data.terms_days
    customer.currency, customer.tax_exempt = data.currency, data.tax_exempt
    customer.billing, customer.shipping = data.billing, data.shipping
    del customer.contacts[len(data.contacts) :]
    for index, wanted in enumerate(data.contacts):  # in place: a contact keeps its id, and with it its order
        if index == len(customer.contacts):
            customer.contacts.append(Contact())
        contact = customer.contacts[index]
        contact.name, contact.email, contact.phone = wanted.name, wanted.email, wanted.phone


def _contents(customer: Customer) -> dict[str, Any]:
    contents = {
        field.name: getattr(customer, field.name) for field in fields(CustomerInput) if field.name != "contacts"
    }
    return {**contents, "contacts": [(contact.name, contact.email, contact.phone) for contact in customer.contacts]}


def _record(session: Session, customer: Customer, actor: Actor, action: str, summary: str, **details: object) -> None:
    activity.record(
        session,
        actor=actor,
        action=action,
        subject=customer,
        summary=summary,
        tenant_id=customer.tenant_id,
        details=details,
    )
