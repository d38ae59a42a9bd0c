"""Automated Sales Tax: the place of a sale decides (fact sheet, section 6.2)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from intuitlib.client import AuthClient
from quickbooks import QuickBooks
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.taxcode import TaxCode
from quickbooks.objects.taxrate import TaxRate

from qbo_emulator.testing import RunningEmulator
from tests.emulator.conftest import error_of
from tests.emulator.taxed import Company, discount, exact, taxes, total_tax

REALM = "4620816365000000033"
CHICAGO = (("6.25", "378", "23.63"), ("1.75", "378", "6.62"), ("1.25", "378", "4.73"), ("1", "378", "3.78"))


@pytest.fixture
def larkspur(emulator: RunningEmulator) -> Iterator[Company]:
    """A company in Denver with Automated Sales Tax."""
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


def place(city: str, state: str, **more: str) -> dict[str, str]:
    return {"Line1": "1 Test Street", "City": city, "CountrySubDivisionCode": state, "Country": "USA", **more}


def tent(company: Company, amount: Any = 100, **detail: Any) -> dict[str, Any]:
    return company.sold("Two-Person Tent", amount, **detail)


def test_every_rate_of_the_place_is_a_line_rounded_half_up_on_its_own(larkspur):
    invoice = larkspur.bill("Lantern Street Bikes", tent(larkspur, 378), larkspur.sold("Trail Map Set", 90))
    assert taxes(invoice) == exact(*CHICAGO)  # 23.625, 6.615, 4.725 and 3.78
    assert total_tax(invoice) == Decimal("38.76")
    assert invoice["TotalAmt"] == invoice["Balance"] == Decimal("506.76")
    for line in invoice["TxnTaxDetail"]["TaxLine"]:
        assert line["DetailType"] == "TaxLineDetail"
        assert line["TaxLineDetail"]["PercentBased"] is True
        assert set(line["TaxLineDetail"]) == {"TaxRateRef", "PercentBased", "TaxPercent", "NetAmountTaxable"}
    codes = [line["SalesItemLineDetail"]["TaxCodeRef"] for line in invoice["Line"][:2]]
    assert codes == [{"value": "TAX"}, {"value": "NON"}]


def test_tax_is_rounded_on_the_sum_and_not_line_by_line(larkspur):
    lines = [tent(larkspur, "0.10") for _ in range(4)]
    invoice = larkspur.bill("Lantern Street Bikes", *lines)
    # 0.025, 0.007, 0.005 and 0.004; line by line each rate of 0.10 would be 0.01 or nothing.
    assert taxes(invoice) == exact(("6.25", "0.4", "0.03"), ("1.75", "0.4", "0.01"), ("1.25", "0.4", "0.01"),
                                   ("1", "0.4", "0"))  # fmt: skip


@pytest.mark.parametrize(
    ("address", "rows"),
    [
        (place("Peoria", "IL"), [("6.25", "100", "6.25")]),
        (place("chicago", "illinois"), [("6.25", "100", "6.25"), ("1.75", "100", "1.75"), ("1.25", "100", "1.25"),
                                        ("1", "100", "1")]),
        (place("New York", "NY"), [("4", "100", "4"), ("4.5", "100", "4.5"), ("0.375", "100", "0.38")]),
        (place("Miami", "FL"), [("6", "100", "6"), ("1", "100", "1")]),
        (place("Portland", "OR"), []),
        (place("Toronto", "ON", Country="CAN"), []),
    ],
)  # fmt: skip
def test_state_and_city_of_the_shipping_address_decide(larkspur, address, rows):
    invoice = larkspur.bill("Lantern Street Bikes", tent(larkspur), ShipAddr=address)
    assert taxes(invoice) == exact(*rows)
    assert invoice["TotalAmt"] == 100 + sum(Decimal(tax) for _, _, tax in rows)
    assert ("TxnTaxCodeRef" in invoice["TxnTaxDetail"]) is bool(rows)


def test_without_an_address_the_company_s_own_counts(larkspur):
    customer = larkspur.create("Customer", {"DisplayName": "Walk-in"})
    body = {"CustomerRef": {"value": customer["Id"]}, "Line": [tent(larkspur)]}
    denver = exact(("2.9", "100", "2.9"), ("4.81", "100", "4.81"), ("1", "100", "1"), ("0.1", "100", "0.1"))
    assert taxes(larkspur.create("Invoice", body)) == denver
    vague = {**body, "ShipAddr": {"Line1": "somewhere over there"}}
    assert taxes(larkspur.create("Invoice", vague)) == denver


def test_a_state_that_taxes_by_origin_looks_at_the_seller_s_city(larkspur):
    houston, marfa = place("Houston", "TX"), place("Marfa", "TX")
    from_afar = larkspur.bill("Summit & Sons", tent(larkspur), ShipAddr=houston)
    assert (
        larkspur.get(f"taxcode/{from_afar['TxnTaxDetail']['TxnTaxCodeRef']['value']}").json()["TaxCode"]["Name"]
        == "Houston, TX"
    )
    inside = larkspur.bill("Summit & Sons", tent(larkspur), ShipAddr=houston, ShipFromAddr=marfa)
    assert taxes(inside) == exact(("6.25", "100", "6.25"), ("0.5", "100", "0.5"), ("1.5", "100", "1.5"))


def test_lines_say_tax_or_non_themselves(larkspur):
    invoice = larkspur.bill(
        "Lantern Street Bikes", tent(larkspur, 50, code="NON"), larkspur.sold("Trail Map Set", 20, "TAX")
    )
    assert [net for _, net, _ in taxes(invoice)] == [20, 20, 20, 20]
    error = error_of(larkspur.post("invoice", {"CustomerRef": {"value": "1"}, "Line": [tent(larkspur, code="7")]}))
    assert error["code"] == "6100"
    assert error["Detail"] == "Valid Line TaxCodes for US should be TAX or NON. Supplied value:7"


def test_an_exempt_customer_pays_no_tax(larkspur):
    assert larkspur.named("Customer", "Fox Hollow School")["Taxable"] is False
    invoice = larkspur.bill("Fox Hollow School", tent(larkspur))
    assert invoice["TxnTaxDetail"] == {"TotalTax": 0}
    assert invoice["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}
    assert larkspur.bill("Fox Hollow School", tent(larkspur, code="TAX"))["TotalAmt"] == 100


def test_a_sale_of_untaxed_items_names_its_code_and_no_lines(larkspur):
    invoice = larkspur.bill("Lantern Street Bikes", larkspur.sold("Guided Walk", 120))
    assert set(invoice["TxnTaxDetail"]) == {"TxnTaxCodeRef", "TotalTax"}
    assert invoice["TotalAmt"] == 120


def test_the_code_that_is_sent_is_replaced(larkspur):
    service = {"TaxCode": "By hand", "TaxRateDetails": [
        {"TaxRateName": "By hand", "RateValue": 3, "TaxAgencyId": larkspur.first("TaxAgency")["Id"]}]}  # fmt: skip
    mine = larkspur.post("taxservice/taxcode", service).json()["TaxCodeId"]
    invoice = larkspur.bill(
        "Lantern Street Bikes", tent(larkspur, 378), TxnTaxDetail={"TxnTaxCodeRef": {"value": mine}}
    )
    assert invoice["TxnTaxDetail"]["TxnTaxCodeRef"]["value"] != mine
    assert taxes(invoice) == exact(*CHICAGO)


def test_a_total_that_is_sent_is_honoured_and_shared_among_the_rates(larkspur):
    invoice = larkspur.bill("Lantern Street Bikes", tent(larkspur, 378), TxnTaxDetail={"TotalTax": 40})
    # 40 x 23.63 / 38.76 = 24.386, 40 x 6.62 / 38.76 = 6.832, 40 x 4.73 / 38.76 = 4.881, and what is left
    assert [tax for _, _, tax in taxes(invoice)] == [Decimal(tax) for tax in ("24.39", "6.83", "4.88", "3.9")]
    deltas = [line["TaxLineDetail"]["OverrideDeltaAmount"] for line in invoice["TxnTaxDetail"]["TaxLine"]]
    assert deltas == [Decimal("0.76"), Decimal("0.21"), Decimal("0.15"), Decimal("0.12")]
    assert (total_tax(invoice), invoice["TotalAmt"]) == (40, 418)


@pytest.mark.parametrize("wanted", ["0.01", "0.05", "0.03", "40"])
def test_no_rate_gets_less_than_nothing_of_a_total_that_is_sent(larkspur, wanted):
    invoice = larkspur.bill(
        "Lantern Street Bikes", tent(larkspur, 100), ShipAddr=place("Denver", "CO"), TxnTaxDetail={"TotalTax": wanted}
    )
    assert sum(tax for _, _, tax in taxes(invoice)) == Decimal(wanted)
    percents = sum(percent for percent, _, _ in taxes(invoice))
    for percent, _, share in taxes(invoice):
        assert share >= 0
        assert abs(share - Decimal(wanted) * percent / percents) < Decimal("0.01")


def test_an_override_stays_while_nothing_moves_that_it_is_about(larkspur):
    invoice = larkspur.bill("Lantern Street Bikes", tent(larkspur, 378), TxnTaxDetail={"TotalTax": 40})
    noted = larkspur.change("Invoice", invoice, PrivateNote="call first")
    assert noted["TxnTaxDetail"] == invoice["TxnTaxDetail"]
    more = larkspur.change("Invoice", noted, Line=[tent(larkspur, 100)])
    assert total_tax(more) == Decimal("10.25")
    full = larkspur.get(f"invoice/{invoice['Id']}").json()["Invoice"]
    full["Line"][0]["Amount"] = 378
    full["TxnTaxDetail"] = {"TotalTax": 40}
    again = larkspur.create("Invoice", full)
    del full["TxnTaxDetail"]
    assert total_tax(again) == 40
    assert total_tax(larkspur.create("Invoice", {**full, "SyncToken": again["SyncToken"]})) == Decimal("38.76")


def test_use_automated_sales_tax_decides_whose_tax_it_is(larkspur):
    sent = {"TotalTax": 40, "UseAutomatedSalesTax": True}
    invoice = larkspur.bill("Lantern Street Bikes", tent(larkspur, 378), TxnTaxDetail=sent)
    assert (total_tax(invoice), invoice["TxnTaxDetail"]["UseAutomatedSalesTax"]) == (Decimal("38.76"), True)
    agency = larkspur.first("TaxAgency")["Id"]
    service = {"TaxCode": "Own", "TaxRateDetails": [{"TaxRateName": "Own", "RateValue": 3, "TaxAgencyId": agency}]}
    code = larkspur.post("taxservice/taxcode", service).json()["TaxCodeId"]
    mine = {"TxnTaxCodeRef": {"value": code}, "UseAutomatedSalesTax": False}
    assert taxes(larkspur.bill("Lantern Street Bikes", tent(larkspur, 378), TxnTaxDetail=mine)) == exact(*CHICAGO)
    larkspur.preference("TaxPrefs", AllowPartnerTaxOverride=True)
    allowed = larkspur.bill("Lantern Street Bikes", tent(larkspur, 378), TxnTaxDetail=mine)
    assert taxes(allowed) == exact(("3", "378", "11.34"))


def test_tax_follows_lines_addresses_and_codes_in_updates(larkspur):
    invoice = larkspur.bill("Lantern Street Bikes", tent(larkspur))
    assert total_tax(invoice) == Decimal("10.25")
    seattle = larkspur.change("Invoice", invoice, ShipAddr=place("Seattle", "WA"))
    assert taxes(seattle) == exact(("6.5", "100", "6.5"), ("2.45", "100", "2.45"), ("1.4", "100", "1.4"))
    assert seattle["TotalAmt"] == seattle["Balance"] == Decimal("110.35")
    doubled = larkspur.change("Invoice", seattle, Line=[tent(larkspur, 200)])
    assert (total_tax(doubled), doubled["TotalAmt"]) == (Decimal("20.7"), Decimal("220.7"))
    noted = larkspur.change("Invoice", doubled, PrivateNote="nothing else")
    assert noted["TxnTaxDetail"] == doubled["TxnTaxDetail"]
    untaxed = larkspur.change("Invoice", noted, Line=[tent(larkspur, 200, code="NON")])
    assert (total_tax(untaxed), untaxed["TotalAmt"]) == (0, 200)
    customer = larkspur.named("Customer", "Lantern Street Bikes")
    bikes = larkspur.bill("Lantern Street Bikes", larkspur.sold("Guided Walk", 1))
    assert Decimal(str(customer["Balance"])) == Decimal("506.76") + 200
    assert bikes["TotalAmt"] == 1


@pytest.mark.parametrize(
    ("after", "net", "tax", "total"), [(False, "100", "10.25", "145.25"), (True, "90", "9.24", "144.24")]
)
def test_a_discount_lowers_the_tax_only_when_tax_comes_after_it(larkspur, after, net, tax, total):
    # 10 percent of 150 is 15, of which the taxed 100 bear 10. Of 90: 5.63, 1.58, 1.13 and 0.90.
    invoice = larkspur.bill(
        "Lantern Street Bikes", tent(larkspur), larkspur.sold("Trail Map Set", 50), discount(percent=10),
        ApplyTaxAfterDiscount=after,
    )  # fmt: skip
    assert {row[1] for row in taxes(invoice)} == {Decimal(net)}
    assert (total_tax(invoice), invoice["TotalAmt"]) == (Decimal(tax), Decimal(total))


@pytest.mark.parametrize(
    ("customer", "code", "rows"),
    [
        ("Sound Paddle Club", None, [("6.5", "199", "12.94"), ("2.45", "199", "4.88"), ("1.4", "199", "2.79")]),
        ("Sound Paddle Club", "NON", [("6.5", "189", "12.29"), ("2.45", "189", "4.63"), ("1.4", "189", "2.65")]),
        ("Summit & Sons", None, [("2.9", "189", "5.48"), ("4.81", "189", "9.09"), ("1", "189", "1.89"),
                                 ("0.1", "189", "0.19")]),
    ],
)  # fmt: skip
def test_shipping_is_taxed_where_the_state_taxes_it(larkspur, customer, code, rows):
    invoice = larkspur.bill(customer, tent(larkspur, 189), larkspur.sold("SHIPPING_ITEM_ID", 10, code))
    assert taxes(invoice) == exact(*rows)
    assert invoice["TotalAmt"] == 199 + total_tax(invoice)


def test_codes_rates_and_agencies_appear_when_a_place_is_met(larkspur):
    before = larkspur.rows("SELECT * FROM TaxCode MAXRESULTS 1000")
    invoice = larkspur.bill("Sound Paddle Club", tent(larkspur), ShipAddr=place("Spokane", "WA"))
    after = larkspur.rows("SELECT * FROM TaxCode MAXRESULTS 1000")
    (made,) = [code for code in after if code not in before]
    assert invoice["TxnTaxDetail"]["TxnTaxCodeRef"] == {"value": made["Id"]}
    assert (made["Name"], made["TaxCodeConfigType"], made["TaxGroup"]) == ("Spokane, WA", "SYSTEM_GENERATED", True)
    assert made["PurchaseTaxRateList"] == {"TaxRateDetail": []}
    rates = [larkspur.get(f"taxrate/{row['TaxRateRef']['value']}").json()["TaxRate"]
             for row in made["SalesTaxRateList"]["TaxRateDetail"]]  # fmt: skip
    assert [(rate["Name"], rate["RateValue"]) for rate in rates] == [("Washington State", 6.5), ("Spokane City", 2.5)]
    assert {rate["AgencyRef"]["value"] for rate in rates} == {
        larkspur.named("TaxAgency", "Washington Department of Revenue")["Id"]
    }
    larkspur.bill("Sound Paddle Club", tent(larkspur), ShipAddr=place("Spokane", "WA"))
    assert larkspur.rows("SELECT * FROM TaxCode MAXRESULTS 1000") == after


def test_a_customer_s_default_code_is_set_by_its_address_only(larkspur):
    customer = larkspur.create(
        "Customer", {"DisplayName": "Bay Shop", "ShipAddr": place("Miami", "FL"), "DefaultTaxCodeRef": {"value": "99"}}
    )
    code = larkspur.get(f"taxcode/{customer['DefaultTaxCodeRef']['value']}").json()["TaxCode"]
    assert code["Name"] == "Miami, FL"
    moved = larkspur.change("Customer", customer, ShipAddr=place("Portland", "OR"))
    assert "DefaultTaxCodeRef" not in moved


@pytest.mark.parametrize("kind", ["Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt"])
def test_every_kind_of_sale_is_taxed(larkspur, kind):
    bank = larkspur.rows("SELECT * FROM Account WHERE AccountType = 'Bank'")[0]["Id"]
    more = {"DepositToAccountRef": {"value": bank}} if kind == "RefundReceipt" else {}
    document = larkspur.bill("Lantern Street Bikes", tent(larkspur, 378), kind=kind, **more)
    assert taxes(document) == exact(*CHICAGO)
    assert document["TotalAmt"] == Decimal("416.76")


def test_what_is_owed_to_the_agencies_stands_in_an_account(larkspur):
    def payable() -> Decimal:
        return Decimal(str(larkspur.named("Account", "Sales Tax Payable")["CurrentBalance"]))

    before = payable()
    invoice = larkspur.bill("Lantern Street Bikes", tent(larkspur, 378))
    assert payable() == before + Decimal("38.76")
    larkspur.create("Invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="void")
    assert payable() == before


def test_a_void_leaves_no_tax(larkspur):
    invoice = larkspur.bill("Lantern Street Bikes", tent(larkspur, 378))
    void = larkspur.create("Invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="void")
    assert total_tax(void) == sum(tax for _, _, tax in taxes(void)) == 0


def test_a_company_that_never_set_it_up_computes_nothing(larkspur):
    larkspur.preference("TaxPrefs", PartnerTaxEnabled=False)
    assert larkspur.bill("Lantern Street Bikes", tent(larkspur))["TxnTaxDetail"] == {"TotalTax": 0}
    larkspur.preference("TaxPrefs", UsingSalesTax=False, PartnerTaxEnabled=True)
    invoice = larkspur.bill("Lantern Street Bikes", tent(larkspur), TxnTaxDetail={"TotalTax": 5})
    assert (invoice["TxnTaxDetail"], invoice["TotalAmt"]) == ({"TotalTax": 0}, 100)
    assert invoice["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}


def test_a_batch_taxes_each_item(larkspur):
    def item(number: str, customer: str) -> dict[str, Any]:
        invoice = {"CustomerRef": larkspur.ref("Customer", customer), "Line": [tent(larkspur, 378)]}
        return {"bId": number, "operation": "create", "Invoice": invoice}

    items = [item("1", "Lantern Street Bikes"), item("2", "Rose City Hikers"), item("3", "Fox Hollow School")]
    answers = larkspur.post("batch", {"BatchItemRequest": items}).json()["BatchItemResponse"]
    assert [answer["Invoice"]["TotalAmt"] for answer in answers] == [416.76, 378, 378]
    first = answers[0]["Invoice"]
    update = {"bId": "4", "operation": "update", "Invoice": {"Id": first["Id"], "SyncToken": "0", "sparse": True,
                                                             "ShipAddr": place("Peoria", "IL")}}  # fmt: skip
    (changed,) = larkspur.post("batch", {"BatchItemRequest": [update]}).json()["BatchItemResponse"]
    assert changed["Invoice"]["TxnTaxDetail"]["TotalTax"] == 23.63


def test_python_quickbooks_leaves_the_tax_out_to_have_it_computed_again(larkspur, qb):
    made = larkspur.bill("Lantern Street Bikes", tent(larkspur, 378))
    invoice = Invoice.get(made["Id"], qb=qb)
    assert invoice.TxnTaxDetail.TotalTax == Decimal("38.76")
    assert [line.TaxLineDetail.TaxPercent for line in invoice.TxnTaxDetail.TaxLine] == [
        Decimal("6.25"), Decimal("1.75"), Decimal("1.25"), 1,
    ]  # fmt: skip
    code = TaxCode.get(invoice.TxnTaxDetail.TxnTaxCodeRef.value, qb=qb)
    rates = [TaxRate.get(row.TaxRateRef.value, qb=qb) for row in code.SalesTaxRateList.TaxRateDetail]
    assert [rate.Name for rate in rates] == [
        "Illinois State", "Cook County", "Chicago City", "Regional Transportation Authority",
    ]  # fmt: skip
    assert sum(rate.RateValue for rate in rates) == Decimal("10.25")
    invoice.Line[0].Amount = Decimal(100)
    invoice.TxnTaxDetail = None
    assert invoice.save(qb=qb).TxnTaxDetail.TotalTax == Decimal("10.25")


def test_a_total_that_comes_back_as_it_was_read_is_honoured(larkspur, qb):
    made = larkspur.bill("Lantern Street Bikes", tent(larkspur, 378))
    invoice = Invoice.get(made["Id"], qb=qb)
    invoice.Line[0].Amount = Decimal(100)
    saved = invoice.save(qb=qb)
    assert (saved.TxnTaxDetail.TotalTax, saved.TotalAmt) == (Decimal("38.76"), Decimal("138.76"))
    deltas = [line.TaxLineDetail.OverrideDeltaAmount for line in saved.TxnTaxDetail.TaxLine]
    assert sum(deltas) == Decimal("28.51")


def test_saving_back_what_was_read_is_no_override(larkspur, qb):
    made = larkspur.bill("Lantern Street Bikes", tent(larkspur, 378))
    saved = Invoice.get(made["Id"], qb=qb).save(qb=qb)
    kept = larkspur.get(f"invoice/{saved.Id}").json()["Invoice"]["TxnTaxDetail"]
    assert not any("OverrideDeltaAmount" in line["TaxLineDetail"] for line in kept["TaxLine"])


def test_a_switch_computes_a_total_again_that_comes_back_as_it_was_read(larkspur, qb, emulator):
    made = larkspur.bill("Lantern Street Bikes", tent(larkspur, 378))
    emulator.switch(unchanged_tax_is_recomputed=True)
    invoice = Invoice.get(made["Id"], qb=qb)
    invoice.Line[0].Amount = Decimal(100)
    saved = invoice.save(qb=qb)
    assert (saved.TxnTaxDetail.TotalTax, saved.TotalAmt) == (Decimal("10.25"), Decimal("110.25"))
