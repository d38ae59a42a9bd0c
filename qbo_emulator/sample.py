"""The companies that are there from the beginning. Everything goes in through the same rules as a call."""

import sqlite3
from datetime import datetime
from decimal import Decimal
from typing import Any

from qbo_emulator import operations
from qbo_emulator.books import Books
from qbo_emulator.switches import Switches
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body

CHOICES = ("sample", "empty")

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


def _address(line: str, city: str, state: str, postal: str) -> Body:
    return {"Line1": line, "City": city, "CountrySubDivisionCode": state, "PostalCode": postal, "Country": "USA"}


COMPANIES: tuple[dict[str, Any], ...] = (
    {
        "realm": "4620816365000000011",
        "name": "Harbor & Pine Provisions LLC",
        "email": "books@harborandpine.example",
        "address": _address("210 Wharf Street", "Portland", "ME", "04101"),
        "customers": (
            ("Juniper Market", "orders@junipermarket.example", _address("18 Elm Street", "Burlington", "VT", "05401"),
             "Net 15"),
            ("Saltbox Cafe", "hello@saltboxcafe.example", _address("4 Beacon Road", "Salem", "MA", "01970"), "Net 30"),
            ("O'Malley's Grocery", "office@omalleys.example", _address("77 Canal Street", "Providence", "RI", "02903"),
             None),
            ("Blue Door Bistro", None, _address("9 Harbor Lane", "Camden", "ME", "04843"), "Due on receipt"),
        ),
        "closed_customer": "Old Mill Deli",
        "vendors": (("Cedar Farm Supply", "sales@cedarfarm.example"), ("Coastal Freight Co", None)),
        "items": (
            ("Trail Mix (Classic)", "TM-CLASSIC", "Trail mix with almonds, raisins and cashews", "6.50", "3.10"),
            ("Dried Apricots 1lb", "DA-1LB", "Dried apricots, one pound", "8.25", "4.40"),
            ("Maple Roasted Pecans", "PEC-MAPLE", "Pecans roasted with maple syrup", "11.00", "6.20"),
        ),
        "closed_item": ("Holiday Gift Tin", "TIN-HOLIDAY", "24.00"),
        "services": (("Delivery", "12.00"), ("Consulting Hours", "85.00")),
        "invoices": (
            ("Juniper Market", "HP-1001", (("Trail Mix (Classic)", "24"), ("Dried Apricots 1lb", "6"))),
            ("Saltbox Cafe", "HP-1002", (("Maple Roasted Pecans", "10"), ("Delivery", "1"))),
        ),
    },
    {
        "realm": "4620816365000000022",
        "name": "Northwind Pantry Inc",
        "email": "accounts@northwindpantry.example",
        "address": _address("1450 Lake Avenue", "Duluth", "MN", "55802"),
        "customers": (
            ("Prairie Co-op", "buying@prairiecoop.example", _address("300 Main Street", "Fargo", "ND", "58102"),
             "Net 30"),
            ("Lakeside Foods", "ap@lakesidefoods.example", _address("62 Shore Drive", "Madison", "WI", "53703"), None),
        ),
        "closed_customer": "Granary Wholesale",
        "vendors": (("Twin Rivers Packaging", "orders@twinrivers.example"),),
        "items": (
            ("Rolled Oats 5lb", "OATS-5", "Rolled oats, five pounds", "7.75", "3.60"),
            ("Sunflower Seeds 2lb", "SUN-2", "Sunflower seeds, two pounds", "5.40", "2.35"),
        ),
        "closed_item": ("Pancake Mix", "PAN-OLD", "4.95"),
        "services": (("Delivery", "15.00"),),
        "invoices": (("Prairie Co-op", "NP-2001", (("Rolled Oats 5lb", "40"),)),),
    },
)  # fmt: skip


