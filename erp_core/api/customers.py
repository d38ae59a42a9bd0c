"""Customers in the API."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import ColumnElement

from erp_core.access import current_actor, current_tenant_id
from erp_core.api.bodies import Body
from erp_core.api.endpoints import RECORD, Endpoints
from erp_core.api.exact import Flag, Many, Moment, Nested, Text, Whole
from erp_core.extensions import db
from erp_core.models import Address
from erp_core.models import Customer as CustomerRecord
from erp_core.services import lists, parties
from erp_core.services.lookup import find
from erp_core.services.parties import ContactInput, CustomerInput

blueprint = Endpoints("customers", "Customers", "Who buys.")


class NewAddress(Body):
    """A postal address."""

    line1 = Text(200)
    line2 = Text(200)
    city = Text(100)
    region = Text(100)
    postal_code = Text(30)
    country = Text(60)


class NewContact(Body):
    """A person at a customer. The first one with an e-mail address gets the invoices."""

    name = Text(100)
    email = Text(100)
    phone = Text(30)


class NewCustomer(Body):
    """A customer to be created."""

    name = Text(100, least=1, required=True, metadata={"description": "Unique, whatever its case."})
    account_code = Text(30, metadata={"description": "Your own code of this customer; unique."})
    contacts = Many(Nested(NewContact), most=parties.MOST_CONTACTS)
    billing = Nested(NewAddress)
    shipping = Nested(NewAddress)
    terms_days = Whole(
        0, parties.LONGEST_TERMS, metadata={"description": "Days until an invoice is due; 30 if not said."}
    )
    currency = Text(3, least=3, metadata={"description": "An ISO 4217 code; USD if not said."})
    tax_exempt = Flag()


class AddressAnswer(Schema):
    """A postal address; unknown parts are empty."""

    line1 = fields.String(required=True)
    line2 = fields.String(required=True)
    city = fields.String(required=True)
    region = fields.String(required=True)
    postal_code = fields.String(required=True)
    country = fields.String(required=True)


class Contact(Schema):
    """A person at a customer."""

    name = fields.String(required=True)
    email = fields.String(required=True)
    phone = fields.String(required=True)


class Customer(Schema):
    """A customer."""

    id = fields.Integer(required=True)
    uuid = fields.UUID(required=True)
    name = fields.String(required=True)
    account_code = fields.String(required=True)
    email = fields.String(required=True, metadata={"description": "Where invoices go: the first contact's."})
    contacts = fields.List(fields.Nested(Contact), required=True)
    billing = fields.Nested(AddressAnswer, required=True)
    shipping = fields.Nested(AddressAnswer, required=True)
    terms_days = fields.Integer(required=True)
    currency = fields.String(required=True)
    tax_exempt = fields.Boolean(required=True)
    active = fields.Boolean(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


EXAMPLE = {
    "name": "Green Valley Market",
    "account_code": "GVM",
    "contacts": [{"name": "Ana Ruiz", "email": "ana@greenvalley.example"}],
    "billing": {"line1": "12 Oak Street", "city": "Portland", "region": "OR", "postal_code": "97201", "country": "US"},
    "terms_days": 30,
    "currency": "USD",
}


@blueprint.writes("/customers", NewCustomer, Customer, permission="customers.write", status=201, example=EXAMPLE)
def create_customer(data: dict[str, Any]) -> CustomerRecord:
    """Create a customer"""
    contacts = [ContactInput(**contact) for contact in data.pop("contacts", [])]
    addresses: dict[str, Any] = {name: Address(**data.pop(name)) for name in ("billing", "shipping") if name in data}
    wanted = CustomerInput(contacts=contacts, **addresses, **data)
    return parties.create_customer(db.session(), current_tenant_id(), wanted, actor=current_actor())


@blueprint.lists("/customers", Customer, lists.customers, statuses=("active", "inactive"))
def list_customers() -> list[ColumnElement[bool]]:
    """List customers"""
    return []


@blueprint.reads(f"/customers/{RECORD}", Customer)
def read_customer(record_id: int) -> CustomerRecord:
    """Read a customer"""
    return find(db.session(), CustomerRecord, record_id, tenant_id=current_tenant_id())
