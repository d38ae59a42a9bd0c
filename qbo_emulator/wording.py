"""What people call a document: on the screen, on paper and in e-mails."""

from qbo_emulator.wire import Body

NAMES = {
    "Invoice": "Invoice", "Payment": "Payment", "CreditMemo": "Credit memo", "Estimate": "Estimate",
    "SalesReceipt": "Sales receipt", "RefundReceipt": "Refund receipt", "Deposit": "Deposit", "Purchase": "Expense",
    "Bill": "Bill", "BillPayment": "Bill payment", "VendorCredit": "Vendor credit", "PurchaseOrder": "Purchase order",
    "JournalEntry": "Journal entry", "Transfer": "Transfer", "TimeActivity": "Time activity",
    "NonInventory": "Non-inventory",
}  # fmt: skip


def kind_name(kind: str) -> str:
    """What people call a type of object."""
    return NAMES.get(kind, kind)


def own_number(kind: str, body: Body) -> str | None:
    """The number of a transaction, None when it has none; a payment's is its reference."""
    number = body.get("PaymentRefNum" if kind == "Payment" else "DocNumber")
    return str(number) if number else None


def number_of(kind: str, body: Body) -> str:
    """The number of a transaction, or that it has none: without a number (ID 3)."""
    return own_number(kind, body) or f"without a number (ID {body['Id']})"


def document(kind: str, body: Body) -> str:
    """A transaction as a sentence begins with it: Invoice 1002, Invoice without a number (ID 3)."""
    return f"{kind_name(kind)} {number_of(kind, body)}"