def fill(connection: sqlite3.Connection, now: datetime, company: str) -> None:
    """Write both companies; "empty" leaves out customers, vendors, items and invoices."""
    for position, description in enumerate(COMPANIES):
        connection.execute(
            "INSERT INTO companies VALUES (?, ?, ?)", (description["realm"], description["name"], position)
        )
        books = Books(connection, description["realm"], now, Switches())
        _company(books, description)
        accounts = {
            name: _create(books, "Account", {"Name": name, "AccountType": kind, "AccountSubType": subtype})
            for name, kind, subtype in ACCOUNTS
        }
        terms = {name: _create(books, "Term", {"Name": name, "DueDays": days}) for name, days in TERMS}
        preferences = dict(books.preferences)
        preferences["SalesFormsPrefs"] |= {
            "DefaultTerms": {"value": terms["Net 30"]["Id"], "name": "Net 30"},
            "DefaultDiscountAccount": accounts["Discounts given"]["Id"],
            "DefaultShippingAccount": accounts["Shipping Income"]["Id"],
        }
        books.put("Preferences", preferences)
        if company == "sample":
            _trade(books, description, accounts, terms)


def _create(books: Books, kind: str, body: Body) -> Body:
    return operations.write(books, ENTITIES[kind], body)


def _ref(body: Body) -> Body:
    return {"value": body["Id"]}


def _trade(books: Books, description: dict[str, Any], accounts: dict[str, Body], terms: dict[str, Body]) -> None:
    customers: dict[str, Body] = {}
    for name, email, address, term in description["customers"]:
        body: Body = {"DisplayName": name, "CompanyName": name, "BillAddr": address, "ShipAddr": address}
        if email:
            body["PrimaryEmailAddr"] = {"Address": email}
        if term:
            body["SalesTermRef"] = _ref(terms[term])
        customers[name] = _create(books, "Customer", body)
    _close(books, "Customer", _create(books, "Customer", {"DisplayName": description["closed_customer"]}))
    for name, email in description["vendors"]:
        body = {"DisplayName": name, "CompanyName": name}
        if email:
            body["PrimaryEmailAddr"] = {"Address": email}
        _create(books, "Vendor", body)
    income, cost = _ref(accounts["Sales of Product Income"]), _ref(accounts["Cost of Goods Sold"])
    items: dict[str, Body] = {}
    for name, sku, text, price, expense in description["items"]:
        items[name] = _create(
            books,
            "Item",
            {
                "Name": name, "Sku": sku, "Description": text, "Type": "NonInventory", "UnitPrice": Decimal(price),
                "PurchaseCost": Decimal(expense), "IncomeAccountRef": income, "ExpenseAccountRef": cost,
                "Taxable": True,
            },
        )  # fmt: skip
    for name, price in description["services"]:
        service = {"Name": name, "Type": "Service", "UnitPrice": price, "IncomeAccountRef": _ref(accounts["Services"])}
        items[name] = _create(books, "Item", service)
    name, sku, price = description["closed_item"]
    old = {"Name": name, "Sku": sku, "Type": "NonInventory", "UnitPrice": price, "IncomeAccountRef": income}
    _close(books, "Item", _create(books, "Item", old))
    for customer, number, lines in description["invoices"]:
        _create(
            books,
            "Invoice",
            {
                "CustomerRef": _ref(customers[customer]),
                "DocNumber": number,
                "Line": [_line(items[item], Decimal(quantity)) for item, quantity in lines],
            },
        )


def _close(books: Books, kind: str, body: Body) -> None:
    operations.write(
        books,
        ENTITIES[kind],
        {"Id": body["Id"], "SyncToken": body["SyncToken"], "sparse": True, "Active": False},
    )


def _line(item: Body, quantity: Decimal) -> Body:
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": quantity * Decimal(item["UnitPrice"]),
        "Description": item.get("Description", item["Name"]),
        "SalesItemLineDetail": {"ItemRef": _ref(item), "Qty": quantity, "UnitPrice": item["UnitPrice"]},
    }


def _company(books: Books, description: dict[str, Any]) -> None:
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
            "Country": "US",
            "SupportedLanguages": "en",
            "NameValue": [
                {"Name": "NeoEnabled", "Value": "true"},
                {"Name": "IndustryType", "Value": "Food and beverage wholesale"},
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
            "TaxPrefs": {"UsingSalesTax": False, "PartnerTaxEnabled": False},
            "CurrencyPrefs": {
                "MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD", "name": "United States Dollar"},
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
