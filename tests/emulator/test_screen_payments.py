"""Payments, deposits and credits on the screen, and what the API shows of it."""

import pytest

from tests.emulator.bookkeeper import Bookkeeper
from tests.emulator.books import account, link, now, pay, sale
from tests.emulator.test_webhooks import hook, receiver, told  # noqa: F401 - fixtures


@pytest.fixture
def person(emulator, qbo):
    someone = Bookkeeper(emulator, qbo.realm)
    yield someone
    someone.close()


def test_half_a_payment_and_then_the_rest(qbo, person, hook):  # noqa: F811 - the fixture
    path = person.open("/invoice/1").links["Receive payment"].removeprefix(f"/app/{qbo.realm}")
    page = person.press(path, "Save payment", TotalAmt="100", PaymentRefNum="CHK 1", TxnDate="2026-05-04")
    assert page.said.endswith("Payment received. Invoice HP-1001 has $105.50 left to pay.")
    assert "Partly paid" in page.text
    assert "CHK 1" in page.text
    invoice = now(qbo, "Invoice", "1")
    payment = now(qbo, "Payment", invoice["LinkedTxn"][0]["TxnId"])
    assert (invoice["Balance"], payment["TotalAmt"], payment["UnappliedAmt"]) == (105.5, 100, 0)
    assert (payment["TxnDate"], payment["PaymentRefNum"]) == ("2026-05-04", "CHK 1")
    events = told(qbo, hook)
    assert ("payment", payment["Id"], "Create") in events
    assert ("invoice", "1", "Update") in events
    rest = person.press(path, "Save payment")
    assert rest.said.endswith("Payment received. Invoice HP-1001 is paid.")
    assert now(qbo, "Invoice", "1")["Balance"] == 0
    assert "Receive payment" not in rest.links


def test_one_payment_pays_several_invoices_and_the_rest_is_a_credit(qbo, person):
    second, third = sale(qbo, "Invoice", 40), sale(qbo, "Invoice", 30)
    typed = {"TotalAmt": "$260", f"amount-{second['Id']}": "15", f"apply-{third['Id']}": "on"}
    page = person.press("/payments/new?customer=1", "Save payment", typed)
    assert page.status == 200
    assert [now(qbo, "Invoice", one)["Balance"] for one in ("1", second, third)] == [0, 25, 0]
    made = qbo.first("Payment")
    assert (made["TotalAmt"], made["UnappliedAmt"]) == (260, 9.5)
    assert "$9.50 is not applied and stays as a credit" in page.said


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"TotalAmt": ""}, "Write how much was received"),
        ({"TotalAmt": "-5"}, "The amount must be more than zero."),
        ({"TotalAmt": "0"}, "The amount must be more than zero."),
        ({"TotalAmt": "lots"}, "Amount received: “lots” is not a number"),
        ({"TotalAmt": "10", "amount-1": "11"}, "The invoices get $11.00, but only $10.00 was received"),
        ({"TotalAmt": "10", "amount-1": "-1"}, "below zero"),
        ({"TotalAmt": "10", "TxnDate": "4/5/2026"}, "The payment date is not a date"),
    ],
)
def test_a_payment_that_does_not_add_up_is_refused(qbo, person, typed, sentence):
    page = person.press("/payments/new?customer=1&invoice=1", "Save payment", typed)
    assert page.status == 400
    assert sentence in page.refused
    values = next(form for form in page.forms if form.method == "post").values
    assert values["TotalAmt"] == typed["TotalAmt"]
    assert "apply-1" in values
    assert qbo.rows("SELECT * FROM Payment") == []


def test_more_than_an_invoice_is_open_for_is_refused_by_the_books(qbo, person):
    page = person.press("/payments/new?customer=1&invoice=1", "Save payment", {"TotalAmt": "500", "amount-1": "400"})
    assert page.status == 400
    assert "Code 6000" in page.refused
    assert qbo.rows("SELECT * FROM Payment") == []


@pytest.mark.parametrize(("act", "event"), [("void", "Void"), ("delete", "Delete")])
def test_a_payment_that_ends_opens_its_invoice_again(qbo, person, hook, act, event):  # noqa: F811 - the fixture
    made = qbo.create("Payment", pay(50, link(50, {"Id": "1"})))
    page = person.press(f"/payment/{made['Id']}/{act}", f"{act.capitalize()} payment")
    assert "What it paid is open again" in page.said
    assert now(qbo, "Invoice", "1")["Balance"] == 205.5
    events = told(qbo, hook)
    assert ("payment", made["Id"], event) in events
    assert events.count(("invoice", "1", "Update")) >= 1
    assert (qbo.get(f"payment/{made['Id']}").status_code == 200) is (act == "void")


