"""What a company's preferences allow on a sales form, read once when it is connected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Preferences:
    """The preferences that decide how an invoice is built. Without an answer from QuickBooks, the most careful ones."""

    custom_txn_numbers: bool = False
    """Our invoice number is sent; otherwise QuickBooks numbers the invoice."""
    allow_discount: bool = False
    allow_shipping: bool = False
    using_sales_tax: bool = False
    partner_tax: bool = False
    """Automated Sales Tax is set up: QuickBooks computes the tax."""
    multicurrency: bool = False
    home_currency: str = ""
    book_close_date: date | None = None
    """Documents of this day and before are refused."""
    default_term_id: str = ""
    default_discount_account_id: str = ""

    @classmethod
    def from_qbo(cls, answer: Mapping[str, Any]) -> Preferences:
        """From the Preferences entity as QuickBooks returned it."""
        sales = answer.get("SalesFormsPrefs", {})
        currency = answer.get("CurrencyPrefs", {})
        tax = answer.get("TaxPrefs", {})
        closed = answer.get("AccountingInfoPrefs", {}).get("BookCloseDate")
        return cls(
            custom_txn_numbers=bool(sales.get("CustomTxnNumbers")),
            allow_discount=bool(sales.get("AllowDiscount")),
            allow_shipping=bool(sales.get("AllowShipping")),
            using_sales_tax=bool(tax.get("UsingSalesTax")),
            partner_tax=bool(tax.get("PartnerTaxEnabled")),
            multicurrency=bool(currency.get("MultiCurrencyEnabled")),
            home_currency=str(currency.get("HomeCurrency", {}).get("value", "")),
            book_close_date=date.fromisoformat(str(closed)[:10]) if closed else None,
            default_term_id=_ref(sales.get("DefaultTerms")),
            default_discount_account_id=_ref(sales.get("DefaultDiscountAccount")),
        )

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Preferences:
        """From what `to_json` made; members of another version are left out."""
        known = {name: value for name, value in values.items() if name in cls.__dataclass_fields__}
        if known.get("book_close_date"):
            known["book_close_date"] = date.fromisoformat(known["book_close_date"])
        return cls(**known)

    def to_json(self) -> dict[str, Any]:
        """As kept in the database."""
        closed = self.book_close_date
        return {**asdict(self), "book_close_date": closed.isoformat() if closed else None}


def _ref(value: Any) -> str:
    """The id of a reference, which QuickBooks writes as an object or, in some preferences, as plain text."""
    if isinstance(value, Mapping):
        return str(value.get("value", ""))
    return str(value or "")
