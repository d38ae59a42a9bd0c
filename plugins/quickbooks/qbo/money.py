"""Amounts as QuickBooks counts them: Decimal, rounded half up to the currency's smallest unit."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

# ISO 4217; every currency that is not named here has two decimals.
_NO_DECIMALS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())  # noqa: SIM905  # a list of codes reads better as words
_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())  # noqa: SIM905  # a list of codes reads better as words
# Wide enough that a product of two database numbers is exact before it is rounded once.
_EXACT = Context(prec=100, rounding=ROUND_HALF_UP)


def decimals_of(currency: str) -> int:
    """How many decimals the currency's smallest unit has: 0, 2 or 3 (ISO 4217 code, such as "USD")."""
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount rounded half up (away from zero) to the currency's smallest unit, with exactly its decimals."""
    return amount.quantize(Decimal(1).scaleb(-decimals_of(currency)), context=_EXACT)


def line_amount(quantity: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """Quantity times unit price, rounded once. QuickBooks refuses a line whose Amount differs from it (code 6070)."""
    return rounded(_EXACT.multiply(quantity, unit_price), currency)
