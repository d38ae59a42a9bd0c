"""Tax codes, rates and agencies as objects."""

from collections.abc import Mapping
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.money import plain
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.wire import Body

SALES, PURCHASE = "Sales", "Purchase"
USER, SYSTEM = "USER_DEFINED", "SYSTEM_GENERATED"


def read_only(change: Change) -> None:
    """Tax codes and rates are made by the tax service and by QuickBooks itself."""
    raise faults.unsupported(f"{'create' if change.old is None else 'update'} of {change.entity.name}")


def agency(change: Change) -> None:
    """An agency's name is unique."""
    new = change.new
    for _, other in change.books.find(("TaxAgency",), new["DisplayName"]):
        if other["Id"] != new.get("Id"):
            raise _taken("agency")
    new.setdefault("TaxAgencyConfig", USER)


def create_code(books: Books, given: Body) -> Body:
    """Make a tax code from a clean TaxService body, with the rates it brings; the answer names every id.

    Faults: 2020 and 2500 for what is missing or unknown, 6240 for a name that is taken, 6470 for a rate out of range or
    twice on one side.
    """
    name, details = given.get("TaxCode"), given.get("TaxRateDetails") or []
    if not name:
        raise faults.missing("TaxCode")
    if not details:
        raise faults.missing("TaxRateDetails")
    if books.find(("TaxCode",), name):
        raise _taken("code")
    sides: dict[str, list[Body]] = {SALES: [], PURCHASE: []}
    answers: list[Body] = []
    for detail in details:
        rate = _existing(books, detail["TaxRateId"]) if detail.get("TaxRateId") else _new_rate(books, detail)
        side = detail.get("TaxApplicableOn") or SALES
        if any(part["TaxRateRef"]["value"] == rate["Id"] for part in sides[side]):
            raise faults.validation(
                "6470", "TaxRate error", f"The rate {rate['Name']} is in the code twice", "TaxRateId"
            )
        sides[side].append(applied(rate))
        answers.append(
            {
                "TaxRateName": rate["Name"], "TaxRateId": rate["Id"], "RateValue": rate["RateValue"],
                "TaxAgencyId": rate["AgencyRef"]["value"], "TaxApplicableOn": side,
            }
        )  # fmt: skip
    code = make_code(books, name, sides[SALES], sides[PURCHASE])
    return {"TaxCode": name, "TaxCodeId": code["Id"], "TaxRateDetails": answers}


def applied(rate: Body, to: str = "TaxOnAmount", order: int = 0) -> Body:
    """A rate as a part of a tax code."""
    return {
        "TaxRateRef": {"value": rate["Id"], "name": rate["Name"]},
        "TaxTypeApplicable": to,
        "TaxOrder": order,
    }


def make_code(books: Books, name: str, sales: list[Body], purchase: list[Body], made_by: str = USER) -> Body:
    """Write a tax code of these parts."""
    code: Body = {
        "Name": name, "Description": name, "Active": True, "Hidden": False, "Taxable": True, "TaxGroup": True,
        "TaxCodeConfigType": made_by, "SalesTaxRateList": {"TaxRateDetail": sales},
        "PurchaseTaxRateList": {"TaxRateDetail": purchase},
    }  # fmt: skip
    books.put("TaxCode", code)
    return code


def make_rate(books: Books, name: str, percent: Decimal, agency_id: str, since: str = "1970-01-01") -> Body:
    """Write a tax rate of an agency that holds since a day."""
    value = plain(percent)
    rate: Body = {
        "Name": name, "Description": name, "Active": True, "RateValue": value, "AgencyRef": {"value": agency_id},
        "SpecialTaxType": "NONE", "DisplayType": "ReadOnly",
        "EffectiveTaxRate": [{"RateValue": value, "EffectiveDate": since}],
    }  # fmt: skip
    books.put("TaxRate", rate)
    return rate


def _existing(books: Books, rate_id: str) -> Body:
    rate = books.get("TaxRate", rate_id)
    if rate is None:
        raise faults.bad_reference(f"TaxRate element id {rate_id} not found")
    return rate


def _new_rate(books: Books, detail: Body) -> Body:
    for name in ("TaxRateName", "RateValue", "TaxAgencyId"):
        if detail.get(name) is None:
            raise faults.missing(f"TaxRateDetails.{name}")
    percent = Decimal(detail["RateValue"])
    if not 0 <= percent <= 100:
        raise faults.validation(
            "6470", "TaxRate error", f"A tax rate is between 0 and 100 percent. Supplied value:{percent:f}", "RateValue"
        )
    if books.find(("TaxRate",), detail["TaxRateName"]):
        raise _taken("rate")
    if books.get("TaxAgency", detail["TaxAgencyId"]) is None:
        raise faults.bad_reference(f"TaxAgency element id {detail['TaxAgencyId']} not found")
    return make_rate(books, detail["TaxRateName"], percent, detail["TaxAgencyId"])


def _taken(what: str) -> faults.Fault:
    """6240 as the tax service says it; its sentence speaks of rates, of codes too."""
    word = "agency" if what == "agency" else "rate"
    return faults.validation(
        "6240",
        "Duplicate Name Exists Error",
        f"The name supplied already exists. : Another tax {word} is already using this name. "
        "Please use a different name.",
    )


BEHAVIOURS: Mapping[str, Behaviour] = {
    "tax list": Behaviour(complete=read_only),
    "tax agency": Behaviour(complete=agency),
}
