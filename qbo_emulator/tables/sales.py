"""Sales documents and their lines."""

from qbo_emulator.tables.card_payment import CREDIT_CARD_PAYMENT
from qbo_emulator.tables.fields import Field
from qbo_emulator.tables.rows import BOOLEAN, DATE, INTEGER, LIST, MONEY, NUMBER, OBJECT
from qbo_emulator.tables.schema import Entity, address, email, read_only, reference

CUSTOM_FIELD = (
    Field("DefinitionId", limit=10),
    Field("Name", limit=100),
    Field("Type", limit=30),
    Field("StringValue", limit=31),
)
LINKED_TXN = (Field("TxnId", limit=30), Field("TxnType", limit=40), Field("TxnLineId", limit=30))
TAX_LINE = (
    Field("Amount", MONEY),
    Field("DetailType", limit=40),
    Field(
        "TaxLineDetail",
        OBJECT,
        fields=(
            reference("TaxRateRef"),
            Field("PercentBased", BOOLEAN),
            Field("TaxPercent", NUMBER),
            Field("NetAmountTaxable", MONEY),
            Field("TaxInclusiveAmount", MONEY),
            Field("OverrideDeltaAmount", MONEY),
            Field("ServiceDate", DATE),
        ),
    ),
)
TAX_DETAIL = Field(
    "TxnTaxDetail",
    OBJECT,
    java="TxnTaxDetail",
    fields=(
        reference("DefaultTaxCodeRef"),
        reference("TxnTaxCodeRef"),
        Field("TotalTax", MONEY),
        Field("UseAutomatedSalesTax", BOOLEAN),
        Field("TaxLine", LIST, java="Line", fields=TAX_LINE),
    ),
)
LINE_TYPES = (
    "SalesItemLineDetail", "SubTotalLineDetail", "DiscountLineDetail", "DescriptionOnly", "GroupLineDetail",
)  # fmt: skip
MARKUP = (
    Field("PercentBased", BOOLEAN),
    Field("Value", NUMBER),
    Field("Percent", NUMBER),
    reference("PriceLevelRef"),
    reference("MarkUpIncomeAccountRef"),
)
SALES_ITEM = Field(
    "SalesItemLineDetail",
    OBJECT,
    fields=(
        reference("ItemRef"),
        Field("UnitPrice", NUMBER),
        Field("Qty", NUMBER),
        reference("TaxCodeRef"),
        reference("ClassRef"),
        reference("ItemAccountRef", "Account"),
        reference("PriceLevelRef"),
        reference("TaxClassificationRef"),
        Field("ServiceDate", DATE),
        Field("TaxInclusiveAmt", MONEY),
        Field("DiscountAmt", MONEY),
        Field("DiscountRate", NUMBER),
        Field("MarkupInfo", OBJECT, fields=MARKUP),
        *read_only("DeferredRevenue"),
    ),
)
LINE_HEAD = (
    Field("Id", limit=30),
    Field("LineNum", INTEGER),
    Field("Description", limit=4000),
    Field("Amount", MONEY, check="exact"),
    Field("DetailType", choices=LINE_TYPES, required=True),
    Field("LinkedTxn", LIST, java="LinkedTxn", fields=LINKED_TXN),
    Field("CustomField", LIST, java="CustomField", fields=CUSTOM_FIELD),
)
GROUPED_LINE = (*LINE_HEAD, SALES_ITEM)
SALES_LINE = (
    *LINE_HEAD,
    SALES_ITEM,
    Field(
        "DiscountLineDetail",
        OBJECT,
        fields=(
            Field("PercentBased", BOOLEAN),
            Field("DiscountPercent", NUMBER),
            reference("DiscountAccountRef", "Account"),
            reference("DiscountRef"),
            reference("ClassRef"),
            reference("TaxCodeRef"),
            Field(
                "Discount",
                OBJECT,
                fields=(
                    Field("PercentBased", BOOLEAN),
                    Field("DiscountPercent", NUMBER),
                    reference("DiscountRef"),
                    reference("DiscountAccountRef"),
                ),
            ),
        ),
    ),
    Field("DescriptionLineDetail", OBJECT, fields=(Field("ServiceDate", DATE), reference("TaxCodeRef"))),
    Field(
        "GroupLineDetail",
        OBJECT,
        fields=(
            reference("GroupItemRef"),
            Field("Quantity", NUMBER),
            Field("ServiceDate", DATE),
            Field("Line", LIST, java="Line", fields=GROUPED_LINE),
        ),
    ),
    *read_only("SubTotalLineDetail", "SubtotalLineDetail", "DescriptionOnly"),
)
FORM = (
    Field("DocNumber", limit=21, query=True, sort=True, sticky=True),
    Field("TxnDate", DATE, query=True, sort=True, sticky=True),
    Field("PrivateNote", limit=4000),
    Field("CustomerMemo", OBJECT, java="MemoRef", fields=(Field("value", limit=1000),)),
    reference("CustomerRef", "Customer", query=True),
    reference("CurrencyRef", sticky=True, query=True),
    reference("DepartmentRef"),
    reference("ClassRef"),
    reference("ProjectRef", query=True),
    reference("ShipMethodRef"),
    address("BillAddr"),
    address("ShipAddr"),
    address("ShipFromAddr"),
    email("BillEmail"),
    email("BillEmailCc", limit=200),
    email("BillEmailBcc", limit=200),
    Field("ShipDate", DATE),
    Field("TrackingNum", limit=31),
    Field("Line", LIST, java="Line", required=True, fields=SALES_LINE),
    TAX_DETAIL,
    Field("CustomField", LIST, java="CustomField", fields=CUSTOM_FIELD),
    Field("LinkedTxn", LIST, java="LinkedTxn", fields=LINKED_TXN),
    Field("EmailStatus", choices=("NotSet", "NeedToSend", "EmailSent"), default="NotSet", query=True),
    Field("PrintStatus", choices=("NotSet", "NeedToPrint", "PrintComplete"), default="NeedToPrint"),
    Field("ApplyTaxAfterDiscount", BOOLEAN, default=False),
    Field("GlobalTaxCalculation", choices=("TaxExcluded", "TaxInclusive", "NotApplicable")),
    Field("ExchangeRate", NUMBER),
    Field("AutoDocNumber", BOOLEAN),
    Field("TotalAmt", MONEY, read_only=True, query=True),
    Field("TxnSource", limit=100),
    Field("TransactionLocationType", limit=100),
    *read_only("HomeTotalAmt", "TaxExemptionRef", "FreeFormAddress", "RecurDataRef", "DeliveryInfo"),
)
BALANCE = Field("Balance", MONEY, read_only=True, query=True, sort=True)
MONEY_RECEIVED = (
    reference("DepositToAccountRef", "Account", sticky=True),
    reference("PaymentMethodRef", "PaymentMethod", query=True),
    Field("PaymentRefNum", limit=21),
    CREDIT_CARD_PAYMENT,
)
CHECK_PAYMENT = Field(
    "CheckPayment",
    OBJECT,
    fields=tuple(Field(name, limit=100) for name in ("CheckNum", "Status", "NameOnAcct", "AcctNum", "BankName")),
)


