"""What is bought: bills, their payments, expenses, vendor credits and purchase orders."""

from qbo_emulator.tables.fields import Field
from qbo_emulator.tables.rows import BOOLEAN, DATE, INTEGER, LIST, MONEY, NUMBER, OBJECT
from qbo_emulator.tables.sales import CUSTOM_FIELD, LINKED_TXN, MARKUP, TAX_DETAIL
from qbo_emulator.tables.schema import Entity, address, email, read_only, reference

LINE_TYPES = ("AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail", "DescriptionOnly", "TDSLineDetail")
TAX_CHOICES = ("TaxExcluded", "TaxInclusive", "NotApplicable")
BILLABLE = ("Billable", "NotBillable", "HasBeenBilled")
LINKS = Field("LinkedTxn", LIST, java="LinkedTxn", fields=LINKED_TXN)
SPLIT = (
    Field("BillableStatus", choices=BILLABLE),
    Field("TaxInclusiveAmt", MONEY),
    Field("TaxAmount", MONEY),
    Field("MarkupInfo", OBJECT, fields=MARKUP),
    reference("CustomerRef", "Customer"),
    reference("ClassRef", "Class"),
    reference("TaxCodeRef"),
)
EXPENSE_LINE = (
    Field("Id", limit=30),
    Field("LineNum", INTEGER),
    Field("Description", limit=4000),
    Field("Amount", MONEY, check="exact"),
    Field("DetailType", choices=LINE_TYPES, required=True),
    LINKS,
    Field("CustomField", LIST, java="CustomField", fields=CUSTOM_FIELD),
    Field("AccountBasedExpenseLineDetail", OBJECT, fields=(reference("AccountRef", "Account"), *SPLIT)),
    Field(
        "ItemBasedExpenseLineDetail",
        OBJECT,
        fields=(
            reference("ItemRef", "Item"),
            reference("PriceLevelRef"),
            Field("UnitPrice", NUMBER),
            Field("Qty", NUMBER),
            *SPLIT,
        ),
    ),
    Field("TDSLineDetail", OBJECT, fields=(Field("TDSSectionTypeId", limit=30),)),
    *read_only("DescriptionLineDetail", "DescriptionOnly"),
)
HEAD = (
    Field("DocNumber", limit=21, query=True, sort=True, sticky=True),
    Field("TxnDate", DATE, query=True, sort=True, sticky=True),
    Field("PrivateNote", limit=4000),
    Field("ExchangeRate", NUMBER),
    Field("TxnSource", limit=100),
    Field("TransactionLocationType", limit=100),
    reference("CurrencyRef", sticky=True, query=True),
    reference("DepartmentRef", "Department", query=True),
    *read_only("HomeTotalAmt", "HomeBalance", "RecurDataRef", "AttachableRef", "IncludeInAnnualTPAR"),
)
TAXED = (Field("GlobalTaxCalculation", choices=TAX_CHOICES), TAX_DETAIL)
LINES = Field("Line", LIST, java="Line", required=True, fields=EXPENSE_LINE)
TOTAL = Field("TotalAmt", MONEY, read_only=True, query=True, sort=True)
BALANCE = Field("Balance", MONEY, read_only=True, query=True, sort=True)

BILL = Entity(
    "Bill",
    rules="bill",
    lenient=True,
    id_space="transaction",
    transaction=True,
    operations=frozenset({"delete"}),
    fields=(
        *HEAD,
        *TAXED,
        Field("DueDate", DATE, query=True, sort=True),
        reference("VendorRef", "Vendor", query=True),
        reference("APAccountRef", "Account", query=True, sticky=True),
        reference("SalesTermRef", "Term", query=True),
        address("VendorAddr"),
        LINES,
        LINKS,
        TOTAL,
        BALANCE,
    ),
)
VENDOR_CREDIT = Entity(
    "VendorCredit",
    rules="vendor credit",
    lenient=True,
    id_space="transaction",
    transaction=True,
    operations=frozenset({"delete"}),
    fields=(
        *HEAD,
        *TAXED,
        reference("VendorRef", "Vendor", query=True),
        reference("APAccountRef", "Account", query=True, sticky=True),
        address("VendorAddr"),
        LINES,
        TOTAL,
        BALANCE,
        *read_only("LinkedTxn", "FromAccountRef", "ToAccountRef"),
    ),
)
PURCHASE = Entity(
    "Purchase",
    rules="purchase",
    lenient=True,
    id_space="transaction",
    transaction=True,
    operations=frozenset({"delete"}),
    fields=(
        *HEAD,
        *TAXED,
        Field("PaymentType", choices=("Cash", "Check", "CreditCard"), query=True, sticky=True),
        Field("Credit", BOOLEAN, default=False),
        Field("PrintStatus", choices=("NotSet", "NeedToPrint", "PrintComplete"), default="NotSet"),
        reference("AccountRef", "Account", query=True),
        reference("EntityRef", query=True, typed=True),
        reference("PaymentMethodRef", "PaymentMethod"),
        Field("PaymentRefNum", limit=21),
        address("RemitToAddr"),
        LINES,
        TOTAL,
        *read_only("PurchaseEx", "LinkedTxn"),
    ),
)
PURCHASE_ORDER = Entity(
    "PurchaseOrder",
    rules="purchase order",
    lenient=True,
    id_space="transaction",
    transaction=True,
    operations=frozenset({"delete"}),
    printable=True,
    fields=(
        *HEAD,
        *TAXED,
        Field("DueDate", DATE, query=True, sort=True),
        Field("ShipDate", DATE),
        Field("POStatus", choices=("Open", "Closed"), default="Open", query=True, sticky=True),
        Field("Memo", limit=4000),
        reference("VendorRef", "Vendor", query=True),
        reference("APAccountRef", "Account", query=True, sticky=True),
        reference("ShipTo", "Customer"),
        reference("ShipMethodRef"),
        reference("SalesTermRef", "Term"),
        reference("ClassRef", "Class"),
        reference("TaxCodeRef"),
        address("VendorAddr"),
        address("ShipAddr"),
        email("POEmail"),
        Field("EmailStatus", choices=("NotSet", "NeedToSend", "EmailSent"), default="NotSet"),
        Field("CustomField", LIST, java="CustomField", fields=CUSTOM_FIELD),
        *read_only("DeliveryInfo"),
        LINES,
        LINKS,
        TOTAL,
    ),
)
BILL_PAYMENT = Entity(
    "BillPayment",
    rules="bill payment",
    lenient=True,
    id_space="transaction",
    transaction=True,
    operations=frozenset({"delete", "void"}),
    fields=(
        *HEAD,
        Field("PayType", choices=("Check", "CreditCard"), query=True, sticky=True),
        Field("TotalAmt", MONEY, query=True, sort=True),
        Field("ProcessBillPayment", BOOLEAN),
        reference("VendorRef", "Vendor", query=True),
        reference("APAccountRef", "Account", query=True, sticky=True),
        Field(
            "CheckPayment",
            OBJECT,
            fields=(
                reference("BankAccountRef", "Account"),
                Field("PrintStatus", choices=("NotSet", "NeedToPrint", "PrintComplete")),
            ),
        ),
        Field("CreditCardPayment", OBJECT, fields=(reference("CCAccountRef", "Account"),)),
        Field(
            "Line",
            LIST,
            java="Line",
            fields=(Field("Id", limit=30), Field("LineNum", INTEGER), Field("Amount", MONEY), LINKS),
        ),
    ),
)

TABLES = (BILL, VENDOR_CREDIT, PURCHASE, PURCHASE_ORDER, BILL_PAYMENT)
