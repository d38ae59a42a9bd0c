"""Estimates: offers without effect on balances, which an invoice turns into a sale."""

import pytest
from quickbooks.objects.estimate import Estimate

from tests.emulator.books import account, key, now, sale


def test_an_estimate_is_pending_and_moves_no_balance(qbo):
    owed, before = account(qbo, "AccountsReceivable")["CurrentBalance"], now(qbo, "Customer", "1")["Balance"]
    made = sale(qbo, "Estimate", 70, ExpirationDate="2026-12-31", AcceptedBy="Ada", AcceptedDate="2026-11-02")
    assert (made["TxnStatus"], made["TotalAmt"], made["LinkedTxn"]) == ("Pending", 70, [])
    assert (made["ExpirationDate"], made["AcceptedBy"], made["AcceptedDate"]) == ("2026-12-31", "Ada", "2026-11-02")
    assert "Balance" not in made
    assert "DueDate" not in made
    assert now(qbo, "Customer", "1")["Balance"] == before
    assert account(qbo, "AccountsReceivable")["CurrentBalance"] == owed
    assert qbo.create("Estimate", key(made, TxnStatus="Accepted"))["TxnStatus"] == "Accepted"
    assert qbo.fault("estimate", key(made, TxnStatus="Maybe"))["code"] == "2170"


@pytest.mark.parametrize("status", ["Pending", "Accepted"])
def test_an_invoice_closes_its_estimate_and_both_are_linked(qbo, status):
    estimate = sale(qbo, "Estimate", 70, TxnStatus=status)
    made = sale(qbo, "Invoice", 65, LinkedTxn=[{"TxnId": estimate["Id"], "TxnType": "Estimate"}])
    assert made["LinkedTxn"] == [{"TxnId": estimate["Id"], "TxnType": "Estimate"}]
    assert made["TotalAmt"] == made["Balance"] == 65
    closed = now(qbo, "Estimate", estimate)
    assert (closed["TxnStatus"], closed["SyncToken"]) == ("Closed", "1")
    assert closed["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "Invoice"}]
    again = sale(qbo, "Invoice", 65, LinkedTxn=[{"TxnId": estimate["Id"], "TxnType": "Estimate"}])
    assert again["LinkedTxn"] == []
    cleared = qbo.create("Invoice", qbo.invoice(Id=made["Id"], SyncToken="0", CustomerRef={"value": "1"}))
    assert cleared["LinkedTxn"] == made["LinkedTxn"]


@pytest.mark.parametrize("status", ["Closed", "Rejected", "Converted"])
def test_a_link_to_an_estimate_that_is_done_is_ignored(qbo, status):
    estimate = sale(qbo, "Estimate", 70, TxnStatus=status)
    made = sale(qbo, "Invoice", 65, LinkedTxn=[{"TxnId": estimate["Id"], "TxnType": "Estimate"}])
    assert made["LinkedTxn"] == []
    assert now(qbo, "Estimate", estimate) == estimate


def test_wrong_links_are_refused(qbo):
    one, two, other = sale(qbo, "Estimate", 1), sale(qbo, "Estimate", 2), sale(qbo, "Estimate", 3, customer="2")
    for documents in ([{"Id": "999"}], [other], [one, two]):
        links = [{"TxnId": document["Id"], "TxnType": "Estimate"} for document in documents]
        body = qbo.invoice(CustomerRef={"value": "1"}, LinkedTxn=links)
        assert qbo.fault("invoice", body)["code"] == "620"
    body = qbo.invoice(CustomerRef={"value": "1"}, LinkedTxn=[{"TxnId": one["Id"], "TxnType": "Payment"}])
    assert qbo.fault("invoice", body)["code"] == "620"
    assert now(qbo, "Estimate", one) == one


@pytest.mark.parametrize(("members", "status"), [({}, "Pending"), ({"AcceptedBy": "Ada"}, "Accepted")])
def test_deleting_the_invoice_opens_the_estimate_again(qbo, members, status):
    estimate = sale(qbo, "Estimate", 70, **members)
    made = sale(qbo, "Invoice", 70, LinkedTxn=[{"TxnId": estimate["Id"], "TxnType": "Estimate"}])
    qbo.create("Invoice", key(made), operation="delete")
    after = now(qbo, "Estimate", estimate)
    assert (after["TxnStatus"], after["LinkedTxn"], after["SyncToken"]) == (status, [], "2")


def test_deleting_the_estimate_leaves_the_invoice_without_the_link(qbo):
    estimate = sale(qbo, "Estimate", 70)
    made = sale(qbo, "Invoice", 70, LinkedTxn=[{"TxnId": estimate["Id"], "TxnType": "Estimate"}])
    qbo.create("Estimate", key(now(qbo, "Estimate", estimate)), operation="delete")
    after = now(qbo, "Invoice", made)
    assert (after["LinkedTxn"], after["SyncToken"], after["Balance"]) == ([], "1", 70)


def test_there_is_no_void_and_a_company_can_do_without_estimates(qbo):
    made = sale(qbo, "Estimate", 70)
    assert qbo.fault("estimate", key(made), operation="void")["code"] == "500"
    qbo.preference("SalesFormsPrefs", AllowEstimates=False)
    assert qbo.fault("estimate", qbo.invoice())["code"] == "6000"
    noted = qbo.create("Estimate", {**key(made), "sparse": True, "PrivateNote": "the ones that are there stay"})
    assert noted["PrivateNote"] == "the ones that are there stay"


def test_the_library_writes_an_estimate_and_links_it(library, qbo):
    body = qbo.invoice(qbo.line(15), CustomerRef={"value": "1"})
    estimate = Estimate.from_json(body)
    estimate.save(qb=library)
    read = Estimate.get(estimate.Id, qb=library)
    assert read.TxnStatus == "Pending"
    linked = read.to_linked_txn()
    made = qbo.create("Invoice", {**body, "LinkedTxn": [{"TxnId": linked.TxnId, "TxnType": linked.TxnType}]})
    assert Estimate.get(estimate.Id, qb=library).LinkedTxn[0].TxnId == made["Id"]
    Estimate.get(estimate.Id, qb=library).delete(qb=library)
    assert qbo.rows("SELECT * FROM Estimate") == []
