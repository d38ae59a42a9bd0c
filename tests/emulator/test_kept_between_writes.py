"""What a write must leave as it was: counters, what is inactive, links, names of references."""

import pytest

from tests.emulator.books import account, key, now


def numbered(qbo, **members):
    return qbo.create("Invoice", qbo.invoice(**members))


def test_the_counter_of_document_numbers_never_goes_back(qbo):
    qbo.preference("SalesFormsPrefs", CustomTxnNumbers=False)
    first = numbered(qbo)
    start = int(first["DocNumber"])
    numbered(qbo, DocNumber=str(start + 4000))
    qbo.create("Invoice", key(first, PrivateNote="touched"))
    qbo.create("Invoice", key(now(qbo, "Invoice", first), DocNumber=str(start)))
    assert numbered(qbo)["DocNumber"] == str(start + 4001)
    numbered(qbo, DocNumber=str(start + 17))
    assert numbered(qbo)["DocNumber"] == str(start + 4002)


def test_a_number_that_an_update_gives_out_is_not_given_twice(qbo):
    qbo.preference("SalesFormsPrefs", CustomTxnNumbers=False)
    first = numbered(qbo)
    qbo.preference("SalesFormsPrefs", CustomTxnNumbers=True)
    after = str(int(first["DocNumber"]) + 1)
    numbered(qbo, DocNumber=after)
    qbo.preference("SalesFormsPrefs", CustomTxnNumbers=False)
    changed = qbo.create("Invoice", key(first, DocNumber="AUTO_GENERATE"))
    assert changed["DocNumber"] == str(int(after) + 1)


@pytest.mark.parametrize("kind", ["Customer", "Item", "Account", "Term"])
def test_an_emptied_active_in_a_sparse_update_wakes_nothing_up(qbo, kind):
    extra = {
        "Customer": {"DisplayName": "Sleeper"}, "Term": {"Name": "Sleeper", "DueDays": 3},
        "Account": {"Name": "Sleeper", "AccountType": "Expense"},
        "Item": {"Name": "Sleeper", "Type": "Service",
                 "IncomeAccountRef": {"value": account(qbo, "SalesOfProductIncome")["Id"]}},
    }  # fmt: skip
    made = qbo.create(kind, extra[kind])
    asleep = qbo.create(kind, key(made, Active=False))
    assert qbo.create(kind, key(asleep, Active=None))["Active"] is False
    assert now(qbo, kind, made)["Active"] is False


def paid_bill(qbo):
    vendor = {"VendorRef": {"value": qbo.first("Vendor")["Id"]}}
    kind = "AccountBasedExpenseLineDetail"
    line = {"DetailType": kind, "Amount": 30, kind: {"AccountRef": {"value": account(qbo, "Inventory")["Id"]}}}
    bill = qbo.create("Bill", {**vendor, "Line": [line]})
    pays = {"Amount": 30, "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}
    bank = {"BankAccountRef": {"value": account(qbo, "Checking")["Id"]}}
    body = {**vendor, "PayType": "Check", "CheckPayment": bank, "TotalAmt": 30, "Line": [pays]}
    return bill, qbo.create("BillPayment", body)


def test_the_link_of_a_bill_follows_how_it_was_paid(qbo):
    bill, payment = paid_bill(qbo)
    assert now(qbo, "Bill", bill)["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "BillPaymentCheck"}]
    card = qbo.create("Account", {"Name": "Card", "AccountType": "Credit Card"})
    card_payment = {"CCAccountRef": {"value": card["Id"]}}
    payment = qbo.create("BillPayment", key(payment, PayType="CreditCard", CreditCardPayment=card_payment))
    after = now(qbo, "Bill", bill)
    assert after["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "BillPaymentCreditCard"}]
    assert (after["Balance"], after["SyncToken"]) == (0, "2")


def test_a_voided_bill_payment_can_still_get_a_note(qbo):
    bill, payment = paid_bill(qbo)
    voided = qbo.create("BillPayment", key(payment), operation="void")
    noted = qbo.create("BillPayment", key(voided, PrivateNote="by mistake"))
    assert (noted["PrivateNote"], noted["TotalAmt"]) == ("by mistake", 0)
    assert qbo.create("BillPayment", key(noted, PrivateNote="twice"))["TotalAmt"] == 0
    assert now(qbo, "Bill", bill)["Balance"] == 30


def test_preferences_that_are_sent_back_keep_the_names_of_references(qbo):
    term = qbo.first("Term", "WHERE Name = 'Net 30'")
    qbo.preference("SalesFormsPrefs", DefaultTerms={"value": term["Id"]})
    before = qbo.get("preferences").json()["Preferences"]
    assert before["SalesFormsPrefs"]["DefaultTerms"] == {"value": term["Id"], "name": "Net 30"}
    after = qbo.post("preferences", before).json()["Preferences"]
    assert {**after, "MetaData": 0, "SyncToken": 0} == {**before, "MetaData": 0, "SyncToken": 0}


def test_terms_need_a_day_that_a_month_has(qbo):
    assert qbo.fault("term", {"Name": "Never", "DayOfMonthDue": 0})["code"] == "2090"
    assert qbo.create("Term", {"Name": "Last", "DayOfMonthDue": 31})["DayOfMonthDue"] == 31
