"""The chart of accounts."""

from collections.abc import Mapping
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.currency import currency
from qbo_emulator.rules.ledger import opening_debit, post, reclassify, system_account, with_sub_accounts
from qbo_emulator.rules.naming import (
    follow_parent,
    qualify,
    requalify_children,
    set_active,
    unique_among_siblings,
)
from qbo_emulator.rules.periods import check_period
from qbo_emulator.wire import Body

CLASSIFICATION = {
    "Bank": "Asset", "Accounts Receivable": "Asset", "Other Current Asset": "Asset", "Fixed Asset": "Asset",
    "Other Asset": "Asset", "Accounts Payable": "Liability", "Credit Card": "Liability",
    "Other Current Liability": "Liability", "Long Term Liability": "Liability", "Equity": "Equity",
    "Income": "Revenue", "Other Income": "Revenue", "Cost of Goods Sold": "Expense", "Expense": "Expense",
    "Other Expense": "Expense",
}  # fmt: skip
SUBTYPES: Mapping[str, tuple[str, ...]] = {
    "Income": (
        "OtherPrimaryIncome", "SalesOfProductIncome", "ServiceFeeIncome", "NonProfitIncome", "DiscountsRefundsGiven",
        "UnappliedCashPaymentIncome", "CashReceiptIncome", "OperatingGrants", "OtherCurrentOperatingIncome",
        "OwnWorkCapitalized", "RevenueGeneral", "SalesRetail", "SalesWholesale", "SavingsByTaxScheme",
    ),
    "Other Income": (
        "OtherMiscellaneousIncome", "DividendIncome", "InterestEarned", "OtherInvestmentIncome", "TaxExemptInterest",
        "GainLossOnSaleOfFixedAssets", "GainLossOnSaleOfInvestments", "LossOnDisposalOfAssets", "OtherOperatingIncome",
        "UnrealisedLossOnSecuritiesNetOfTax",
    ),
    "Cost of Goods Sold": (
        "CostOfLaborCos", "SuppliesMaterialsCogs", "EquipmentRentalCos", "OtherCostsOfServiceCos",
        "ShippingFreightDeliveryCos", "CostOfSales", "FreightAndDeliveryCost",
    ),
    "Expense": (
        "AdvertisingPromotional", "AmortizationExpense", "AppropriationsToDepreciation", "Auto", "BadDebts",
        "BankCharges", "BorrowingCost", "CharitableContributions", "CommissionsAndFees", "CostOfLabor",
        "DistributionCosts", "DuesSubscriptions", "Entertainment", "EntertainmentMeals", "EquipmentRental",
        "ExternalServices", "ExtraordinaryCharges", "FinanceCosts", "GlobalTaxExpense", "IncomeTaxExpense",
        "Insurance", "InterestPaid", "LegalProfessionalFees", "LossOnDiscontinuedOperationsNetOfTax",
        "ManagementCompensation", "OfficeGeneralAdministrativeExpenses", "OtherBusinessExpenses",
        "OtherCurrentOperatingCharges", "OtherExternalServices", "OtherMiscellaneousServiceCost", "OtherRentalCosts",
        "OtherSellingExpenses", "PayrollExpenses", "ProjectStudiesSurveysAssessments", "PromotionalMeals",
        "PurchasesRebates", "RentOrLeaseOfBuildings", "RepairMaintenance", "ShippingAndDeliveryExpense",
        "ShippingFreightDelivery", "StaffCosts", "Sundry", "SuppliesMaterials", "TaxesPaid", "Travel",
        "TravelExpensesGeneralAndAdminExpenses", "TravelExpensesSellingExpense", "TravelMeals",
        "UnappliedCashBillPaymentExpense", "Utilities",
    ),
    "Other Expense": (
        "Depreciation", "Amortization", "DeferredTaxExpense", "ExceptionalExpense", "ExchangeGainOrLoss",
        "ExtraordinaryItems", "GasAndFuel", "HomeOffice", "HomeOwnerRentalInsurance", "MatCredit", "MortgageInterest",
        "OtherHomeOfficeExpenses", "OtherMiscellaneousExpense", "OtherVehicleExpenses", "ParkingAndTolls",
        "PenaltiesSettlements", "PriorPeriodItems", "RentAndLease", "RepairsAndMaintenance",
        "TaxRoundoffGainOrLoss", "Vehicle", "VehicleInsurance", "VehicleLease", "VehicleLoan", "VehicleLoanInterest",
        "VehicleRegistration", "VehicleRepairs", "WashAndRoadServices",
    ),
    "Bank": (
        "CashOnHand", "Checking", "Savings", "MoneyMarket", "TrustAccounts", "RentsHeldInTrust",
        "CashAndCashEquivalents", "OtherEarMarkedBankAccounts",
    ),
    "Accounts Receivable": ("AccountsReceivable",),
    "Other Current Asset": (
        "EmployeeCashAdvances", "Inventory", "UndepositedFunds", "OtherCurrentAssets", "PrepaidExpenses",
        "AllowanceForBadDebts", "AssetsAvailableForSale", "BalWithGovtAuthorities", "CalledUpShareCapitalNotPaid",
        "DevelopmentCosts", "ExpenditureAuthorisationsAndLettersOfCredit", "GlobalTaxDeferred", "GlobalTaxRefund",
        "InternalTransfers", "Investment_MortgageRealEstateLoans", "Investment_Other",
        "Investment_TaxExemptSecurities", "Investment_USGovernmentObligations", "LoansToOfficers", "LoansToOthers",
        "LoansToStockholders", "OtherConsumables", "ProvisionsCurrentAssets", "Retainage",
        "ShortTermInvestmentsInRelatedParties", "ShortTermLoansAndAdvancesToRelatedParties", "TradeAndOtherReceivables",
    ),
    "Fixed Asset": (
        "FurnitureAndFixtures", "AccumulatedAmortization", "AccumulatedDepletion", "AccumulatedDepreciation",
        "AssetsInCourseOfConstruction", "Buildings", "CapitalWip", "CumulativeDepreciationOnIntangibleAssets",
        "DepletableAssets", "FixedAssetCellPhones", "FixedAssetComputers", "FixedAssetCopiers", "FixedAssetFurniture",
        "FixedAssetOtherToolsEquipment", "FixedAssetPhone", "FixedAssetPhotoVideo", "FixedAssetSoftware",
        "IntangibleAssets", "IntangibleAssetsUnderDevelopment", "Land", "LandAsset", "LeaseholdImprovements",
        "MachineryAndEquipment", "NonCurrentAssets", "OtherFixedAssets", "ParticipatingInterests",
        "ProvisionsFixedAssets", "Vehicles",
    ),
    "Other Asset": (
        "LeaseBuyout", "AccumulatedAmortizationOfOtherAssets", "AssetsHeldForSale", "AvailableForSaleFinancialAssets",
        "DeferredTax", "Goodwill", "Investments", "Licenses", "LongTermInvestments",
        "LongTermLoansAndAdvancesToRelatedParties", "OrganizationalCosts", "OtherIntangibleAssets",
        "OtherLongTermAssets", "OtherLongTermInvestments", "OtherLongTermLoansAndAdvances", "PrepaymentsAndAccruedIncome",
        "ProvisionsNonCurrentAssets", "SecurityDeposits",
    ),
    "Accounts Payable": ("AccountsPayable", "OutstandingDuesMicroSmallEnterprise",
                         "OutstandingDuesOtherThanMicroSmallEnterprise"),
    "Credit Card": ("CreditCard",),
    "Other Current Liability": (
        "OtherCurrentLiabilities", "SalesTaxPayable", "GlobalTaxPayable", "GlobalTaxSuspense", "AccruedLiabilities",
        "CurrentLiabilities", "CurrentPortionEmployeeBenefitsObligations", "CurrentPortionOfObligationsUnderFinanceLeases",
        "CurrentTaxLiability", "DirectDepositPayable", "DividendsPayable", "DutiesAndTaxes", "FederalIncomeTaxPayable",
        "InsurancePayable", "InterestPayables", "LineOfCredit", "LoanPayable", "PayrollClearing", "PayrollTaxPayable",
        "PrepaidExpensesPayable", "ProvisionForWarrantyObligations", "ProvisionsCurrentLiabilities",
        "RentsInTrustLiability", "ShortTermBorrowings", "SocialSecurityAgencies", "StaffAndRelatedLiabilityAccounts",
        "StateLocalIncomeTaxPayable", "SundryDebtorsAndCreditors", "TradeAndOtherPayables",
        "TrustAccountsLiabilities",
    ),
    "Long Term Liability": (
        "NotesPayable", "AccrualsAndDeferredIncome", "AccruedLongLermLiabilities", "AccruedVacationPayable",
        "BankLoans", "DebtsRelatedToParticipatingInterests", "DeferredTaxLiabilities", "GovernmentAndOtherPublicAuthorities",
        "GroupAndAssociates", "LiabilitiesRelatedToAssetsHeldForSale", "LongTermBorrowings", "LongTermDebit",
        "LongTermEmployeeBenefitObligations", "ObligationsUnderFinanceLeases", "OtherLongTermLiabilities",
        "OtherLongTermProvisions", "ProvisionForLiabilities", "ProvisionsNonCurrentLiabilities",
        "ShareholderNotesPayable", "StaffAndRelatedLongTermLiabilityAccounts",
    ),
    "Equity": (
        "OpeningBalanceEquity", "AccumulatedAdjustment", "AccumulatedOtherComprehensiveIncome", "CalledUpShareCapital",
        "CapitalReserves", "CommonStock", "DividendDisbursed", "EquityInEarningsOfSubsiduaries", "EstimatedTaxes",
        "Funds", "Healthcare", "InvestmentGrants", "MoneyReceivedAgainstShareWarrants", "OtherFreeReserves",
        "OwnersEquity", "PaidInCapitalOrSurplus", "PartnerContributions", "PartnerDistributions", "PartnersEquity",
        "PersonalExpense", "PersonalIncome", "PreferredStock", "RetainedEarnings",
        "ShareApplicationMoneyPendingAllotment", "ShareCapital", "TreasuryStock",
    ),
}  # fmt: skip
LONG_NUMBERS, NUMBER_LIMIT, LONG_NUMBER_LIMIT = ("AU", "CA"), 7, 20
SYSTEM_ACCOUNTS = {
    "AccountsReceivable",
    "AccountsPayable",
    "UndepositedFunds",
    "RetainedEarnings",
    "OpeningBalanceEquity",
}
OPENING = ("OpenBalance", "OpeningBalance")
TAX_ACCOUNTS = {"SalesTaxPayable", "GlobalTaxPayable"}
NAMES_ACCOUNTS = {"Accounts Receivable", "Accounts Payable"}


