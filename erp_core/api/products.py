"""Products in the API."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import ColumnElement

from erp_core.access import current_actor, current_tenant_id
from erp_core.api.bodies import Body
from erp_core.api.endpoints import RECORD, Endpoints
from erp_core.api.exact import Choice, Digits, Flag, Moment, Number, Text
from erp_core.extensions import db
from erp_core.models import Product as ProductRecord
from erp_core.models import ProductKind
from erp_core.services import catalogue, lists
from erp_core.services.catalogue import ProductInput
from erp_core.services.lookup import find

blueprint = Endpoints("products", "Products", "What is sold.")


class NewProduct(Body):
    """A product to be created."""

    sku = Text(60, least=1, required=True, metadata={"description": "Your article number; unique, whatever its case."})
    name = Text(100, least=1, required=True)
    description = Text(1000)
    kind = Choice(ProductKind, metadata={"description": "goods if not said. Only goods are counted in stock."})
    price = Number(metadata={"description": "Of one unit; 0 if not said."})
    cost = Number()
    taxable = Flag(metadata={"description": "true if not said."})
    stock = Number(metadata={"description": "How many there are; may be negative."})


class Product(Schema):
    """A product or service."""

    id = fields.Integer(required=True)
    uuid = fields.UUID(required=True)
    sku = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    kind = Choice(ProductKind, required=True)
    price = Digits(places=2, required=True)
    cost = Digits(places=2, required=True)
    taxable = fields.Boolean(required=True)
    stock = Digits(required=True)
    active = fields.Boolean(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


EXAMPLE = {"sku": "GRAN-500", "name": "Organic Granola Mix", "price": "18.50", "cost": "9.20", "stock": "240"}


@blueprint.writes("/products", NewProduct, Product, permission="products.write", status=201, example=EXAMPLE)
def create_product(data: dict[str, Any]) -> ProductRecord:
    """Create a product"""
    return catalogue.create_product(db.session(), current_tenant_id(), ProductInput(**data), actor=current_actor())


@blueprint.lists("/products", Product, lists.products, statuses=("active", "inactive"))
def list_products() -> list[ColumnElement[bool]]:
    """List products"""
    return []


@blueprint.reads(f"/products/{RECORD}", Product)
def read_product(record_id: int) -> ProductRecord:
    """Read a product"""
    return find(db.session(), ProductRecord, record_id, tenant_id=current_tenant_id())
