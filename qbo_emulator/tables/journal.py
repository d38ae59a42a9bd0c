"""Journal entries, transfers, time and recurring transactions."""

from qbo_emulator.tables.fields import Field
from qbo_emulator.tables.purchases import BILLABLE, HEAD, TOTAL
from qbo_emulator.tables.rows import BOOLEAN, DATE, INTEGER, LIST, MONEY, NUMBER, OBJECT
from qbo_emulator.tables.sales import CUSTOM_FIELD, LINKED_TXN, TAX_DETAIL
from qbo_emulator.tables.schema import Entity, read_only, reference

JOURNAL_ENTRY = Entity(
    "JournalEntry",
    rules="journal entry",
    lenient=True,
    id_space="transaction",
    transaction=True,
    operations=frozenset({"delete"}),
    fields=(
        *HEAD,
        TAX_DETAIL,
        Field("GlobalTaxCalculation", choices=("TaxExcluded", "TaxInclusive", "NotApplicable")),
        Field("Adjustment", BOOLEAN, default=False, query=True),
        Field(
            "Line",
            LIST,
            java="Line",
            required=True,
            fields=(
                Field("Id", limit=30),
                Field("LineNum", INTEGER),
                Field("Description", limit=4000),
                Field("Amount", MONEY),
                Field("DetailType", choices=("JournalEntryLineDetail", "DescriptionOnly"), required=True),
                Field("LinkedTxn", LIST, fields=LINKED_TXN),
                Field("CustomField", LIST, fields=CUSTOM_FIELD),
                Field(
                    "JournalEntryLineDetail",
                    OBJECT,
                    fields=(
                        Field("PostingType", choices=("Debit", "Credit")),
                        Field("TaxApplicableOn", choices=("Sales", "Purchase")),
                        Field("TaxAmount", MONEY),
                        Field("BillableStatus", choices=BILLABLE),
                        reference("AccountRef", "Account"),
                        reference("ClassRef", "Class"),
                        reference("DepartmentRef", "Department"),
                        reference("TaxCodeRef"),
                        Field(
                            "Entity",
                            OBJECT,
                            fields=(
                                Field("Type", choices=("Customer", "Vendor", "Employee")),
                                reference("EntityRef", typed=True),
                            ),
                        ),
                    ),
                ),
                *read_only("DescriptionLineDetail", "DescriptionOnly"),
            ),
        ),
        TOTAL,
    ),
)
TRANSFER = Entity(
    "Transfer",
    rules="transfer",
    lenient=True,
    id_space="transaction",
    transaction=True,
    operations=frozenset({"delete"}),
    fields=(
        Field("TxnDate", DATE, query=True, sort=True, sticky=True),
        Field("PrivateNote", limit=4000),
        Field("Amount", MONEY, query=True, sort=True),
        Field("ExchangeRate", NUMBER),
        Field("TxnSource", limit=100),
        Field("TransactionLocationType", limit=100),
        reference("FromAccountRef", "Account", query=True),
        reference("ToAccountRef", "Account", query=True),
        reference("CurrencyRef", sticky=True),
        reference("DepartmentRef", "Department"),
        reference("ClassRef", "Class"),
        *read_only("RecurDataRef"),
    ),
)
TIME_ACTIVITY = Entity(
    "TimeActivity",
    rules="time",
    lenient=True,
    id_space="time",
    transaction=True,
    operations=frozenset({"delete"}),
    fields=(
        Field("TxnDate", DATE, query=True, sort=True, sticky=True),
        Field("NameOf", choices=("Employee", "Vendor", "Other"), query=True, sticky=True),
        reference("EmployeeRef", "Employee", query=True),
        reference("VendorRef", "Vendor", query=True),
        reference("CustomerRef", "Customer", query=True),
        reference("ItemRef", "Item", query=True),
        reference("ClassRef", "Class"),
        reference("DepartmentRef", "Department"),
        reference("ProjectRef"),
        reference("PayrollItemRef"),
        Field("BillableStatus", choices=BILLABLE, default="NotBillable", query=True),
        Field("Taxable", BOOLEAN, default=False),
        Field("HourlyRate", NUMBER, query=True),
        Field("CostRate", NUMBER),
        Field("Hours", INTEGER),
        Field("Minutes", INTEGER),
        Field("Seconds", INTEGER),
        Field("BreakHours", INTEGER),
        Field("BreakMinutes", INTEGER),
        Field("BreakSeconds", INTEGER),
        Field("StartTime", limit=40),
        Field("EndTime", limit=40),
        Field("Description", limit=4000),
        Field("TransactionLocationType", limit=100),
        *read_only("AttachableRef"),
    ),
)
TEMPLATES = (
    "Bill", "CreditMemo", "Deposit", "Estimate", "Invoice", "JournalEntry", "Purchase", "PurchaseOrder",
    "RefundReceipt", "SalesReceipt", "Transfer", "VendorCredit",
)  # fmt: skip
RECURRING_TRANSACTION = Entity(
    "RecurringTransaction",
    rules="recurring",
    lenient=True,
    id_space="recurring",
    fields=read_only(*TEMPLATES),
)

TABLES = (JOURNAL_ENTRY, TRANSFER, TIME_ACTIVITY, RECURRING_TRANSACTION)
