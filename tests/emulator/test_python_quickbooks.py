"""What the library python-quickbooks does works, with everything it sends by default."""

from decimal import Decimal

import pytest
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException, ValidationException
from quickbooks.objects.account import Account
from quickbooks.objects.base import Address, CustomerMemo, EmailAddress, PhoneNumber, Ref
from quickbooks.objects.company_info import CompanyInfo
from quickbooks.objects.customer import Customer
from quickbooks.objects.detailline import (
    DescriptionOnlyLine,
    DiscountLine,
    DiscountLineDetail,
    SalesItemLine,
    SalesItemLineDetail,
)
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.preferences import Preferences
from quickbooks.objects.term import Term
from quickbooks.objects.vendor import Vendor


def ref(value: str) -> Ref:
    made = Ref()
    made.value = value
    return made


def line(item: Item, quantity: Decimal, price: Decimal) -> SalesItemLine:
    made = SalesItemLine()
    made.Amount = quantity * price
    made.Description = item.Name
    made.SalesItemLineDetail = SalesItemLineDetail()
    made.SalesItemLineDetail.ItemRef = item.to_ref()
    made.SalesItemLineDetail.Qty = quantity
    made.SalesItemLineDetail.UnitPrice = price
    return made


def invoice(library, number: str = "L-1") -> Invoice:
    made = Invoice()
    made.DocNumber = number
    made.CustomerRef = Customer.filter(DisplayName="Juniper Market", qb=library)[0].to_ref()
    made.Line.append(line(Item.filter(Sku="TM-CLASSIC", qb=library)[0], Decimal("3"), Decimal("6.5")))
    return made


def test_an_invoice_with_the_defaults_of_the_library_is_accepted(library):
    saved = invoice(library).save(qb=library, request_id="first-1")
    assert saved.SyncToken == "0"
    assert Decimal(saved.TotalAmt) == Decimal("19.50")
    assert saved.EmailStatus == "NotSet"
    assert saved.CustomerRef.name == "Juniper Market"
    assert [found.DetailType for found in saved.Line] == ["SalesItemLineDetail", "SubTotalLineDetail"]
    again = invoice(library).save(qb=library, request_id="first-1")
    assert again.Id == saved.Id


def test_a_line_with_an_amount_and_nothing_else_is_accepted(library):
    made = invoice(library)
    made.Line[0].SalesItemLineDetail.Qty = made.Line[0].SalesItemLineDetail.UnitPrice = 0
    made.Line[0].Amount = 100
    assert Decimal(made.save(qb=library).TotalAmt) == 100


def test_an_invoice_that_was_read_can_be_saved_again(library):
    created = invoice(library).save(qb=library)
    read = Invoice.get(created.Id, qb=library)
    read.PrivateNote = "changed"
    saved = read.save(qb=library)
    assert (saved.SyncToken, saved.PrivateNote, saved.DocNumber) == ("1", "changed", "L-1")
    assert saved.TotalAmt == created.TotalAmt
    assert saved.DueDate == created.DueDate
    assert [found.Id for found in saved.Line[:1]] == [found.Id for found in created.Line[:1]]
    with pytest.raises(QuickbooksException) as stale:
        read.save(qb=library)
    assert stale.value.error_code == 5010


def test_a_discount_a_note_and_addresses_travel(library):
    made = invoice(library)
    discount = DiscountLine()
    discount.Amount = Decimal("1.50")
    discount.DiscountLineDetail = DiscountLineDetail()
    words = DescriptionOnlyLine()
    words.Description = "Thank you"
    made.Line += [words, discount]
    made.CustomerMemo = CustomerMemo()
    made.CustomerMemo.value = "See you soon"
    made.BillEmail = EmailAddress()
    made.BillEmail.Address = "pay@junipermarket.example"
    made.ShipAddr = Address()
    made.ShipAddr.Line1 = "1 Side Street"
    saved = made.save(qb=library)
    assert Decimal(saved.TotalAmt) == Decimal("18.00")
    assert saved.CustomerMemo.value == "See you soon"
    assert saved.ShipAddr.Line1 == "1 Side Street"
    assert saved.BillAddr.City == "Burlington"
    assert saved.Line[-1].DiscountLineDetail.DiscountAccountRef.name == "Discounts given"


def test_delete_and_void(library):
    created = invoice(library).save(qb=library)
    answer = created.void(qb=library)["Invoice"]
    assert (answer["TotalAmt"], answer["Balance"], answer["PrivateNote"]) == (0, 0, "Voided")
    voided = Invoice.get(created.Id, qb=library)
    deleted = voided.delete(qb=library)
    assert deleted["Invoice"] == {"domain": "QBO", "status": "Deleted", "Id": created.Id}
    with pytest.raises(ObjectNotFoundException):
        Invoice.get(created.Id, qb=library)


