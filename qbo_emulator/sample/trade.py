"""What a company has done so far: customers, vendors, items and invoices."""

from decimal import Decimal
from typing import Any

from qbo_emulator import operations
from qbo_emulator.books import Books
from qbo_emulator.sample.setup import create, reference
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body


def trade(books: Books, description: dict[str, Any], accounts: dict[str, Body], terms: dict[str, Body]) -> None:
    """Write customers, vendors, items and invoices as the description has them."""
    more, codes = description.get("more", {}), description.get("codes", {})
    customers: dict[str, Body] = {}
    for name, email, address, term in description["customers"]:
        body: Body = {"DisplayName": name, "CompanyName": name, "BillAddr": address, "ShipAddr": address}
        if email:
            body["PrimaryEmailAddr"] = {"Address": email}
        if term:
            body["SalesTermRef"] = reference(terms[term])
        customers[name] = create(books, "Customer", body | more.get(name, {}))
    _close(books, "Customer", create(books, "Customer", {"DisplayName": description["closed_customer"]}))
    for name, email in description["vendors"]:
        body = {"DisplayName": name, "CompanyName": name}
        if email:
            body["PrimaryEmailAddr"] = {"Address": email}
        create(books, "Vendor", body)
    income, cost = reference(accounts["Sales of Product Income"]), reference(accounts["Cost of Goods Sold"])
    items: dict[str, Body] = {}
    for name, sku, text, price, expense in description["items"]:
        items[name] = create(
            books,
            "Item",
            {
                "Name": name, "Sku": sku, "Description": text, "Type": "NonInventory", "UnitPrice": Decimal(price),
                "PurchaseCost": Decimal(expense), "IncomeAccountRef": income, "ExpenseAccountRef": cost,
                "Taxable": True,
            } | more.get(name, {}),
        )  # fmt: skip
    for name, price in description["services"]:
        account = reference(accounts["Services"])
        service = {"Name": name, "Type": "Service", "UnitPrice": price, "IncomeAccountRef": account}
        items[name] = create(books, "Item", service)
    name, sku, price = description["closed_item"]
    old = {"Name": name, "Sku": sku, "Type": "NonInventory", "UnitPrice": price, "IncomeAccountRef": income}
    _close(books, "Item", create(books, "Item", old))
    for customer, number, lines in description["invoices"]:
        create(
            books,
            "Invoice",
            {
                "CustomerRef": reference(customers[customer]),
                "DocNumber": number,
                "Line": [
                    _line(items[item], Decimal(quantity), _code(books, codes.get(customer))) for item, quantity in lines
                ],
                **more.get(number, {}),
            },
        )


def _close(books: Books, kind: str, body: Body) -> None:
    operations.write(
        books,
        ENTITIES[kind],
        {"Id": body["Id"], "SyncToken": body["SyncToken"], "sparse": True, "Active": False},
    )


def _code(books: Books, name: str | None) -> Body:
    """The reference to a tax code by its name, nothing without one."""
    return {"TaxCodeRef": reference(books.find(("TaxCode",), name)[0][1])} if name else {}


def _line(item: Body, quantity: Decimal, code: Body) -> Body:
    price = Decimal(item["UnitPrice"])
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": quantity * price,
        "Description": item.get("Description", item["Name"]),
        "SalesItemLineDetail": {"ItemRef": reference(item), "Qty": quantity, "UnitPrice": price, **code},
    }
