"""Several currencies: of the company, of names and transactions, and exchange rates (fact sheet, section 5.11)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from intuitlib.client import AuthClient
from quickbooks import QuickBooks
from quickbooks.objects.base import Ref
from quickbooks.objects.companycurrency import CompanyCurrency
from quickbooks.objects.customer import Customer
from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
from quickbooks.objects.exchangerate import ExchangeRate
from quickbooks.objects.invoice import Invoice

from qbo_emulator.testing import RunningEmulator
from tests.emulator.conftest import RawClient, error_of
from tests.emulator.taxed import Body, Company

REALM = "4620816365000000055"
EURO, DOLLAR, YEN = Decimal("1.5068493"), Decimal("1.3698630"), Decimal("0.0091781")
FRENCH, AMERICAN, JAPANESE, HERE = "Papeterie Étoile", "Quill & Harbor", "星野文具店", "Granville Stationers"


@pytest.fixture
def tide(emulator: RunningEmulator) -> Iterator[Company]:
    """A Canadian company with customers in dollars, euros and yen."""
    client = Company(emulator, REALM)
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


def line(company: Company, amount: Any, code: str = "Zero-rated", **detail: Any) -> Body:
    return company.sold("Linen Notebook", amount, company.ref("TaxCode", code)["value"], **detail)


def foreign(company: Company, customer: str, code: str, *lines: Body, **members: Any) -> Body:
    return company.bill(customer, *(lines or [line(company, 100)]), CurrencyRef={"value": code}, **members)


def refused(company: Company, customer: str, **members: Any) -> dict[str, Any]:
    body = {"CustomerRef": company.ref("Customer", customer), "Line": [line(company, 100)], **members}
    return error_of(company.post("invoice", body))


def test_a_foreign_invoice_is_worth_the_rate_of_its_day_at_home(tide):
    invoice = foreign(tide, FRENCH, "EUR")
    assert (invoice["CurrencyRef"], invoice["ExchangeRate"]) == ({"value": "EUR", "name": "Euro"}, EURO)
    assert (invoice["TotalAmt"], invoice["HomeTotalAmt"], invoice["HomeBalance"]) == (
        100, Decimal("150.68"), Decimal("150.68"),
    )  # fmt: skip


def test_an_invoice_in_the_home_currency_has_a_rate_of_one(tide):
    invoice = tide.bill(HERE, line(tide, 100))
    assert (invoice["CurrencyRef"]["value"], invoice["ExchangeRate"]) == ("CAD", 1)
    assert invoice["HomeTotalAmt"] == invoice["HomeBalance"] == 100


def test_tax_is_charged_in_the_currency_of_the_document(tide):
    invoice = foreign(tide, AMERICAN, "USD", line(tide, "33.33", "GST/PST BC"))
    # 1.6665 and 2.3331 of US dollars; 37.33 x 1.369863 = 51.1369...
    assert [row["Amount"] for row in invoice["TxnTaxDetail"]["TaxLine"]] == [Decimal("1.67"), Decimal("2.33")]
    assert (invoice["TotalAmt"], invoice["HomeTotalAmt"]) == (Decimal("37.33"), Decimal("51.14"))


def test_a_rate_that_is_sent_counts_and_one_counts_as_not_sent(tide):
    sent = foreign(tide, FRENCH, "EUR", ExchangeRate="1.4")
    assert (sent["ExchangeRate"], sent["HomeTotalAmt"]) == (Decimal("1.4"), 140)
    assert foreign(tide, FRENCH, "EUR", ExchangeRate=1)["ExchangeRate"] == EURO
    assert tide.bill(HERE, line(tide, 100), ExchangeRate=3)["ExchangeRate"] == 1
    assert refused(tide, FRENCH, CurrencyRef={"value": "EUR"}, ExchangeRate=-2)["code"] == "2090"


def test_a_rate_that_was_set_for_a_day_is_the_default_of_that_day(tide):
    body = {"SourceCurrencyCode": "EUR", "AsOfDate": "2026-03-02", "Rate": 2.5}
    made = tide.create("ExchangeRate", body)
    assert {name: made[name] for name in ("SourceCurrencyCode", "TargetCurrencyCode", "Rate", "AsOfDate")} == {
        "SourceCurrencyCode": "EUR", "TargetCurrencyCode": "CAD", "Rate": Decimal("2.5"), "AsOfDate": "2026-03-02",
    }  # fmt: skip
    assert "Id" not in made
    on_the_day = foreign(tide, FRENCH, "EUR", TxnDate="2026-03-02")
    assert (on_the_day["ExchangeRate"], on_the_day["HomeTotalAmt"]) == (Decimal("2.5"), 250)
    assert foreign(tide, FRENCH, "EUR", TxnDate="2026-03-03")["ExchangeRate"] == EURO
    again = tide.create("ExchangeRate", {**body, "Rate": "2.75", "SyncToken": "0"})
    assert again["Rate"] == Decimal("2.75")
    found = tide.get("exchangerate", sourcecurrencycode="eur", asofdate="2026-03-02").json()["ExchangeRate"]
    assert (found["Rate"], found["AsOfDate"]) == (2.75, "2026-03-02")
    assert [row["Rate"] for row in tide.rows("SELECT * FROM ExchangeRate WHERE AsOfDate = '2026-03-02'")] == [
        2.75, 0.0091781, 1.369863,
    ]  # fmt: skip


def test_a_rate_is_read_for_any_day_and_for_today(tide, emulator):
    found = tide.get("exchangerate", sourcecurrencycode="JPY", asofdate="2020-02-29").json()["ExchangeRate"]
    assert (found["Rate"], found["AsOfDate"], found["domain"], found["sparse"]) == (
        0.0091781, "2020-02-29", "QBO", False,
    )  # fmt: skip
    today = emulator.books(REALM)["Invoice"][0]["TxnDate"]
    assert tide.get("exchangerate", sourcecurrencycode="USD").json()["ExchangeRate"]["AsOfDate"] == today
    home = tide.get("exchangerate", sourcecurrencycode="CAD").json()["ExchangeRate"]
    assert home["Rate"] == 1


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "2020"),
        ({"sourcecurrencycode": "XXX"}, "2220"),
        ({"sourcecurrencycode": "EUR", "asofdate": "yesterday"}, "2060"),
    ],
)
def test_rates_that_cannot_be_read(tide, parameters, code):
    assert error_of(tide.get("exchangerate", **parameters))["code"] == code
    assert error_of(tide.get("exchangerate/1"))["code"] == "500"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"Rate": 2}, "2020"),
        ({"SourceCurrencyCode": "XXX", "Rate": 2}, "2220"),
        ({"SourceCurrencyCode": "CAD", "Rate": 2}, "6000"),
        ({"SourceCurrencyCode": "EUR", "TargetCurrencyCode": "USD", "Rate": 2}, "6000"),
        ({"SourceCurrencyCode": "EUR"}, "2090"),
        ({"SourceCurrencyCode": "EUR", "Rate": -1}, "2090"),
        ({"SourceCurrencyCode": "EUR", "Rate": 1, "AsOfDate": "2026-02-30"}, "2070"),
        ({"SourceCurrencyCode": "EUR", "Rate": 1, "Day": "2026-02-01"}, "2010"),
    ],
)
def test_rates_that_cannot_be_set(tide, body, code):
    assert error_of(tide.post("exchangerate", body))["code"] == code
    assert error_of(tide.post("exchangerate/1", body))["code"] == "500"


def test_rates_are_queried_by_currency_and_day(tide, emulator):
    today = emulator.books(REALM)["Invoice"][0]["TxnDate"]
    rows = tide.rows("SELECT * FROM ExchangeRate")
    assert [(row["SourceCurrencyCode"], row["AsOfDate"]) for row in rows] == [
        ("EUR", today), ("JPY", today), ("USD", today),
    ]  # fmt: skip
    assert all("Id" not in row for row in rows)
    where = "WHERE SourceCurrencyCode IN ('EUR', 'USD') AND AsOfDate IN ('2026-01-01', '2026-01-02')"
    assert len(tide.rows(f"SELECT * FROM ExchangeRate {where}")) == 4
    counted = tide.query(f"SELECT count(*) FROM ExchangeRate {where}").json()["QueryResponse"]
    assert counted == {"totalCount": 4}
    (picked,) = tide.rows("SELECT Rate FROM ExchangeRate WHERE SourceCurrencyCode = 'USD'")
    assert (picked["Rate"], "AsOfDate" in picked, "Id" in picked) == (1.369863, False, False)
    assert len(tide.rows("SELECT * FROM ExchangeRate MAXRESULTS 2")) == 2
    assert tide.rows("SELECT * FROM exchangerate WHERE AsOfDate = ' '") == []
    assert error_of(tide.query("SELECT * FROM ExchangeRate WHERE AsOfDate = 'soon'"))["code"] == "4001"


def test_a_company_adds_currencies_and_takes_them_out_of_use(tide):
    made = tide.create("CompanyCurrency", {"Code": "gbp"})
    assert (made["Code"], made["Name"], made["Active"]) == ("GBP", "British Pound Sterling", True)
    codes = [row["Code"] for row in tide.rows("SELECT * FROM CompanyCurrency")]
    assert codes == ["EUR", "GBP", "JPY", "USD"]
    assert tide.get(f"companycurrency/{made['Id']}").json()["CompanyCurrency"]["Code"] == "GBP"
    assert error_of(tide.post("companycurrency", {"Code": "GBP"}))["code"] == "6240"
    off = tide.change("CompanyCurrency", made, Active=False)
    assert [row["Code"] for row in tide.rows("SELECT * FROM CompanyCurrency")] == ["EUR", "JPY", "USD"]
    body = {"DisplayName": "London Ink", "CurrencyRef": {"value": "GBP"}}
    assert error_of(tide.post("customer", body))["code"] == "6000"
    tide.change("CompanyCurrency", off, Active=True)
    assert tide.create("Customer", body)["CurrencyRef"] == {"value": "GBP", "name": "British Pound Sterling"}


@pytest.mark.parametrize(("code", "fault"), [("XXX", "2220"), ("EURO", "2050"), ("CAD", "6000"), ("", "2020")])
def test_currencies_that_cannot_be_added(tide, code, fault):
    assert error_of(tide.post("companycurrency", {"Code": code}))["code"] == fault


def test_a_currency_keeps_its_code(tide):
    euro = tide.rows("SELECT * FROM CompanyCurrency WHERE Code = 'EUR'")[0]
    body = {"Id": euro["Id"], "SyncToken": euro["SyncToken"], "sparse": True, "Code": "SEK"}
    assert error_of(tide.post("companycurrency", body))["code"] == "6000"


@pytest.mark.parametrize("entity", ["Customer", "Vendor"])
def test_a_name_keeps_its_currency(tide, entity):
    made = tide.create(entity, {"DisplayName": "Lyon Encre", "CurrencyRef": {"value": "EUR"}})
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "CurrencyRef": {"value": "USD"}}
    assert error_of(tide.post(entity.lower(), body))["code"] == "6000"
    renamed = tide.change(entity, made, DisplayName="Lyon Encre SA")
    assert renamed["CurrencyRef"]["value"] == "EUR"
    full = tide.create(entity, {"Id": made["Id"], "SyncToken": renamed["SyncToken"], "DisplayName": "Lyon"})
    assert full["CurrencyRef"]["value"] == "EUR"
    assert tide.create(entity, {"DisplayName": "Plain"})["CurrencyRef"]["value"] == "CAD"


def test_a_name_keeps_a_currency_that_went_out_of_use(tide):
    euro = tide.rows("SELECT * FROM CompanyCurrency WHERE Code = 'EUR'")[0]
    tide.change("CompanyCurrency", euro, Active=False)
    customer = tide.change("Customer", tide.named("Customer", FRENCH), Notes="still here")
    assert customer["CurrencyRef"]["value"] == "EUR"
    assert refused(tide, FRENCH, CurrencyRef={"value": "EUR"})["code"] == "6000"


@pytest.mark.parametrize(
    ("customer", "members", "code"),
    [
        (FRENCH, {}, "2020"),
        (FRENCH, {"CurrencyRef": {"value": "USD"}}, "6000"),
        (FRENCH, {"CurrencyRef": {"value": "CAD"}}, "6000"),
        (HERE, {"CurrencyRef": {"value": "EUR"}}, "6000"),
        (HERE, {"CurrencyRef": {"value": "XXX"}}, "2220"),
    ],
)
def test_a_transaction_is_in_the_currency_of_its_name(tide, customer, members, code):
    error = refused(tide, customer, **members)
    assert error["code"] == code
    if code == "2020":
        assert error["element"] == "CurrencyRef"


def test_yen_have_no_cents(tide):
    invoice = foreign(tide, JAPANESE, "JPY", line(tide, "1250.50", "GST"), line(tide, "99.40", "GST"))
    # 1251 + 99 = 1350; 5 percent of it is 67.5
    assert [row["Amount"] for row in invoice["Line"]] == [1251, 99, 1350]
    assert (invoice["TxnTaxDetail"]["TotalTax"], invoice["TotalAmt"]) == (68, 1418)
    assert (invoice["ExchangeRate"], invoice["HomeTotalAmt"]) == (YEN, Decimal("13.01"))  # 13.0145...


def test_an_update_keeps_the_rate_and_follows_a_new_one(tide):
    invoice = foreign(tide, FRENCH, "EUR", ExchangeRate="1.4")
    more = tide.change("Invoice", invoice, Line=[line(tide, 200)])
    assert (more["ExchangeRate"], more["HomeTotalAmt"], more["HomeBalance"]) == (Decimal("1.4"), 280, 280)
    other = tide.change("Invoice", more, ExchangeRate="1.6")
    assert (other["ExchangeRate"], other["HomeTotalAmt"]) == (Decimal("1.6"), 320)
    full = {"Id": other["Id"], "SyncToken": other["SyncToken"], "CustomerRef": other["CustomerRef"],
            "Line": [line(tide, 100)]}  # fmt: skip
    again = tide.create("Invoice", full)
    assert (again["CurrencyRef"]["value"], again["ExchangeRate"], again["HomeTotalAmt"]) == (
        "EUR", EURO, Decimal("150.68"),
    )  # fmt: skip


def test_a_void_and_a_payment_move_the_balance_at_home_too(tide):
    invoice = foreign(tide, FRENCH, "EUR", ExchangeRate="1.5")
    pay = {"CustomerRef": invoice["CustomerRef"], "CurrencyRef": {"value": "EUR"}, "TotalAmt": 40,
           "Line": [{"Amount": 40, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}]}  # fmt: skip
    payment = tide.create("Payment", pay)
    assert (payment["CurrencyRef"]["value"], payment["ExchangeRate"]) == ("EUR", EURO)
    (paid,) = tide.rows(f"SELECT * FROM Invoice WHERE Id = '{invoice['Id']}'")
    assert (paid["Balance"], paid["HomeBalance"], paid["HomeTotalAmt"]) == (60, 90, 150)
    other = foreign(tide, FRENCH, "EUR")
    void = tide.create("Invoice", {"Id": other["Id"], "SyncToken": "0"}, operation="void")
    assert void["HomeTotalAmt"] == void["HomeBalance"] == 0


def test_a_customer_owes_in_its_own_currency_and_the_books_keep_the_home_amount(tide):
    def receivable() -> Decimal:
        (account,) = tide.rows("SELECT * FROM Account WHERE AccountType = 'Accounts Receivable'")
        return Decimal(str(account["CurrentBalance"]))

    before = receivable()
    foreign(tide, FRENCH, "EUR", ExchangeRate="1.5")
    assert tide.named("Customer", FRENCH)["Balance"] == 100
    assert receivable() == before + 150


def test_a_company_of_one_currency_has_neither_currencies_nor_rates(qbo: RawClient):
    for error in (
        qbo.fault("companycurrency", {"Code": "EUR"}),
        qbo.fault("exchangerate", {"SourceCurrencyCode": "EUR", "Rate": 2}),
        error_of(qbo.get("exchangerate", sourcecurrencycode="EUR")),
    ):
        assert error["code"] == "5030"
    assert qbo.rows("SELECT * FROM ExchangeRate") == qbo.rows("SELECT * FROM CompanyCurrency") == []
    invoice = qbo.create("Invoice", qbo.invoice(ExchangeRate=3))
    assert not {"ExchangeRate", "HomeTotalAmt", "HomeBalance"} & set(invoice)
    assert qbo.fault("invoice", qbo.invoice(CurrencyRef={"value": "EUR"}))["code"] == "6000"
    assert qbo.fault("customer", {"DisplayName": "x", "CurrencyRef": {"value": "ZZZ"}})["code"] == "2220"


def test_a_company_turns_several_currencies_on(qbo: RawClient):
    qbo.preference("CurrencyPrefs", MultiCurrencyEnabled=True)
    qbo.create("CompanyCurrency", {"Code": "CAD"})
    customer = qbo.create("Customer", {"DisplayName": "Halifax Foods", "CurrencyRef": {"value": "CAD"}})
    reference = {"value": customer["Id"]}
    invoice = qbo.create("Invoice", qbo.invoice(CustomerRef=reference, CurrencyRef={"value": "CAD"}))
    assert (invoice["ExchangeRate"], invoice["HomeTotalAmt"]) == (0.73, 7.3)


def test_a_batch_writes_currencies_names_and_sales(tide):
    items = [
        {"bId": "1", "operation": "create", "CompanyCurrency": {"Code": "SEK"}},
        {
            "bId": "2",
            "operation": "create",
            "Customer": {"DisplayName": "Malmö Papper", "CurrencyRef": {"value": "SEK"}},
        },
        {"bId": "3", "operation": "create", "Customer": {"DisplayName": "Oslo Papir", "CurrencyRef": {"value": "NOK"}}},
        {"bId": "5", "operation": "create", "ExchangeRate": {"SourceCurrencyCode": "SEK", "Rate": "0.125"}},
        {"bId": "4", "Query": "SELECT * FROM ExchangeRate WHERE SourceCurrencyCode = 'SEK'"},
    ]
    first, second, third, fifth, fourth = tide.post("batch", {"BatchItemRequest": items}).json()["BatchItemResponse"]
    assert first["CompanyCurrency"]["Name"] == "Swedish Krona"
    assert second["Customer"]["CurrencyRef"]["value"] == "SEK"
    assert third["Fault"]["Error"][0]["code"] == "6000"
    assert fourth["QueryResponse"]["ExchangeRate"][0] == fifth["ExchangeRate"]
    assert (fifth["ExchangeRate"]["Rate"], "Id" in fifth["ExchangeRate"]) == (0.125, False)


def test_python_quickbooks_reads_and_sets_rates_and_sells_abroad(tide, qb):
    rate = ExchangeRate()
    rate.SourceCurrencyCode, rate.AsOfDate, rate.Rate = "EUR", "2026-05-04", Decimal("1.55")
    rate.TargetCurrencyCode = "CAD"
    assert rate.save(qb=qb).Rate == Decimal("1.55")
    (found,) = ExchangeRate.filter(SourceCurrencyCode="EUR", AsOfDate="2026-05-04", qb=qb)
    assert (found.Rate, found.TargetCurrencyCode) == (Decimal("1.55"), "CAD")
    currency = CompanyCurrency()
    currency.Code = "CHF"
    made = currency.save(qb=qb)
    assert (made.Name, [one.Code for one in CompanyCurrency.all(qb=qb)]) == (
        "Swiss Franc", ["CHF", "EUR", "JPY", "USD"],
    )  # fmt: skip
    invoice = Invoice()
    invoice.CustomerRef = Customer.filter(DisplayName=FRENCH, qb=qb)[0].to_ref()
    invoice.CurrencyRef = Ref()
    invoice.CurrencyRef.value = "EUR"
    invoice.TxnDate = "2026-05-04"
    row = SalesItemLine()
    row.Amount = Decimal("100")
    row.SalesItemLineDetail = SalesItemLineDetail()
    row.SalesItemLineDetail.ItemRef = Ref()
    row.SalesItemLineDetail.ItemRef.value = tide.named("Item", "Linen Notebook")["Id"]
    row.SalesItemLineDetail.TaxCodeRef = Ref()
    row.SalesItemLineDetail.TaxCodeRef.value = tide.ref("TaxCode", "Zero-rated")["value"]
    invoice.Line = [row]
    saved = invoice.save(qb=qb)
    assert (saved.ExchangeRate, saved.HomeTotalAmt) == (Decimal("1.55"), 155)
    saved.PrivateNote = "saved again as it was read"
    again = saved.save(qb=qb)
    assert (again.ExchangeRate, again.HomeTotalAmt, again.TotalAmt) == (Decimal("1.55"), 155, 100)


def test_the_price_of_a_piece_stays_when_its_amount_loses_its_cents(tide):
    invoice = foreign(tide, JAPANESE, "JPY", line(tide, "1250.49", Qty=3, UnitPrice="416.83"))
    detail = invoice["Line"][0]["SalesItemLineDetail"]
    assert (invoice["Line"][0]["Amount"], detail["UnitPrice"]) == (1250, Decimal("416.83"))
    assert tide.change("Invoice", invoice, PrivateNote="still 1250")["Line"] == invoice["Line"]
