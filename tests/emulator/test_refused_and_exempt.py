"""What is refused for good reason, and what is exempt because it was there before."""

import pytest

from qbo_emulator.wire import dumps, loads
from tests.emulator.books import account, key, now
from tests.emulator.conftest import RawClient


@pytest.mark.parametrize("subtype", ["Checking", "AccountsReceivable", "AccountsPayable"])
def test_sales_lines_and_discounts_take_no_account_of_money_or_names(qbo, subtype):
    reference = {"value": account(qbo, subtype)["Id"]}
    line = qbo.line(10, ItemAccountRef=reference)
    assert qbo.fault("invoice", qbo.invoice(line))["code"] == "6430"
    detail = {"PercentBased": False, "DiscountAccountRef": reference}
    discount = {"DetailType": "DiscountLineDetail", "Amount": 2, "DiscountLineDetail": detail}
    assert qbo.fault("invoice", qbo.invoice(qbo.line(10), discount))["code"] == "6430"


def test_a_payment_is_on_accounts_receivable(qbo):
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 5}
    wrong = {**body, "ARAccountRef": {"value": account(qbo, "Checking")["Id"]}}
    assert qbo.fault("payment", wrong)["code"] == "6430"
    receivable = {"value": account(qbo, "AccountsReceivable")["Id"]}
    assert qbo.create("Payment", {**body, "ARAccountRef": receivable})["ARAccountRef"]["value"] == receivable["value"]


