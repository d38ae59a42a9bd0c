"""Tax codes, rates and agencies: the tax service, reads and queries (fact sheet, section 5.8)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from intuitlib.client import AuthClient
from quickbooks import QuickBooks
from quickbooks.exceptions import QuickbooksException
from quickbooks.objects.taxagency import TaxAgency
from quickbooks.objects.taxcode import TaxCode
from quickbooks.objects.taxrate import TaxRate
from quickbooks.objects.taxservice import TaxRateDetails, TaxService

from qbo_emulator.testing import RunningEmulator
from tests.emulator.conftest import RawClient, error_of
from tests.emulator.taxed import Company, exact, taxes

REALM = "4620816365000000044"


@pytest.fixture
def kettle(emulator: RunningEmulator) -> Iterator[Company]:
    """A US company with tax codes of its own."""
    client = Company(emulator, REALM)
    yield client
    client.session.close()


@pytest.fixture
def qb(emulator: RunningEmulator, auth: AuthClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[QuickBooks]:
    """python-quickbooks, connected to it."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    connection = emulator.connection(REALM)
    auth.access_token, auth.refresh_token = connection["access_token"], connection["refresh_token"]
    client = QuickBooks(auth_client=auth, refresh_token=auth.refresh_token, company_id=REALM, minorversion=75,
                        use_decimal=True)  # fmt: skip
    client.api_url_v3 = client.sandbox_api_url_v3 = emulator.api_url
    yield client
    client.session.close()


def rate(agency: str, **members: Any) -> dict[str, Any]:
    return {"TaxRateName": "Yakima State", "RateValue": "6.5", "TaxAgencyId": agency, **members}


def test_a_code_is_made_with_its_rates_and_the_answer_is_bare(kettle):
    agency = kettle.first("TaxAgency")["Id"]
    details = [rate(agency), rate(agency, TaxRateName="Yakima City", RateValue=1.8, TaxApplicableOn="Sales")]
    answer = kettle.post("taxservice/taxcode", {"TaxCode": "Yakima", "TaxRateDetails": details})
    assert answer.status_code == 200
    made = answer.json()
    assert set(made) == {"TaxCode", "TaxCodeId", "TaxRateDetails"}
    assert made["TaxRateDetails"][1] == {
        "TaxRateName": "Yakima City", "TaxRateId": made["TaxRateDetails"][1]["TaxRateId"], "RateValue": 1.8,
        "TaxAgencyId": agency, "TaxApplicableOn": "Sales",
    }  # fmt: skip
    code = kettle.get(f"taxcode/{made['TaxCodeId']}").json()["TaxCode"]
    assert {name: code[name] for name in ("Name", "Description", "Active", "Taxable", "TaxGroup", "Hidden")} == {
        "Name": "Yakima", "Description": "Yakima", "Active": True, "Taxable": True, "TaxGroup": True, "Hidden": False,
    }  # fmt: skip
    assert (code["TaxCodeConfigType"], code["PurchaseTaxRateList"]) == ("USER_DEFINED", {"TaxRateDetail": []})
    assert code["SalesTaxRateList"]["TaxRateDetail"][0] == {
        "TaxRateRef": {"value": made["TaxRateDetails"][0]["TaxRateId"], "name": "Yakima State"},
        "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0,
    }  # fmt: skip
    reference = {"TxnTaxCodeRef": {"value": code["Id"]}}
    invoice = kettle.bill("Riverbend Inn", kettle.sold("Cast Iron Pan", 100), TxnTaxDetail=reference)
    assert taxes(invoice) == exact(("6.5", "100", "6.5"), ("1.8", "100", "1.8"))


def test_a_rate_carries_what_the_api_says_about_it(kettle):
    agency = kettle.named("TaxAgency", "City of Spokane")["Id"]
    found = kettle.named("TaxRate", "Spokane City")
    assert kettle.get(f"taxrate/{found['Id']}").json()["TaxRate"] == found
    assert {name: found[name] for name in ("RateValue", "AgencyRef", "SpecialTaxType", "Active")} == {
        "RateValue": 2.5, "AgencyRef": {"value": agency}, "SpecialTaxType": "NONE", "Active": True,
    }  # fmt: skip
    (period,) = found["EffectiveTaxRate"]
    assert period["RateValue"] == 2.5
    assert kettle.query("SELECT count(*) FROM TaxRate WHERE RateValue > 2").json()["QueryResponse"]["totalCount"] == 3


