"""What documents do to each other, seen through python-quickbooks."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException, ValidationException
from quickbooks.objects.account import Account
from quickbooks.objects.base import Address, CustomerMemo, PhoneNumber
from quickbooks.objects.bill import Bill
from quickbooks.objects.creditmemo import CreditMemo
from quickbooks.objects.customer import Customer
from quickbooks.objects.deposit import Deposit, DepositLine
from quickbooks.objects.detailline import DescriptionOnlyLine, DiscountLine, DiscountLineDetail
from quickbooks.objects.estimate import Estimate
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.payment import Payment, PaymentLine
from quickbooks.objects.preferences import Preferences
from quickbooks.objects.purchase import Purchase
from quickbooks.objects.salesreceipt import SalesReceipt

from tests.emulator.library import cases
from tests.emulator.library.cases import email, link, named, sales


def balance(qb, customer):
    return Customer.get(customer.Id, qb=qb).Balance


def links(document):
    return [(found.TxnType, found.TxnId) for found in document.LinkedTxn]


def test_an_invoice_with_the_defaults_of_the_library(qb, kit):
    made = Invoice()
    made.DocNumber, made.CustomerRef = "L-1", kit.customer.to_ref()
    made.Line = [kit.sale(100)]
    saved = made.save(qb=qb)
    assert (saved.TotalAmt, saved.Balance, saved.EmailStatus, saved.DocNumber) == (100, 100, "NotSet", "L-1")
    assert saved.CustomerRef.name == kit.customer.DisplayName
    assert [line.DetailType for line in saved.Line] == ["SalesItemLineDetail", "SubTotalLineDetail"]
    assert saved.TxnDate
    assert saved.DueDate >= saved.TxnDate
    with pytest.raises(QuickbooksException) as taken:
        made.Id = None
        made.save(qb=qb)
    assert taken.value.error_code == 6140
    assert made.save(qb=qb, params={"include": "allowduplicatedocnum"}).DocNumber == "L-1"


def test_a_discount_a_text_a_memo_and_addresses_travel(qb, kit):
    made = sales(Invoice)(kit)
    discount = DiscountLine()
    discount.Amount = Decimal("1.50")
    discount.DiscountLineDetail = DiscountLineDetail()
    words = DescriptionOnlyLine()
    words.Description = "Thank you"
    made.Line += [words, discount]
    made.CustomerMemo = CustomerMemo()
    made.CustomerMemo.value = "See you soon"
    made.BillEmail = email("pay@junipermarket.example")
    made.ShipAddr = Address()
    made.ShipAddr.Line1 = "1 Side Street"
    saved = made.save(qb=qb)
    assert saved.TotalAmt == Decimal("18.50")
    assert saved.CustomerMemo.value == "See you soon"
    assert saved.ShipAddr.Line1 == "1 Side Street"
    assert saved.BillAddr.Id
    assert saved.Line[-1].DiscountLineDetail.DiscountAccountRef.name == "Discounts given"


def test_a_payment_settles_its_invoice_and_giving_it_up_opens_it_again(qb, kit):
    before = balance(qb, kit.customer)
    invoice = kit.invoice(50)
    assert balance(qb, kit.customer) == before + 50
    paid = kit.payment(30, invoice).save(qb=qb)
    assert (paid.TotalAmt, paid.UnappliedAmt) == (30, 0)
    assert links(paid.Line[0]) == [("Invoice", invoice.Id)]
    open_still = Invoice.get(invoice.Id, qb=qb)
    assert (open_still.Balance, open_still.TotalAmt, open_still.SyncToken) == (20, 50, "1")
    assert links(open_still) == [("Payment", paid.Id)]
    assert balance(qb, kit.customer) == before + 20
    assert [found.Id for found in Invoice.where("Balance > '0'", max_results=1000, qb=qb) if found.Id == invoice.Id]
    Payment.get(paid.Id, qb=qb).void(qb=qb)
    again = Invoice.get(invoice.Id, qb=qb)
    assert (again.Balance, links(again)) == (50, [])
    second = kit.payment(50, again).save(qb=qb)
    assert Invoice.get(invoice.Id, qb=qb).Balance == 0
    second.delete(qb=qb)
    assert Invoice.get(invoice.Id, qb=qb).Balance == 50
    assert balance(qb, kit.customer) == before + 50


def test_a_payment_can_be_spread_moved_and_left_unapplied(qb, kit):
    first, second = kit.invoice(40), kit.invoice(40)
    paid = kit.payment(60, first, second).save(qb=qb)
    assert [Invoice.get(found.Id, qb=qb).Balance for found in (first, second)] == [10, 10]
    paid.Line = paid.Line[:1]
    paid = paid.save(qb=qb)
    assert (paid.UnappliedAmt, paid.SyncToken) == (30, "1")
    assert [Invoice.get(found.Id, qb=qb).Balance for found in (first, second)] == [10, 40]
    paid.Line = []
    paid = paid.save(qb=qb)
    assert (paid.UnappliedAmt, paid.Line) == (60, [])
    assert [Invoice.get(found.Id, qb=qb).Balance for found in (first, second)] == [40, 40]


@pytest.mark.parametrize(("amount", "applied"), [(20, 30), (100, 60)])
def test_a_payment_cannot_apply_more_than_it_has_or_than_is_open(qb, kit, amount, applied):
    invoice = kit.invoice(50)
    payment = kit.payment(amount, invoice)
    payment.Line[0].Amount = applied
    with pytest.raises(QuickbooksException) as refused:
        payment.save(qb=qb)
    assert refused.value.error_code == 6000
    assert Invoice.get(invoice.Id, qb=qb).Balance == 50


def test_an_invoice_of_one_customer_is_not_paid_by_another(qb, kit):
    customers = Customer.all(max_results=2, qb=qb)
    payment = kit.payment(50, kit.invoice(50, customers[0]))
    payment.CustomerRef = customers[1].to_ref()
    with pytest.raises(QuickbooksException):
        payment.save(qb=qb)


def test_a_credit_memo_is_applied_by_a_payment_of_nothing(qb, kit):
    before = balance(qb, kit.customer)
    invoice = kit.invoice(50)
    credit = sales(CreditMemo)(kit).save(qb=qb)
    assert (credit.RemainingCredit, balance(qb, kit.customer)) == (20, before + 30)
    payment = Payment()
    payment.CustomerRef, payment.TotalAmt = credit.CustomerRef, 0
    for document in (credit, invoice):
        line = PaymentLine()
        line.Amount, line.LinkedTxn = 20, [link(document)]
        payment.Line.append(line)
    payment.save(qb=qb)
    assert Invoice.get(invoice.Id, qb=qb).Balance == 30
    assert CreditMemo.get(credit.Id, qb=qb).RemainingCredit == 0
    assert balance(qb, kit.customer) == before + 30


def test_an_estimate_becomes_an_invoice(qb, kit):
    estimate = sales(Estimate)(kit).save(qb=qb)
    assert estimate.TxnStatus == "Pending"
    invoice = sales(Invoice)(kit)
    invoice.LinkedTxn = [link(estimate)]
    saved = invoice.save(qb=qb)
    assert links(saved) == [("Estimate", estimate.Id)]
    closed = Estimate.get(estimate.Id, qb=qb)
    assert (closed.TxnStatus, links(closed)) == ("Closed", [("Invoice", saved.Id)])


def test_what_is_in_a_deposit_is_locked(qb, kit):
    payment = kit.payment(50, kit.invoice(50)).save(qb=qb)
    deposit = Deposit()
    deposit.DepositToAccountRef = kit.account("Bank")
    line = DepositLine()
    line.Amount, line.DetailType, line.LinkedTxn = 50, None, [link(payment)]
    line.LinkedTxn[0].TxnLineId = "0"
    deposit.Line = [line]
    saved = deposit.save(qb=qb)
    assert saved.TotalAmt == 50
    for refused in (
        lambda: Payment.get(payment.Id, qb=qb).void(qb=qb),
        lambda: Payment.get(payment.Id, qb=qb).delete(qb=qb),
    ):
        with pytest.raises(QuickbooksException) as locked:
            refused()
        assert locked.value.error_code == 6540
    saved.delete(qb=qb)
    Payment.get(payment.Id, qb=qb).void(qb=qb)
    assert Payment.get(payment.Id, qb=qb).TotalAmt == 0


def test_a_sales_receipt_is_paid_and_goes_to_undeposited_funds(qb, kit):
    saved = sales(SalesReceipt)(kit).save(qb=qb)
    assert (saved.Balance, saved.TotalAmt) == (0, 20)
    account = Account.get(saved.DepositToAccountRef.value, qb=qb)
    assert account.AccountSubType == "UndepositedFunds"


def test_a_refund_needs_an_account_to_come_from(qb, kit):
    made = cases.refund(kit)
    made.DepositToAccountRef = None
    with pytest.raises(QuickbooksException) as missing:
        made.save(qb=qb)
    assert missing.value.error_code in {2020, 6000}


def test_a_bill_is_paid_from_the_bank(qb, kit):
    payment = cases.bill_payment(kit).save(qb=qb)
    bill_id = payment.Line[0].LinkedTxn[0].TxnId
    paid = Bill.get(bill_id, qb=qb)
    assert (paid.Balance, paid.TotalAmt, links(paid)) == (0, 30, [("BillPaymentCheck", payment.Id)])
    payment.void(qb=qb)
    assert Bill.get(bill_id, qb=qb).Balance == 30


@pytest.mark.parametrize("kind", ["Cash", "Check", "CreditCard"])
def test_purchases_are_of_three_kinds_and_found_by_them(qb, kit, kind):
    made = cases.purchase(kit)
    made.PaymentType = kind
    if kind == "CreditCard":
        made.AccountRef = kit.account("Credit Card")
    saved = made.save(qb=qb)
    assert (saved.TotalAmt, saved.PaymentType) == (30, kind)
    assert [found.Id for found in Purchase.where(f"PaymentType = '{kind}'", qb=qb)] == [saved.Id]


def test_a_journal_entry_balances_or_is_refused(qb, kit):
    made = cases.journal_entry(kit)
    made.Line[0].Amount = 80
    with pytest.raises(QuickbooksException):
        made.save(qb=qb)


def test_items_of_every_type(qb, kit):
    income = kit.account("Income", AccountSubType="SalesOfProductIncome")
    cost = kit.account("Cost of Goods Sold", AccountSubType="SuppliesMaterialsCogs")
    stock = kit.account("Other Current Asset", AccountSubType="Inventory")
    for kind in ("Service", "NonInventory", "Inventory", "Category"):
        made = named(Item, kind)(kit)
        made.Type = kind
        if kind != "Category":
            made.IncomeAccountRef, made.ExpenseAccountRef = income, cost
        if kind == "Inventory":
            made.TrackQtyOnHand, made.QtyOnHand, made.InvStartDate = True, 10, "2026-01-01"
            made.AssetAccountRef = stock
        saved = made.save(qb=qb)
        assert saved.Type == kind
    group = named(Item, "Bundle")(kit)
    group.Type = "Group"
    with pytest.raises(QuickbooksException):
        group.save(qb=qb)


def test_stock_goes_down_with_a_sale_and_comes_back_with_its_void(qb, kit):
    made = named(Item, "Jam")(kit)
    made.Type, made.TrackQtyOnHand, made.QtyOnHand, made.InvStartDate = "Inventory", True, 10, "2020-01-01"
    made.IncomeAccountRef = kit.account("Income", AccountSubType="SalesOfProductIncome")
    made.ExpenseAccountRef = kit.account("Cost of Goods Sold", AccountSubType="SuppliesMaterialsCogs")
    made.AssetAccountRef = kit.account("Other Current Asset", AccountSubType="Inventory")
    jam = made.save(qb=qb)
    invoice = sales(Invoice)(kit)
    detail = invoice.Line[0].SalesItemLineDetail
    detail.ItemRef, detail.Qty, detail.UnitPrice = jam.to_ref(), 4, 5
    saved = invoice.save(qb=qb)
    assert Item.get(jam.Id, qb=qb).QtyOnHand == 6
    saved.void(qb=qb)
    assert Item.get(jam.Id, qb=qb).QtyOnHand == 10


def test_a_customer_lives(qb):
    made = Customer()
    made.DisplayName = "Fern & Fig"
    made.PrimaryEmailAddr = email("hi@fernandfig.example")
    made.PrimaryPhone = PhoneNumber()
    made.PrimaryPhone.FreeFormNumber = "555 0101"
    made.BillAddr = Address()
    made.BillAddr.Line1 = "5 Fern Road"
    saved = made.save(qb=qb)
    assert (saved.PrintOnCheckName, saved.FullyQualifiedName) == ("Fern & Fig", "Fern & Fig")
    saved.Notes = "prompt payer"
    assert saved.save(qb=qb).SyncToken == "1"
    read = Customer.filter(DisplayName="fern & fig", qb=qb)[0]
    assert (read.Notes, read.BillAddr.Id) == ("prompt payer", saved.BillAddr.Id)
    assert (read.PrimaryEmailAddr.Address, read.PrimaryPhone.FreeFormNumber) == ("hi@fernandfig.example", "555 0101")
    assert Customer.where("DisplayName LIKE 'Fern%'", qb=qb)


def test_counts_orders_and_choices_of_the_library(qb):
    assert (Customer.count(qb=qb), Customer.count("Active = false", qb=qb)) == (4, 1)
    names = [found.DisplayName for found in Customer.all(order_by="DisplayName DESC", max_results=2, qb=qb)]
    assert names == ["Saltbox Cafe", "O'Malley's Grocery"]
    assert len(Customer.choose(["Juniper Market", "Saltbox Cafe"], field="DisplayName", qb=qb)) == 2
    assert {found.Sku for found in Item.all(qb=qb)} >= {"TM-CLASSIC", "DA-1LB"}


def test_a_kind_of_account_follows_from_its_sub_type(qb, kit):
    made = named(Account, "Wholesale")(kit)
    made.AccountSubType = "SalesOfProductIncome"
    saved = made.save(qb=qb)
    assert (saved.AccountType, saved.Classification) == ("Income", "Revenue")


def test_an_apostrophe_in_a_filter_is_found(qb):
    assert [found.DisplayName for found in Customer.filter(DisplayName="O'Malley's Grocery", qb=qb)]


def test_pages_do_not_overlap(qb, kit):
    for _ in range(5):
        named(Customer, "Page")(kit).save(qb=qb)
    pages = [
        Customer.all(order_by="DisplayName", start_position=start, max_results=3, qb=qb) for start in (1, 4, 7, 10)
    ]
    names = [found.DisplayName for page in pages for found in page]
    assert names == sorted(names, key=str.lower)
    assert len(names) == len(set(names)) == Customer.count(qb=qb)


def test_the_library_raises_its_own_errors(qb, kit):
    with pytest.raises(ValidationException) as bad:
        Customer.where("Nothing = 'x'", qb=qb)
    assert bad.value.error_code == 4001
    with pytest.raises(ValidationException) as parse:
        Customer.where("DisplayName == 'x'", qb=qb)
    assert parse.value.error_code == 4000
    with pytest.raises(ValidationException) as missing:
        Invoice().save(qb=qb)
    assert missing.value.error_code == 2020
    unknown = sales(Invoice)(kit)
    unknown.Nonsense = 1
    with pytest.raises(ValidationException) as member:
        unknown.save(qb=qb)
    assert member.value.error_code == 2010
    wrong = sales(Invoice)(kit)
    wrong.CustomerRef.value = "987654"
    with pytest.raises(QuickbooksException) as reference:
        wrong.save(qb=qb)
    assert reference.value.error_code in {2500, 610}
    amount = sales(Invoice)(kit)
    amount.Line[0].SalesItemLineDetail.Qty, amount.Line[0].SalesItemLineDetail.UnitPrice = 3, 5
    with pytest.raises(QuickbooksException) as product:
        amount.save(qb=qb)
    assert product.value.error_code == 6070


def test_closed_books_stay_closed(qb, kit):
    invoice = kit.invoice(50)
    preferences = Preferences.get(qb=qb)
    preferences.AccountingInfoPrefs.BookCloseDate = (date.today() + timedelta(days=2)).isoformat()  # noqa: DTZ011
    preferences.save(qb=qb)
    with pytest.raises(QuickbooksException) as closed:
        invoice.delete(qb=qb)
    assert closed.value.error_code in {6200, 6210}
    with pytest.raises(QuickbooksException) as refused:
        kit.invoice(10)
    assert refused.value.error_code in {6200, 6210}
    assert Invoice.get(invoice.Id, qb=qb).Balance == 50


def test_a_voided_invoice_owes_nothing_and_can_still_be_deleted(qb, kit):
    before = balance(qb, kit.customer)
    invoice = kit.invoice(50)
    invoice.void(qb=qb)
    assert balance(qb, kit.customer) == before
    Invoice.get(invoice.Id, qb=qb).delete(qb=qb)
    with pytest.raises(ObjectNotFoundException):
        Invoice.get(invoice.Id, qb=qb)
