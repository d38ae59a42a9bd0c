"""Currencies that the emulator knows, and its market, on which rates never move."""

from decimal import ROUND_HALF_UP, Decimal

from qbo_emulator.money import plain

CURRENCIES = {
    "USD": "United States Dollar", "CAD": "Canadian Dollar", "EUR": "Euro", "GBP": "British Pound Sterling",
    "AUD": "Australian Dollar", "NZD": "New Zealand Dollar", "JPY": "Japanese Yen", "CHF": "Swiss Franc",
    "SEK": "Swedish Krona", "NOK": "Norwegian Krone", "DKK": "Danish Krone", "PLN": "Polish Zloty",
    "CZK": "Czech Koruna", "MXN": "Mexican Peso", "BRL": "Brazilian Real", "CLP": "Chilean Peso",
    "CNY": "Chinese Yuan", "HKD": "Hong Kong Dollar", "SGD": "Singapore Dollar", "KRW": "South Korean Won",
    "INR": "Indian Rupee", "ZAR": "South African Rand",
}  # fmt: skip
WITHOUT_CENTS = frozenset({"JPY", "KRW", "CLP"})
_DOLLARS = {
    "USD": "1", "CAD": "0.73", "EUR": "1.10", "GBP": "1.28", "AUD": "0.66", "NZD": "0.61", "JPY": "0.0067",
    "CHF": "1.14", "SEK": "0.096", "NOK": "0.094", "DKK": "0.147", "PLN": "0.25", "CZK": "0.043", "MXN": "0.054",
    "BRL": "0.18", "CLP": "0.00105", "CNY": "0.138", "HKD": "0.128", "SGD": "0.75", "KRW": "0.00072", "INR": "0.0119",
    "ZAR": "0.055",
}  # fmt: skip


def market_rate(source: str, home: str) -> Decimal:
    """Units of home for one of source, with seven decimals at most."""
    rate = Decimal(_DOLLARS[source]) / Decimal(_DOLLARS[home])
    return plain(rate.quantize(Decimal("0.0000001"), rounding=ROUND_HALF_UP))