@pytest.mark.parametrize("number", ["4111111111111111", "4111 1111-1111 1111", "4111111111111"])
def test_the_number_of_a_card_is_refused_and_kept_nowhere(emulator, qbo, number):
    card = {"CreditCardPayment": {"CreditChargeInfo": {"Number": number, "NameOnAcct": "Ann"}}}
    bodies = {
        "payment": {"CustomerRef": {"value": "1"}, "TotalAmt": 5, **card}, "salesreceipt": qbo.invoice(**card),
        "refundreceipt": qbo.invoice(**card, DepositToAccountRef={"value": account(qbo, "Checking")["Id"]}),
    }  # fmt: skip
    for path, body in bodies.items():
        error = qbo.fault(path, body)
        assert error["code"] == "6530"
        assert "4111" not in error["Detail"]
    card["CreditCardPayment"]["CreditChargeInfo"]["Number"] = "xxxxxxxxxxxx1111"
    made = qbo.create("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 5, **card})
    assert made["CreditCardPayment"]["CreditChargeInfo"]["Number"] == "xxxxxxxxxxxx1111"


@pytest.mark.parametrize("name", ["OpenBalance", "OpeningBalance"])
def test_an_opening_balance_of_an_account_needs_its_date(qbo, name):
    body = {"Name": "Vault", "AccountType": "Bank", name: 70}
    assert qbo.fault("account", body)["code"] == "6060"
    equity = account(qbo, "OpeningBalanceEquity")
    made = qbo.create("Account", {**body, "OpenBalanceDate": "2026-01-31"})
    assert (made["CurrentBalance"], made["CurrentBalanceWithSubAccounts"]) == (70, 70)
    assert now(qbo, "Account", equity)["CurrentBalance"] == equity["CurrentBalance"] + 70
    loan = {"Name": "Loan", "AccountType": "Long Term Liability", name: 30, "OpenBalanceDate": "2026-01-31"}
    made = qbo.create("Account", loan)
    assert made["CurrentBalance"] == 30
    assert now(qbo, "Account", equity)["CurrentBalance"] == equity["CurrentBalance"] + 40
    assert not {"OpenBalance", "OpeningBalance", "OpenBalanceDate"} & set(now(qbo, "Account", made))
    assert qbo.create("Account", key(made, **{name: 5}, OpenBalanceDate="2026-01-31"))["CurrentBalance"] == 30


def test_a_sparse_update_without_an_id_makes_nothing_new(qbo):
    before = len(qbo.rows("SELECT * FROM Customer MAXRESULTS 1000"))
    error = qbo.fault("customer", {"DisplayName": "Nobody", "sparse": True, "SyncToken": "0"})
    assert (error["code"], error["element"]) == ("2020", "Id")
    assert len(qbo.rows("SELECT * FROM Customer MAXRESULTS 1000")) == before


def test_a_name_that_grew_by_being_made_inactive_can_be_sent_back(qbo):
    income = {"value": account(qbo, "SalesOfProductIncome")["Id"]}
    item = qbo.create("Item", {"Name": "N" * 100, "Type": "Service", "IncomeAccountRef": income})
    asleep = qbo.create("Item", key(item, Active=False))
    assert len(asleep["Name"]) == 110
    assert qbo.create("Item", {**asleep, "Description": "old"})["Name"] == asleep["Name"]
    assert qbo.fault("item", {**now(qbo, "Item", item), "Name": "M" * 101})["code"] == "2050"
    assert qbo.fault("item", {"Name": asleep["Name"], "Type": "Service", "IncomeAccountRef": income})["code"] == "2050"


def test_an_item_says_that_it_is_below_another_only_when_it_is(qbo):
    assert not any("SubItem" in row for row in qbo.rows("SELECT * FROM Item") if not row.get("ParentRef"))
    category = qbo.create("Item", {"Name": "Nuts", "Type": "Category", "SubItem": False})
    assert "SubItem" not in category
    below = {"Name": "Hazel", "Type": "Category", "SubItem": True, "ParentRef": {"value": category["Id"]}}
    assert qbo.create("Item", below)["SubItem"] is True


def test_computed_amounts_have_fifteen_digits_like_all_others(qbo):
    most = 900_000_000_000_000
    qbo.create("Invoice", qbo.invoice(qbo.line(most), CustomerRef={"value": "1"}))
    error = qbo.fault("invoice", qbo.invoice(qbo.line(most), qbo.line(most), CustomerRef={"value": "2"}))
    assert (error["code"], error["Message"]) == ("2090", "Invalid Number")
    assert qbo.fault("invoice", qbo.invoice(qbo.line(most), CustomerRef={"value": "1"}))["code"] == "2090"
    assert qbo.fault("invoice", qbo.invoice(qbo.line("999999999999999.999")))["code"] == "2090"


@pytest.mark.parametrize("name", ["AutoApplyCredit", "AutoApplyPayments"])
def test_either_preference_pays_new_invoices_from_credits(qbo, name):
    qbo.create("Payment", {"CustomerRef": {"value": "2"}, "TotalAmt": 4})
    qbo.preference("SalesFormsPrefs", **{name: True})
    made = qbo.create("Invoice", qbo.invoice(qbo.line(10), CustomerRef={"value": "2"}))
    assert made["Balance"] == 6


def test_categories_need_the_feature(emulator, qbo):
    with emulator.emulator.books(qbo.realm) as books:
        company = books.get("CompanyInfo", "1")
        company["NameValue"] = [pair for pair in company["NameValue"] if pair["Name"] != "ItemCategoriesFeature"]
        books.put("CompanyInfo", company)
    assert qbo.fault("item", {"Name": "Nuts", "Type": "Category"})["code"] == "5030"


def test_amounts_of_a_currency_without_cents_agree_when_they_are_rounded(emulator):
    for realm in emulator.realms():
        qbo = RawClient(emulator, realm)
        yen = [row for row in qbo.rows("SELECT * FROM Customer") if row["CurrencyRef"]["value"] == "JPY"]
        if yen:
            break
    else:
        pytest.fail("no company has a customer in yen")
    reference = {"CustomerRef": {"value": yen[0]["Id"]}, "CurrencyRef": {"value": "JPY"}}
    code = {"TaxCodeRef": {"value": qbo.first("TaxCode")["Id"]}}
    for amount in ("67", "66.67"):
        answer = qbo.post("invoice", qbo.invoice(qbo.line(amount, Qty=2, UnitPrice="33.333", **code), **reference))
        assert answer.status_code == 200, answer.text
        made = loads(answer.text)["Invoice"]
        assert made["Line"][0]["Amount"] == 67
        assert str(made["Line"][0]["SalesItemLineDetail"]["UnitPrice"]) == "33.333"
        again = qbo.send("invoice", dumps(made).encode())
        assert loads(again.text)["Invoice"]["Line"] == made["Line"]
    assert (
        qbo.fault("invoice", qbo.invoice(qbo.line("68", Qty=2, UnitPrice="33.333", **code), **reference))["code"]
        == "6070"
    )


def test_a_custom_field_with_a_text_says_which_one_it_is(qbo):
    field = {"Name": "Sales Rep", "Type": "StringType", "StringValue": "Ann"}
    error = qbo.fault("invoice", qbo.invoice(CustomField=[field]))
    assert (error["code"], error["element"]) == ("2020", "CustomField.DefinitionId")
    assert qbo.fault("invoice", qbo.invoice(CustomField=[{**field, "DefinitionId": "77"}]))["code"] == "3000"


def test_a_file_is_on_ten_thousand_objects_at_most(qbo):
    links = [{"EntityRef": {"type": "Customer", "value": "1"}}] * 10_001
    assert qbo.fault("attachable", {"Note": "everywhere", "AttachableRef": links})["code"] == "6000"
    assert len(qbo.create("Attachable", {"Note": "here", "AttachableRef": links[:2]})["AttachableRef"]) == 2
