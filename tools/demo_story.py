"""Sample data of `make demo`: two tenants, and what the second one did before you came.

    python tools/demo_story.py <address of QuickBooks> <file for the sign-ins>

Everything goes through the services, the outbox and the worker, so every state is one that really happened.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core import clock, sample
from erp_core.app import create_app, create_worker, sessions
from erp_core.models import Actor, Customer, Instance, Invoice, Order, OrderState, Tenant, User
from erp_core.services import catalogue, invoicing, ordering, payments, tenants
from plugins.quickbooks import connect
from plugins.quickbooks.qbo.auth import Tokens
from plugins.quickbooks.settings import InstanceSettings

TENANT = "Blue Mesa Pantry"
REALM = "4620816365000000022"


class Story:
    """One invoice in each state that an invoice can be in by now."""

    def __init__(self, app: Any, quickbooks: str) -> None:
        self.sessions = sessions(app)
        self.worker = create_worker(app)
        self.quickbooks = quickbooks
        with self.sessions() as session:
            tenant = session.scalars(select(Tenant).where(Tenant.name == TENANT)).one()
            user = session.scalars(select(User).where(User.tenant_id == tenant.id, User.name == "Ana")).one()
        self.tenant_id = tenant.id
        self.ana = Actor(name=user.name, user_id=user.id, ip="127.0.0.1")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction of its own."""
        with self.sessions.begin() as session:
            yield session

    def tell(self) -> None:
        """Connect, send, edit, pay, switch off and on, and let a few things go wrong."""
        connection_id = self.connect()
        self.switch("BM", connection_id, enabled=True, auto_invoice=False)
        for _ in range(2):
            self.invoice("BM")
        self.void(self.invoice("BM"))
        self.switch("BM", connection_id, enabled=True, auto_invoice=True)
        sent = [self.invoice("BM") for _ in range(5)]
        self.worker.drain()
        self.edit_after_sending(sent[0])
        self.pay_half(sent[1])
        self.invoice("BM", tax=True)
        self.invoice("BM", customer="Twin Rivers Packaging")
        self.worker.drain()
        self.switch("BO", connection_id, enabled=True, auto_invoice=True)
        for _ in range(2):
            self.invoice("BO")
        self.switch("BO", connection_id, enabled=False, auto_invoice=False)
        self.invoice("BM", draft=True)
        self.invoice_while_quickbooks_has_a_bad_minute()

    def connect(self) -> int:
        """Connect the second company without a browser, with tokens that QuickBooks hands out for this."""
        granted = self.ask("/_emulator/connections", {"realm_id": REALM})
        now = clock.now()
        tokens = Tokens(
            access_token=granted["access_token"],
            refresh_token=granted["refresh_token"],
            access_expires_at=now + timedelta(minutes=59),
            refresh_expires_at=now + timedelta(days=100),
            refresh_hard_expires_at=None,
        )
        return connect.adopt(self.transaction, tenant_id=self.tenant_id, realm_id=REALM, tokens=tokens, actor=self.ana)

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        """Post to QuickBooks' control paths."""
        request = urllib.request.Request(  # noqa: S310  # our own address
            self.quickbooks + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def switch(self, code: str, connection_id: int, *, enabled: bool, auto_invoice: bool) -> None:
        """What Save on the instance's page does."""
        with self.transaction() as session:
            instance = self.instance(session, code)
            values = InstanceSettings(connection_id=connection_id, auto_invoice=auto_invoice)
            tenants.save_plugin_settings(session, instance, "quickbooks", enabled, values.model_dump(), actor=self.ana)

    def invoice(self, code: str, *, tax: bool = False, customer: str = "", draft: bool = False) -> int:
        """Invoice the oldest shipped order."""
        with self.transaction() as session:
            instance = self.instance(session, code)
            order = session.scalars(
                select(Order)
                .where(Order.instance_id == instance.id, Order.state == OrderState.SHIPPED)
                .where(~select(Invoice.id).where(Invoice.order_id == Order.id).exists())
                .order_by(Order.id)
                .limit(1)
            ).one()
            if tax:
                rate = catalogue.create_tax_rate(session, self.tenant_id, "Colorado", Decimal("2.9"), actor=self.ana)
                self.edit(session, order, tax_rate_id=rate.id)
            if customer:
                buyer = session.scalars(select(Customer).where(Customer.name == customer)).one()
                self.edit(session, order, customer_id=buyer.id)
            return invoicing.invoice_order(session, order, actor=self.ana, draft=draft).id

    def instance(self, session: Session, code: str) -> Instance:
        """One of the tenant's instances."""
        query = select(Instance).where(Instance.tenant_id == self.tenant_id, Instance.code == code)
        return session.scalars(query).one()

    def edit(self, session: Session, order: Order, **changes: Any) -> None:
        """Save an order again with a few changes."""
        data: dict[str, Any] = {
            "customer_id": order.customer_id,
            "lines": tuple(
                ordering.LineInput(
                    product_id=line.product_id, quantity=line.quantity, unit_price=line.unit_price, note=line.note
                )
                for line in order.lines
            ),
            "order_date": order.order_date,
            "memo": order.memo,
            "discount": order.discount,
            "shipping": order.shipping,
            "tax_rate_id": order.tax_rate_id,
        }
        ordering.edit_order(session, order, ordering.OrderInput(**(data | changes)), actor=self.ana)

    def edit_after_sending(self, invoice_id: int) -> None:
        """The invoice in QuickBooks is older than ours from now on."""
        with self.transaction() as session:
            order = session.get_one(Invoice, invoice_id).order
            self.edit(session, order, memo="Please deliver before noon.", shipping=Decimal("25.00"))

    def pay_half(self, invoice_id: int) -> None:
        """A check over half of what is owed."""
        with self.transaction() as session:
            invoice = session.get_one(Invoice, invoice_id)
            half = (invoice.total / 2).quantize(Decimal("0.01"))
            payments.record_payment(
                session,
                invoice.instance,
                customer_id=invoice.customer_id,
                amount=half,
                payment_date=clock.today(invoice.instance.timezone),
                allocations=[(invoice.id, half)],
                method="Check",
                reference="20417",
                actor=self.ana,
            )

    def invoice_while_quickbooks_has_a_bad_minute(self) -> None:
        """An error of QuickBooks' own: the invoice is tried again by itself, a little later."""
        fault = {"match": {"method": "POST", "path_glob": "*/invoice*"}, "times": 1, "action": "status", "status": 500}
        self.ask("/_emulator/faults", {**fault, "body": "Internal error", "content_type": "text/plain"})
        self.invoice("BM")
        self.worker.drain()

    def void(self, invoice_id: int) -> None:
        """Before it was ever sent."""
        with self.transaction() as session:
            invoicing.void_invoice(
                session, session.get_one(Invoice, invoice_id), actor=self.ana, reason="Ordered twice"
            )


def main(quickbooks: str, people_file: Path) -> None:
    """Seed an empty database, tell the story, and write down who can sign in. Data that is there stays as it is."""
    app = create_app()
    with app.app_context():
        with sessions(app)() as session:
            if session.scalars(select(Tenant.id).limit(1)).first() is not None:
                return
        print("Making sample data. This takes a few seconds …", flush=True)
        with sessions(app).begin() as session:
            people = sample.seed(session)
        Story(app, quickbooks).tell()
    people_file.touch(mode=0o600)
    people_file.write_text(json.dumps([vars(person) for person in people], indent=1))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
