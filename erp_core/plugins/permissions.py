"""Permissions: what each role may do, of the host and of plugins."""

from __future__ import annotations

from dataclasses import dataclass

from erp_core.models import Role, User

ADMINISTRATORS = (Role.ADMINISTRATOR,)
"""The roles of a permission for administrators of a tenant only."""
BILLING = (Role.ADMINISTRATOR, Role.BILLING)
"""The roles of a permission for people who do the billing, and administrators."""
EVERYBODY = (Role.ADMINISTRATOR, Role.BILLING, Role.VIEWER)
"""The roles of a permission for everybody in a tenant, viewers included."""


@dataclass(frozen=True)
class Permission:
    """A thing that some roles of a tenant may do, such as `quickbooks.send`."""

    name: str
    title: str
    roles: tuple[Role, ...]


HOST_PERMISSIONS = (
    Permission("erp.view", "See orders, invoices, customers and products", EVERYBODY),
    Permission("orders.write", "Create, edit, confirm and ship orders", BILLING),
    Permission("invoices.write", "Create and void invoices", BILLING),
    Permission("payments.write", "Record and void payments", BILLING),
    Permission("customers.write", "Create and edit customers", BILLING),
    Permission("products.write", "Create and edit products", BILLING),
    Permission("settings.manage", "Change settings of instances and plugins", ADMINISTRATORS),
    Permission("users.manage", "Add people and API tokens", ADMINISTRATORS),
)


class Permissions:
    """The table of all permissions of this process."""

    def __init__(self) -> None:
        self._by_name: dict[str, Permission] = {permission.name: permission for permission in HOST_PERMISSIONS}

    def add(self, permission: Permission) -> None:
        """Add a plugin's permission; a name that is taken is a programming error."""
        if permission.name in self._by_name:
            raise ValueError(f"The permission {permission.name} exists already.")
        self._by_name[permission.name] = permission

    def allows(self, user: User, name: str) -> bool:
        """Whether this person may do that. The host's administrator sees no tenant's records and so may do nothing here."""
        return user.tenant_id is not None and user.role in self._by_name[name].roles

    def all(self) -> tuple[Permission, ...]:
        """Every permission, the host's first."""
        return tuple(self._by_name.values())