def test_customers_live(library):
    made = Customer()
    made.DisplayName = "Fern & Fig"
    made.PrimaryEmailAddr = EmailAddress()
    made.PrimaryEmailAddr.Address = "hi@fernandfig.example"
    made.PrimaryPhone = PhoneNumber()
    made.PrimaryPhone.FreeFormNumber = "555 0101"
    made.BillAddr = Address()
    made.BillAddr.Line1 = "5 Fern Road"
    saved = made.save(qb=library)
    assert saved.PrintOnCheckName == "Fern & Fig"
    assert saved.FullyQualifiedName == "Fern & Fig"
    saved.Notes = "prompt payer"
    assert saved.save(qb=library).SyncToken == "1"
    read = Customer.filter(DisplayName="fern & fig", qb=library)[0]
    assert read.Notes == "prompt payer"
    assert read.BillAddr.Id == saved.BillAddr.Id
    read.Active = False
    gone = read.save(qb=library)
    assert gone.DisplayName == "Fern & Fig (deleted)"
    assert Customer.filter(Active=False, DisplayName="Fern & Fig (deleted)", qb=library)
    assert not Customer.where("DisplayName LIKE 'Fern%'", qb=library)


def test_an_apostrophe_in_a_filter_is_found(library):
    assert [found.DisplayName for found in Customer.filter(DisplayName="O'Malley's Grocery", qb=library)]


def test_items_accounts_terms_and_vendors_can_be_made(library):
    income = Account.filter(AccountType="Income", AccountSubType="SalesOfProductIncome", qb=library)[0]
    item = Item()
    item.Name, item.Type, item.Sku, item.UnitPrice = "Almond Butter (16oz)", "Service", "AB-16", Decimal("9.99")
    item.IncomeAccountRef = income.to_ref()
    saved = item.save(qb=library)
    assert saved.IncomeAccountRef.name == income.FullyQualifiedName
    assert {found.Sku for found in Item.all(qb=library)} >= {"AB-16", "TM-CLASSIC"}
    account = Account()
    account.Name, account.AccountSubType = "Wholesale", "SalesOfProductIncome"
    made = account.save(qb=library)
    assert (made.AccountType, made.Classification) == ("Income", "Revenue")
    term = Term()
    term.Name, term.DueDays = "Net 10", 10
    assert term.save(qb=library).Type == "STANDARD"
    vendor = Vendor()
    vendor.DisplayName = "Juniper Market"
    with pytest.raises(QuickbooksException) as taken:
        vendor.save(qb=library)
    assert taken.value.error_code == 6240


def test_company_preferences_counts_and_order(library):
    assert CompanyInfo.get(library.company_id, qb=library).CompanyName == "Harbor & Pine Provisions LLC"
    preferences = Preferences.get(qb=library)
    assert preferences.SalesFormsPrefs.CustomTxnNumbers is True
    assert preferences.TaxPrefs.UsingSalesTax is False
    preferences.SalesFormsPrefs.AllowDiscount = False
    assert preferences.save(qb=library).SalesFormsPrefs.AllowDiscount is False
    assert Customer.count(qb=library) == 4
    assert Customer.count("Active = false", qb=library) == 1
    names = [found.DisplayName for found in Customer.all(order_by="DisplayName DESC", max_results=2, qb=library)]
    assert names == ["Saltbox Cafe", "O'Malley's Grocery"]
    assert len(Customer.choose(["Juniper Market", "Saltbox Cafe"], field="DisplayName", qb=library)) == 2


def test_batches_of_the_library(library):
    made = []
    for number in range(35):
        customer = Customer()
        customer.DisplayName = f"Batch {number}"
        made.append(customer)
    made[3].DisplayName = "Saltbox Cafe"
    answer = batch_create(made, qb=library)
    assert len(answer.successes) == 34
    assert [fault.Error[0].code for fault in answer.faults] == ["6240"]
    changed = Customer.filter(DisplayName="Batch 7", qb=library)
    changed[0].Notes = "seven"
    assert batch_update(changed, qb=library).successes[0].Notes == "seven"
    saved = invoice(library).save(qb=library)
    assert batch_delete([saved], qb=library).faults == []


def test_the_library_raises_its_own_errors(library):
    with pytest.raises(ValidationException) as bad:
        Customer.where("Nothing = 'x'", qb=library)
    assert bad.value.error_code == 4001
    with pytest.raises(ObjectNotFoundException):
        Customer.get("987654", qb=library)


def test_a_pdf_is_an_unsupported_operation_for_now(library):
    saved = invoice(library).save(qb=library)
    with pytest.raises(QuickbooksException) as refused:
        saved.download_pdf(qb=library)
    assert refused.value.error_code == 500
