"""Believable sample data: two tenants, three instances, and orders in every state. Made through the services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count, cycle

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core import clock
from erp_core.errors import Refused
from erp_core.models import Actor, Address, Customer, Instance, Invoice, Order, Product, ProductKind, Role, Tenant
from erp_core.services import accounts, catalogue, fulfilment, invoicing, ordering, parties, payments, tenants

ACTOR = Actor(name="Sample data")
PASSWORD = "granola-and-almonds"  # noqa: S105  # of a demonstration on loopback, printed on purpose


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in to the sample; the token is empty for people without programs."""

    tenant: str
    email: str
    role: str
    password: str
    token: str


@dataclass(frozen=True)
class _Product:
    sku: str
    name: str
    price: str
    cost: str
    stock: int
    kind: ProductKind = ProductKind.GOODS


PRODUCTS = (
    _Product("GRAN-ORG", "Organic Granola Mix", "18.50", "9.10", 900),
    _Product("TRAIL-CL", "Trail Mix (Classic)", "14.00", "6.75", 640),
    _Product("ALM-BTR-16", "Almond Butter (16oz)", "22.00", "12.40", 380),
    _Product("CASH-RAW-5", "Raw Cashews (5 lb)", "41.25", "27.00", 210),
    _Product("DATE-MEDJ", "Medjool Dates", "11.95", "5.60", 520),
    _Product("OAT-ROLL-25", "Rolled Oats (25 lb)", "29.90", "16.20", 150),
    _Product("HONEY-WILD", "Wildflower Honey (12oz)", "9.75", "4.30", 430),
    _Product("GIFT-BOX", "Harvest Gift Box", "54.00", "31.50", 75),
    _Product("DELIVERY", "Pallet Delivery", "85.00", "60.00", 0, ProductKind.SERVICE),
)


@dataclass(frozen=True)
class _Customer:
    name: str
    email: str
    contact: str
    street: str
    city: str
    region: str
    postal_code: str
    terms_days: int = 30


WHOLESALE_CUSTOMERS = (
    _Customer(
        "Lakeside Natural Market",
        "orders@lakeside-market.example",
        "Priya",
        "48 Harbor St",
        "Burlington",
        "VT",
        "05401",
    ),
    _Customer(
        "Corner Bakery & Café", "office@corner-bakery.example", "Tom", "9 Mill Lane", "Albany", "NY", "12207", 15
    ),
    _Customer("O'Brien Grocers", "ap@obrien-grocers.example", "Maeve", "1200 Main St", "Worcester", "MA", "01608"),
    _Customer(
        "Summit Outfitters", "buying@summit-outfitters.example", "Jules", "77 Ridge Rd", "Boulder", "CO", "80302", 60
    ),
    _Customer(
        "Bright Morning Hotels", "payables@bright-morning.example", "Sana", "300 Ocean Ave", "Portland", "ME", "04101"
    ),
    _Customer("The Tea Room", "hello@tea-room.example", "Lou", "5 Garden Sq", "Salem", "MA", "01970", 0),
    _Customer("Coastal Freight Co", "desk@coastal-freight.example", "Kit", "2 Pier Rd", "Portland", "ME", "04101"),
)
SECOND_CUSTOMERS = (
    _Customer("Juniper Cafe Group", "ap@juniper-cafes.example", "Noor", "410 Juniper Ave", "Denver", "CO", "80204"),
    _Customer("Redwood Co-op", "invoices@redwood-coop.example", "Hal", "88 Redwood Hwy", "Eureka", "CA", "95501", 15),
    _Customer("Pine & Paddle", "books@pine-paddle.example", "Ines", "12 River Rd", "Bend", "OR", "97701"),
    _Customer(
        "Valley Hospital Kitchen",
        "purchasing@valley-hospital.example",
        "Omar",
        "1 Care Blvd",
        "Fresno",
        "CA",
        "93701",
        60,
    ),
    _Customer("Twin Rivers Packaging", "desk@twin-rivers.example", "Mo", "40 Bridge St", "Pueblo", "CO", "81003"),
)
ONLINE_CUSTOMERS = (
    _Customer("Granite Peak Gym", "front@granite-peak.example", "Ade", "15 Summit Way", "Boulder", "CO", "80301", 0),
    _Customer("Maple Street School", "kitchen@maple-school.example", "Dee", "21 Maple St", "Aurora", "CO", "80010"),
)


def seed(session: Session) -> list[Person]:
    """Fill an empty database. Raises `Refused` when a tenant exists; the caller commits."""
    if session.scalars(select(Tenant.id).limit(1)).first() is not None:
        raise Refused("There is data in this database already. Sample data only goes into an empty one.")
    people = [_person(session, None, "host@erp.example", "Host administrator", Role.HOST, program=False)]

    first = tenants.create_tenant(session, "Golden Grove Foods", actor=ACTOR)
    people += _people(session, first, "golden-grove.example")
    wholesale = _instance(session, first, "Wholesale", "WS", "America/New_York")
    products = _products(session, first)
    buyers = _customers(session, first, WHOLESALE_CUSTOMERS)
    _orders(session, wholesale, buyers, products, draft=2, confirmed=4, shipped=8, invoiced=3, paid=2, cancelled=1)

    second = tenants.create_tenant(session, "Blue Mesa Pantry", actor=ACTOR)
    people += _people(session, second, "blue-mesa.example")
    main = _instance(session, second, "Blue Mesa Foodservice", "BM", "America/Denver")
    online = _instance(session, second, "Blue Mesa Online", "BO", "America/Denver")
    products = _products(session, second)
    buyers = _customers(session, second, SECOND_CUSTOMERS)
    _orders(session, main, buyers[:-1], products, draft=1, confirmed=3, shipped=14, paid=1, cancelled=1)
    visitors = _customers(session, second, ONLINE_CUSTOMERS)
    _orders(session, online, visitors, products, draft=1, confirmed=2, shipped=5)
    return people


