"""Bodies and look-ups that the tests of sales documents share."""

from typing import Any

from tests.emulator.conftest import RawClient


def account(qbo: RawClient, subtype: str) -> dict[str, Any]:
    """The first account of this sub-type."""
    return next(row for row in qbo.rows("SELECT * FROM Account") if row["AccountSubType"] == subtype)


def now(qbo: RawClient, kind: str, body: dict[str, Any] | str) -> dict[str, Any]:
    """An object as it stands in the books."""
    number = body if isinstance(body, str) else body["Id"]
    found: dict[str, Any] = qbo.get(f"{kind.lower()}/{number}").json()[kind]
    return found


def key(body: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A sparse update of an object as it was read."""
    return {"Id": body["Id"], "SyncToken": body["SyncToken"], "sparse": True, **members}


def link(amount: Any, document: dict[str, Any], kind: str = "Invoice") -> dict[str, Any]:
    """A line of a payment."""
    return {"Amount": amount, "LinkedTxn": [{"TxnId": document["Id"], "TxnType": kind}]}


def pay(total: Any, *lines: dict[str, Any], customer: str = "1", **members: Any) -> dict[str, Any]:
    """The body of a payment."""
    return {"CustomerRef": {"value": customer}, "TotalAmt": total, "Line": list(lines), **members}


def sale(qbo: RawClient, kind: str, amount: Any, customer: str = "1", **members: Any) -> dict[str, Any]:
    """A sales document of one line, written."""
    return qbo.create(kind, qbo.invoice(qbo.line(amount), CustomerRef={"value": customer}, **members))


def stocked(qbo: RawClient, name: str = "Walnuts", quantity: Any = 10) -> dict[str, Any]:
    """An item with stock."""
    accounts = {row["Name"]: {"value": row["Id"]} for row in qbo.rows("SELECT * FROM Account")}
    return qbo.create(
        "Item",
        {
            "Name": name, "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": quantity, "UnitPrice": 4,
            "InvStartDate": "2020-01-01", "IncomeAccountRef": accounts["Sales of Product Income"],
            "AssetAccountRef": accounts["Inventory Asset"], "ExpenseAccountRef": accounts["Cost of Goods Sold"],
        },
    )  # fmt: skip