def account(change: Change) -> None:
    """The chart of accounts: type and sub-type belong together, system accounts stay."""
    new, books = change.new, change.books
    kind, subtype = new.get("AccountType"), new.get("AccountSubType")
    if change.old is not None and "AccountType" in change.given and "AccountSubType" not in change.given:
        subtype = subtype if kind == change.old["AccountType"] else None
    if kind is None:
        kind = next((name for name, subtypes in SUBTYPES.items() if subtype in subtypes), None)
    if kind not in CLASSIFICATION or (subtype and subtype not in SUBTYPES[kind]):
        raise faults.validation(
            "6010",
            "Invalid Account.AccountType && Account.SubType",
            f"Account type {new.get('AccountType')} and sub-type {subtype} do not belong together",
        )
    new["AccountType"], new["Classification"] = kind, CLASSIFICATION[kind]
    new["AccountSubType"] = subtype or SUBTYPES[kind][0]
    if change.old is not None and _type(new) != _type(change.old):
        _retype(change, change.old)
    _opening(change)
    _number(change)
    if change.was.get("Active", False) and not new["Active"] and new["AccountSubType"] in SYSTEM_ACCOUNTS:
        raise faults.business("This account is used by QuickBooks and cannot be made inactive.")
    follow_parent(change, "SubAccount")
    if new["SubAccount"]:
        _below(books, new)
    new.setdefault("CurrentBalance", 0)
    new.setdefault("CurrentBalanceWithSubAccounts", 0)
    currency(books, new)
    set_active(change, "Name", ("Account",))
    unique_among_siblings(change)
    qualify(change, "Name")


