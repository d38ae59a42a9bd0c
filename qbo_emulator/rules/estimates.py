"""Estimates that become invoices."""

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.rules.applying import not_linkable
from qbo_emulator.rules.change import Change
from qbo_emulator.wire import Body

CONVERTIBLE = ("Pending", "Accepted")


def complete_estimate(change: Change) -> None:
    """Estimates are pending until somebody says otherwise. One that became an invoice keeps its customer."""
    if change.old is None and not change.books.preference("SalesFormsPrefs", "AllowEstimates"):
        raise faults.business("Estimates can't be used because the company has turned them off.")
    new, old = change.new, change.old
    new.setdefault("TxnStatus", "Pending")
    if old is not None and old["LinkedTxn"] and new["CustomerRef"]["value"] != old["CustomerRef"]["value"]:
        raise faults.business("The customer of an estimate can't change once it is linked to an invoice.")


def link_estimates(change: Change) -> None:
    """The links of an invoice: those it has, and the estimate that it now comes from.

    An estimate that is closed, rejected or converted is ignored; fault 620 for one that does not exist or belongs to
    another customer, for a second one, and for any other type of transaction.
    """
    new, old = change.new, change.old or {}
    kept = [dict(link) for link in old.get("LinkedTxn", [])]
    known = {(link["TxnType"], link["TxnId"]) for link in kept}
    linked = any(kind == "Estimate" for kind, _ in known)
    for given in new.get("LinkedTxn") or []:
        kind, number = given.get("TxnType") or "", given.get("TxnId") or ""
        if (kind, number) in known:
            continue
        estimate = change.books.get("Estimate", number) if kind == "Estimate" else None
        if estimate is None or estimate["CustomerRef"]["value"] != new["CustomerRef"]["value"]:
            raise not_linkable()
        if estimate["TxnStatus"] not in CONVERTIBLE:
            continue
        if linked:
            raise not_linkable()
        linked = True
        kept.append({"TxnId": estimate["Id"], "TxnType": "Estimate"})
    new["LinkedTxn"] = kept


def close_estimates(change: Change) -> None:
    """After an invoice is written: a newly linked estimate is closed and points to it."""
    before = (change.old or {}).get("LinkedTxn", [])
    for link in change.new["LinkedTxn"]:
        if link["TxnType"] == "Estimate" and link not in before:
            estimate = change.books.get("Estimate", link["TxnId"])
            if estimate is not None:
                estimate["TxnStatus"] = "Closed"
                estimate["LinkedTxn"] = [*estimate["LinkedTxn"], {"TxnId": change.new["Id"], "TxnType": "Invoice"}]
                change.books.put("Estimate", estimate)


def reopen_estimates(books: Books, invoice: Body) -> None:
    """Before an invoice is deleted: its estimate is open again, accepted if somebody had accepted it."""
    for link in invoice["LinkedTxn"]:
        estimate = books.get("Estimate", link["TxnId"]) if link["TxnType"] == "Estimate" else None
        if estimate is not None:
            _unlink(estimate, "Invoice", invoice["Id"])
            accepted = estimate.get("AcceptedBy") or estimate.get("AcceptedDate")
            estimate["TxnStatus"] = "Accepted" if accepted else "Pending"
            books.put("Estimate", estimate)


def forget_estimate(books: Books, estimate: Body) -> None:
    """Before an estimate is deleted: its invoice no longer points to it."""
    for link in estimate["LinkedTxn"]:
        invoice = books.get("Invoice", link["TxnId"]) if link["TxnType"] == "Invoice" else None
        if invoice is not None:
            _unlink(invoice, "Estimate", estimate["Id"])
            books.put("Invoice", invoice)


def _unlink(document: Body, kind: str, number: str) -> None:
    document["LinkedTxn"] = [
        link for link in document["LinkedTxn"] if (link["TxnType"], link["TxnId"]) != (kind, number)
    ]
