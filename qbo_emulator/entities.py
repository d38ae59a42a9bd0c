"""The table of entities: one row a field. A new entity is a row here and, when it has rules, a module beside this one."""

from collections.abc import Mapping

from qbo_emulator.fields import Field, Kind
from qbo_emulator.schema import Entity, address, email, phone, read_only, reference

NUMBER, MONEY, INTEGER = Kind.NUMBER, Kind.MONEY, Kind.INTEGER
BOOLEAN, DATE, OBJECT, LIST = Kind.BOOLEAN, Kind.DATE, Kind.OBJECT, Kind.LIST

WEB = Field("WebAddr", OBJECT, java="WebSiteAddress", fields=(Field("URI", limit=1000),))
NAME_VALUE = (Field("Name"), Field("Value"))
PERSON = (
    Field("Title", limit=16),
    Field("GivenName", limit=100, query=True, sort=True),
    Field("MiddleName", limit=100, query=True, sort=True),
    Field("FamilyName", limit=100, query=True, sort=True),
    Field("Suffix", limit=16),
    Field("DisplayName", limit=500, query=True, sort=True, check="name"),
    Field("CompanyName", limit=100, query=True, sort=True),
    Field("PrintOnCheckName", limit=110, query=True),
    Field("Active", BOOLEAN, query=True, default=True, sticky=True),
    email("PrimaryEmailAddr", query=True),
    phone("PrimaryPhone"),
    phone("AlternatePhone"),
    phone("Mobile"),
    phone("Fax"),
    WEB,
    address("BillAddr"),
    reference("CurrencyRef", sticky=True),
    Field("Balance", MONEY, read_only=True, query=True),
    *read_only("V4IDPseudonym", "ClientEntityId", "Organization", "UserId", "Source"),
)

