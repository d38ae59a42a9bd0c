"""Which of QuickBooks' ways of taxing a company uses."""

from enum import Enum

from qbo_emulator.books import Books


class Regime(Enum):
    """OFF: no sales tax. UNFINISHED: Automated Sales Tax that was never set up, which computes nothing.

    CLASSIC: one tax code for a transaction. AUTOMATED: by addresses. ABROAD: a tax code on every line.
    """

    OFF = "off"
    UNFINISHED = "unfinished"
    CLASSIC = "classic"
    AUTOMATED = "automated"
    ABROAD = "abroad"


def abroad(books: Books) -> bool:
    """Whether the company is outside the United States."""
    return str((books.get("CompanyInfo", "1") or {}).get("Country", "US")) != "US"


def regime(books: Books) -> Regime:
    """The way of this company, as its preferences stand now (fact sheet, section 5.10)."""
    if not books.preference("TaxPrefs", "UsingSalesTax"):
        return Regime.OFF
    if abroad(books):
        return Regime.ABROAD
    partner = books.preference("TaxPrefs", "PartnerTaxEnabled")
    if partner is None:
        return Regime.CLASSIC
    return Regime.AUTOMATED if partner else Regime.UNFINISHED
