"""Currencies of the company and exchange rates."""

from qbo_emulator.tables.fields import Field
from qbo_emulator.tables.rows import BOOLEAN, DATE, NUMBER
from qbo_emulator.tables.schema import Entity, read_only

COMPANY_CURRENCY = Entity(
    "CompanyCurrency",
    rules="company currency",
    lenient=True,
    id_space="company currency",
    name_field="Code",
    fields=(
        Field("Code", limit=3, required=True, query=True, sort=True, sticky=True),
        Field("Name", limit=100, query=True),
        Field("Active", BOOLEAN, query=True, default=True, sticky=True),
        *read_only("CustomField"),
    ),
)
EXCHANGE_RATE = Entity(
    "ExchangeRate",
    rules="exchange rate",
    id_space="exchange rate",
    name_field="SourceCurrencyCode",
    fields=(
        Field("SourceCurrencyCode", limit=3, required=True, query=True, sort=True),
        Field("TargetCurrencyCode", limit=3, query=True),
        Field("Rate", NUMBER, query=True),
        Field("AsOfDate", DATE, query=True, sort=True),
        *read_only("CustomField"),
    ),
)

TABLES: tuple[Entity, ...] = (COMPANY_CURRENCY, EXCHANGE_RATE)
