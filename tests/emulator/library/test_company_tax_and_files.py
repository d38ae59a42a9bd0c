"""The company itself, sales tax, currencies, recurring documents, attachments, batches and webhooks through the library."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from quickbooks import QuickBooks
from quickbooks.batch import batch_create
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import QuickbooksException
from quickbooks.objects.attachable import Attachable
from quickbooks.objects.base import AttachableRef
from quickbooks.objects.company_info import CompanyInfo
from quickbooks.objects.companycurrency import CompanyCurrency
from quickbooks.objects.customer import Customer
from quickbooks.objects.exchangerate import ExchangeRate
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.preferences import Preferences
from quickbooks.objects.recurringtransaction import RecurringTransaction
from quickbooks.objects.taxagency import TaxAgency
from quickbooks.objects.taxcode import TaxCode
from quickbooks.objects.taxrate import TaxRate
from quickbooks.objects.taxservice import TaxRateDetails, TaxService
from quickbooks.objects.vendor import Vendor

from tests.emulator.library.cases import Kit, named, ref


def test_company_info_is_read_found_and_changed(qb):
    info = CompanyInfo.get(qb.company_id, qb=qb)
    assert (info.CompanyName, info.Country, info.Id) == ("Harbor & Pine Provisions LLC", "US", "1")
    assert CompanyInfo.get(1, qb=qb).CompanyName == info.CompanyName
    assert [found.CompanyName for found in CompanyInfo.all(qb=qb)] == [info.CompanyName]
    info.LegalName = "Harbor and Pine Provisions LLC"
    assert info.save(qb=qb).LegalName == "Harbor and Pine Provisions LLC"
    assert CompanyInfo.get(qb.company_id, qb=qb).LegalName == "Harbor and Pine Provisions LLC"


def test_preferences_are_read_and_changed(qb):
    preferences = Preferences.get(qb=qb)
    assert preferences.CurrencyPrefs.HomeCurrency.value == "USD"
    assert preferences.AccountingInfoPrefs.BookCloseDate == ""
    preferences.SalesFormsPrefs.AllowDiscount = False
    changed = preferences.save(qb=qb)
    assert changed.SalesFormsPrefs.AllowDiscount is False
    assert int(changed.SyncToken) == int(preferences.SyncToken) + 1
    assert Preferences.get(qb=qb).to_dict() == changed.to_dict()


def tax_agency(qb: QuickBooks, kit: Kit) -> TaxAgency:
    """An agency to which tax is paid."""
    return named(TaxAgency, "Agency")(kit).save(qb=qb)


def rate(name: str, percent: str, agency: TaxAgency) -> TaxRateDetails:
    """A new rate of a tax code."""
    made = TaxRateDetails()
    made.TaxRateName, made.RateValue, made.TaxAgencyId = name, Decimal(percent), agency.Id
    return made


def test_the_tax_service_makes_a_code_with_its_rates(qb, kit):
    agency = tax_agency(qb, kit)
    service = TaxService()
    service.TaxCode = "Harbor district"
    service.TaxRateDetails = [rate("Harbor state", "5.5", agency), rate("Harbor city", "1.25", agency)]
    saved = service.save(qb=qb)
    code = TaxCode.get(saved.TaxCodeId, qb=qb)
    assert (code.Name, code.Active, code.TaxGroup) == ("Harbor district", True, True)
    rates = [TaxRate.get(row.TaxRateRef.value, qb=qb) for row in code.SalesTaxRateList.TaxRateDetail]
    assert [(found.Name, found.RateValue) for found in rates] == [
        ("Harbor state", Decimal("5.5")), ("Harbor city", Decimal("1.25")),
    ]  # fmt: skip
    assert {found.AgencyRef.value for found in rates} == {agency.Id}
    assert [found.Id for found in TaxCode.filter(Name="Harbor district", qb=qb)] == [code.Id]
    assert {found.Id for found in TaxRate.all(max_results=1000, qb=qb)} >= {found.Id for found in rates}
    assert TaxRate.count(qb=qb) >= 2
    again = TaxService()
    again.TaxCode = "Harbor district, again"
    again.TaxRateDetails = [rate("Harbor state", "5.5", agency)]
    with pytest.raises(QuickbooksException) as taken:
        again.save(qb=qb)
    assert taken.value.error_code == 6240


def test_a_tax_code_can_use_rates_that_exist(qb, kit):
    agency = tax_agency(qb, kit)
    first = TaxService()
    first.TaxCode = "Coast"
    first.TaxRateDetails = [rate("Coast state", "4", agency)]
    made = TaxCode.get(first.save(qb=qb).TaxCodeId, qb=qb)
    existing = TaxRateDetails()
    existing.TaxRateId = made.SalesTaxRateList.TaxRateDetail[0].TaxRateRef.value
    second = TaxService()
    second.TaxCode = "Coast, inland"
    second.TaxRateDetails = [existing]
    other = TaxCode.get(second.save(qb=qb).TaxCodeId, qb=qb)
    assert other.SalesTaxRateList.TaxRateDetail[0].TaxRateRef.value == existing.TaxRateId


def test_a_united_states_company_lists_the_pseudo_codes(qb):
    codes = {code.Id: code for code in TaxCode.all(max_results=1000, qb=qb)}
    assert {"TAX", "NON"} <= set(codes)
    assert (codes["TAX"].Taxable, codes["NON"].Taxable) == (True, False)
    assert TaxCode.get("NON", qb=qb).Taxable is False


def test_currencies_can_be_added_to_a_company_that_keeps_several(worldwide):
    made = CompanyCurrency()
    used = {found.Code for found in CompanyCurrency.all(max_results=1000, qb=worldwide)}
    made.Code = next(code for code in ("SEK", "NOK", "CHF") if code not in used)
    saved = made.save(qb=worldwide)
    assert (saved.Code, saved.Active, saved.SyncToken) == (made.Code, True, "0")
    assert saved.Name
    assert CompanyCurrency.get(saved.Id, qb=worldwide).to_dict() == saved.to_dict()
    assert [found.Id for found in CompanyCurrency.filter(Code=made.Code, qb=worldwide)] == [saved.Id]
    saved.Active = False
    assert saved.save(qb=worldwide).Active is False
    assert CompanyCurrency.filter(Code=made.Code, qb=worldwide) == []


def test_a_company_of_one_currency_has_no_currencies_to_add(qb):
    made = CompanyCurrency()
    made.Code = "SEK"
    with pytest.raises(QuickbooksException):
        made.save(qb=qb)


def test_exchange_rates_are_found_and_set(worldwide):
    home = Preferences.get(qb=worldwide).CurrencyPrefs.HomeCurrency.value
    foreign = next(found for found in CompanyCurrency.all(max_results=1000, qb=worldwide) if found.Code != home)
    found = ExchangeRate.filter(SourceCurrencyCode=foreign.Code, AsOfDate="2026-03-02", qb=worldwide)
    assert [row.TargetCurrencyCode for row in found] == [home]
    assert found[0].Rate > 0
    found[0].Rate = Decimal("2.5")
    assert found[0].save(qb=worldwide).Rate == Decimal("2.5")
    again = ExchangeRate.filter(SourceCurrencyCode=foreign.Code, AsOfDate="2026-03-02", qb=worldwide)
    assert again[0].Rate == Decimal("2.5")


def test_an_invoice_in_another_currency_is_worth_its_rate_at_home(worldwide):
    kit = Kit(worldwide)
    home = Preferences.get(qb=worldwide).CurrencyPrefs.HomeCurrency.value
    foreign = next(found for found in CompanyCurrency.all(max_results=1000, qb=worldwide) if found.Code != home)
    customer = named(Customer, "Abroad")(kit)
    customer.CurrencyRef = ref(foreign.Code)
    customer = customer.save(qb=worldwide)
    assert customer.CurrencyRef.value == foreign.Code
    invoice = Invoice()
    invoice.CustomerRef, invoice.CurrencyRef, invoice.ExchangeRate = (
        customer.to_ref(),
        ref(foreign.Code),
        Decimal("1.25"),
    )
    line = kit.sale(100)
    codes = [code for code in TaxCode.all(qb=worldwide) if code.Active]
    if Preferences.get(qb=worldwide).TaxPrefs.UsingSalesTax and codes and codes[0].Id not in {"TAX", "NON"}:
        line.SalesItemLineDetail.TaxCodeRef = codes[0].to_ref()
    invoice.Line = [line]
    saved = invoice.save(qb=worldwide)
    assert (saved.CurrencyRef.value, saved.ExchangeRate) == (foreign.Code, Decimal("1.25"))
    assert saved.HomeTotalAmt == (saved.TotalAmt * Decimal("1.25")).quantize(Decimal("0.01"))


def test_recurring_documents_can_be_read(qb):
    found = RecurringTransaction.all(max_results=1000, qb=qb)
    assert len(found) == RecurringTransaction.count(qb=qb)
    for row in found:
        (document,) = (getattr(row, name) for name in RecurringTransaction.class_dict if hasattr(row, name))
        assert document.RecurringInfo.Name
        assert document.RecurringInfo.ScheduleInfo
        read = RecurringTransaction.get(document.Id, qb=qb)
        assert read.to_dict() == row.to_dict()


def attached_to(invoice: Invoice) -> AttachableRef:
    """The link of an attachment to an invoice."""
    made = AttachableRef()
    made.EntityRef = ref(invoice.Id, "Invoice")
    return made


@pytest.mark.parametrize("way", ["path", "bytes"])
def test_a_file_is_uploaded_linked_and_downloaded(qb, kit, picture, way):
    invoice = kit.invoice()
    made = Attachable()
    made.AttachableRef = [attached_to(invoice)]
    made.FileName, made.ContentType = "receipt.png", "image/png"
    if way == "path":
        made._FilePath = str(picture)
    else:
        made._FileBytes = picture.read_bytes()
    saved = made.save(qb=qb)
    assert (saved.FileName, saved.ContentType, saved.Size) == ("receipt.png", "image/png", picture.stat().st_size)
    assert saved.FileAccessUri
    assert qb.session.get(saved.TempDownloadUri, timeout=10).content == picture.read_bytes()
    read = Attachable.get(saved.Id, qb=qb)
    assert read.AttachableRef[0].EntityRef.value == invoice.Id
    assert read.Size == picture.stat().st_size
    assert [found.Id for found in Attachable.filter(FileName="receipt.png", qb=qb)] == [saved.Id]
    read.Note = "The receipt"
    changed = read.save(qb=qb)
    assert (changed.Note, changed.SyncToken, changed.Size) == ("The receipt", "1", picture.stat().st_size)
    assert changed.delete(qb=qb)["Attachable"]["status"] == "Deleted"


def test_attachments_are_found_by_what_they_belong_to(qb, kit):
    invoice, other = kit.invoice(), kit.invoice()
    for document in (invoice, other):
        made = Attachable()
        made.Note, made.AttachableRef = f"about {document.Id}", [attached_to(document)]
        made.save(qb=qb)
    found = Attachable.where(
        f"AttachableRef.EntityRef.Type = 'Invoice' AND AttachableRef.EntityRef.value = '{invoice.Id}'", qb=qb
    )
    assert [row.Note for row in found] == [f"about {invoice.Id}"]


def test_a_file_for_something_that_is_not_there_is_refused_for_that_file(qb, picture):
    made = Attachable()
    link = AttachableRef()
    link.EntityRef = ref("987654", "Invoice")
    made.AttachableRef, made.FileName, made.ContentType = [link], "receipt.png", "image/png"
    made._FilePath = str(picture)
    with pytest.raises(KeyError, match="Attachable"):
        made.save(qb=qb)
    assert Attachable.count(qb=qb) == 0


def test_a_batch_of_more_than_thirty_is_sent_in_several_and_one_bad_name_spoils_only_itself(qb, kit):
    made = [named(Customer, "Batch")(kit) for _ in range(35)]
    made[3].DisplayName = Customer.all(max_results=1, qb=qb)[0].DisplayName
    answer = batch_create(made, qb=qb)
    assert len(answer.successes) == 34
    assert [fault.Error[0].code for fault in answer.faults] == ["6240"]
    assert answer.faults[0].original_object is made[3]


def test_one_batch_holds_different_entities(qb, kit):
    answer = batch_create([named(Customer, "Mixed")(kit), named(Vendor, "Mixed")(kit)], qb=qb)
    assert [type(found) for found in answer.successes] == [Customer, Vendor]


def test_change_data_capture_of_several_entities_names_only_those_with_changes(qb, kit):
    since = datetime.now(UTC) + timedelta(hours=1)
    nothing = change_data_capture([Customer, Invoice], since.isoformat(timespec="seconds"), qb=qb)
    assert not hasattr(nothing, "Customer")
    since -= timedelta(hours=2)
    saved = named(Customer, "Captured")(kit).save(qb=qb)
    changes = change_data_capture([Customer, Vendor, Invoice], since.isoformat(timespec="seconds"), qb=qb)
    assert saved.Id in {found.Id for found in changes.Customer}
    assert {type(found) for found in changes.Invoice} == {Invoice}
    times = [datetime.fromisoformat(found.to_dict()["MetaData"]["LastUpdatedTime"]) for found in changes.Customer]
    assert times == sorted(times)


def test_the_library_checks_the_signature_of_a_webhook(qb):
    body = '[{"specversion":"1.0","type":"qbo.invoice.created.v1"}]'
    digest = hmac.new(b"the app's verifier token", body.encode(), hashlib.sha256).digest()
    assert qb.validate_webhook_signature(body, base64.b64encode(digest).decode())
    assert not qb.validate_webhook_signature(f"{body} ", base64.b64encode(digest).decode())
    assert not qb.validate_webhook_signature(body, base64.b64encode(digest).decode(), verifier_token="another")