CUSTOMER = Entity(
    "Customer",
    rules="person",
    id_space="name",
    name_field="DisplayName",
    fields=(
        *PERSON,
        Field("FullyQualifiedName", read_only=True, query=True, sort=True),
        Field("BalanceWithJobs", MONEY, read_only=True, query=True, sort=True),
        *read_only("Level", "IsProject"),
        Field("Notes", limit=2000),
        Field("Job", BOOLEAN, query=True, default=False),
        Field("BillWithParent", BOOLEAN, default=False),
        Field("Taxable", BOOLEAN, default=True),
        Field("PreferredDeliveryMethod", default="Print", choices=("Print", "Email", "None")),
        Field("ResaleNum", limit=16),
        Field("OpenBalanceDate", DATE),
        Field("PrimaryTaxIdentifier", limit=20),
        Field("SecondaryTaxIdentifier", limit=20),
        Field("BusinessNumber", limit=10),
        Field("GSTIN", limit=15),
        Field("GSTRegistrationType", limit=15),
        Field("TaxExemptionReasonId", limit=4),
        address("ShipAddr"),
        reference("DefaultTaxCodeRef"),
        reference("SalesTermRef", "Term"),
        reference("PaymentMethodRef"),
        reference("ParentRef", "Customer", query=True),
        reference("ARAccountRef", "Account"),
        reference("CustomerTypeRef"),
    ),
)
VENDOR = Entity(
    "Vendor",
    rules="person",
    id_space="name",
    name_field="DisplayName",
    fields=(
        *PERSON,
        Field("TaxIdentifier", limit=20),
        Field("BillRate", NUMBER),
        Field("CostRate", NUMBER),
        Field("AcctNum", limit=100),
        Field("Vendor1099", BOOLEAN, default=False),
        Field("TaxReportingBasis", limit=20),
        Field("OtherContactInfo", OBJECT, java="ContactInfo", fields=(Field("Type"), phone("Telephone"))),
        reference("TermRef", "Term"),
        reference("APAccountRef", "Account"),
    ),
)
ITEM_TYPES = ("Service", "NonInventory", "Inventory", "Category", "Group")
ITEM = Entity(
    "Item",
    rules="item",
    id_space="item",
    name_field="Name",
    fields=(
        Field("Name", limit=100, required=True, query=True, sort=True, check="name"),
        Field("Sku", limit=100, query=True),
        Field("Description", limit=4000),
        Field("Active", BOOLEAN, query=True, default=True, sticky=True),
        Field("SubItem", BOOLEAN, default=False),
        reference("ParentRef", "Item", query=True),
        Field("FullyQualifiedName", read_only=True, query=True, sort=True),
        Field("Taxable", BOOLEAN, default=False),
        Field("SalesTaxIncluded", BOOLEAN),
        Field("UnitPrice", NUMBER, sort=True, query=True, default=0),
        Field("Type", query=True, sort=True, choices=ITEM_TYPES, sticky=True),
        reference("IncomeAccountRef", "Account"),
        Field("PurchaseDesc", limit=1000),
        Field("PurchaseTaxIncluded", BOOLEAN),
        Field("PurchaseCost", NUMBER),
        reference("ExpenseAccountRef", "Account"),
        reference("AssetAccountRef", "Account"),
        Field("TrackQtyOnHand", BOOLEAN, default=False, sticky=True),
        Field("QtyOnHand", NUMBER, query=True, sticky=True),
        Field("InvStartDate", DATE, sticky=True),
        Field("ReorderPoint", NUMBER),
        reference("PrefVendorRef", "Vendor"),
        reference("SalesTaxCodeRef"),
        reference("PurchaseTaxCodeRef"),
        reference("TaxClassificationRef"),
        reference("ClassRef"),
        Field("DeferredRevenue", BOOLEAN),
        Field("AbatementRate", NUMBER),
        Field("ReverseChargeRate", NUMBER),
        Field("ServiceType", limit=100),
        Field("ItemCategoryType", limit=100),
        Field("UQCDisplayText", limit=100),
        Field("UQCId", limit=100),
        *read_only("Level", "AvgCost", "ItemGroupDetail", "PrintGroupedItems", "Source"),
    ),
)
ACCOUNT = Entity(
    "Account",
    rules="account",
    id_space="account",
    name_field="Name",
    fields=(
        Field("Name", limit=100, required=True, query=True, sort=True, check="account name"),
        Field("SubAccount", BOOLEAN, query=True, sort=True, default=False),
        reference("ParentRef", "Account", query=True),
        Field("FullyQualifiedName", read_only=True, query=True, sort=True),
        Field("Active", BOOLEAN, query=True, default=True, sticky=True),
        Field("Classification", read_only=True, query=True),
        Field("AccountType", query=True, limit=100, sticky=True),
        Field("AccountSubType", query=True, limit=100, sticky=True),
        Field("Description", limit=100),
        Field("AcctNum", limit=7, query=True),
        Field("CurrentBalance", MONEY, read_only=True, query=True, sort=True),
        Field("CurrentBalanceWithSubAccounts", MONEY, read_only=True, query=True, sort=True),
        reference("CurrencyRef", sticky=True),
        reference("TaxCodeRef"),
        Field("TxnLocationType", limit=100),
        *read_only("AccountAlias"),
    ),
)
TERM = Entity(
    "Term",
    rules="term",
    id_space="term",
    name_field="Name",
    fields=(
        Field("Name", limit=31, required=True, query=True, sort=True),
        Field("Active", BOOLEAN, query=True, default=True, sticky=True),
        Field("Type", read_only=True, query=True),
        Field("DueDays", INTEGER),
        Field("DiscountDays", INTEGER),
        Field("DiscountPercent", NUMBER),
        Field("DayOfMonthDue", INTEGER),
        Field("DueNextMonthDays", INTEGER),
        Field("DiscountDayOfMonth", INTEGER),
    ),
)

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
    rules="sale",
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

