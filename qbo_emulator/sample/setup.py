"""What every company has before it trades: itself, its preferences, accounts and terms."""

from typing import Any

from qbo_emulator import operations
from qbo_emulator.books import Books
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body

ACCOUNTS = (
    ("Checking", "Bank", "Checking"),
    ("Savings", "Bank", "Savings"),
    ("Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
    ("Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
    ("Inventory Asset", "Other Current Asset", "Inventory"),
    ("Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable"),
    ("Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
    ("Retained Earnings", "Equity", "RetainedEarnings"),
    ("Sales of Product Income", "Income", "SalesOfProductIncome"),
    ("Services", "Income", "ServiceFeeIncome"),
    ("Discounts given", "Income", "DiscountsRefundsGiven"),
    ("Shipping Income", "Income", "OtherPrimaryIncome"),
    ("Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ("Shipping and Delivery", "Cost of Goods Sold", "ShippingFreightDeliveryCos"),
    ("Commissions and Fees", "Expense", "OtherBusinessExpenses"),
    ("Office Expenses", "Expense", "OfficeGeneralAdministrativeExpenses"),
)
TERMS = (("Due on receipt", 0), ("Net 15", 15), ("Net 30", 30), ("Net 60", 60))


def create(books: Books, kind: str, body: Body) -> Body:
    """Write an object through the same rules as a call."""
    return operations.write(books, ENTITIES[kind], body)


def reference(body: Body) -> Body:
    """A reference to an object."""
    return {"value": body["Id"]}


def company(books: Books, description: dict[str, Any]) -> None:
    """Write the company and its preferences."""
    address = {"Id": str(books.count_up("id:address")), **description["address"]}
    books.put(
        "CompanyInfo",
        {
            "CompanyName": description["name"],
            "LegalName": description["name"],
            "CompanyAddr": address,
            "CustomerCommunicationAddr": address,
            "LegalAddr": address,
            "PrimaryPhone": {"FreeFormNumber": "(555) 010-0100"},
            "Email": {"Address": description["email"]},
            "CompanyStartDate": "2021-01-01",
            "FiscalYearStartMonth": "January",
            "Country": description.get("country", "US"),
            "SupportedLanguages": "en",
            "NameValue": [
                {"Name": "NeoEnabled", "Value": "true"},
                {"Name": "IndustryType", "Value": description.get("industry", "Food and beverage wholesale")},
                {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
                {"Name": "SubscriptionStatus", "Value": "PAID"},
                {"Name": "PayrollFeature", "Value": "false"},
                {"Name": "ItemCategoriesFeature", "Value": "true"},
            ],
        },
    )
    books.put(
        "Preferences",
        {
            "AccountingInfoPrefs": {
                "FirstMonthOfFiscalYear": "January", "UseAccountNumbers": False, "TaxYearMonth": "January",
                "ClassTrackingPerTxn": False, "ClassTrackingPerTxnLine": False, "TrackDepartments": False,
                "CustomerTerminology": "Customers", "DepartmentTerminology": "Location",
            },
            "ProductAndServicesPrefs": {
                "ForSales": True, "ForPurchase": True, "QuantityWithPriceAndRate": True, "QuantityOnHand": True,
            },
            "SalesFormsPrefs": {
                "CustomField": [
                    {"CustomField": [
                        {"Name": "SalesFormsPrefs.UseSalesCustom1", "Type": "BooleanType", "BooleanValue": True},
                        {"Name": "SalesFormsPrefs.UseSalesCustom2", "Type": "BooleanType", "BooleanValue": False},
                        {"Name": "SalesFormsPrefs.UseSalesCustom3", "Type": "BooleanType", "BooleanValue": False},
                    ]},
                    {"CustomField": [
                        {"Name": "SalesFormsPrefs.SalesCustomName1", "Type": "StringType", "StringValue": "Sales Rep"},
                    ]},
                ],
                "CustomTxnNumbers": True, "AllowDeposit": False, "AllowDiscount": True, "AllowShipping": True,
                "AllowEstimates": True, "AllowServiceDate": False, "AllowGratuity": False,
                "ETransactionPaymentEnabled": False, "ETransactionEnabledStatus": "NotApplicable",
                "EmailCopyToCompany": False, "IPNSupportEnabled": False, "AutoApplyCredit": False,
                "DefaultCustomerMessage": "Thank you for your business.",
            },
            "TaxPrefs": description.get("taxes", {"UsingSalesTax": False, "PartnerTaxEnabled": False}),
            "CurrencyPrefs": {
                "MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD", "name": "United States Dollar"},
                **description.get("currencies", {}),
            },
            "VendorAndPurchasesPrefs": {"BillableExpenseTracking": False, "TrackingByCustomer": False},
            "TimeTrackingPrefs": {"UseServices": False, "BillCustomers": False, "WorkWeekStartDate": "Monday"},
            "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
            "OtherPrefs": {"NameValue": [
                {"Name": "SalesFormsPrefs.AllowGratuity", "Value": "false"},
                {"Name": "VendorAndPurchasesPrefs.UseCustomTxnNumbers", "Value": "false"},
            ]},
        },
    )  # fmt: skip


def accounts_and_terms(books: Books, more: tuple[tuple[str, str, str], ...]) -> tuple[dict[str, Body], dict[str, Body]]:
    """Write accounts and terms, name them in the preferences, and answer them by their names."""
    accounts = {
        name: create(books, "Account", {"Name": name, "AccountType": kind, "AccountSubType": subtype})
        for name, kind, subtype in (*ACCOUNTS, *more)
    }
    terms = {name: create(books, "Term", {"Name": name, "DueDays": days}) for name, days in TERMS}
    preferences = dict(books.preferences)
    preferences["SalesFormsPrefs"] |= {
        "DefaultTerms": {"value": terms["Net 30"]["Id"], "name": "Net 30"},
        "DefaultDiscountAccount": accounts["Discounts given"]["Id"],
        "DefaultShippingAccount": accounts["Shipping Income"]["Id"],
    }
    books.put("Preferences", preferences)
    return accounts, terms