def _opening(change: Change) -> None:
    """An opening balance needs its date (6060), which must be open; it is written once, when an account is made."""
    new = change.new
    opening, day = _opening_balance(change), new.pop("OpenBalanceDate", None)
    for name in OPENING:
        new.pop(name, None)
    if opening and not day:
        raise faults.validation(
            "6060", "Account.OpenBalanceDate must be specified with Account.OpenBalance",
            "Account.OpenBalanceDate must be specified with Account.OpenBalance", "OpenBalanceDate",
        )  # fmt: skip
    if opening and change.old is None:
        check_period(change.books, {"TxnDate": day})


def _opening_balance(change: Change) -> Decimal:
    return next((Decimal(change.given[name]) for name in OPENING if change.given.get(name)), Decimal(0))


def _retype(change: Change, old: Body) -> None:
    """Another type: not for accounts that the books themselves use, and not below the feet of sub-accounts."""
    new, books = change.new, change.books
    if old["AccountSubType"] in SYSTEM_ACCOUNTS | TAX_ACCOUNTS or (
        old["AccountType"] != new["AccountType"] and {old["AccountType"], new["AccountType"]} & NAMES_ACCOUNTS
    ):
        raise faults.business("This account is used by QuickBooks and its type cannot be changed.")
    if old["AccountType"] != new["AccountType"] and _has_sub_accounts(books, new["Id"]):
        raise faults.business("The type of an account with sub-accounts cannot be changed.")
    if old["Classification"] != new["Classification"]:
        reclassify(books, old, new)