COMPANY_INFO = Entity(
    "CompanyInfo",
    rules="singleton",
    singleton=True,
    fields=(
        Field("CompanyName", limit=1024, query=True),
        Field("LegalName", limit=1024),
        address("CompanyAddr"),
        address("CustomerCommunicationAddr"),
        address("LegalAddr"),
        email("CustomerCommunicationEmailAddr"),
        email("Email"),
        WEB,
        phone("PrimaryPhone"),
        Field("NameValue", LIST, read_only=True, fields=NAME_VALUE),
        *read_only("Country", "SupportedLanguages", "FiscalYearStartMonth", "CompanyStartDate", "EmployerId", "TaxId"),
    ),
)


def section(name: str, *fields: Field) -> Field:
    """A group of preferences."""
    return Field(name, OBJECT, fields=fields)


def flags(*names: str) -> tuple[Field, ...]:
    """Preferences that are on or off."""
    return tuple(Field(name, BOOLEAN) for name in names)


def texts(*names: str) -> tuple[Field, ...]:
    """Preferences that are words."""
    return tuple(Field(name, limit=4000) for name in names)


MESSAGE = (Field("Subject", limit=1000), Field("Message", limit=4000))
PREFERENCES = Entity(
    "Preferences",
    rules="preferences",
    singleton=True,
    fields=(
        section(
            "AccountingInfoPrefs",
            Field("BookCloseDate", DATE),
            *flags("UseAccountNumbers", "ClassTrackingPerTxn", "ClassTrackingPerTxnLine", "TrackDepartments"),
            *texts("FirstMonthOfFiscalYear", "TaxYearMonth", "TaxForm", "CustomerTerminology", "DepartmentTerminology"),
        ),
        section(
            "ProductAndServicesPrefs",
            *flags("ForSales", "ForPurchase", "QuantityWithPriceAndRate", "QuantityOnHand", "RevenueRecognition"),
            *texts("RevenueRecognitionFrequency"),
        ),
        section(
            "SalesFormsPrefs",
            *flags(
                "CustomTxnNumbers", "AllowDeposit", "AllowDiscount", "AllowShipping", "AllowEstimates",
                "AllowServiceDate", "AllowGratuity", "ETransactionPaymentEnabled", "EmailCopyToCompany",
                "IPNSupportEnabled", "AutoApplyCredit", "AutoApplyPayments", "UsingPriceLevels",
                "ETransactionAttachPDF", "UsingProgressInvoicing",
            ),
            *texts(
                "DefaultDiscountAccount", "DefaultShippingAccount", "DefaultCustomerMessage",
                "ETransactionEnabledStatus", "EstimateMessage",
            ),
            reference("DefaultTerms", "Term"),
            email("SalesEmailBcc"),
            email("SalesEmailCc"),
            *read_only("CustomField"),
        ),
        section("TaxPrefs", *flags("UsingSalesTax", "PartnerTaxEnabled"), reference("TaxGroupCodeRef")),
        section("CurrencyPrefs", *flags("MultiCurrencyEnabled"), reference("HomeCurrency")),
        section(
            "EmailMessagesPrefs",
            *(
                section(f"{name}Message", *MESSAGE)
                for name in ("Invoice", "Estimate", "SalesReceipt", "Statement")
            ),
        ),
        section(
            "VendorAndPurchasesPrefs",
            *flags("BillableExpenseTracking", "TrackingByCustomer", "TPAREnabled"),
            reference("DefaultTerms", "Term"),
            reference("DefaultMarkupAccount", "Account"),
            *read_only("POCustomField"),
        ),
        section(
            "TimeTrackingPrefs",
            *flags("UseServices", "BillCustomers", "ShowBillRateToAll", "MarkTimeEntriesBillable"),
            *texts("WorkWeekStartDate"),
        ),
        section("ReportPrefs", *flags("CalcAgingReportFromTxnDate"), *texts("ReportBasis")),
        Field("OtherPrefs", OBJECT, read_only=True),
    ),
)  # fmt: skip

ENTITIES: Mapping[str, Entity] = {
    entity.name: entity for entity in (COMPANY_INFO, PREFERENCES, CUSTOMER, VENDOR, ITEM, ACCOUNT, TERM, INVOICE)
}
BY_PATH: Mapping[str, Entity] = {entity.name.lower(): entity for entity in ENTITIES.values()}
