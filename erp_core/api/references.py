"""Records that a program names in its own words: a customer by account code, a product by SKU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from erp_core.access import current_tenant_id
from erp_core.errors import Invalid
from erp_core.extensions import db
from erp_core.models import Customer, Product

CHUNK = 200


def customer_id(data: Mapping[str, Any]) -> int:
    """The customer of `customer_id` or `account_code`. Raises `Invalid` unless exactly one of them is there and known."""
    given, code = data.get("customer_id"), data.get("account_code")
    if (given is None) == (code is None):
        raise Invalid(
            "Name the customer by customer_id or by account_code, and by one of them only.",
            fields={"customer_id": "Send either this or account_code."},
        )
    if given is not None:
        return int(given)
    found = db.session().scalar(
        select(Customer.id).where(Customer.tenant_id == current_tenant_id(), Customer.account_code == code)
    )
    if found is None:
        raise Invalid("There is no such customer.", fields={"account_code": "No customer has this account code."})
    return found


def product_ids(lines: Sequence[Mapping[str, Any]]) -> list[int]:
    """The product of each line, named by `product_id` or by `sku`, whatever its case. Raises `Invalid`."""
    problems: dict[str, str] = {}
    known = _by_sku([line["sku"] for line in lines if "sku" in line])
    ids = []
    for index, line in enumerate(lines):
        if ("product_id" in line) == ("sku" in line):
            problems[f"lines.{index}.product_id"] = "Send either this or sku."
        elif "sku" in line and line["sku"].casefold() not in known:
            problems[f"lines.{index}.sku"] = "No product has this SKU."
        else:
            ids.append(line["product_id"] if "product_id" in line else known[line["sku"].casefold()])
    if problems:
        member, sentence = next(iter(problems.items()))
        raise Invalid(f"The order was not created. {member}: {sentence}", fields=problems)
    return ids


def _by_sku(skus: Sequence[str]) -> dict[str, int]:
    wanted = list(dict.fromkeys(skus))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), CHUNK):
        lowered = [func.lower(sku) for sku in wanted[start : start + CHUNK]]
        rows = db.session().execute(
            select(Product.sku, Product.id).where(
                Product.tenant_id == current_tenant_id(), func.lower(Product.sku).in_(lowered)
            )
        )
        found.update({sku.casefold(): product_id for sku, product_id in rows.tuples()})
    return found
