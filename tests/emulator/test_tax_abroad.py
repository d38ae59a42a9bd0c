"""Tax outside the US, in Canada: a tax code on every line, amounts without or with their tax (fact sheet, section 6.3)."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intuitlib.client import AuthClient
from quickbooks import QuickBooks
from quickbooks.objects.base import Ref
from quickbooks.objects.customer import Customer
from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.taxcode import TaxCode

from qbo_emulator.testing import RunningEmulator
from tests.emulator.conftest import RawClient, error_of
from tests.emulator.taxed import Body, Company, discount, exact, taxes, total_tax

REALM = "4620816365000000055"
HERE = "Granville Stationers"


class Canadian(Company):
    """Lines are taxed by the name of a code."""

    def taxed(self, amount: Any, code: str, **detail: Any) -> Body:
        return self.sold("Linen Notebook", amount, self.ref("TaxCode", code)["value"], **detail)

    def gross(self, amount: Any, code: str, **detail: Any) -> Body:
        return self.taxed(amount, code, TaxInclusiveAmt=amount, **detail)

    def inclusive(self, *lines: Body, **members: Any) -> Body:
        return self.bill(HERE, *lines, GlobalTaxCalculation="TaxInclusive", **members)

    def refused(self, *lines: Body, **members: Any) -> dict[str, Any]:
        body = {"CustomerRef": self.ref("Customer", HERE), "Line": list(lines), **members}
        return error_of(self.post("invoice", body))


@pytest.fixture
def tide(emulator: RunningEmulator) -> Iterator[Canadian]:
    """A company in Vancouver."""
    client = Canadian(emulator, REALM)
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


def test_the_company_is_canadian_and_takes_every_alphabet(tide):
    assert tide.get("companyinfo/1").json()["CompanyInfo"]["Country"] == "CA"
    assert tide.create("Customer", {"DisplayName": "北星書店"})["DisplayName"] == "北星書店"
    american = Company(tide.emulator, "4620816365000000044")
    assert error_of(american.post("customer", {"DisplayName": "北星書店"}))["code"] == "2040"
    american.session.close()


def test_a_code_of_two_rates_taxes_with_both(tide):
    invoice = tide.bill(HERE, tide.taxed(124, "GST/PST BC"), tide.taxed(84, "GST/PST BC"))
    assert taxes(invoice) == exact(("5", "208", "10.4"), ("7", "208", "14.56"))
    assert (total_tax(invoice), invoice["TotalAmt"]) == (Decimal("24.96"), Decimal("232.96"))
    assert invoice["GlobalTaxCalculation"] == "TaxExcluded"
    assert "TxnTaxCodeRef" not in invoice["TxnTaxDetail"]
    assert invoice["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == tide.ref("TaxCode", "GST/PST BC")
    assert "TaxInclusiveAmt" not in invoice["Line"][0]["SalesItemLineDetail"]


def test_several_codes_in_one_document_give_a_line_for_each_rate(tide):
    lines = [("GST/PST BC", 100), ("HST ON", 50), ("Zero-rated", 30), ("GST", 20)]
    invoice = tide.bill(HERE, *[tide.taxed(amount, code) for code, amount in lines])
    assert taxes(invoice) == exact(("5", "120", "6"), ("7", "100", "7"), ("13", "50", "6.5"), ("0", "30", "0"))
    assert invoice["TotalAmt"] == Decimal("219.5")
    names = [tide.get(f"taxrate/{line['TaxLineDetail']['TaxRateRef']['value']}").json()["TaxRate"]["Name"]
             for line in invoice["TxnTaxDetail"]["TaxLine"]]  # fmt: skip
    assert names == ["GST", "PST BC", "HST ON", "GST zero-rated"]


def test_each_rate_is_rounded_on_the_summed_net_amount(tide):
    # 5 percent of 20.20 is 1.01; of 10.10 twice it would be 0.51 + 0.51
    invoice = tide.bill(HERE, tide.taxed("10.10", "GST"), tide.taxed("10.10", "GST"))
    assert taxes(invoice) == exact(("5", "20.2", "1.01"))


def test_a_line_without_a_code_is_refused(tide):
    error = tide.refused(tide.sold("Linen Notebook", 10))
    assert error["code"] == "6000"
    assert error["Detail"] == (
        "Business Validation Error: Make sure all your transactions have a GST rate before you save."
    )
    assert tide.refused(tide.taxed(10, "GST"), tide.sold("SHIPPING_ITEM_ID", 5))["code"] == "6000"


@pytest.mark.parametrize("code", ["TAX", "NON", "99"])
def test_a_line_needs_a_code_that_exists(tide, code):
    assert tide.refused(tide.sold("Linen Notebook", 10, code))["code"] == "2500"


def test_gross_amounts_become_net(tide):
    line = tide.gross(112, "GST/PST BC", Qty=2, UnitPrice=56)
    invoice = tide.inclusive(line)
    assert taxes(invoice) == exact(("5", "100", "5"), ("7", "100", "7"))
    assert invoice["TotalAmt"] == 112
    row, subtotal = invoice["Line"]
    assert (row["Amount"], subtotal["Amount"]) == (100, 100)
    assert row["SalesItemLineDetail"]["TaxInclusiveAmt"] == 112
    assert (row["SalesItemLineDetail"]["Qty"], row["SalesItemLineDetail"]["UnitPrice"]) == (2, 50)


def test_subtotals_among_the_lines_are_net_too(tide):
    words = {"DetailType": "DescriptionOnly", "Description": "Subtotal:"}
    lines = [tide.gross(112, "GST/PST BC"), tide.gross(105, "GST"), words, tide.gross(113, "HST ON"), words]
    invoice = tide.inclusive(*lines)
    assert [line["Amount"] for line in invoice["Line"]] == [100, 100, 200, 100, 100, 300]
    assert invoice["TotalAmt"] == 330


def test_an_inclusive_line_may_leave_its_amount_out(tide):
    line = tide.gross("20.00", "HST ON")
    del line["Amount"]
    invoice = tide.inclusive(line)
    # 20 / 1.13 = 17.699...; 13 percent of 17.70 is 2.301
    assert (invoice["Line"][0]["Amount"], total_tax(invoice)) == (Decimal("17.70"), Decimal("2.30"))
    assert invoice["TotalAmt"] == 20
    excluded = tide.refused(line)
    assert (excluded["code"], excluded["element"]) == ("2020", "Line.Amount")


def test_net_amounts_with_their_gross_ones_stay(tide):
    line = tide.taxed(100, "GST/PST BC", TaxInclusiveAmt=112)
    invoice = tide.inclusive(line)
    assert (invoice["Line"][0]["Amount"], total_tax(invoice), invoice["TotalAmt"]) == (100, 12, 112)
    assert invoice["GlobalTaxCalculation"] == "TaxInclusive"
    alone = tide.inclusive(tide.taxed(100, "GST"))
    assert alone["Line"][0]["SalesItemLineDetail"]["TaxInclusiveAmt"] == 105


def test_gross_lines_add_up_to_what_the_customer_pays(tide):
    # 30 / 1.13 = 26.548...: the net amounts of the three lines add up to 26.55, and 13 percent of it is 3.4515
    invoice = tide.inclusive(*[tide.gross("10.00", "HST ON") for _ in range(3)])
    assert [line["Amount"] for line in invoice["Line"][:3]] == [Decimal("8.85")] * 3
    assert (total_tax(invoice), invoice["TotalAmt"]) == (Decimal("3.45"), 30)


@pytest.mark.parametrize("gross", ["147.26", "10.01", "0.01", "0.09"])
def test_two_rates_inside_a_gross_amount_leave_it_what_it_was(tide, gross):
    invoice = tide.inclusive(tide.gross(gross, "GST/PST BC"))
    assert invoice["TotalAmt"] == invoice["Line"][0]["SalesItemLineDetail"]["TaxInclusiveAmt"] == Decimal(gross)
    again = tide.change("Invoice", invoice, Line=[json.loads(json.dumps(invoice["Line"][0], default=str))])
    assert (again["Line"], again["TotalAmt"]) == (invoice["Line"], invoice["TotalAmt"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sold=st.lists(
        st.tuples(st.decimals("0.01", "999.99", places=2), st.sampled_from(["HST ON", "GST/PST BC", "GST"])),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_what_is_sent_with_its_tax_is_the_total(tide, sold):
    invoice = tide.inclusive(*[tide.gross(str(amount), code) for amount, code in sold])
    assert invoice["TotalAmt"] == sum(amount for amount, _ in sold)
    rows = invoice["Line"][:-1]
    assert [line["SalesItemLineDetail"]["TaxInclusiveAmt"] for line in rows] == [amount for amount, _ in sold]
    assert invoice["TotalAmt"] == sum(line["Amount"] for line in rows) + total_tax(invoice)
    assert all(abs(tax - net * percent / 100) <= Decimal("0.02") for percent, net, tax in taxes(invoice))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    nets=st.lists(st.decimals("0.01", "999.99", places=2), min_size=1, max_size=4),
    code=st.sampled_from(["HST ON", "GST/PST BC"]),
)
def test_net_amounts_stay_and_their_gross_ones_come_to_the_total(tide, nets, code):
    invoice = tide.inclusive(*[tide.taxed(str(net), code) for net in nets])
    rows = invoice["Line"][:-1]
    assert [line["Amount"] for line in rows] == nets
    assert invoice["TotalAmt"] == sum(line["SalesItemLineDetail"]["TaxInclusiveAmt"] for line in rows)
    noted = tide.change("Invoice", invoice, PrivateNote="the same")
    assert (noted["Line"], noted["TxnTaxDetail"]) == (invoice["Line"], invoice["TxnTaxDetail"])


def test_net_and_gross_amounts_side_by_side_stay_what_they_became(tide):
    lines = [tide.taxed("827.52", "Zero-rated"), tide.taxed("47.65", "GST"), tide.gross("127.14", "GST/PST BC")]
    invoice = tide.inclusive(*lines)
    assert invoice["TotalAmt"] == Decimal("827.52") + Decimal("50.03") + Decimal("127.14")
    noted = tide.change("Invoice", invoice, PrivateNote="the same")
    assert (noted["Line"], noted["TxnTaxDetail"]) == (invoice["Line"], invoice["TxnTaxDetail"])


def test_a_net_and_a_gross_amount_that_contradict_each_other_are_refused(tide):
    # 9.99 / 1.12 is 8.92: two cents off say nothing, five do
    error = tide.refused(tide.taxed("8.97", "GST/PST BC", TaxInclusiveAmt="9.99"), GlobalTaxCalculation="TaxInclusive")
    assert error["code"] == "6070"
    near = tide.inclusive(tide.taxed("8.93", "GST/PST BC", TaxInclusiveAmt="9.99"))
    assert near["TotalAmt"] == Decimal("9.99")


def test_a_line_that_is_changed_may_carry_its_old_gross_amount(tide):
    row = tide.inclusive(tide.gross(112, "GST/PST BC"))
    kept = json.loads(json.dumps({**row["Line"][0], "Amount": 200}, default=str))
    changed = tide.change("Invoice", row, Line=[kept])
    assert (changed["TotalAmt"], changed["Line"][0]["SalesItemLineDetail"]["TaxInclusiveAmt"]) == (224, 224)


def test_not_applicable_is_without_tax_and_takes_none(tide):
    line = tide.taxed(100, "GST")
    invoice = tide.bill(HERE, line, tide.sold("Linen Notebook", 5), GlobalTaxCalculation="NotApplicable")
    assert (invoice["TxnTaxDetail"], invoice["TotalAmt"]) == ({"TotalTax": 0}, 105)
    assert "TaxCodeRef" not in invoice["Line"][0]["SalesItemLineDetail"]
    sent = {"GlobalTaxCalculation": "NotApplicable", "TxnTaxDetail": {"TotalTax": 5}}
    assert tide.refused(line, **sent)["code"] == "6170"
    nothing = tide.bill(HERE, line, GlobalTaxCalculation="NotApplicable", TxnTaxDetail={"TotalTax": 0})
    assert nothing["TotalAmt"] == 100


def test_a_discount_is_shared_by_the_rates(tide):
    lines = [tide.taxed(100, "GST/PST BC"), tide.taxed(100, "Zero-rated")]
    shared = tide.bill(HERE, *lines, discount(percent=10), ApplyTaxAfterDiscount=True)
    assert taxes(shared) == exact(("5", "90", "4.5"), ("7", "90", "6.3"), ("0", "90", "0"))
    assert shared["TotalAmt"] == Decimal("190.8")
    own = tide.bill(HERE, *lines, discount(percent=10, TaxCodeRef=tide.ref("TaxCode", "Zero-rated")))
    assert taxes(own) == exact(("5", "100", "5"), ("7", "100", "7"), ("0", "80", "0"))
    assert own["TotalAmt"] == 192
    unsold = tide.bill(HERE, *lines, discount(amount=10, TaxCodeRef=tide.ref("TaxCode", "HST ON")))
    assert taxes(unsold)[-1:] == exact(("13", "-10", "-1.3"))


@pytest.mark.parametrize("before", [{}, {"ApplyTaxAfterDiscount": False}])
def test_a_discount_leaves_the_tax_alone_that_is_computed_before_it(tide, before):
    invoice = tide.bill(HERE, tide.taxed(100, "GST/PST BC"), discount(percent=10), **before)
    assert taxes(invoice) == exact(("5", "100", "5"), ("7", "100", "7"))
    assert invoice["TotalAmt"] == 102
    gross = tide.inclusive(tide.gross(112, "GST/PST BC"), discount(amount=10), **before)
    assert (total_tax(gross), gross["TotalAmt"]) == (12, 102)


def test_a_discount_on_gross_amounts_keeps_its_percentage(tide):
    invoice = tide.inclusive(tide.gross(112, "GST/PST BC"), discount(percent=10), ApplyTaxAfterDiscount=True)
    assert taxes(invoice) == exact(("5", "90", "4.5"), ("7", "90", "6.3"))
    assert invoice["TotalAmt"] == Decimal("100.8")  # nine tenths of 112


def test_shipping_is_taxed_by_its_code(tide):
    code = tide.ref("TaxCode", "GST")["value"]
    invoice = tide.bill(HERE, tide.taxed(100, "GST/PST BC"), tide.sold("SHIPPING_ITEM_ID", 10, code))
    assert taxes(invoice) == exact(("5", "110", "5.5"), ("7", "100", "7"))


def test_a_total_that_is_sent_overrides(tide):
    invoice = tide.bill(HERE, tide.taxed(100, "GST/PST BC"), TxnTaxDetail={"TotalTax": "12.06"})
    assert [tax for _, _, tax in taxes(invoice)] == [Decimal("5.03"), Decimal("7.03")]  # 5.025 and what is left
    assert invoice["TotalAmt"] == Decimal("112.06")


def test_updates_compute_again_and_keep_the_way_of_taxing(tide):
    invoice = tide.inclusive(tide.gross(112, "GST/PST BC"))
    noted = tide.change("Invoice", invoice, PrivateNote="as before")
    for name in ("Line", "TxnTaxDetail", "TotalAmt", "GlobalTaxCalculation"):
        assert noted[name] == invoice[name]
    moved = tide.change("Invoice", noted, Line=[tide.gross(113, "HST ON")])
    assert (taxes(moved), moved["TotalAmt"]) == (exact(("13", "100", "13")), 113)
    row = {**moved["Line"][0], "Amount": "200"}
    raised = tide.change("Invoice", moved, Line=[row])
    assert (raised["TotalAmt"], raised["Line"][0]["SalesItemLineDetail"]["TaxInclusiveAmt"]) == (226, 226)
    excluded = tide.change("Invoice", raised, GlobalTaxCalculation="TaxExcluded")
    assert (excluded["TotalAmt"], excluded["Line"][0]["Amount"]) == (226, 200)
    assert "TaxInclusiveAmt" not in excluded["Line"][0]["SalesItemLineDetail"]


def test_while_tax_is_off_lines_need_no_code(tide):
    tide.preference("TaxPrefs", UsingSalesTax=False)
    invoice = tide.bill(HERE, tide.sold("Linen Notebook", 10), tide.taxed(5, "GST"))
    assert (invoice["TxnTaxDetail"], invoice["TotalAmt"]) == ({"TotalTax": 0}, 15)


@pytest.mark.parametrize("kind", ["Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt"])
def test_every_kind_of_sale_is_taxed(tide, kind):
    bank = tide.rows("SELECT * FROM Account WHERE AccountType = 'Bank'")[0]["Id"]
    more = {"DepositToAccountRef": {"value": bank}} if kind == "RefundReceipt" else {}
    document = tide.bill(HERE, tide.taxed(100, "GST/PST BC"), kind=kind, **more)
    assert (total_tax(document), document["TotalAmt"]) == (12, 112)


def test_a_batch_taxes_and_refuses_item_by_item(tide):
    customer = tide.ref("Customer", HERE)
    bodies = [
        {"CustomerRef": customer, "Line": [tide.taxed(100, "HST ON")]},
        {"CustomerRef": customer, "Line": [tide.sold("Linen Notebook", 1)]},
        {"CustomerRef": customer, "Line": [tide.gross(105, "GST")], "GlobalTaxCalculation": "TaxInclusive"},
    ]
    items = [{"bId": str(i), "operation": "create", "Invoice": body} for i, body in enumerate(bodies)]
    first, second, third = tide.post("batch", {"BatchItemRequest": items}).json()["BatchItemResponse"]
    assert first["Invoice"]["TotalAmt"] == 113
    assert second["Fault"]["Error"][0]["code"] == "6000"
    assert (third["Invoice"]["TotalAmt"], third["Invoice"]["Line"][0]["Amount"]) == (105, 100)


def test_there_are_no_pseudo_codes(tide):
    codes = tide.rows("SELECT * FROM TaxCode")
    assert [code["Name"] for code in codes] == ["GST", "GST/PST BC", "HST ON", "Zero-rated"]
    assert all(code["Id"].isdigit() for code in codes)
    assert codes[1]["PurchaseTaxRateList"] == codes[1]["SalesTaxRateList"]
    assert error_of(tide.get("taxcode/TAX"))["code"] == "2030"


def test_python_quickbooks_writes_reads_and_changes_taxed_lines(tide, qb):
    code = TaxCode.filter(Name="GST/PST BC", qb=qb)[0]
    invoice = Invoice()
    invoice.CustomerRef = Customer.filter(DisplayName=HERE, qb=qb)[0].to_ref()
    line = SalesItemLine()
    line.Amount = Decimal("33.35")
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = Ref()
    line.SalesItemLineDetail.ItemRef.value = tide.named("Item", "Letter Paper Ream")["Id"]
    line.SalesItemLineDetail.TaxCodeRef = code.to_ref()
    invoice.Line = [line]
    saved = invoice.save(qb=qb)
    # 1.6675 and 2.3345
    assert [tax.Amount for tax in saved.TxnTaxDetail.TaxLine] == [Decimal("1.67"), Decimal("2.33")]
    assert (saved.TotalAmt, saved.GlobalTaxCalculation) == (Decimal("37.35"), "TaxExcluded")
    saved.Line[0].Amount = Decimal(100)
    saved.TxnTaxDetail = None  # or the old tax is kept
    assert saved.save(qb=qb).TotalAmt == 112


def test_an_american_line_code_is_unknown_in_the_first_company_too(qbo: RawClient):
    assert qbo.fault("invoice", qbo.invoice(qbo.line(1, TaxCodeRef={"value": "2"})))["code"] == "6100"
