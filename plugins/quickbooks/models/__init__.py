"""What the plugin remembers: connections, the twins of our records, what was sent, and names read once."""

from plugins.quickbooks.models.attempt import UNDECIDED, Attempt, Operation, Outcome
from plugins.quickbooks.models.auto_invoice import AutoInvoice
from plugins.quickbooks.models.connection import Connection, ConnectionStatus
from plugins.quickbooks.models.link import Entity, Link
from plugins.quickbooks.models.names import Account, Term
from plugins.quickbooks.models.preferences import Preferences
from plugins.quickbooks.models.usage import CallCount, count_call

__all__ = [
    "UNDECIDED",
    "Account",
    "Attempt",
    "AutoInvoice",
    "CallCount",
    "Connection",
    "ConnectionStatus",
    "Entity",
    "Link",
    "Operation",
    "Outcome",
    "Preferences",
    "Term",
    "count_call",
]
