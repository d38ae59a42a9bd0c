"""Automated Sales Tax: the place of a sale decides on its tax code (fact sheet, section 6.2).

The code, its rates and their agency are made when a place is met for the first time.
"""

from dataclasses import dataclass

from qbo_emulator.books import Books
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.tax.jurisdictions import Levy, State, city_of, levies, state_of
from qbo_emulator.rules.tax.lists import SYSTEM, applied, make_code, make_rate
from qbo_emulator.wire import Body

_FIRST_DAY = "2017-11-10"
_HOME = frozenset({"", "us", "usa", "united states", "united states of america"})


@dataclass(frozen=True)
class Place:
    """A state, and the city in it where that adds rates of its own."""

    state: State
    city: str | None


def place_of_sale(change: Change, customer: Body) -> Place | None:
    """Where a sale is taxed; None where the company has no nexus.

    That is where it is shipped to: ShipAddr (of a new document also the customer's), else the company's address. In a
    state that taxes by origin it is where the seller is (ShipFromAddr, else the company's legal address).
    """
    seller = _company(change.books)
    to = change.new.get("ShipAddr")
    if not to and change.old is None:
        to = customer.get("ShipAddr")
    destination = _place(to if _says_where(to) else seller)
    given = change.new.get("ShipFromAddr")
    source = _place(given if _says_where(given) else seller)
    if destination is not None and source is not None and destination.state is source.state:
        return source if source.state.by_origin else destination
    return destination


def taxes_shipping(change: Change, customer: Body) -> bool:
    """Whether the place of a sale taxes its shipping."""
    place = place_of_sale(change, customer)
    return place is not None and place.state.shipping


def code_of(books: Books, place: Place) -> Body:
    """The tax code of a place."""
    name = f"{place.city}, {place.state.code}" if place.city else place.state.name
    for _, known in books.find(("TaxCode",), name):
        if known.get("TaxCodeConfigType") == SYSTEM:
            return known
    agency = _agency(books, place.state)
    parts = [applied(_rate(books, levy, agency["Id"])) for levy in levies(place.state, place.city)]
    return make_code(books, name, parts, [], made_by=SYSTEM)


def customer_code(change: Change) -> Body | None:
    """The code at a customer's own address, None without one or without nexus."""
    new = change.new
    address = new.get("ShipAddr") if _says_where(new.get("ShipAddr")) else new.get("BillAddr")
    place = _place(address) if _says_where(address) else None
    return code_of(change.books, place) if place else None


def _agency(books: Books, state: State) -> Body:
    for _, known in books.find(("TaxAgency",), state.agency):
        return known
    agency: Body = {
        "DisplayName": state.agency, "TaxTrackedOnSales": True, "TaxTrackedOnPurchases": False,
        "TaxAgencyConfig": SYSTEM,
    }  # fmt: skip
    books.put("TaxAgency", agency)
    return agency


def _rate(books: Books, levy: Levy, agency_id: str) -> Body:
    for _, known in books.find(("TaxRate",), levy.name):
        if known["AgencyRef"]["value"] == agency_id and known["RateValue"] == levy.percent:
            return known
    return make_rate(books, levy.name, levy.percent, agency_id, since=_FIRST_DAY)


def _company(books: Books) -> Body:
    company = books.get("CompanyInfo", "1") or {}
    address: Body = company.get("LegalAddr") or company.get("CompanyAddr") or {}
    return address


def _says_where(address: Body | None) -> bool:
    """Whether an address says enough to find a place; without a state it does not, unless it is abroad."""
    return bool(address and (address.get("CountrySubDivisionCode") or _is_foreign(address)))


def _is_foreign(address: Body) -> bool:
    return str(address.get("Country", "")).strip().casefold() not in _HOME


def _place(address: Body | None) -> Place | None:
    if not address or _is_foreign(address):
        return None
    state = state_of(str(address.get("CountrySubDivisionCode", "")))
    return None if state is None else Place(state, city_of(state, str(address.get("City", ""))))
