"""States and figures in the words that the pages use."""

from decimal import Decimal
from typing import Any

from flask import g

from qbo_emulator.rules.market import WITHOUT_CENTS
from qbo_emulator.wire import Body, dumps

SIGNS = {"USD": "$", "CAD": "CA$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def live_in(currency: str) -> None:
    """Tell money which currency is the company's own on the page at hand."""
    g.home_currency = currency


def money(value: Any, currency: Any = None) -> str:
    """An amount with thousands separated, in the currency of a CurrencyRef, in the company's own without one.

    A foreign amount carries its currency's code; a currency without cents has no decimals.
    """
    return _figure(Decimal(value or 0), currency, exact=False)


def price(value: Any, currency: Any = None) -> str:
    """A price with every decimal that it has: $59.955."""
    return _figure(Decimal(value or 0), currency, exact=True)


def _figure(amount: Decimal, currency: Any, exact: bool) -> str:
    home = g.get("home_currency", "USD")
    code = currency["value"] if isinstance(currency, dict) else home
    has = max(0, -int(amount.normalize().as_tuple().exponent))
    fewest = 0 if code in WITHOUT_CENTS else 2
    sign = SIGNS.get(code, "" if code != home else f"{code} ")
    figure = f"{'-' if amount < 0 else ''}{sign}{abs(amount):,.{max(fewest, has) if exact else fewest}f}"
    return figure if code == home else f"{figure} {code}"


def is_voided(body: Body) -> bool:
    """Whether a transaction was voided: nothing else says so than its amount and its note."""
    return not Decimal(body.get("TotalAmt", 0)) and "Voided" in body.get("PrivateNote", "")


def invoice_state(invoice: Body, today: str) -> str:
    """The state of an invoice."""
    balance = Decimal(invoice["Balance"])
    if is_voided(invoice):
        return "Voided"
    if not balance:
        return "Paid"
    partly = balance < Decimal(invoice["TotalAmt"])
    if invoice["DueDate"] < today:
        return "Overdue, partly paid" if partly else "Overdue"
    return "Partly paid" if partly else "Open"


def payment_state(payment: Body) -> str:
    """The state of a payment."""
    if is_voided(payment):
        return "Voided"
    unapplied = Decimal(payment.get("UnappliedAmt", 0))
    if not unapplied:
        return "Applied"
    return "Partly applied" if unapplied < Decimal(payment["TotalAmt"]) else "Unapplied"


def credit_state(credit: Body) -> str:
    """The state of a credit memo."""
    if is_voided(credit):
        return "Voided"
    left = Decimal(credit.get("RemainingCredit", 0))
    if not left:
        return "Used"
    return "Partly used" if left < Decimal(credit["TotalAmt"]) else "Open"


def sentence(text: str) -> str:
    """A text as it begins a line: its first letter is a capital."""
    return text[:1].upper() + text[1:]


def pretty(value: Any, indent: str = "") -> str:
    """JSON with one member a line; numbers exactly as they are on the wire."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        members = (f"{inner}{dumps(str(key))}: {pretty(member, inner)}" for key, member in value.items())
        return "{\n" + ",\n".join(members) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + pretty(member, inner) for member in value) + f"\n{indent}]"
    return dumps(value)
