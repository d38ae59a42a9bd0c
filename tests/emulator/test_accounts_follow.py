"""Accounts of the balance sheet follow sales and payments, with tax and in other currencies."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from qbo_emulator.testing import RunningEmulator
from tests.emulator.books import account, key, link, now, sale
from tests.emulator.conftest import error_of
from tests.emulator.taxed import Body, Company

ABROAD = "4620816365000000055"
FRENCH, HERE = "Papeterie Étoile", "Granville Stationers"


@pytest.fixture
def tide(emulator: RunningEmulator) -> Iterator[Company]:
    """A Canadian company with customers in dollars, euros and yen."""
    client = Company(emulator, ABROAD)
    yield client
    client.session.close()


def balance(company: Company, subtype: str) -> Decimal:
    return Decimal(str(account(company, subtype)["CurrentBalance"]))


def foreign(tide: Company, kind: str, amount: int) -> Body:
    line = tide.sold("Linen Notebook", amount, tide.ref("TaxCode", "Zero-rated")["value"])
    return tide.bill(FRENCH, line, kind=kind, CurrencyRef={"value": "EUR"}, TxnDate="2026-06-01")


def test_tax_that_was_charged_is_owed(qbo):
    qbo.preference("TaxPrefs", UsingSalesTax=True)
    owed = {"Name": "Sales Tax Payable", "AccountType": "Other Current Liability", "AccountSubType": "SalesTaxPayable"}
    number = qbo.create("Account", owed)["Id"]
    taxed = {"TxnTaxDetail": {"TotalTax": 2}}
    invoice = sale(qbo, "Invoice", 20, **taxed)
    assert (invoice["TotalAmt"], now(qbo, "Account", number)["CurrentBalance"]) == (22, 2)
    sale(qbo, "SalesReceipt", 20, **taxed)
    assert now(qbo, "Account", number)["CurrentBalance"] == 4
    credit = sale(qbo, "CreditMemo", 20, TxnTaxDetail={"TotalTax": 1})
    assert now(qbo, "Account", number)["CurrentBalance"] == 3
    voided = qbo.create("Invoice", key(invoice), operation="void")
    assert (voided["TotalAmt"], voided["TxnTaxDetail"]["TotalTax"]) == (0, 0)
    qbo.create("CreditMemo", key(credit), operation="delete")
    assert now(qbo, "Account", number)["CurrentBalance"] == 2


def test_a_foreign_payment_leaves_nothing_owed_though_the_rate_has_moved(tide):
    before, funds = balance(tide, "AccountsReceivable"), balance(tide, "UndepositedFunds")
    invoice = foreign(tide, "Invoice", 100)
    customer = invoice["CustomerRef"]
    assert balance(tide, "AccountsReceivable") == before + invoice["HomeTotalAmt"]
    body = {"CustomerRef": customer, "TotalAmt": 100, "CurrencyRef": {"value": "EUR"}, "ExchangeRate": "1.6"}
    paid = tide.create("Payment", {**body, "Line": [link(100, invoice)]})
    assert (paid["UnappliedAmt"], paid["HomeTotalAmt"]) == (0, 160)
    after = now(tide, "Invoice", invoice)
    assert (after["Balance"], after["HomeBalance"]) == (0, 0)
    assert now(tide, "Customer", customer["value"])["Balance"] == 0
    assert balance(tide, "AccountsReceivable") == before
    assert balance(tide, "UndepositedFunds") == funds + 160
    tide.create("Payment", key(paid), operation="void")
    assert now(tide, "Customer", customer["value"])["Balance"] == 100
    assert balance(tide, "AccountsReceivable") == before + invoice["HomeTotalAmt"]
    assert balance(tide, "UndepositedFunds") == funds


def test_a_payment_has_the_currency_of_what_it_pays(tide):
    invoice = foreign(tide, "Invoice", 100)
    body = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": 100, "Line": [link(100, invoice)]}
    assert error_of(tide.post("payment", body))["code"] == "2020"
    assert error_of(tide.post("payment", {**body, "CurrencyRef": {"value": "CAD"}}))["code"] == "6000"


def test_credits_in_another_currency_pay_by_themselves_too(tide):
    credit = foreign(tide, "CreditMemo", 30)
    tide.preference("SalesFormsPrefs", AutoApplyCredit=True)
    invoice = foreign(tide, "Invoice", 100)
    assert (invoice["Balance"], now(tide, "CreditMemo", credit)["RemainingCredit"]) == (70, 0)
    (netting,) = (now(tide, "Payment", entry["TxnId"]) for entry in invoice["LinkedTxn"])
    assert (netting["CurrencyRef"]["value"], netting["TotalAmt"]) == ("EUR", 0)


def test_what_a_document_has_stays_when_the_company_turns_it_off(qbo):
    qbo.preference("SalesFormsPrefs", AllowDeposit=True)
    discount = {"DetailType": "DiscountLineDetail", "Amount": 2, "DiscountLineDetail": {"PercentBased": False}}
    shipping = qbo.line(3, ItemRef={"value": "SHIPPING_ITEM_ID"})
    made = qbo.create("Invoice", qbo.invoice(qbo.line(10), discount, shipping, Deposit=4))
    qbo.preference("SalesFormsPrefs", AllowDeposit=False, AllowDiscount=False, AllowShipping=False)
    kept = qbo.create("Invoice", key(made, PrivateNote="x"))
    assert (kept["TotalAmt"], kept["Balance"], kept["Line"]) == (11, 7, made["Line"])
    assert qbo.fault("invoice", key(kept, Deposit=5))["code"] == "6000"
