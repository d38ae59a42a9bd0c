"""Voided documents: they stay in the books with nothing in them."""

from decimal import Decimal

from qbo_emulator.wire import Body


def voided_note(body: Body) -> str:
    """The note of a voided document: 'Voided' before what was there."""
    note = body.get("PrivateNote")
    return f"Voided - {note}"[:4000] if note else "Voided"


def is_void(body: Body) -> bool:
    """Whether a document was voided before: the word in its note, and no amount left in it."""
    amounts = (Decimal(line.get("Amount") or 0) for line in body.get("Line", ()))
    return "Voided" in body.get("PrivateNote", "") and not Decimal(body["TotalAmt"]) and not any(amounts)


def emptied(body: Body) -> Body:
    """A sales document with every amount and quantity at zero."""
    new = {**body, "TotalAmt": 0, "Line": [_empty_line(line) for line in body["Line"]]}
    for name in ("Balance", "RemainingCredit", "HomeTotalAmt", "HomeBalance"):
        if name in body:
            new[name] = 0
    new.pop("Deposit", None)
    detail = {**body["TxnTaxDetail"], "TotalTax": 0}
    if detail.get("TaxLine"):
        detail["TaxLine"] = [_empty_tax(line) for line in detail["TaxLine"]]
    new["TxnTaxDetail"] = detail
    new["PrivateNote"] = voided_note(body)
    return new


def _empty_line(line: Body) -> Body:
    voided = {**line, "Amount": 0} if "Amount" in line else dict(line)
    detail = line.get("SalesItemLineDetail")
    if detail:
        voided["SalesItemLineDetail"] = {
            name: 0 if name in ("Qty", "TaxInclusiveAmt") else value for name, value in detail.items()
        }
    group = line.get("GroupLineDetail")
    if group:
        inner = [_empty_line(member) for member in group.get("Line", ())]
        voided["GroupLineDetail"] = {**group, "Quantity": 0, "Line": inner}
    return voided


def _empty_tax(line: Body) -> Body:
    inner = {**line.get("TaxLineDetail", {}), "NetAmountTaxable": 0}
    inner.pop("OverrideDeltaAmount", None)
    return {**line, "Amount": 0, "TaxLineDetail": inner}
