"""Each entity in its smallest form, made with python-quickbooks' classes, and what can be done with it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from quickbooks import QuickBooks
from quickbooks.objects.account import Account
from quickbooks.objects.attachable import Attachable
from quickbooks.objects.base import EmailAddress, LinkedTxn, Ref
from quickbooks.objects.bill import Bill
from quickbooks.objects.billpayment import BillPayment, BillPaymentLine, CheckPayment
from quickbooks.objects.creditmemo import CreditMemo
from quickbooks.objects.customer import Customer
from quickbooks.objects.department import Department
from quickbooks.objects.deposit import Deposit, DepositLine, DepositLineDetail
from quickbooks.objects.detailline import (
    AccountBasedExpenseLine,
    AccountBasedExpenseLineDetail,
    ItemBasedExpenseLine,
    ItemBasedExpenseLineDetail,
    SalesItemLine,
    SalesItemLineDetail,
)
from quickbooks.objects.employee import Employee
from quickbooks.objects.estimate import Estimate
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.journalentry import JournalEntry, JournalEntryLine, JournalEntryLineDetail
from quickbooks.objects.payment import Payment, PaymentLine
from quickbooks.objects.paymentmethod import PaymentMethod
from quickbooks.objects.purchase import Purchase
from quickbooks.objects.purchaseorder import PurchaseOrder
from quickbooks.objects.refundreceipt import RefundReceipt
from quickbooks.objects.salesreceipt import SalesReceipt
from quickbooks.objects.taxagency import TaxAgency
from quickbooks.objects.taxcode import TaxCode
from quickbooks.objects.term import Term
from quickbooks.objects.timeactivity import TimeActivity
from quickbooks.objects.trackingclass import Class
from quickbooks.objects.transfer import Transfer
from quickbooks.objects.vendor import Vendor
from quickbooks.objects.vendorcredit import VendorCredit


def ref(value: str, kind: str | None = None) -> Ref:
    """A reference by id."""
    made = Ref()
    made.value = value
    if kind:
        made.type = kind
    return made


def email(address: str) -> EmailAddress:
    """An e-mail address."""
    made = EmailAddress()
    made.Address = address
    return made


def link(document: Any, kind: str | None = None) -> LinkedTxn:
    """The link to a document."""
    made = LinkedTxn()
    made.TxnId, made.TxnType, made.TxnLineId = document.Id, kind or document.qbo_object_name, None
    return made


class Kit:
    """What documents refer to, looked up through the library, and documents ready to save."""

    def __init__(self, qb: QuickBooks) -> None:
        self.qb = qb
        self.made = 0

    @cached_property
    def tax_code(self) -> Ref | None:
        """What a line of a sale must say of tax: nothing in the United States, else a code of the company."""
        codes = TaxCode.all(qb=self.qb)
        return None if any(code.Id == "TAX" for code in codes) else codes[0].to_ref()

    def name(self, word: str) -> str:
        """A name that is used nowhere else."""
        self.made += 1
        return f"{word} {self.made} of the library"

    @property
    def customer(self) -> Customer:
        return Customer.all(max_results=1, qb=self.qb)[0]

    @property
    def vendor(self) -> Vendor:
        return Vendor.all(max_results=1, qb=self.qb)[0]

    @property
    def item(self) -> Item:
        return Item.filter(Type="NonInventory", max_results=1, qb=self.qb)[0]

    @property
    def employee(self) -> Employee:
        found = Employee.all(max_results=1, qb=self.qb)
        return found[0] if found else employee(self).save(qb=self.qb)

    def account(self, kind: str, **more: str) -> Ref:
        """The first account of a type, made when there is none."""
        found = Account.filter(AccountType=kind, max_results=1, qb=self.qb, **more)
        if not found:
            made = Account()
            made.Name, made.AccountType = self.name(kind), kind
            found = [made.save(qb=self.qb)]
        return found[0].to_ref()

    def sale(self, amount: Any = 20) -> SalesItemLine:
        """A line of the first product."""
        made = SalesItemLine()
        made.Amount = amount
        made.SalesItemLineDetail = SalesItemLineDetail()
        made.SalesItemLineDetail.ItemRef = self.item.to_ref()
        made.SalesItemLineDetail.TaxCodeRef = self.tax_code
        return made

    def expense(self, amount: Any = 30) -> AccountBasedExpenseLine:
        """A line of an expense account."""
        made = AccountBasedExpenseLine()
        made.Amount = amount
        made.AccountBasedExpenseLineDetail = AccountBasedExpenseLineDetail()
        made.AccountBasedExpenseLineDetail.AccountRef = self.account("Expense")
        return made

    def bought(self, quantity: Any = 2, price: Any = 15) -> ItemBasedExpenseLine:
        """A line of a product that is bought."""
        made = ItemBasedExpenseLine()
        made.Amount = quantity * price
        made.ItemBasedExpenseLineDetail = ItemBasedExpenseLineDetail()
        made.ItemBasedExpenseLineDetail.ItemRef = self.item.to_ref()
        made.ItemBasedExpenseLineDetail.Qty, made.ItemBasedExpenseLineDetail.UnitPrice = quantity, price
        return made

    def invoice(self, amount: Any = 20, customer: Customer | None = None) -> Invoice:
        """An invoice that is already in the books."""
        made = Invoice()
        made.CustomerRef = (customer or self.customer).to_ref()
        made.Line = [self.sale(amount)]
        return made.save(qb=self.qb)

    def payment(self, amount: Any, *invoices: Invoice) -> Payment:
        """A payment of the first customer, applied in equal parts, ready to save."""
        made = Payment()
        made.TotalAmt = amount
        made.CustomerRef = invoices[0].CustomerRef if invoices else self.customer.to_ref()
        for invoice in invoices:
            line = PaymentLine()
            line.Amount = amount / len(invoices)
            line.LinkedTxn = [link(invoice)]
            made.Line.append(line)
        return made

    def bill(self, amount: Any = 30) -> Bill:
        """A bill that is already in the books."""
        made = Bill()
        made.VendorRef = self.vendor.to_ref()
        made.Line = [self.expense(amount)]
        return made.save(qb=self.qb)


def named(cls: type, word: str, **members: Any) -> Callable[[Kit], Any]:
    """A list object that needs nothing but a name."""

    def make(kit: Kit) -> Any:
        made = cls()
        field = "DisplayName" if hasattr(made, "DisplayName") else "Name"
        setattr(made, field, kit.name(word))
        for name, value in members.items():
            setattr(made, name, value)
        return made

    return make


def item(kit: Kit) -> Item:
    made = named(Item, "Item")(kit)
    made.Type, made.UnitPrice = "Service", Decimal("12.50")
    made.IncomeAccountRef = kit.account("Income")
    return made


def employee(kit: Kit) -> Employee:
    made = Employee()
    made.GivenName, made.FamilyName = "Ida", kit.name("Marsh")
    return made


def sales(cls: type, **members: Any) -> Callable[[Kit], Any]:
    """A sales document of one line."""

    def make(kit: Kit) -> Any:
        made = cls()
        made.CustomerRef = kit.customer.to_ref()
        made.Line = [kit.sale()]
        for name, value in members.items():
            setattr(made, name, value)
        return made

    return make


def refund(kit: Kit) -> RefundReceipt:
    made = sales(RefundReceipt)(kit)
    made.DepositToAccountRef = kit.account("Bank")
    return made


def payment(kit: Kit) -> Payment:
    return kit.payment(20, kit.invoice(20))


def deposit(kit: Kit) -> Deposit:
    made = Deposit()
    made.DepositToAccountRef = kit.account("Bank")
    line = DepositLine()
    line.Amount = 45
    line.DepositLineDetail = DepositLineDetail()
    line.DepositLineDetail.AccountRef = kit.account("Income")
    made.Line = [line]
    return made


def purchase(kit: Kit) -> Purchase:
    made = Purchase()
    made.PaymentType = "Check"
    made.AccountRef = kit.account("Bank")
    made.EntityRef = kit.vendor.to_ref()
    made.Line = [kit.expense()]
    return made


def from_vendor(cls: type) -> Callable[[Kit], Any]:
    """A document of a vendor with one line of an account."""

    def make(kit: Kit) -> Any:
        made = cls()
        made.VendorRef = kit.vendor.to_ref()
        made.Line = [kit.expense()]
        return made

    return make


def bill_payment(kit: Kit) -> BillPayment:
    bill = kit.bill(30)
    made = BillPayment()
    made.VendorRef, made.PayType, made.TotalAmt = bill.VendorRef, "Check", 30
    made.CheckPayment = CheckPayment()
    made.CheckPayment.BankAccountRef = kit.account("Bank")
    line = BillPaymentLine()
    line.Amount = 30
    line.LinkedTxn = [link(bill)]
    made.Line = [line]
    return made


def purchase_order(kit: Kit) -> PurchaseOrder:
    made = PurchaseOrder()
    made.VendorRef = kit.vendor.to_ref()
    made.APAccountRef = kit.account("Accounts Payable")
    made.Line = [kit.bought()]
    return made


def journal_entry(kit: Kit) -> JournalEntry:
    made = JournalEntry()
    for posting, account in (("Debit", kit.account("Expense")), ("Credit", kit.account("Bank"))):
        line = JournalEntryLine()
        line.Amount = Decimal("75.25")
        line.JournalEntryLineDetail = JournalEntryLineDetail()
        line.JournalEntryLineDetail.PostingType = posting
        line.JournalEntryLineDetail.AccountRef = account
        made.Line.append(line)
    return made


def transfer(kit: Kit) -> Transfer:
    made = Transfer()
    banks = Account.filter(AccountType="Bank", max_results=2, qb=kit.qb)
    made.FromAccountRef, made.ToAccountRef, made.Amount = banks[0].to_ref(), banks[1].to_ref(), Decimal("99.95")
    return made


def time_activity(kit: Kit) -> TimeActivity:
    made = TimeActivity()
    made.NameOf, made.EmployeeRef = "Employee", kit.employee.to_ref()
    made.TxnDate, made.Hours, made.Minutes, made.Description = "2026-03-02", 2, 30, "Stock taking"
    return made


def note(kit: Kit) -> Attachable:
    made = Attachable()
    made.Note = kit.name("Paid in cash")
    return made


@dataclass(frozen=True)
class Case:
    """One entity: how to make the smallest one, a member that can be changed (if any), and what else can be done.

    name is the member that is unique and gets " (deleted)" when the object is made inactive; cdc says whether change
    data capture covers the entity; batch whether the batch helper of the library can carry it.
    """

    cls: Any
    make: Callable[[Kit], Any]
    change: tuple[str, Any] | None = ("PrivateNote", "changed by the library")
    name: str = ""
    deletes: bool = True
    voids: bool = False
    sends: bool = False
    pdf: bool = False
    cdc: bool = True
    batch: bool = True
    request_id: bool = True

    @property
    def entity(self) -> str:
        """Its name on the wire."""
        return str(self.cls.qbo_object_name)


def listed(cls: type, make: Callable[[Kit], Any], change: tuple[str, Any], name: str = "Name", **more: Any) -> Case:
    """An entity of a list: never deleted, only made inactive."""
    return Case(cls, make, change, name, deletes=False, **more)


CASES = (
    listed(Customer, named(Customer, "Customer"), ("Notes", "pays promptly"), "DisplayName"),
    listed(Vendor, named(Vendor, "Vendor"), ("AcctNum", "77-10"), "DisplayName"),
    listed(Employee, employee, ("EmployeeNumber", "E-7"), "DisplayName"),
    listed(Item, item, ("Description", "by the hour")),
    listed(Account, named(Account, "Account", AccountType="Expense"), ("Description", "a new account")),
    listed(Term, named(Term, "Net", DueDays=12), ("DueDays", 14)),
    listed(PaymentMethod, named(PaymentMethod, "Card", Type="CREDIT_CARD"), ("Type", "NON_CREDIT_CARD")),
    listed(Department, named(Department, "Shop"), ("Name", "The shop at the harbour")),
    listed(Class, named(Class, "Wholesale"), ("Name", "Wholesale, abroad")),
    Case(TaxAgency, named(TaxAgency, "Agency"), None, deletes=False, cdc=False),
    Case(Invoice, sales(Invoice), voids=True, sends=True, pdf=True),
    Case(Payment, payment, voids=True),
    Case(Estimate, sales(Estimate), sends=True, pdf=True),
    Case(SalesReceipt, sales(SalesReceipt), voids=True, pdf=True),
    Case(CreditMemo, sales(CreditMemo)),
    Case(RefundReceipt, refund),
    Case(Deposit, deposit),
    Case(Purchase, purchase),
    Case(Bill, from_vendor(Bill)),
    Case(BillPayment, bill_payment, voids=True),
    Case(VendorCredit, from_vendor(VendorCredit)),
    Case(PurchaseOrder, purchase_order, sends=True),
    Case(JournalEntry, journal_entry),
    Case(Transfer, transfer),
    Case(TimeActivity, time_activity, ("Description", "Stock taking, both shops"), cdc=False),
    Case(Attachable, note, ("Note", "Paid by card"), request_id=False),
)  # fmt: skip
