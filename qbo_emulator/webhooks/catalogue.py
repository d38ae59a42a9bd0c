"""Which changes of which entities webhooks tell about."""

from collections.abc import Iterable

# What an entity is called in events, where it has another name in the API.
NAMES = {"CompanyCurrency": "Currency"}
ENTITIES = (
    "Account", "Bill", "BillPayment", "Budget", "Class", "CreditMemo", "Currency", "Customer", "Department", "Deposit",
    "Employee", "Estimate", "Invoice", "Item", "JournalCode", "JournalEntry", "Payment", "PaymentMethod",
    "Preferences", "Purchase", "PurchaseOrder", "RefundReceipt", "SalesReceipt", "TaxAgency", "Term", "TimeActivity",
    "Transfer", "Vendor", "VendorCredit",
)  # fmt: skip
MERGED = ("Account", "Class", "Customer", "Department", "Employee", "Item", "PaymentMethod", "Term", "Vendor")
VOIDED = ("BillPayment", "CreditMemo", "Invoice", "Payment", "Purchase", "RefundReceipt", "SalesReceipt", "Transfer")
EMAILED = ("CreditMemo", "Estimate", "Invoice", "Payment", "PurchaseOrder", "RefundReceipt", "SalesReceipt")
PAST = {
    "Create": "created", "Update": "updated", "Delete": "deleted", "Merge": "merged", "Void": "voided",
    "Emailed": "emailed",
}  # fmt: skip
SPECIAL = {"Merge": MERGED, "Void": VOIDED, "Emailed": EMAILED}


def told(kind: str, operation: str) -> str | None:
    """The name under which an event tells about this change of this entity; None when there is no such event."""
    name = NAMES.get(kind, kind)
    if name not in ENTITIES or operation not in PAST:
        return None
    if name == "Preferences":
        return name if operation == "Update" else None
    return name if name in SPECIAL.get(operation, ENTITIES) else None


def kind_of(name: str) -> str:
    """What an entity of events is called in the API."""
    return next((kind for kind, told_as in NAMES.items() if told_as == name), name)


def chosen(names: Iterable[str]) -> tuple[str, ...]:
    """These entities in the spelling of events, whatever their case; ValueError for one that has no events."""
    known = {name.lower(): name for name in ENTITIES} | {kind.lower(): name for kind, name in NAMES.items()}
    found = []
    for name in names:
        if str(name).lower() not in known:
            raise ValueError(f"entities: {name} has no events; known are {', '.join(ENTITIES)}")
        found.append(known[str(name).lower()])
    return tuple(found)
