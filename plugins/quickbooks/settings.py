"""Declared settings: of each instance, and of each connection."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from sqlalchemy.orm import Session

from erp_core.toolkit import PluginSettings, read_settings, setting

PLUGIN = "quickbooks"


class InstanceSettings(PluginSettings):
    """What a person chooses for one instance, beside Enable."""

    connection_id: int | None = setting(
        None, title="QuickBooks company", help="Invoices of this instance go there.", choices=True
    )
    auto_invoice: bool = setting(
        False,
        title="Auto Invoice",
        help="Send each new invoice by itself, from now on. Nothing old is sent. When it is off, send by hand.",
    )


class ItemType(StrEnum):
    """What a product becomes in QuickBooks."""

    NON_INVENTORY = "NonInventory"
    SERVICE = "Service"
    INVENTORY = "Inventory"


class CustomerMatch(StrEnum):
    """What is compared first to find a customer in QuickBooks."""

    EMAIL_FIRST = "email_first"
    NAME_FIRST = "name_first"


class ConnectionSettings(PluginSettings):
    """What a person chooses for one company. Accounts are ids of QuickBooks; Connect proposes and saves them."""

    scope: ClassVar[str] = "connection"

    income_account_id: str | None = setting(
        None, title="Income account", help="Sales of new products are booked here.", choices=True
    )
    expense_account_id: str | None = setting(
        None, title="Expense account", help="Cost of new inventory products.", choices=True
    )
    asset_account_id: str | None = setting(
        None, title="Inventory asset account", help="The value of new inventory products.", choices=True
    )
    discount_account_id: str | None = setting(
        None, title="Discount account", help="Empty uses the one of the company.", choices=True
    )
    auto_create_customers: bool = setting(
        True, title="Auto-create customers", help="Create a customer that QuickBooks does not have yet."
    )
    auto_create_products: bool = setting(
        True, title="Auto-create products", help="Create a product that QuickBooks does not have yet."
    )
    item_type: ItemType = setting(ItemType.NON_INVENTORY, title="Type of new products")
    inventory_quantity: Decimal = setting(
        Decimal(0), title="Quantity of new inventory products", ge=0, max_digits=15, decimal_places=5
    )
    inventory_start_date: date | None = setting(
        None, title="Start date of new inventory products", help="No invoice with them may be older."
    )
    match_customers_by: CustomerMatch = setting(
        CustomerMatch.EMAIL_FIRST, title="Find customers by", help="The other one is tried next."
    )


def instance_settings(session: Session, instance_id: int) -> InstanceSettings:
    """The saved settings of an instance, or the defaults."""
    return read_settings(session, PLUGIN, InstanceSettings, instance_id)


def connection_settings(session: Session, connection_id: int) -> ConnectionSettings:
    """The saved settings of a connection, or the defaults."""
    return read_settings(session, PLUGIN, ConnectionSettings, connection_id)