def _has_sub_accounts(books: Books, account_id: str) -> bool:
    found = books.connection.execute(
        "SELECT 1 FROM entities WHERE realm = ? AND type = 'Account' AND deleted = 0 "
        "AND json_extract(body, '$.ParentRef.value') = ?",
        (books.realm, account_id),
    ).fetchone()
    return found is not None


def _type(body: Body) -> tuple[str, str]:
    return body["AccountType"], body["AccountSubType"]


def _below(books: Books, new: Body) -> None:
    """System accounts are nobody's sub-account, and a sub-account has the type of its parent."""
    if new["AccountSubType"] in SYSTEM_ACCOUNTS:
        raise faults.business("This account is used by QuickBooks and cannot be a sub-account.")
    parent = books.get("Account", new["ParentRef"]["value"])
    if parent is not None and parent["AccountType"] != new["AccountType"]:
        raise faults.validation(
            "700", "Parent reference invalid", "A sub-account must have the type of its parent", "ParentRef"
        )


def _number(change: Change) -> None:
    """Account numbers: seven characters, 20 in Australia and Canada, no colon; unique where the company uses them."""
    number = change.new.get("AcctNum")
    if not number:
        return
    country = (change.books.get("CompanyInfo", "1") or {}).get("Country")
    limit = LONG_NUMBER_LIMIT if country in LONG_NUMBERS else NUMBER_LIMIT
    if len(number) > limit:
        raise faults.bad_length("AcctNum", limit, len(number))
    if ":" in number:
        raise faults.bad_string("AcctNum", "an account number cannot contain a colon")
    if number == change.was.get("AcctNum") or not change.books.preference("AccountingInfoPrefs", "UseAccountNumbers"):
        return
    for other in change.books.all("Account"):
        if other.get("AcctNum", "").casefold() == number.casefold() and other["Id"] != change.new.get("Id"):
            raise faults.validation(
                "6240",
                "Duplicate Name Exists Error",
                "The name supplied already exists. : Another account is already using this number. Please use a "
                f"different number. Id={other['Id']}",
            )


def written(change: Change) -> None:
    """After a write: sub-accounts carry the name, and the balance goes where the account goes."""
    requalify_children(change)
    if change.old is None:
        debit = opening_debit(change.new, _opening_balance(change))
        post(change.books, change.new["Id"], debit)
        post(change.books, system_account(change.books, "OpeningBalanceEquity"), -debit)
        return
    before, after = (body.get("ParentRef", {}).get("value", "") for body in (change.old, change.new))
    if before != after:
        with_sub_accounts(change.books, before, -Decimal(change.old["CurrentBalanceWithSubAccounts"]))
        with_sub_accounts(change.books, after, Decimal(change.new["CurrentBalanceWithSubAccounts"]))


BEHAVIOURS: Mapping[str, Behaviour] = {"account": Behaviour(complete=account, written=written)}
