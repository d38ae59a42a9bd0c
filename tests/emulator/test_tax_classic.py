"""Sales tax of a US company that sets its own rates: one code for a transaction (fact sheet, section 6.1)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbo_emulator.testing import RunningEmulator
from tests.emulator.conftest import RawClient, error_of
from tests.emulator.taxed import Company, discount, exact, taxes, total_tax

SPOKANE = (("6.5", "193.5", "12.58"), ("2.5", "193.5", "4.84"))


@pytest.fixture
def kettle(emulator: RunningEmulator) -> Iterator[Company]:
    """A company in Spokane with tax codes of its own."""
    client = Company(emulator, "4620816365000000044")
    yield client
    client.session.close()


def pot(company: Company, amount: Any = "193.50", code: str | None = None, **detail: Any) -> dict[str, Any]:
    return company.sold("Copper Kettle 2L", amount, code, **detail)


def test_the_company_s_code_taxes_the_lines_that_say_so(kettle):
    invoice = kettle.bill("Riverbend Inn", pot(kettle, Qty=3, UnitPrice="64.50"), kettle.sold("Recipe Booklet", 21))
    assert taxes(invoice) == exact(*SPOKANE)  # 12.5775 and 4.8375
    assert invoice["TxnTaxDetail"]["TxnTaxCodeRef"] == kettle.ref("TaxCode", "Spokane")
    assert (total_tax(invoice), invoice["TotalAmt"]) == (Decimal("17.42"), Decimal("231.92"))
    assert [line["SalesItemLineDetail"]["TaxCodeRef"]["value"] for line in invoice["Line"][:2]] == ["TAX", "NON"]


def test_new_customers_carry_the_company_s_code(kettle):
    customer = kettle.create("Customer", {"DisplayName": "New Cafe"})
    assert customer["DefaultTaxCodeRef"] == kettle.ref("TaxCode", "Spokane")


def test_the_customer_s_code_comes_before_the_company_s(kettle):
    code = kettle.ref("TaxCode", "Out of State")
    customer = kettle.create("Customer", {"DisplayName": "Far Cafe", "DefaultTaxCodeRef": code})
    invoice = kettle.bill("Far Cafe", pot(kettle))
    assert customer["DefaultTaxCodeRef"] == invoice["TxnTaxDetail"]["TxnTaxCodeRef"] == code


def test_the_transaction_s_code_comes_first_and_a_rate_of_zero_is_a_line(kettle):
    code = kettle.ref("TaxCode", "Out of State")
    invoice = kettle.bill("Riverbend Inn", pot(kettle), TxnTaxDetail={"TxnTaxCodeRef": code})
    assert taxes(invoice) == exact(("0", "193.5", "0"))
    assert (invoice["TxnTaxDetail"]["TxnTaxCodeRef"], invoice["TotalAmt"]) == (code, Decimal("193.5"))


def test_without_any_code_a_total_is_kept_as_it_was_sent(kettle):
    kettle.preference("TaxPrefs", TaxGroupCodeRef=None)
    kettle.create("Customer", {"DisplayName": "Plain Cafe"})
    assert kettle.bill("Plain Cafe", pot(kettle))["TxnTaxDetail"] == {"TotalTax": 0}
    sent = kettle.bill("Plain Cafe", pot(kettle), TxnTaxDetail={"TotalTax": "4.20"})
    assert (sent["TxnTaxDetail"], sent["TotalAmt"]) == ({"TotalTax": Decimal("4.20")}, Decimal("197.70"))
    assert kettle.change("Invoice", sent, PrivateNote="still")["TotalAmt"] == Decimal("197.70")


def test_taxes_on_taxes_follow_their_order(kettle):
    code = kettle.ref("TaxCode", "Lodging")
    invoice = kettle.bill("Riverbend Inn", pot(kettle, 100), TxnTaxDetail={"TxnTaxCodeRef": code})
    # 6.5 percent of 100; 2 percent of 100 + 6.50; 10 percent of 6.50 + 2.13
    assert taxes(invoice) == exact(("6.5", "100", "6.5"), ("2", "106.5", "2.13"), ("10", "8.63", "0.86"))
    assert invoice["TotalAmt"] == Decimal("109.49")


def test_exempt_customers_and_their_reasons(kettle):
    exempt = kettle.bill("Bright Spoon Resale", pot(kettle, code="TAX"), TxnTaxDetail={"TotalTax": 3})
    assert (exempt["TxnTaxDetail"], exempt["TotalAmt"]) == ({"TotalTax": 0}, Decimal("193.5"))
    school = kettle.create("Customer", {"DisplayName": "School", "TaxExemptionReasonId": "7"})
    assert school["Taxable"] is False
    assert total_tax(kettle.bill("School", pot(kettle))) == 0


def test_a_sale_without_a_customer_is_taxed(kettle):
    receipt = kettle.create("SalesReceipt", {"Line": [pot(kettle)]})
    assert taxes(receipt) == exact(*SPOKANE)


@pytest.mark.parametrize(
    ("after", "sent", "rows", "total"),
    [
        (False, discount(percent=10), [("6.5", "100", "6.5"), ("2.5", "100", "2.5")], "144"),
        (True, discount(percent=10), [("6.5", "90", "5.85"), ("2.5", "90", "2.25")], "143.1"),
        (True, discount(amount=30), [("6.5", "80", "5.2"), ("2.5", "80", "2")], "127.2"),
        # 7 of 150: the taxed 100 bear 4.666..., which leaves 95.33
        (True, discount(amount=7), [("6.5", "95.33", "6.2"), ("2.5", "95.33", "2.38")], "151.58"),
    ],
)
def test_a_discount_before_or_after_tax(kettle, after, sent, rows, total):
    lines = [pot(kettle, 100), pot(kettle, 50, "NON"), sent]
    invoice = kettle.bill("Riverbend Inn", *lines, ApplyTaxAfterDiscount=after)
    assert taxes(invoice) == exact(*rows)
    assert invoice["TotalAmt"] == Decimal(total)


def test_shipping_is_taxed_when_it_says_so(kettle):
    shipped = kettle.bill("Riverbend Inn", pot(kettle, 100), kettle.sold("SHIPPING_ITEM_ID", 10))
    assert taxes(shipped) == exact(("6.5", "100", "6.5"), ("2.5", "100", "2.5"))
    taxed = kettle.bill("Riverbend Inn", pot(kettle, 100), kettle.sold("SHIPPING_ITEM_ID", 10, "TAX"))
    assert taxes(taxed) == exact(("6.5", "110", "7.15"), ("2.5", "110", "2.75"))


def test_a_total_that_is_sent_overrides_and_says_by_how_much(kettle):
    invoice = kettle.bill("Riverbend Inn", pot(kettle), TxnTaxDetail={"TotalTax": "17.50"})
    # 17.50 x 12.58 / 17.42 = 12.637...
    assert [tax for _, _, tax in taxes(invoice)] == [Decimal("12.64"), Decimal("4.86")]
    details = [line["TaxLineDetail"] for line in invoice["TxnTaxDetail"]["TaxLine"]]
    assert [detail["OverrideDeltaAmount"] for detail in details] == [Decimal("0.06"), Decimal("0.02")]
    same = kettle.bill("Riverbend Inn", pot(kettle), TxnTaxDetail={"TotalTax": "17.42"})
    assert all("OverrideDeltaAmount" not in line["TaxLineDetail"] for line in same["TxnTaxDetail"]["TaxLine"])


def test_tax_lines_that_are_sent_without_a_total_are_its_sum(kettle):
    lines = [{"Amount": 5, "DetailType": "TaxLineDetail"}, {"Amount": "2.50", "DetailType": "TaxLineDetail"}]
    invoice = kettle.bill("Riverbend Inn", pot(kettle), TxnTaxDetail={"TaxLine": lines})
    assert (total_tax(invoice), sum(tax for _, _, tax in taxes(invoice))) == (Decimal("7.5"), Decimal("7.5"))


def test_an_override_of_an_untaxed_sale_is_shared_by_percentage(kettle):
    invoice = kettle.bill("Riverbend Inn", pot(kettle, code="NON"), TxnTaxDetail={"TotalTax": 9})
    assert taxes(invoice) == exact(("6.5", "0", "6.5"), ("2.5", "0", "2.5"))
    noted = kettle.change("Invoice", invoice, PrivateNote="still")
    assert noted["TxnTaxDetail"] == invoice["TxnTaxDetail"]
    free = {"TxnTaxCodeRef": kettle.ref("TaxCode", "Out of State"), "TotalTax": 9}
    assert taxes(kettle.bill("Riverbend Inn", pot(kettle), TxnTaxDetail=free)) == exact(("0", "193.5", "9"))


def test_a_total_of_zero_counts_as_not_sent_unless_a_switch_says_otherwise(kettle, emulator):
    sent = {"TxnTaxCodeRef": kettle.ref("TaxCode", "Spokane"), "TotalTax": 0}
    assert total_tax(kettle.bill("Riverbend Inn", pot(kettle), TxnTaxDetail=sent)) == Decimal("17.42")
    emulator.switch(zero_tax_overrides=True)
    invoice = kettle.bill("Riverbend Inn", pot(kettle), TxnTaxDetail=sent)
    assert (total_tax(invoice), invoice["TotalAmt"]) == (0, Decimal("193.5"))
    deltas = [line["TaxLineDetail"]["OverrideDeltaAmount"] for line in invoice["TxnTaxDetail"]["TaxLine"]]
    assert deltas == [Decimal("-12.58"), Decimal("-4.84")]


@pytest.mark.parametrize(
    ("code", "fault"), [("CustomSalesTax", "6160"), ("TAX", "6160"), ("NON", "6160"), ("99", "2500"), ("x", "2500")]
)
def test_codes_that_a_transaction_cannot_have(kettle, code, fault):
    body = {"CustomerRef": kettle.ref("Customer", "Riverbend Inn"), "Line": [pot(kettle)]}
    answer = kettle.post("invoice", {**body, "TxnTaxDetail": {"TxnTaxCodeRef": {"value": code}}})
    assert error_of(answer)["code"] == fault


def test_a_customer_s_code_must_exist(kettle):
    answer = kettle.post("customer", {"DisplayName": "Lost", "DefaultTaxCodeRef": {"value": "99"}})
    assert error_of(answer)["code"] == "2500"


def test_a_line_takes_no_real_code(kettle):
    code = kettle.ref("TaxCode", "Spokane")["value"]
    body = {"CustomerRef": kettle.ref("Customer", "Riverbend Inn"), "Line": [pot(kettle, code=code)]}
    error = error_of(kettle.post("invoice", body))
    assert (error["code"], error["Message"]) == ("6100", "Invalid Line TaxCode in the request")


def test_while_sales_tax_is_off_nothing_of_it_is_stored(kettle):
    kettle.preference("TaxPrefs", UsingSalesTax=False)
    sent = {"TxnTaxCodeRef": kettle.ref("TaxCode", "Spokane"), "TotalTax": "17.42"}
    invoice = kettle.bill("Riverbend Inn", pot(kettle), TxnTaxDetail=sent)
    assert (invoice["TxnTaxDetail"], invoice["TotalAmt"]) == ({"TotalTax": 0}, Decimal("193.5"))


def test_an_update_computes_the_tax_again(kettle):
    invoice = kettle.bill("Riverbend Inn", pot(kettle))
    halved = kettle.change("Invoice", invoice, Line=[pot(kettle, 50), pot(kettle, 50, "NON")])
    assert taxes(halved) == exact(("6.5", "50", "3.25"), ("2.5", "50", "1.25"))
    assert halved["TotalAmt"] == halved["Balance"] == Decimal("104.5")
    elsewhere = {"TxnTaxCodeRef": kettle.ref("TaxCode", "Out of State")}
    other = kettle.change("Invoice", halved, TxnTaxDetail=elsewhere)
    assert taxes(other) == exact(("0", "50", "0"))
    kept = kettle.change("Invoice", other, PrivateNote="the code stays")
    assert kept["TxnTaxDetail"] == other["TxnTaxDetail"]
    body = {"Id": kept["Id"], "SyncToken": kept["SyncToken"], "CustomerRef": kept["CustomerRef"], "Line": kept["Line"]}
    cleared = kettle.create("Invoice", {**body, "Line": [pot(kettle)]})
    assert cleared["TxnTaxDetail"]["TxnTaxCodeRef"] == kettle.ref("TaxCode", "Spokane")


def test_global_tax_calculation_means_nothing_in_the_us(kettle):
    line = pot(kettle, 100, TaxInclusiveAmt=109)
    invoice = kettle.bill("Riverbend Inn", line, GlobalTaxCalculation="TaxInclusive")
    assert invoice["TotalAmt"] == 109
    assert "GlobalTaxCalculation" not in invoice
    assert "TaxInclusiveAmt" not in invoice["Line"][0]["SalesItemLineDetail"]


def test_an_untaxed_company_has_no_tax_before_it_has_a_code(qbo: RawClient):
    qbo.preference("TaxPrefs", UsingSalesTax=True, PartnerTaxEnabled=None)
    item = qbo.first("Item", "WHERE Name LIKE 'Trail%'")
    invoice = qbo.create("Invoice", qbo.invoice(qbo.line(10, ItemRef={"value": item["Id"]})))
    assert (invoice["TxnTaxDetail"], invoice["TotalAmt"]) == ({"TotalTax": 0}, 10)
    assert invoice["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "TAX"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amounts=st.lists(st.decimals("0.01", "9999.99", places=2), min_size=1, max_size=5),
    wanted=st.none() | st.decimals("0.01", "500", places=2),
)
def test_tax_lines_always_add_up_to_the_total(kettle, amounts, wanted):
    detail = {} if wanted is None else {"TxnTaxDetail": {"TotalTax": str(wanted)}}
    invoice = kettle.bill("Riverbend Inn", *[pot(kettle, str(amount)) for amount in amounts], **detail)
    assert sum(tax for _, _, tax in taxes(invoice)) == total_tax(invoice)
    assert invoice["TotalAmt"] == sum(amounts) + total_tax(invoice)
    for line in invoice["TxnTaxDetail"]["TaxLine"]:
        percent, delta = line["TaxLineDetail"]["TaxPercent"], line["TaxLineDetail"].get("OverrideDeltaAmount", 0)
        assert abs(line["Amount"] - delta - sum(amounts) * percent / 100) <= Decimal("0.005")
    if wanted is not None:
        assert total_tax(invoice) == wanted
