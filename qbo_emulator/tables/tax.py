"""Tax codes, rates and agencies, and what the tax service takes."""

from qbo_emulator.tables.fields import Field
from qbo_emulator.tables.rows import BOOLEAN, DATE, INTEGER, LIST, NUMBER, OBJECT
from qbo_emulator.tables.schema import Entity, read_only, reference

RATE_DETAIL = (
    reference("TaxRateRef"),
    Field("TaxTypeApplicable", choices=("TaxOnAmount", "TaxOnAmountPlusTax", "TaxOnTax")),
    Field("TaxOrder", INTEGER),
)


def _rates(name: str) -> Field:
    return Field(name, OBJECT, java="TaxRateList", fields=(Field("TaxRateDetail", LIST, fields=RATE_DETAIL),))


TAX_CODE = Entity(
    "TaxCode",
    rules="tax list",
    id_space="tax code",
    name_field="Name",
    fields=(
        Field("Name", limit=100, query=True, sort=True),
        Field("Description", limit=100, query=True),
        Field("Active", BOOLEAN, query=True, default=True, sticky=True),
        Field("Hidden", BOOLEAN),
        Field("Taxable", BOOLEAN, query=True),
        Field("TaxGroup", BOOLEAN, query=True),
        Field("TaxCodeConfigType", choices=("USER_DEFINED", "SYSTEM_GENERATED")),
        _rates("SalesTaxRateList"),
        _rates("PurchaseTaxRateList"),
    ),
)
TAX_RATE = Entity(
    "TaxRate",
    rules="tax list",
    id_space="tax rate",
    name_field="Name",
    fields=(
        Field("Name", limit=100, query=True, sort=True),
        Field("Description", limit=100, query=True),
        Field("Active", BOOLEAN, query=True, default=True, sticky=True),
        Field("RateValue", NUMBER, query=True, sort=True),
        reference("AgencyRef", query=True),
        reference("TaxReturnLineRef"),
        Field(
            "EffectiveTaxRate",
            LIST,
            fields=(Field("RateValue", NUMBER), Field("EffectiveDate", DATE), Field("EndDate", DATE)),
        ),
        Field("SpecialTaxType", limit=40, query=True),
        Field("DisplayType", limit=40),
        *read_only("OriginalTaxRate"),
    ),
)
TAX_AGENCY = Entity(
    "TaxAgency",
    rules="tax agency",
    id_space="tax agency",
    name_field="DisplayName",
    fields=(
        Field("DisplayName", limit=100, required=True, query=True, sort=True),
        Field("TaxRegistrationNumber", limit=100),
        Field("TaxTrackedOnSales", BOOLEAN, default=True, query=True),
        Field("TaxTrackedOnPurchases", BOOLEAN, default=False, query=True),
        *read_only("LastFileDate", "TaxAgencyConfig"),
    ),
)
# The tax service is no entity: it has neither Id nor SyncToken of its own, and nothing is read from it.
TAX_SERVICE = (
    Field("TaxCode", limit=100),
    *read_only("TaxCodeId", "Id"),
    Field(
        "TaxRateDetails",
        LIST,
        java="TaxRateDetails",
        fields=(
            Field("TaxRateName", limit=100),
            Field("TaxRateId", limit=30),
            Field("RateValue", NUMBER),
            Field("TaxAgencyId", limit=30),
            Field("TaxApplicableOn", choices=("Sales", "Purchase")),
        ),
    ),
)

TABLES: tuple[Entity, ...] = (TAX_CODE, TAX_RATE, TAX_AGENCY)
