"""Currencies of names and transactions, the currencies of a company, and exchange rates."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.money import CENT
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.market import CURRENCIES, WITHOUT_CENTS, market_rate
from qbo_emulator.wire import Body

_PARTIES = ("CustomerRef", "VendorRef", "EntityRef")


def home_currency(books: Books) -> str:
    """The code of the company's own currency."""
    return str(books.preferences["CurrencyPrefs"]["HomeCurrency"]["value"])


def is_multicurrency(books: Books) -> bool:
    """Whether the company uses more than its own currency."""
    return bool(books.preference("CurrencyPrefs", "MultiCurrencyEnabled"))


def unit_of(code: str) -> Decimal:
    """The smallest amount of a currency: 0.01, or 1 where there are no cents."""
    return Decimal(1) if code in WITHOUT_CENTS else CENT


def currency(books: Books, body: Body) -> None:
    """Fill in CurrencyRef, and in a company with several currencies the ExchangeRate of a transaction.

    Faults: 2220 for an unknown code; 6000 for one that the company does not use, that changes on a name, or that is
    not the one of the transaction's name; 2020 where the name is foreign and the transaction says nothing.
    """
    home, given = home_currency(books), (body.get("CurrencyRef") or {}).get("value")
    if given is not None:
        known_code(given)
    if not is_multicurrency(books):
        if given not in (None, home):
            raise faults.business("You can't use a foreign currency because multicurrency is off.")
        body.pop("ExchangeRate", None)
        code = home
    else:
        code = _code(books, body, given, home)
    body["CurrencyRef"] = {"value": code, "name": CURRENCIES[code]}
    if is_multicurrency(books) and "TxnDate" in body:
        body["ExchangeRate"] = _exchange_rate(books, body, code, home)


def known_code(code: str) -> str:
    """The code itself; fault 2220 when there is no such currency."""
    if code not in CURRENCIES:
        raise faults.validation(
            "2220", "Invalid Currency Type", f"Invalid Currency Type. Supplied value:{code[:40]}", "CurrencyRef"
        )
    return code


def active_codes(books: Books) -> list[str]:
    """The foreign currencies that the company uses."""
    return [str(row["Code"]) for row in books.all("CompanyCurrency") if row.get("Active", True)]


def _code(books: Books, body: Body, given: str | None, home: str) -> str:
    if "DisplayName" in body:
        code, before = given or home, _before(books, body)
        if before is not None and before != code:
            raise faults.business("The currency of a customer or vendor can't be changed.")
        kept = before == code
    else:
        party = _party_currency(books, body, home)
        if given is None and party not in (None, home):
            raise faults.missing("CurrencyRef")
        code, kept = given or home, False
        if party is not None and party != code:
            raise faults.business(f"The currency of this transaction must be {party}, the currency of its name.")
    if code != home and not kept and code not in active_codes(books):
        raise faults.business(f"The currency {code} isn't one of the company's currencies. Add it first.")
    return code


def _before(books: Books, body: Body) -> str | None:
    """The currency of a customer or vendor as it is in the books."""
    object_id = str(body.get("Id", ""))
    found = books.get("Customer", object_id) or books.get("Vendor", object_id)
    return str(found["CurrencyRef"]["value"]) if found else None


def _party_currency(books: Books, body: Body, home: str) -> str | None:
    for reference in _PARTIES:
        object_id = (body.get(reference) or {}).get("value")
        for kind in ("Customer", "Vendor"):
            if object_id and (found := books.get(kind, object_id)) is not None:
                return str((found.get("CurrencyRef") or {}).get("value", home))
    return None


def _exchange_rate(books: Books, body: Body, code: str, home: str) -> Decimal | int:
    """The rate that was given; that of the day for none, and for 1, which python-quickbooks sends with everything."""
    if code == home:
        return 1
    given = Decimal(body.get("ExchangeRate") or 0)
    if given < 0:
        raise faults.validation("2090", "Invalid Number", f"Invalid Number : {given:f}", "ExchangeRate")
    return given if given not in (0, 1) else rate_of(books, code, body["TxnDate"])


def rate_of(books: Books, code: str, day: str) -> Decimal:
    """Units of the home currency for one of a currency on a day: as it was set for that day, else the market's."""
    found = set_rate(books, code, day)
    return Decimal(found["Rate"]) if found is not None else market_rate(code, home_currency(books))


def set_rate(books: Books, code: str, day: str) -> Body | None:
    """The rate that somebody set for a day."""
    return next((row for _, row in books.find(("ExchangeRate",), code) if row["AsOfDate"] == day), None)


def exchange_rate(books: Books, code: str, day: str) -> Body:
    """The rate of a day as an object of the API, which has no Id."""
    row = set_rate(books, code, day) or {}
    stamp = (row or books.get("CompanyInfo", "1") or {}).get("MetaData", {}).get("LastUpdatedTime", "")
    return {
        "SourceCurrencyCode": code, "TargetCurrencyCode": home_currency(books), "Rate": rate_of(books, code, day),
        "AsOfDate": day, "domain": "QBO", "sparse": False, "SyncToken": row.get("SyncToken", "0"),
        "MetaData": {"LastUpdatedTime": stamp},
    }  # fmt: skip


def shown_rate(books: Books, body: Body) -> Body:
    """A rate that was set, as the API shows it."""
    return exchange_rate(books, body["SourceCurrencyCode"], body["AsOfDate"])


def company_currency(change: Change) -> None:
    """A currency that the company uses besides its own; its code stays (fault 6000), and is there once (6240)."""
    books, new, old = change.books, change.new, change.old
    _need_multicurrency(books)
    code = known_code(str(new["Code"]).upper())
    new["Code"] = code
    if old is not None and old["Code"] != code:
        raise faults.business("The code of a currency can't be changed.")
    if code == home_currency(books):
        raise faults.business(f"{code} is the home currency of the company.")
    if any(other["Id"] != new.get("Id") for _, other in books.find(("CompanyCurrency",), code)):
        raise faults.validation(
            "6240", "Duplicate Name Exists Error", "The name supplied already exists. : The currency is there already."
        )
    new["Name"] = CURRENCIES[code]


def new_rate(change: Change) -> None:
    """Set the rate of a currency for a day, today without one. A second one for the same day takes its place."""
    books, new = change.books, change.new
    _need_multicurrency(books)
    code = known_code(str(new["SourceCurrencyCode"]).upper())
    home = home_currency(books)
    if code == home or new.get("TargetCurrencyCode", home) != home:
        raise faults.business(f"An exchange rate is from a foreign currency to {home}.")
    rate = Decimal(new.get("Rate") or 0)
    if rate <= 0:
        raise faults.validation("2090", "Invalid Number", f"Invalid Number : {rate:f}", "Rate")
    new["SourceCurrencyCode"], new["TargetCurrencyCode"] = code, home
    day = new.setdefault("AsOfDate", books.today.isoformat())
    date.fromisoformat(day)
    earlier = set_rate(books, code, day)
    if earlier is not None:
        new |= {name: earlier[name] for name in ("Id", "SyncToken", "MetaData")}


def _need_multicurrency(books: Books) -> None:
    if not is_multicurrency(books):
        raise faults.validation("5030", "Feature Not Supported", "Multicurrency is off in this company")


BEHAVIOURS: Mapping[str, Behaviour] = {
    "company currency": Behaviour(complete=company_currency),
    "exchange rate": Behaviour(complete=new_rate, shown=shown_rate),
}
