"""What a company has beside its trade: ways to pay, a credit card, a bundle and a recurring invoice."""

from decimal import Decimal

from qbo_emulator.books import Books
from qbo_emulator.sample.setup import create, reference
from qbo_emulator.wire import Body

PAYMENT_METHODS = (
    ("Cash", "NON_CREDIT_CARD"), ("Check", "NON_CREDIT_CARD"), ("Visa", "CREDIT_CARD"), ("MasterCard", "CREDIT_CARD"),
    ("American Express", "CREDIT_CARD"),
)  # fmt: skip
CARD = "Company Card"
BUNDLE = ("Snack Sampler", "SNACK-SAMPLER", (("Trail Mix (Classic)", 2), ("Dried Apricots 1lb", 1)))
RECURRING = ("Monthly delivery", "Saltbox Cafe", "Delivery")


def ways_to_pay(books: Books) -> None:
    """Write the payment methods and the account of the company's credit card."""
    for name, kind in PAYMENT_METHODS:
        create(books, "PaymentMethod", {"Name": name, "Type": kind})
    create(books, "Account", {"Name": CARD, "AccountType": "Credit Card"})


def bundle(books: Books) -> None:
    """Write an item of type Group, which the API can only read."""
    name, sku, parts = BUNDLE
    lines: list[Body] = []
    for part, quantity in parts:
        _, item = books.find(("Item",), part)[0]
        member = {"value": item["Id"], "name": item["Name"], "type": item["Type"]}
        lines.append({"Qty": Decimal(quantity), "ItemRef": member})
    body: Body = {
        "Name": name, "Sku": sku, "Description": "A box to try our snacks", "Active": True,
        "FullyQualifiedName": name, "Taxable": False, "UnitPrice": 0, "Type": "Group", "PurchaseCost": 0,
        "TrackQtyOnHand": False, "PrintGroupedItems": True, "ItemGroupDetail": {"ItemGroupLine": lines},
    }  # fmt: skip
    books.put("Item", body)


def recurring_invoice(books: Books) -> None:
    """Write the template of an invoice that goes out every month. The emulator makes none from it."""
    name, customer_name, item_name = RECURRING
    (_, customer), *_ = books.find(("Customer",), customer_name)
    (_, item), *_ = books.find(("Item",), item_name)
    price = Decimal(item["UnitPrice"])
    line: Body = {
        "Id": "1", "LineNum": 1, "DetailType": "SalesItemLineDetail", "Amount": price,
        "SalesItemLineDetail": {
            "ItemRef": {**reference(item), "name": item["Name"]}, "Qty": 1, "UnitPrice": price,
            "TaxCodeRef": {"value": "NON"},
        },
    }  # fmt: skip
    first = books.today.replace(day=1)
    schedule: Body = {
        "StartDate": first.isoformat(), "NextDate": first.isoformat(), "IntervalType": "Monthly", "NumInterval": 1,
        "DayOfMonth": 1, "DaysBefore": 0, "MaxOccurrences": 0,
    }  # fmt: skip
    template: Body = {
        "CustomerRef": {**reference(customer), "name": customer["DisplayName"]}, "Line": [line], "TotalAmt": price,
        "Balance": price, "CurrencyRef": customer["CurrencyRef"], "EmailStatus": "NotSet", "PrintStatus": "NotSet",
        "RecurringInfo": {"RecurType": "Automated", "Name": name, "Active": True, "ScheduleInfo": schedule},
    }  # fmt: skip
    body: Body = {"Invoice": template}
    books.put("RecurringTransaction", body)
    system = ("Id", "SyncToken", "MetaData", "domain", "sparse")
    template |= {name: body[name] for name in system} | {"RecurDataRef": {"value": body["Id"]}}
    books.put("RecurringTransaction", body, quiet=True)


def write(books: Books) -> None:
    """Write what the first company has beside its trade."""
    bundle(books)
    recurring_invoice(books)
