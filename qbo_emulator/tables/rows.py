"""Rows that the tables of several entities share."""

from qbo_emulator.tables.fields import Field, Kind
from qbo_emulator.tables.schema import address, email, phone, read_only, reference

NUMBER, MONEY, INTEGER = Kind.NUMBER, Kind.MONEY, Kind.INTEGER
BOOLEAN, DATE, OBJECT, LIST = Kind.BOOLEAN, Kind.DATE, Kind.OBJECT, Kind.LIST
WEB = Field("WebAddr", OBJECT, java="WebSiteAddress", fields=(Field("URI", limit=1000),))
NAME_VALUE = (Field("Name"), Field("Value"))
PERSON = (
    Field("Title", limit=16),
    Field("GivenName", limit=100, query=True, sort=True),
    Field("MiddleName", limit=100, query=True, sort=True),
    Field("FamilyName", limit=100, query=True, sort=True),
    Field("Suffix", limit=16),
    Field("DisplayName", limit=500, query=True, sort=True, check="name"),
    Field("CompanyName", limit=100, query=True, sort=True),
    Field("PrintOnCheckName", limit=110, query=True),
    Field("Active", BOOLEAN, query=True, default=True, sticky=True),
    email("PrimaryEmailAddr", query=True),
    phone("PrimaryPhone"),
    phone("AlternatePhone"),
    phone("Mobile"),
    phone("Fax"),
    WEB,
    address("BillAddr"),
    reference("CurrencyRef", sticky=True),
    Field("Balance", MONEY, query=True, sort=True),
    *read_only("V4IDPseudonym", "ClientEntityId", "Organization", "UserId", "Source"),
)
