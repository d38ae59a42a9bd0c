"""Credits that pay new invoices by themselves, when the company wants that."""

from decimal import Decimal

from qbo_emulator.books import Books
from qbo_emulator.money import cents
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.history import transactions_of
from qbo_emulator.rules.payments import assign, payment, written
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body


def apply_credits(books: Books, invoice: Body) -> None:
    """With AutoApplyCredit or AutoApplyPayments, unapplied payments and then credit memos pay a new invoice, oldest first.

    A credit memo is used through a payment of nothing, as if a person had done it. invoice is brought up to date.
    """
    if not any(books.preference("SalesFormsPrefs", name) for name in ("AutoApplyCredit", "AutoApplyPayments")):
        return
    customer, left = invoice["CustomerRef"]["value"], Decimal(invoice["Balance"])
    for found in transactions_of(books, "Payment", customer):
        part = min(left, Decimal(found["UnappliedAmt"]))
        if part > 0:
            assign(books, found, invoice["Id"], part)
            left -= part
    for credit in transactions_of(books, "CreditMemo", customer):
        part = min(left, Decimal(credit["Balance"]))
        if part > 0:
            lines = [_line("Invoice", invoice["Id"], part), _line("CreditMemo", credit["Id"], part)]
            same: Body = {name: invoice[name] for name in ("TxnDate", "CurrencyRef", "ExchangeRate") if name in invoice}
            new = {"CustomerRef": dict(invoice["CustomerRef"]), "TotalAmt": 0, **same, "Line": lines}
            change = Change(books, ENTITIES["Payment"], new)
            payment(change)
            books.put("Payment", change.new)
            written(change)
            left -= part
    invoice.update(books.get("Invoice", invoice["Id"]) or {})


def _line(kind: str, number: str, amount: Decimal) -> Body:
    return {"Amount": cents(amount), "LinkedTxn": [{"TxnId": number, "TxnType": kind}]}
