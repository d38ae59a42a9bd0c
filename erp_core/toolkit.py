"""The one module that plugins import. The host behind it may move; these names stay.

The host itself never imports this module, except to hand it out.
"""

from erp_core import clock
from erp_core.access import current_actor, current_instance, current_tenant_id, may, public, requires, signed_in, writes
from erp_core.config import Config
from erp_core.errors import Conflict, ERPError, Forbidden, Invalid, NotFound, Refused
from erp_core.extensions import Base, csrf, db, limiter
from erp_core.jobs import outbox
from erp_core.jobs.schedules import Schedule
from erp_core.jobs.worker import Cause, JobFunction, NeedsAttention, RetryLater, Run
from erp_core.models import (
    Activity,
    Actor,
    Address,
    Contact,
    Customer,
    Instance,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    InvoiceTaxLine,
    Message,
    MessageState,
    Order,
    OrderLine,
    OrderState,
    Payment,
    PaymentAllocation,
    PluginInstance,
    Priority,
    Product,
    ProductKind,
    Stream,
    Tenant,
    TenantScoped,
    User,
)
from erp_core.models.types import Encrypted, Money, Rate, UtcDateTime
from erp_core.money import minor_units, round_money
from erp_core.plugins.contract import Plugin
from erp_core.plugins.guards import (
    CancelOrder,
    DeleteOrder,
    EditOrder,
    Guard,
    RecordPayment,
    SaveSettings,
    SwitchPlugin,
    VoidInvoice,
    guard,
)
from erp_core.plugins.hooks import (
    CustomerChanged,
    InvoiceChanged,
    InvoiceVoided,
    Listener,
    OrderInvoiced,
    PaymentRecorded,
    PaymentVoided,
    ProductChanged,
    on,
)
from erp_core.plugins.permissions import ADMINISTRATORS, BILLING, EVERYBODY, Permission
from erp_core.plugins.registry import current as registry
from erp_core.plugins.settings import PluginSettings, parse as parse_settings, read as read_settings, setting
from erp_core.plugins.settings import write as write_settings
from erp_core.plugins.slots import (
    DASHBOARD_CARD,
    INSTANCE_PANEL,
    INVOICE_BANNER,
    INVOICE_BULK,
    INVOICE_COLUMN,
    INVOICE_FIELD,
    INVOICE_FILTER,
    INVOICE_PANEL,
    INVOICE_STATUS,
    ORDER_ACTIONS,
    ORDER_PANEL,
    ApiField,
    BulkAction,
    ListColumn,
    ListFilter,
    MenuItem,
    SlotFill,
    fill,
)
from erp_core.services import activity, fulfilment, invoicing, ordering, tenants
from erp_core.services.lookup import find, find_many