def _form(name: str, rules: str, *fields: Field, void: bool = True) -> Entity:
    """A sales document: what all of them have, and what only this one has."""
    operations = frozenset({"delete", "void"}) if void else frozenset({"delete"})
    return Entity(
        name,
        rules=rules,
        id_space="transaction",
        transaction=True,
        operations=operations,
        printable=True,
        fields=(*FORM, *fields),
    )


INVOICE = _form(
    "Invoice",
    "invoice",
    Field("DueDate", DATE, query=True, sort=True),
    reference("SalesTermRef", "Term", query=True),
    reference("DepositToAccountRef", "Account"),
    Field("AllowOnlineCreditCardPayment", BOOLEAN, default=False),
    Field("AllowOnlineACHPayment", BOOLEAN, default=False),
    Field("Deposit", MONEY),
    BALANCE,
    *read_only(
        "AllowIPNPayment", "AllowOnlinePayment", "AllowOnlinePayPalPayment", "HomeBalance", "InvoiceLink",
        "EInvoiceStatus", "ECloudStatusTimeStamp", "InvoiceLinkSecurityCode", "UnappliedAmt", "LessCIS", "CISRate",
    ),
)  # fmt: skip
ESTIMATE = _form(
    "Estimate",
    "estimate",
    Field("DueDate", DATE, query=True, sort=True),
    Field("ExpirationDate", DATE, query=True),
    Field("TxnStatus", choices=("Pending", "Accepted", "Closed", "Rejected", "Converted"), query=True, sticky=True),
    Field("AcceptedBy", limit=100),
    Field("AcceptedDate", DATE),
    reference("SalesTermRef", "Term", query=True),
    void=False,
)
SALES_RECEIPT = _form("SalesReceipt", "sales receipt", *MONEY_RECEIVED, BALANCE, *read_only("HomeBalance"))
CREDIT_MEMO = _form(
    "CreditMemo",
    "credit memo",
    reference("SalesTermRef", "Term", query=True),
    reference("DepositToAccountRef", "Account"),
    reference("PaymentMethodRef", "PaymentMethod", query=True),
    BALANCE,
    Field("RemainingCredit", MONEY, read_only=True),
    *read_only("HomeBalance"),
)
REFUND_RECEIPT = _form(
    "RefundReceipt",
    "refund receipt",
    *MONEY_RECEIVED,
    CHECK_PAYMENT,
    Field("PaymentType", limit=30),
    BALANCE,
    *read_only("HomeBalance"),
)

TABLES = (INVOICE, ESTIMATE, SALES_RECEIPT, CREDIT_MEMO, REFUND_RECEIPT)