def test_a_code_may_use_rates_that_are_there(kettle):
    known = kettle.named("TaxRate", "WA State")["Id"]
    body = {"TaxCode": "State only", "TaxRateDetails": [{"TaxRateId": known}]}
    made = kettle.post("taxservice/taxcode", body).json()
    assert made["TaxRateDetails"][0]["TaxRateId"] == known
    assert len(kettle.rows("SELECT * FROM TaxRate")) == 5


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"TaxRateDetails": [{"TaxRateId": "1"}]}, "2020"),
        ({"TaxCode": "New"}, "2020"),
        ({"TaxCode": "New", "TaxRateDetails": []}, "2020"),
        ({"TaxCode": "New", "TaxRateDetails": [{"TaxRateName": "x", "TaxAgencyId": "1"}]}, "2020"),
        ({"TaxCode": "New", "TaxRateDetails": [{"RateValue": 1, "TaxAgencyId": "1"}]}, "2020"),
        ({"TaxCode": "New", "TaxRateDetails": [{"TaxRateName": "x", "RateValue": 1}]}, "2020"),
        ({"TaxCode": "New", "TaxRateDetails": [{"TaxRateId": "99"}]}, "2500"),
        ({"TaxCode": "New", "TaxRateDetails": [rate("99")]}, "2500"),
        ({"TaxCode": "New", "TaxRateDetails": [{"TaxRateId": "1"}, {"TaxRateId": "1"}]}, "6470"),
        ({"TaxCode": "New", "TaxRateDetails": [rate("1", RateValue=-1)]}, "6470"),
        ({"TaxCode": "New", "TaxRateDetails": [rate("1", RateValue=101)]}, "6470"),
        ({"TaxCode": "New", "TaxRateDetails": [rate("1", TaxApplicableOn="Mondays")]}, "2170"),
        ({"TaxCode": "n" * 101, "TaxRateDetails": [{"TaxRateId": "1"}]}, "2050"),
        ({"TaxCode": "New", "TaxRateDetails": [{"TaxRateId": "1"}], "Rate": 5}, "2010"),
        ({"TaxCode": "spokane", "TaxRateDetails": [{"TaxRateId": "1"}]}, "6240"),
        ({"TaxCode": "New", "TaxRateDetails": [rate("1", TaxRateName="wa state")]}, "6240"),
    ],
)
def test_what_the_tax_service_refuses_leaves_nothing_behind(kettle, body, code):
    error = error_of(kettle.post("taxservice/taxcode", body))
    assert error["code"] == code
    if code == "6240":
        assert "Another tax rate is already using this name" in error["Detail"]
    assert len(kettle.rows("SELECT * FROM TaxRate")) == 5
    assert not kettle.rows("SELECT * FROM TaxCode WHERE Name = 'New'")


def test_a_refused_second_rate_takes_the_first_one_back(kettle):
    details = [rate("1"), rate("1", TaxRateName="Yakima City", RateValue=500)]
    assert (
        error_of(kettle.post("taxservice/taxcode", {"TaxCode": "Yakima", "TaxRateDetails": details}))["code"] == "6470"
    )
    assert not kettle.rows("SELECT * FROM TaxRate WHERE Name = 'Yakima State'")


def test_a_request_id_replays_the_bare_answer(kettle):
    body = {"TaxCode": "Once", "TaxRateDetails": [{"TaxRateId": "1"}]}
    first = kettle.post("taxservice/taxcode", body, requestid="one")
    again = kettle.post("taxservice/taxcode", body, requestid="one")
    assert (first.status_code, again.json()) == (200, first.json())


def test_other_paths_of_the_tax_service_do_not_exist(kettle):
    assert error_of(kettle.post("taxservice", {}))["code"] == "500"
    assert error_of(kettle.post("taxservice/taxrate", {}))["code"] == "500"


@pytest.mark.parametrize("entity", ["TaxCode", "TaxRate"])
def test_codes_and_rates_are_written_by_the_tax_service_only(kettle, entity):
    assert error_of(kettle.post(entity.lower(), {"Name": "By hand"}))["code"] == "500"
    body = {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False}
    assert error_of(kettle.post(entity.lower(), body))["code"] == "500"
    item = {"bId": "1", "operation": "create", entity: {"Name": "By hand"}}
    (answer,) = kettle.post("batch", {"BatchItemRequest": [item]}).json()["BatchItemResponse"]
    assert answer["Fault"]["Error"][0]["code"] == "500"