def test_a_payment_is_unapplied_and_applied_again(qbo, person):
    made = qbo.create("Payment", pay(50, link(50, {"Id": "1"}), PaymentRefNum="CHK 5"))
    page = person.press(f"/payment/{made['Id']}", "Unapply")
    assert "$50.00 stays as a credit" in page.said
    after = now(qbo, "Payment", made)
    assert (after["UnappliedAmt"], after["Line"], after["PaymentRefNum"]) == (50, [], "CHK 5")
    assert now(qbo, "Invoice", "1")["Balance"] == 205.5
    again = person.press(f"/payment/{made['Id']}/apply", "Apply", {"amount-1": "20"})
    assert again.said.endswith("$20.00 applied.")
    assert now(qbo, "Invoice", "1")["Balance"] == 185.5
    assert now(qbo, "Payment", made)["UnappliedAmt"] == 30


def test_payments_in_undeposited_funds_become_a_deposit_that_locks_them(qbo, person):
    first, second = (qbo.create("Payment", pay(amount)) for amount in (80, 20))
    direct = qbo.create("Payment", pay(7, DepositToAccountRef={"value": account(qbo, "Checking")["Id"]}))
    page = person.open("/deposits/new")
    assert f"Payment {direct['Id']}" not in page.text
    assert "$100.00 wait in Undeposited Funds" in page.text
    done = person.press("/deposits/new", "Save deposit", {f"payment-{second['Id']}": None})
    assert "$80.00 deposited to Checking" in done.said
    made = qbo.first("Deposit")
    assert (made["TotalAmt"], [line["LinkedTxn"][0]["TxnId"] for line in made["Line"]]) == (80, [first["Id"]])
    assert "$20.00 waits in Undeposited Funds" in person.open("/deposits/new").text
    refused = person.press(f"/payment/{first['Id']}/void", "Void payment")
    assert "Code 6540" in refused.refused
    nothing = person.press("/deposits/new", "Save deposit", {f"payment-{second['Id']}": None})
    assert "Tick at least one payment" in nothing.refused


def test_a_credit_memo_is_written_and_applied_to_an_invoice(qbo, person):
    typed = {"DocNumber": "CM-1", "line-0-item": "1", "line-0-qty": "4"}
    page = person.press("/credits/new?customer=1", "Save credit memo", typed)
    assert "Credit memo CM-1 over $26.00 saved" in page.said
    made = qbo.first("CreditMemo")
    assert (made["RemainingCredit"], made["CustomerRef"]["value"]) == (26, "1")
    assert "CM-1" in person.open("/credits?show=remaining").text
    used = person.press(f"/credit/{made['Id']}/apply", "Apply", {"amount-1": "6"})
    assert used.said.endswith("$6.00 applied.")
    assert now(qbo, "CreditMemo", made)["RemainingCredit"] == 20
    assert now(qbo, "Invoice", "1")["Balance"] == 199.5
    nothing = person.press(f"/credit/{made['Id']}/apply", "Apply", {"apply-1": None})
    assert "Tick at least one invoice" in nothing.refused


def test_a_credit_memo_is_deleted_after_a_question(qbo, person):
    made = sale(qbo, "CreditMemo", 9, DocNumber="CM-9")
    assert "Delete credit memo CM-9?" in person.open(f"/credit/{made['Id']}/delete").text
    person.press(f"/credit/{made['Id']}/delete", "Delete credit memo")
    assert qbo.rows("SELECT * FROM CreditMemo") == []


def test_a_foreign_customer_pays_in_its_own_currency(emulator):
    realm = emulator.realms()[4]
    person = Bookkeeper(emulator, realm)
    foreign = next(one for one in emulator.invoices(realm) if one["CurrencyRef"]["value"] == "USD")
    customer = foreign["CustomerRef"]["value"]
    path = f"/payments/new?customer={customer}&invoice={foreign['Id']}"
    page = person.press(path, "Save payment", TotalAmt="20")
    left = foreign["Balance"] - 20
    assert page.said.endswith(f"Invoice {foreign['DocNumber']} has ${left:,.2f} USD left to pay.")
    (made,) = emulator.books(realm)["Payment"]
    assert (made["CurrencyRef"]["value"], made["TotalAmt"]) == ("USD", 20)
    assert "CA$" not in person.open(f"/payment/{made['Id']}").text
    assert "Open balance CA$" in person.open().text
    person.close()
