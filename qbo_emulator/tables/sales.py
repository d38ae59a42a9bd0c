"""Sales documents and their lines."""

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
SALES_LINE = (
    Field("Id", limit=30),
    Field("LineNum", INTEGER),
    Field("Description", limit=4000),
    Field("Amount", MONEY, check="exact"),
    Field("DetailType", choices=LINE_TYPES, required=True),
    Field("LinkedTxn", LIST, java="LinkedTxn", fields=LINKED_TXN),
    Field("CustomField", LIST, java="CustomField", fields=CUSTOM_FIELD),
    Field(
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
    ),
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
    *read_only("SubTotalLineDetail", "SubtotalLineDetail", "GroupLineDetail", "DescriptionOnly"),
)
INVOICE = Entity(
    "Invoice",
    rules="invoice",
    id_space="transaction",
    transaction=True,
    operations=frozenset({"delete", "void"}),
    fields=(
        Field("DocNumber", limit=21, query=True, sort=True, sticky=True),
        Field("TxnDate", DATE, query=True, sort=True, sticky=True),
        Field("DueDate", DATE, query=True, sort=True),
        Field("PrivateNote", limit=4000),
        Field("CustomerMemo", OBJECT, java="MemoRef", fields=(Field("value", limit=1000),)),
        reference("CustomerRef", "Customer", query=True),
        reference("SalesTermRef", "Term", query=True),
        reference("CurrencyRef", sticky=True, query=True),
        reference("DepartmentRef"),
        reference("ClassRef"),
        reference("ShipMethodRef"),
        reference("DepositToAccountRef", "Account"),
        reference("ProjectRef", query=True),
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
        Field("AllowOnlineCreditCardPayment", BOOLEAN, default=False),
        Field("AllowOnlineACHPayment", BOOLEAN, default=False),
        Field("ApplyTaxAfterDiscount", BOOLEAN, default=False),
        Field("Deposit", MONEY),
        Field("GlobalTaxCalculation", choices=("TaxExcluded", "TaxInclusive", "NotApplicable")),
        Field("ExchangeRate", NUMBER),
        Field("AutoDocNumber", BOOLEAN),
        Field("TotalAmt", MONEY, read_only=True, query=True),
        Field("Balance", MONEY, read_only=True, query=True, sort=True),
        Field("TxnSource", limit=100),
        Field("TransactionLocationType", limit=100),
        *read_only(
            "AllowIPNPayment", "AllowOnlinePayment", "AllowOnlinePayPalPayment", "HomeTotalAmt", "HomeBalance",
            "InvoiceLink", "TaxExemptionRef", "FreeFormAddress", "RecurDataRef", "DeliveryInfo", "EInvoiceStatus",
            "ECloudStatusTimeStamp", "InvoiceLinkSecurityCode", "UnappliedAmt", "LessCIS", "CISRate",
        ),
    ),
)  # fmt: skip

TABLES = (INVOICE,)
