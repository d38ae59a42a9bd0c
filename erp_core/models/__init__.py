"""What the ERP remembers. Models hold data and derive values from it; verbs stand in `erp_core.services`."""

from erp_core.models.activity import Activity, Actor
from erp_core.models.address import Address
from erp_core.models.idempotency import IdempotencyKey
from erp_core.models.invoice import Invoice, InvoiceLine, InvoiceStatus, InvoiceTaxLine
from erp_core.models.message import Message, MessageState, Priority, Stream
from erp_core.models.order import Order, OrderLine, OrderState
from erp_core.models.party import Contact, Customer
from erp_core.models.payment import Payment, PaymentAllocation
from erp_core.models.product import Product, ProductKind
from erp_core.models.tax import TaxRate
from erp_core.models.tenancy import Instance, NumberSeries, PluginInstance, PluginSetting, Tenant, TenantScoped
from erp_core.models.user import ApiToken, Role, User

__all__ = [
    "Activity",
    "Actor",
    "Address",
    "ApiToken",
    "Contact",
    "Customer",
    "IdempotencyKey",
    "Instance",
    "Invoice",
    "InvoiceLine",
    "InvoiceStatus",
    "InvoiceTaxLine",
    "Message",
    "MessageState",
    "NumberSeries",
    "Order",
    "OrderLine",
    "OrderState",
    "Payment",
    "PaymentAllocation",
    "PluginInstance",
    "PluginSetting",
    "Priority",
    "Product",
    "ProductKind",
    "Role",
    "Stream",
    "TaxRate",
    "Tenant",
    "TenantScoped",
    "User",
]
