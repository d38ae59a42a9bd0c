"""Tax codes and currencies of the sample companies that have their own."""

from decimal import Decimal

from qbo_emulator.books import Books
from qbo_emulator.rules.tax.lists import applied, make_code, make_rate
from qbo_emulator.sample.setup import create, reference
from qbo_emulator.wire import Body

FOREIGN = ("USD", "EUR", "JPY")


def _agency(books: Books, name: str, purchases: bool = False) -> str:
    made = create(books, "TaxAgency", {"DisplayName": name, "TaxTrackedOnPurchases": purchases})
    return str(made["Id"])


def _use(books: Books, code: Body) -> None:
    """Make a code the company's default."""
    preferences = dict(books.preferences)
    preferences["TaxPrefs"] |= {"TaxGroupCodeRef": reference(code)}
    books.put("Preferences", preferences)


def classic(books: Books) -> None:
    """Codes of a company that sets its own rates, one of them with taxes on taxes."""
    state_agency = _agency(books, "Washington Department of Revenue")
    state = make_rate(books, "WA State", Decimal("6.5"), state_agency)
    city = make_rate(books, "Spokane City", Decimal("2.5"), _agency(books, "City of Spokane"))
    none = make_rate(books, "Out of State", Decimal(0), state_agency)
    tourism = make_rate(books, "Tourism Assessment", Decimal(2), state_agency)
    surcharge = make_rate(books, "Surcharge", Decimal(10), state_agency)
    _use(books, make_code(books, "Spokane", [applied(state), applied(city)], []))
    make_code(books, "Out of State", [applied(none)], [])
    stacked = [applied(state), applied(tourism, "TaxOnAmountPlusTax", 1), applied(surcharge, "TaxOnTax", 2)]
    make_code(books, "Lodging", stacked, [])


def canada(books: Books) -> None:
    """Codes of British Columbia and Ontario, and the currencies of its customers."""
    revenue = _agency(books, "Canada Revenue Agency", purchases=True)
    gst = applied(make_rate(books, "GST", Decimal(5), revenue))
    pst = applied(make_rate(books, "PST BC", Decimal(7), _agency(books, "BC Ministry of Finance")))
    hst = applied(make_rate(books, "HST ON", Decimal(13), revenue))
    zero = applied(make_rate(books, "GST zero-rated", Decimal(0), revenue))
    _use(books, make_code(books, "GST/PST BC", [gst, pst], [gst, pst]))
    make_code(books, "GST", [gst], [gst])
    make_code(books, "HST ON", [hst], [hst])
    make_code(books, "Zero-rated", [zero], [zero])
    for code in FOREIGN:
        create(books, "CompanyCurrency", {"Code": code})
