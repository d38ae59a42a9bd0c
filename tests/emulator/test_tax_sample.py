"""The sample companies with sales tax stand behind the first two, which know nothing of it."""

from decimal import Decimal
from typing import Any

import pytest

from qbo_emulator.testing import RunningEmulator


def books_of(emulator: RunningEmulator, position: int) -> dict[str, Any]:
    return emulator.books(emulator.realms()[position])


def test_there_are_five_companies_and_the_first_two_charge_no_tax(emulator):
    assert [realm[-2:] for realm in emulator.realms()] == ["11", "22", "33", "44", "55"]
    for position in (0, 1):
        books = books_of(emulator, position)
        assert books["Preferences"]["TaxPrefs"] == {"UsingSalesTax": False, "PartnerTaxEnabled": False}
        assert books["TaxCode"] == books["TaxRate"] == books["TaxAgency"] == books["CompanyCurrency"] == []
        assert all(invoice["TxnTaxDetail"] == {"TotalTax": 0} for invoice in books["Invoice"])


@pytest.mark.parametrize(
    ("position", "country", "partner", "totals"),
    [(2, "US", True, ["506.76", "219.80"]), (3, "US", None, ["231.92", "459.00"]), (4, "CA", None, ["232.96", "420"])],
)
def test_each_of_the_others_taxes_in_its_own_way(emulator, position, country, partner, totals):
    books = books_of(emulator, position)
    assert books["CompanyInfo"]["Country"] == country
    assert books["Preferences"]["TaxPrefs"].get("PartnerTaxEnabled") is partner
    assert [invoice["TotalAmt"] for invoice in books["Invoice"]] == [Decimal(total) for total in totals]
    assert {item["Taxable"] for item in books["Item"] if item["Active"]} == {True, False}


@pytest.mark.parametrize("position", [2, 3, 4])
def test_their_books_agree(emulator, position):
    books = books_of(emulator, position)
    accounts = {account["AccountSubType"]: account["CurrentBalance"] for account in books["Account"]}
    home = [invoice.get("HomeBalance", invoice["Balance"]) for invoice in books["Invoice"]]
    assert accounts["AccountsReceivable"] == sum(home)
    owed = sum(Decimal(invoice["TxnTaxDetail"]["TotalTax"]) for invoice in books["Invoice"])
    assert accounts.get("SalesTaxPayable", accounts.get("GlobalTaxPayable")) == owed
    for customer in books["Customer"]:
        mine = [row["Balance"] for row in books["Invoice"] if row["CustomerRef"]["value"] == customer["Id"]]
        assert customer["Balance"] == sum(mine)


@pytest.mark.parametrize("position", [2, 3, 4])
def test_an_empty_company_has_its_taxes_and_nobody_to_tax(emulator, position):
    emulator.reset("empty")
    books = books_of(emulator, position)
    assert books["Customer"] == books["Vendor"] == books["Item"] == books["Invoice"] == []
    assert books["Preferences"]["TaxPrefs"]["UsingSalesTax"] is True
