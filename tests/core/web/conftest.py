"""A tenant with a shop and its people, for the pages. The pages are the host's own: no plugin is loaded."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from erp_core.models import Customer, Instance, Product, Role, Tenant, User
from erp_core.testing.factories import CustomerFactory, InstanceFactory, ProductFactory, TenantFactory, UserFactory


@pytest.fixture
def erp_plugins() -> tuple[str, ...]:
    """None: these are the pages of the host."""
    return ()


@dataclass
class House:
    """A tenant with one shop."""

    tenant: Tenant
    shop: Instance
    ana: User
    vera: User

    def customer(self, name: str = "Pine & Paddle", **values) -> Customer:
        return CustomerFactory(tenant_id=self.tenant.id, name=name, **values)

    def product(self, name: str = "Trail Mix (Classic)", sku: str = "TRAIL-CL", **values) -> Product:
        return ProductFactory(tenant_id=self.tenant.id, name=name, sku=sku, **values)


@pytest.fixture
def house(session) -> House:
    tenant = TenantFactory(name="Golden Grove")
    return House(
        tenant,
        InstanceFactory(tenant=tenant, name="Main Street", code="MAIN"),
        UserFactory(tenant=tenant, name="Ana", email="ana@example.com"),
        UserFactory(tenant=tenant, name="Vera", email="vera@example.com", role=Role.VIEWER),
    )


@pytest.fixture
def ana(client, house):
    """An administrator, signed in."""
    client.login(house.ana)
    return client
