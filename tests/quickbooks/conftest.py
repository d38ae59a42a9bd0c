"""A shop that is connected to a company of the emulator, with Enable and Auto Invoice on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from qbo_emulator.testing import qbo_emulator  # noqa: F401  # the fixture

if TYPE_CHECKING:
    from erp_core.models import Instance, Invoice, User
    from plugins.quickbooks.models import Connection
    from plugins.quickbooks.state import InvoiceSync
    from qbo_emulator.testing import RunningEmulator

HARBOR, NORTHWIND = "4620816365000000011", "4620816365000000022"
CALLBACK = "http://localhost/quickbooks/callback"


@pytest.fixture
def erp_plugins() -> tuple[str, ...]:
    """These tests are about the plugin."""
    return ("quickbooks",)


@pytest.fixture
def quickbooks(qbo_emulator: RunningEmulator) -> Iterator[RunningEmulator]:  # noqa: F811  # the fixture
    """Clean books."""
    qbo_emulator.reset()
    qbo_emulator.clear_faults()
    qbo_emulator.clear_calls()
    yield qbo_emulator
    qbo_emulator.clear_faults()


@pytest.fixture
def erp_environ(quickbooks: RunningEmulator) -> Mapping[str, str]:
    """An Intuit app whose Intuit is the emulator."""
    return {
        "QBO_CLIENT_ID": "emulator-client",
        "QBO_CLIENT_SECRET": "emulator-secret",
        "QBO_REDIRECT_URI": CALLBACK,
        "QBO_ENVIRONMENT": "sandbox",
        "QBO_DISCOVERY_URL": quickbooks.discovery_url,
        "QBO_API_URL": quickbooks.url,
    }


@pytest.fixture
def transaction(app: Flask) -> Callable[[], AbstractContextManager[Session]]:
    """Transactions as the worker opens them."""
    from erp_core.app import sessions

    return sessions(app).begin


@dataclass
class Shop:
    """An instance, its company, and what a test asks about them."""

    session: Session
    quickbooks: RunningEmulator
    instance: Instance
    user: User
    connection: Connection

    def __post_init__(self) -> None:
        self.realm: str = self.connection.realm_id

    @property
    def books(self) -> dict[str, Any]:
        """Everything in the company's books."""
        return self.quickbooks.books(self.realm)

    @property
    def remote_invoices(self) -> list[dict[str, Any]]:
        """The invoices in the company's books that were not there at the beginning."""
        return [one for one in self.quickbooks.invoices(self.realm) if "ERP " in one.get("PrivateNote", "")]

    def sync(self, invoice: Invoice) -> InvoiceSync:
        """Where an invoice stands, as its badge says it."""
        from erp_core.models import Invoice as InvoiceModel
        from plugins.quickbooks.state import describe

        self.session.commit()
        self.session.expire_all()
        return describe(self.session, [self.session.get_one(InvoiceModel, invoice.id)])[invoice.id]

    def choose(self, **values: Any) -> None:
        """Save settings of the instance, as its page does."""
        from erp_core.models import Actor
        from erp_core.services import tenants

        enabled = values.pop("enabled", True)
        wanted = {"connection_id": self.connection.id, "auto_invoice": True, **values}
        tenants.save_plugin_settings(
            self.session, self.instance, "quickbooks", enabled, wanted, actor=Actor(self.user.name, self.user.id)
        )
        self.session.commit()

    def configure(self, **values: Any) -> None:
        """Save settings of the company."""
        from erp_core.plugins.settings import write
        from plugins.quickbooks.settings import connection_settings

        settings = connection_settings(self.session, self.connection.id).model_copy(update=values)
        write(self.session, "quickbooks", self.connection.id, settings)
        self.session.commit()

    def prefer(self, **values: Any) -> None:
        """Change what we know of the company's preferences, in our copy only."""
        from dataclasses import replace

        self.connection.preferences = replace(self.connection.preferences, **values)
        self.session.commit()

    def order(self, *lines: tuple[Any, int | str], **values: Any) -> Any:
        """A shipped order; without lines, one of a product of its own."""
        from erp_core.testing.factories import OrderFactory

        given: dict[str, Any] = {"lines": list(lines)} if lines else {}
        return OrderFactory(instance=self.instance, shipped=True, **given, **values)

    def invoice(self, *lines: tuple[Any, int | str], **values: Any) -> Any:
        """The invoice of a new order; with Auto Invoice on, it is on its way."""
        from erp_core.services import invoicing
        from erp_core.testing.factories import ACTOR

        made = invoicing.invoice_order(self.session, self.order(*lines, **values), actor=ACTOR)
        self.session.commit()
        return made

    def product(self, **values: Any) -> Any:
        """A product of the tenant."""
        from erp_core.testing.factories import ProductFactory

        return ProductFactory(tenant_id=self.instance.tenant_id, **values)

    def customer(self, **values: Any) -> Any:
        """A customer of the tenant."""
        from erp_core.testing.factories import CustomerFactory

        return CustomerFactory(tenant_id=self.instance.tenant_id, **values)

    def calls(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The calls that were made to the company, of one kind if it is named."""
        return [call for call in self.quickbooks.calls() if kind in (None, call["kind"])]


@pytest.fixture
def connect_company(
    quickbooks: RunningEmulator, transaction: Callable[[], AbstractContextManager[Session]]
) -> Callable[..., int]:
    """Connect a tenant to a company without a browser; answers the connection's id."""

    def go(
        tenant_id: int, realm: str = HARBOR, within: Callable[[], AbstractContextManager[Session]] = transaction
    ) -> int:
        from datetime import timedelta

        from erp_core import clock
        from erp_core.models import Actor
        from erp_core.testing.client import settle
        from plugins.quickbooks import connect
        from plugins.quickbooks.qbo.auth import Tokens

        settle()
        granted = quickbooks.connection(realm)
        now = clock.now()
        tokens = Tokens(
            granted["access_token"],
            granted["refresh_token"],
            now + timedelta(hours=1),
            now + timedelta(days=100),
            now + timedelta(days=5 * 365),
        )
        return connect.adopt(within, tenant_id=tenant_id, realm_id=realm, tokens=tokens, actor=Actor("Ana"))

    return go


@pytest.fixture
def shop(session: Session, quickbooks: RunningEmulator, connect_company: Callable[..., int]) -> Shop:
    """A shop that is connected to Harbor & Pine Provisions and sends by itself."""
    from erp_core.testing.factories import InstanceFactory, UserFactory
    from plugins.quickbooks.models import Connection

    instance = InstanceFactory()
    user = UserFactory(tenant=instance.tenant, name="Ana")
    session.commit()
    connection = session.get_one(Connection, connect_company(instance.tenant_id))
    shop = Shop(session, quickbooks, instance, user, connection)
    shop.choose()
    quickbooks.clear_calls()
    return shop


def money(value: Any) -> Decimal:
    """An amount of the books."""
    return Decimal(str(value)).quantize(Decimal("0.01"))


def fault(code: str, message: str, kind: str = "ValidationFault", detail: str = "") -> dict[str, Any]:
    """A Fault as QuickBooks writes it."""
    from erp_core import clock

    error = {"Message": message, "Detail": detail or message, "code": code, "element": ""}
    return {"Fault": {"Error": [error], "type": kind}, "time": clock.now().isoformat()}