def test_an_agency_needs_a_name_of_its_own(kettle):
    made = kettle.create("TaxAgency", {"DisplayName": "Yakima Revenue"})
    assert (made["TaxTrackedOnSales"], made["TaxTrackedOnPurchases"]) == (True, False)
    assert kettle.named("TaxAgency", "Yakima Revenue")["Id"] == made["Id"]
    assert error_of(kettle.post("taxagency", {}))["code"] == "2020"
    assert error_of(kettle.post("taxagency", {"DisplayName": "yakima revenue"}))["code"] == "6240"


def test_us_queries_show_three_codes_that_are_no_objects(qbo: RawClient):
    codes = {code["Id"]: code for code in qbo.rows("SELECT * FROM TaxCode")}
    assert set(codes) == {"TAX", "NON", "CustomSalesTax"}
    for code in codes.values():
        assert set(code) == {"Id", "Name", "Description", "Taxable", "TaxGroup", "MetaData"}
        assert set(code["MetaData"]) == {"CreateTime", "LastUpdatedTime"}
    assert [(codes[name]["Taxable"], codes[name]["TaxGroup"]) for name in ("TAX", "NON", "CustomSalesTax")] == [
        (True, False), (False, False), (True, True),
    ]  # fmt: skip
    for name in ("TAX", "NON"):
        assert qbo.get(f"taxcode/{name}").json()["TaxCode"] == codes[name]
    assert error_of(qbo.get("taxcode/tax"))["code"] == "2030"
    assert error_of(qbo.get("taxcode/1"))["code"] == "610"


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("", ["CustomSalesTax", "Lodging", "NON", "Out of State", "Spokane", "TAX"]),
        ("WHERE Id = 'TAX'", ["TAX"]),
        ("WHERE Id IN ('NON', '1')", ["NON", "Spokane"]),
        ("WHERE Name = 'non'", ["NON"]),
        ("WHERE Name LIKE '%o%'", ["CustomSalesTax", "Lodging", "NON", "Out of State", "Spokane"]),
        ("WHERE Taxable = false", ["NON"]),
        ("WHERE TaxGroup = true", ["CustomSalesTax", "Lodging", "Out of State", "Spokane"]),
        ("WHERE Active = true ORDERBY Name DESC MAXRESULTS 2", ["TAX", "Spokane"]),
        ("STARTPOSITION 5", ["Spokane", "TAX"]),
        ("WHERE Active = false", []),
    ],
)
def test_queries_treat_them_like_the_others(kettle, where, names):
    assert [code["Name"] for code in kettle.rows(f"SELECT * FROM TaxCode {where}")] == names
    if "STARTPOSITION" not in where and "MAXRESULTS" not in where:
        counted = kettle.query(f"SELECT count(*) FROM TaxCode {where}").json()["QueryResponse"]
        assert counted["totalCount"] == len(names)


def test_other_entities_know_no_such_ids(kettle):
    assert kettle.rows("SELECT * FROM TaxRate WHERE Id = 'TAX'") == []


def test_python_quickbooks_makes_codes_and_reads_them(qb):
    agency = TaxAgency()
    agency.DisplayName = "Yakima Revenue"
    agency = agency.save(qb=qb)
    details = TaxRateDetails()
    details.TaxRateName, details.RateValue, details.TaxAgencyId = "Yakima State", Decimal("6.5"), agency.Id
    service = TaxService()
    service.TaxCode, service.TaxRateDetails = "Yakima", [details]
    made = service.save(qb=qb)
    code = TaxCode.get(made.TaxCodeId, qb=qb)
    assert (str(code), code.Active) == ("Yakima", True)
    found = TaxRate.get(code.SalesTaxRateList.TaxRateDetail[0].TaxRateRef.value, qb=qb)
    assert (found.RateValue, found.AgencyRef.value) == (Decimal("6.5"), agency.Id)
    assert {code.Id for code in TaxCode.all(qb=qb)} >= {"TAX", "NON", "CustomSalesTax", made.TaxCodeId}
    assert [str(one) for one in TaxAgency.filter(DisplayName="Yakima Revenue", qb=qb)] == ["Yakima Revenue"]
    with pytest.raises(QuickbooksException) as refused:
        service.save(qb=qb)
    assert refused.value.error_code == 6240


def test_the_empty_company_keeps_its_codes_and_nothing_else(emulator):
    emulator.reset("empty")
    client = Company(emulator, REALM)
    assert [code["Name"] for code in client.rows("SELECT * FROM TaxCode WHERE TaxGroup = true")] == [
        "CustomSalesTax", "Lodging", "Out of State", "Spokane",
    ]  # fmt: skip
    assert client.rows("SELECT * FROM Customer") == client.rows("SELECT * FROM Invoice") == []
    client.session.close()
