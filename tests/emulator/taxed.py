"""A company that charges tax, over plain HTTP, with exact amounts."""

import json
from decimal import Decimal
from typing import Any

from tests.emulator.conftest import RawClient

Body = dict[str, Any]


class Company(RawClient):
    """Answers are read with Decimal, so that a test can say what an amount is to the cent."""

    def create(self, entity: str, body: Body, **params: Any) -> Body:
        answer = self.post(entity.lower(), json.loads(json.dumps(body, default=str)), **params)
        assert answer.status_code == 200, answer.text
        created: Body = json.loads(answer.text, parse_float=Decimal)[entity]
        return created

    def named(self, entity: str, name: str) -> Body:
        """The object with this name."""
        field = "DisplayName" if entity in ("Customer", "Vendor", "TaxAgency") else "Name"
        (found,) = self.rows(f"SELECT * FROM {entity} WHERE {field} = '{name}'")
        return found

    def ref(self, entity: str, name: str) -> Body:
        """A reference to the object with this name."""
        return {"value": self.named(entity, name)["Id"]}

    def sold(self, item: str, amount: Any, code: str | None = None, **detail: Any) -> Body:
        """A line of an item, with a tax code when one is named."""
        reference = {"value": item} if item.endswith("_ITEM_ID") else self.ref("Item", item)
        coded = {"TaxCodeRef": {"value": code}} if code else {}
        return {
            "DetailType": "SalesItemLineDetail",
            "Amount": amount,
            "SalesItemLineDetail": {"ItemRef": reference, **coded, **detail},
        }

    def bill(self, customer: str, *lines: Body, kind: str = "Invoice", **members: Any) -> Body:
        """A sale to a customer, as it comes back."""
        return self.create(kind, {"CustomerRef": self.ref("Customer", customer), "Line": list(lines), **members})

    def change(self, entity: str, body: Body, **members: Any) -> Body:
        """A sparse update, as it comes back."""
        return self.create(entity, {"Id": body["Id"], "SyncToken": body["SyncToken"], "sparse": True, **members})


def taxes(document: Body) -> list[tuple[Decimal, Decimal, Decimal]]:
    """The tax lines: percent, net amount, tax."""
    return [
        (line["TaxLineDetail"]["TaxPercent"], line["TaxLineDetail"]["NetAmountTaxable"], line["Amount"])
        for line in document["TxnTaxDetail"].get("TaxLine", [])
    ]


def exact(*rows: tuple[str, str, str]) -> list[tuple[Decimal, Decimal, Decimal]]:
    """Rows of percent, net amount and tax as Decimals."""
    return [(Decimal(percent), Decimal(net), Decimal(tax)) for percent, net, tax in rows]


def total_tax(document: Body) -> Decimal:
    """TotalTax."""
    return Decimal(document["TxnTaxDetail"]["TotalTax"])


def discount(**detail: Any) -> Body:
    """A discount line: percent, or amount."""
    amount = {"Amount": detail.pop("amount")} if "amount" in detail else {}
    percent = {"PercentBased": True, "DiscountPercent": detail.pop("percent")} if "percent" in detail else {}
    return {"DetailType": "DiscountLineDetail", **amount, "DiscountLineDetail": {**percent, **detail}}