def _people(session: Session, tenant: Tenant, domain: str) -> list[Person]:
    return [
        _person(session, tenant, f"ana@{domain}", "Ana", Role.ADMINISTRATOR, program=True),
        _person(session, tenant, f"ben@{domain}", "Ben", Role.BILLING, program=False),
        _person(session, tenant, f"vera@{domain}", "Vera", Role.VIEWER, program=False),
    ]


def _person(session: Session, tenant: Tenant | None, email: str, name: str, role: Role, *, program: bool) -> Person:
    user = accounts.create_user(
        session,
        tenant_id=tenant.id if tenant else None,
        email=email,
        name=name,
        password=PASSWORD,
        role=role,
        actor=ACTOR,
    )
    token = accounts.create_token(session, user, "Sample program", actor=ACTOR)[1] if program else ""
    return Person(tenant.name if tenant else "", email, str(role), PASSWORD, token)


def _instance(session: Session, tenant: Tenant, name: str, code: str, timezone: str) -> Instance:
    return tenants.create_instance(
        session,
        tenant.id,
        tenants.InstanceInput(name=name, code=code, currency="USD", timezone=timezone, locale="en_US"),
        actor=ACTOR,
    )


def _products(session: Session, tenant: Tenant) -> list[Product]:
    return [
        catalogue.create_product(
            session,
            tenant.id,
            catalogue.ProductInput(
                sku=row.sku,
                name=row.name,
                kind=row.kind,
                price=Decimal(row.price),
                cost=Decimal(row.cost),
                stock=Decimal(row.stock),
                taxable=row.kind is ProductKind.GOODS,
            ),
            actor=ACTOR,
        )
        for row in PRODUCTS
    ]


def _customers(session: Session, tenant: Tenant, rows: Sequence[_Customer]) -> list[Customer]:
    return [_customer(session, tenant, row) for row in rows]


def _customer(session: Session, tenant: Tenant, row: _Customer) -> Customer:
    address = Address(line1=row.street, city=row.city, region=row.region, postal_code=row.postal_code, country="USA")
    return parties.create_customer(
        session,
        tenant.id,
        parties.CustomerInput(
            name=row.name,
            contacts=(parties.ContactInput(name=row.contact, email=row.email),),
            billing=address,
            shipping=address,
            terms_days=row.terms_days,
            currency="USD",
        ),
        actor=ACTOR,
    )


def _orders(
    session: Session,
    instance: Instance,
    customers: Sequence[Customer],
    products: Sequence[Product],
    *,
    draft: int = 0,
    confirmed: int = 0,
    shipped: int = 0,
    invoiced: int = 0,
    paid: int = 0,
    cancelled: int = 0,
) -> None:
    made = _stream_of_orders(session, instance, customers, products)
    for _ in range(draft):
        next(made)
    for _ in range(cancelled):
        ordering.cancel_order(session, next(made), actor=ACTOR)
    for _ in range(confirmed):
        ordering.confirm_order(session, next(made), actor=ACTOR)
    for _ in range(shipped):
        _ship(session, next(made))
    for _ in range(invoiced):
        _invoice(session, next(made))
    for _ in range(paid):
        invoice = _invoice(session, next(made))
        payments.record_payment(
            session,
            instance,
            customer_id=invoice.customer_id,
            amount=invoice.total,
            payment_date=clock.today(instance.timezone),
            allocations=[(invoice.id, invoice.total)],
            method="Check",
            reference=f"{4000 + invoice.id}",
            actor=ACTOR,
        )


def _ship(session: Session, order: Order) -> Order:
    ordering.confirm_order(session, order, actor=ACTOR)
    fulfilment.ship_order(session, order, actor=ACTOR)
    return order


def _invoice(session: Session, order: Order) -> Invoice:
    return invoicing.invoice_order(session, _ship(session, order), actor=ACTOR)


def _stream_of_orders(
    session: Session, instance: Instance, customers: Sequence[Customer], products: Sequence[Product]
) -> Iterator[Order]:
    """Orders without end, all different, always the same ones."""
    buyers = cycle(customers)
    quantities = cycle((Decimal(24), Decimal(12), Decimal(6), Decimal(48), Decimal("2.5"), Decimal(10)))
    for number in count():
        lines = tuple(
            ordering.LineInput(
                product_id=products[(number * 2 + position * 3) % len(products)].id,
                quantity=next(quantities),
                note=("Size L", "Grade A", "")[(number + position) % 3],
            )
            for position in range(1 + number % 3)
        )
        yield ordering.create_order(
            session,
            instance,
            ordering.OrderInput(
                customer_id=next(buyers).id,
                lines=lines,
                order_date=clock.today(instance.timezone) - timedelta(days=number % 9),
                memo="Thank you for your order." if number % 2 else "",
                discount=Decimal("5.00") if number % 5 == 4 else Decimal(0),
                shipping=Decimal("12.50") if number % 4 == 1 else Decimal(0),
            ),
            actor=ACTOR,
        )
