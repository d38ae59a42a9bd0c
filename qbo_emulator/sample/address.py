"""Addresses of the sample."""

from qbo_emulator.wire import Body


def address(line: str, city: str, state: str, postal: str, country: str = "USA") -> Body:
    """A postal address, in the United States unless it says otherwise."""
    return {"Line1": line, "City": city, "CountrySubDivisionCode": state, "PostalCode": postal, "Country": country}
