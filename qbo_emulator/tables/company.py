"""The company itself and its preferences."""

from qbo_emulator.tables.fields import Field
from qbo_emulator.tables.rows import BOOLEAN, DATE, LIST, NAME_VALUE, OBJECT, WEB
from qbo_emulator.tables.schema import Entity, address, email, phone, read_only, reference

COMPANY_INFO = Entity(
    "CompanyInfo",
    rules="company",
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
        section("TaxPrefs", *flags("UsingSalesTax", "PartnerTaxEnabled", "AllowPartnerTaxOverride"), reference("TaxGroupCodeRef")),
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
        section("OtherPrefs", Field("NameValue", LIST, fields=NAME_VALUE)),
    ),
)  # fmt: skip

TABLES = (COMPANY_INFO, PREFERENCES)
