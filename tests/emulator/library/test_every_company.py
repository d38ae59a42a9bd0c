"""The same work in every company: without sales tax, with automated and classic tax, and abroad with several currencies."""

from decimal import Decimal

import pytest
from quickbooks.objects.base import Address
from quickbooks.objects.customer import Customer
from quickbooks.objects.estimate import Estimate
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.payment import Payment
from quickbooks.objects.salesreceipt import SalesReceipt
from quickbooks.objects.taxcode import TaxCode
from quickbooks.objects.taxrate import TaxRate

from tests.emulator.library.cases import CASES, Kit, ref, sales

KEPT = {"SyncToken", "MetaData", "FullyQualifiedName"}
CENT = Decimal("0.01")


def tax_of(document):
    """The tax of a document, whose lines must add up to it."""
    detail = document.TxnTaxDetail
    if detail is None:
        return Decimal(0)
    assert sum((line.Amount for line in detail.TaxLine), Decimal(0)) == detail.TotalTax
    return detail.TotalTax


def test_every_entity_is_created_read_and_changed(each):
    kit = Kit(each)
    for case in CASES:
        saved = case.make(kit).save(qb=each)
        read = case.cls.get(saved.Id, qb=each)
        assert read.to_dict() == saved.to_dict(), case.entity
        if case.change is None:
            continue
        setattr(read, *case.change)
        changed = read.save(qb=each).to_dict()
        before = saved.to_dict()
        different = {name for name in before if changed[name] != before[name]} - KEPT - {case.change[0]}
        assert not different, (case.entity, {name: (before[name], changed[name]) for name in different})


@pytest.mark.parametrize("cls", [Invoice, SalesReceipt, Estimate])
def test_a_total_is_its_lines_and_its_tax(each, cls):
    kit = Kit(each)
    made = sales(cls)(kit)
    made.Line = [kit.sale(Decimal("33.33")), kit.sale(Decimal("66.66")), kit.sale(Decimal("0.02"))]
    saved = made.save(qb=each)
    assert saved.TotalAmt == Decimal("100.01") + tax_of(saved)
    again = cls.get(saved.Id, qb=each).save(qb=each)
    assert (again.TotalAmt, tax_of(again)) == (saved.TotalAmt, tax_of(saved))


def test_a_taxed_invoice_is_paid_in_full_and_voided(each):
    kit = Kit(each)
    customer = kit.customer
    owed = Customer.get(customer.Id, qb=each).Balance
    made = sales(Invoice)(kit)
    made.CustomerRef = customer.to_ref()
    made.Line = [kit.sale(Decimal("250.25"))]
    invoice = made.save(qb=each)
    assert invoice.Balance == invoice.TotalAmt
    assert Customer.get(customer.Id, qb=each).Balance == owed + invoice.TotalAmt
    paid = kit.payment(invoice.TotalAmt, invoice).save(qb=each)
    settled = Invoice.get(invoice.Id, qb=each)
    assert (settled.Balance, settled.TotalAmt, tax_of(settled)) == (0, invoice.TotalAmt, tax_of(invoice))
    Payment.get(paid.Id, qb=each).delete(qb=each)
    Invoice.get(invoice.Id, qb=each).void(qb=each)
    voided = Invoice.get(invoice.Id, qb=each)
    assert (voided.TotalAmt, voided.Balance, tax_of(voided)) == (0, 0, 0)
    assert Customer.get(customer.Id, qb=each).Balance == owed


@pytest.mark.parametrize("each", [2], indirect=True, ids=["automated tax"])
def test_automated_sales_tax_follows_the_place_the_line_and_the_customer(each):
    kit = Kit(each)
    made = sales(Invoice)(kit)
    made.CustomerRef = next(found for found in Customer.all(qb=each) if found.Taxable).to_ref()
    taxed, free = kit.sale(100), kit.sale(50)
    taxed.SalesItemLineDetail.TaxCodeRef, free.SalesItemLineDetail.TaxCodeRef = ref("TAX"), ref("NON")
    made.Line = [taxed, free]
    made.ShipAddr = Address()
    made.ShipAddr.Line1, made.ShipAddr.City, made.ShipAddr.CountrySubDivisionCode = "1 Pier", "Seattle", "WA"
    made.ShipAddr.PostalCode, made.ShipAddr.Country = "98101", "USA"
    saved = made.save(qb=each)
    assert tax_of(saved) > 0
    assert len(saved.TxnTaxDetail.TaxLine) > 1
    assert TaxCode.get(saved.TxnTaxDetail.TxnTaxCodeRef.value, qb=each).Name.endswith("WA")
    for line in saved.TxnTaxDetail.TaxLine:
        detail = line.TaxLineDetail
        assert detail.NetAmountTaxable == 100
        assert line.Amount == Decimal(detail.TaxPercent).quantize(CENT)
        assert TaxRate.get(detail.TaxRateRef.value, qb=each).RateValue == detail.TaxPercent
    elsewhere = Invoice.get(saved.Id, qb=each)
    elsewhere.ShipAddr.City, elsewhere.ShipAddr.CountrySubDivisionCode, elsewhere.ShipAddr.PostalCode = (
        "Denver",
        "CO",
        "80202",
    )
    moved = elsewhere.save(qb=each)
    assert TaxCode.get(moved.TxnTaxDetail.TxnTaxCodeRef.value, qb=each).Name.endswith("CO")
    assert moved.TotalAmt == 150 + tax_of(moved)
    exempt = Customer.get(made.CustomerRef.value, qb=each)
    exempt.TaxExemptionReasonId = "8"
    assert exempt.save(qb=each).Taxable is False
    made.Id = made.DocNumber = None
    assert tax_of(made.save(qb=each)) == 0


@pytest.mark.parametrize("calculation", ["TaxExcluded", "TaxInclusive"])
def test_a_company_abroad_adds_its_tax_or_finds_it_inside(worldwide, calculation):
    kit = Kit(worldwide)
    rates = {code.Name: code for code in TaxCode.all(qb=worldwide)}
    code = next(code for code in rates.values() if code.SalesTaxRateList.TaxRateDetail and "HST" in code.Name)
    percent = sum(
        Decimal(TaxRate.get(row.TaxRateRef.value, qb=worldwide).RateValue)
        for row in code.SalesTaxRateList.TaxRateDetail
    )
    made = sales(Invoice)(kit)
    line = kit.sale(100)
    line.SalesItemLineDetail.TaxCodeRef = code.to_ref()
    if calculation == "TaxInclusive":
        line.SalesItemLineDetail.TaxInclusiveAmt = 100 + percent
    made.Line, made.GlobalTaxCalculation = [line], calculation
    saved = made.save(qb=worldwide)
    assert (saved.GlobalTaxCalculation, tax_of(saved), saved.TotalAmt) == (calculation, percent, 100 + percent)
