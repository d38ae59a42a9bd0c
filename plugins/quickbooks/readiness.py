"""The readiness list: what must be green before invoices go by themselves."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugins.quickbooks.models import Account, Connection, ConnectionStatus
from plugins.quickbooks.settings import CustomerMatch, InstanceSettings, ItemType, connection_settings


@dataclass(frozen=True)
class Check:
    """One line of the list, in words for the person who mends it."""

    key: str
    label: str
    ok: bool
    help: str
    """What is so when it is green, and what to do when it is not."""


def instance_checks(session: Session, settings: InstanceSettings, tenant_id: int) -> list[Check]:
    """The list of an instance with these settings. Another tenant's connection counts as none."""
    connection = session.get(Connection, settings.connection_id) if settings.connection_id else None
    if connection is None or connection.tenant_id != tenant_id:
        return [Check("connected", "A QuickBooks company is chosen", False, "Choose a company.")]
    return connection_checks(session, connection)


def connection_checks(session: Session, connection: Connection) -> list[Check]:
    """The list of a company: connected, income account, customers, products, tax."""
    settings = connection_settings(session, connection.id)
    chosen = {
        name: _usable(session, connection, getattr(settings, name))
        for name in ("income_account_id", "expense_account_id", "asset_account_id")
    }
    inventory = settings.item_type is ItemType.INVENTORY
    items_ready = not (settings.auto_create_products and inventory) or all(
        (chosen["expense_account_id"], chosen["asset_account_id"])
    )
    first = "name" if settings.match_customers_by is CustomerMatch.NAME_FIRST else "e-mail address"
    tax_ready = not connection.preferences.using_sales_tax or connection.country.upper() in ("US", "USA")
    return [
        _connected(connection),
        Check(
            "income_account",
            "Income account",
            chosen["income_account_id"] or not settings.auto_create_products,
            "Sales of new products have an account."
            if chosen["income_account_id"]
            else "Choose the income account for new products in the QuickBooks settings.",
        ),
        Check(
            "customers",
            "Customers",
            True,
            f"Found by {first} first; "
            + ("missing ones are created." if settings.auto_create_customers else "missing ones wait for you."),
        ),
        Check(
            "items",
            "Products",
            items_ready,
            "Found by SKU, then by name."
            if items_ready
            else "Inventory products need an inventory asset account and an expense account. Choose them.",
        ),
        Check(
            "tax",
            "Tax",
            tax_ready,
            "Invoices without tax are sent; one with tax waits as Needs setup."
            if tax_ready
            else "This company charges tax on sales, and its tax codes are not mapped yet.",
        ),
    ]


def _connected(connection: Connection) -> Check:
    if connection.usable:
        return Check("connected", "Connected", True, f"Connected to {connection.company_name}.")
    if connection.status == ConnectionStatus.CONNECTED:
        return Check("connected", "Connected", False, f"{connection.company_name} is switched off. Switch it on.")
    return Check("connected", "Connected", False, connection.status_reason or "Connect the company again.")


def _usable(session: Session, connection: Connection, qbo_id: str | None) -> bool:
    return qbo_id is not None and bool(
        session.scalar(
            select(Account.active).where(Account.connection_id == connection.id, Account.qbo_id == qbo_id).limit(1)
        )
    )
