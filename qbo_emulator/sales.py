"""Rules of sales documents: lines, subtotal, discount, shipping, totals, numbers and dates."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.change import Change
from qbo_emulator.money import ZERO, cents, plain
from qbo_emulator.names import number_address
from qbo_emulator.references import currency, resolve
from qbo_emulator.wire import Body

SHIPPING, GRATUITY = "SHIPPING_ITEM_ID", "GRATUITY_ITEM_ID"
FIRST_NUMBER = 1001
NOT_STORED = ("AutoDocNumber", "GlobalTaxCalculation", "ExchangeRate")


def sale(change: Change) -> None:
    """Complete an invoice: everything QuickBooks fills in, computes or refuses."""
    books, new, old = change.books, change.new, change.old
    new.setdefault("TxnDate", books.today.isoformat())
    check_period(books, new, old)
    if not new.get("CustomerRef"):
        raise faults.missing("CustomerRef")
    customer = resolve(books, "Customer", new["CustomerRef"], (old or {}).get("CustomerRef"))
    new["CustomerRef"]["name"] = customer["DisplayName"]
    currency(books, new)
    if new.get("LinkedTxn") and new["LinkedTxn"] != (old or {}).get("LinkedTxn", []):
        raise faults.validation(
            "620", "Txn ID Cannot Be Linked", "Transaction ID supplied with the request can not be linked"
        )
    new["LinkedTxn"] = (old or {}).get("LinkedTxn", [])
    _lines(change, customer)
    _number(change)
    _terms(change, customer)
    _addresses(change, customer)
    _custom_fields(change)
    if new["EmailStatus"] == "NeedToSend" and not new.get("BillEmail", {}).get("Address"):
        raise faults.business("An email address is required to send this transaction.")
    for name in NOT_STORED:
        new.pop(name, None)
    new["AllowIPNPayment"] = new["AllowOnlinePayment"] = False
    new["FreeFormAddress"] = True


def check_period(books: Books, *versions: Body | None) -> None:
    """6210 for anything dated in a period that is closed."""
    closed = books.preference("AccountingInfoPrefs", "BookCloseDate")
    for version in versions:
        if closed and version and version["TxnDate"] <= str(closed):
            raise faults.validation(
                "6210",
                "Account Period Closed, Required Password",
                "The account period has closed and the account books cannot be updated through the QuickBooks Online "
                "Services API. Please use the QuickBooks Online website to make these changes.",
                "TxnDate",
            )


@dataclass
class Lines:
    """Lines of a document as they come out: goods, then the subtotal, the discount, shipping and gratuity."""

    goods: list[Body]
    discount: Body | None
    extras: list[Body]
    subtotal: Decimal = ZERO

    def total(self) -> Decimal:
        """What the lines come to before tax."""
        less = Decimal(self.discount["Amount"]) if self.discount else ZERO
        return self.subtotal - less + sum((Decimal(line["Amount"]) for line in self.extras), ZERO)

    def written(self) -> list[Body]:
        """The lines in the order of the answer; the subtotal has no Id."""
        subtotal = {"Amount": cents(self.subtotal), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
        return [*self.goods, subtotal, *([self.discount] if self.discount else []), *self.extras]


def _lines(change: Change, customer: Body) -> None:
    new, old = change.new, change.old or {}
    before = {line["Id"]: line for line in old.get("Line", []) if "Id" in line}
    lines = Lines([], None, [])
    since_subtotal = ZERO
    for given in new["Line"]:
        if not given.get("DetailType"):
            raise faults.missing("Line.DetailType")
        match given["DetailType"]:
            case "SalesItemLineDetail":
                line, is_extra = _item_line(change, given, before.get(given.get("Id", "")), customer)
                (lines.extras if is_extra else lines.goods).append(line)
                if not is_extra:
                    lines.subtotal += Decimal(line.get("Amount", 0))
                    since_subtotal += Decimal(line.get("Amount", 0))
            case "DescriptionOnly":
                line = _copy(given, ("Id", "Description", "DetailType"))
                line["DescriptionLineDetail"] = _filled(given.get("DescriptionLineDetail"))
                if line.get("Description", "").strip().lower() == "subtotal:":
                    line["Amount"], since_subtotal = cents(since_subtotal), ZERO
                lines.goods.append(line)
            case "DiscountLineDetail":
                if lines.discount is not None:
                    raise faults.business("There can be one discount on a transaction.")
                lines.discount = _copy(given, ("Id", "Description", "Amount", "DetailType", "DiscountLineDetail"))
            case "GroupLineDetail":
                raise faults.validation("5030", "Feature Not Supported", "Bundles are not supported", "Line.DetailType")
    if not lines.goods:
        raise faults.missing("Line")
    if lines.discount is not None:
        _discount(change, lines, lines.discount)
    _identify(lines, before)
    new["Line"] = lines.written()
    _totals(change, lines.total())


def _copy(given: Body, names: tuple[str, ...]) -> Body:
    return {name: given[name] for name in names if given.get(name) is not None}


def _filled(detail: Body | None) -> Body:
    """A detail without members that were emptied."""
    return {name: value for name, value in (detail or {}).items() if value not in (None, {})}


def _item_line(change: Change, given: Body, before: Body | None, customer: Body) -> tuple[Body, bool]:
    """One product or service line, and whether it stands below the subtotal."""
    if given.get("Amount") is None:
        raise faults.missing("Line.Amount")
    line = _copy(given, ("Id", "LineNum", "Description", "DetailType"))
    detail = _filled(given.get("SalesItemLineDetail"))
    detail.pop("TaxInclusiveAmt", None)
    amount = _amount(Decimal(given["Amount"]), detail)
    line["Amount"], line["SalesItemLineDetail"] = cents(amount), detail
    kept = (before or {}).get("SalesItemLineDetail", {})
    item = detail.get("ItemRef")
    if item is None:
        # A line without an item is documentation: its amount does not count (fact sheet, section 5.4).
        line.pop("Amount")
        return line, False
    _tax_code(detail)
    if item["value"] in (SHIPPING, GRATUITY):
        preference = "AllowShipping" if item["value"] == SHIPPING else "AllowGratuity"
        if not change.books.preference("SalesFormsPrefs", preference):
            raise faults.business(f"{item['value']} can't be used because the company has turned it off.")
        for name in ("UnitPrice", "Qty"):
            if not detail.get(name):
                detail.pop(name, None)
        detail.setdefault("TaxCodeRef", {"value": "NON"})
        return line, True
    product = resolve(change.books, "Item", item, kept.get("ItemRef"))
    _product(change, product, detail)
    account = product.get("IncomeAccountRef")
    if account and "ItemAccountRef" not in detail:
        detail["ItemAccountRef"] = account
    taxable = (
        product.get("Taxable") and customer.get("Taxable") and change.books.preference("TaxPrefs", "UsingSalesTax")
    )
    detail.setdefault("TaxCodeRef", {"value": "TAX" if taxable else "NON"})
    return line, False


def _amount(amount: Decimal, detail: Body) -> Decimal:
    """The amount of a line; 6070 when quantity and price say something else."""
    quantity, price = detail.get("Qty"), detail.get("UnitPrice")
    if quantity is not None and price is not None and (quantity or price):
        product = Decimal(quantity) * Decimal(price)
        if amount not in (product, cents(product)):
            raise faults.validation(
                "6070",
                "Amount calculation incorrect in the request",
                f"Amount is not equal to UnitPrice * Qty. Supplied value:{amount:f}",
                "Line.Amount",
            )
    elif not quantity and not price:
        detail.pop("Qty", None)
        detail.pop("UnitPrice", None)
    elif quantity and price is None:
        detail["UnitPrice"] = plain((amount / Decimal(quantity)).quantize(Decimal("0.0000001")))
    return amount


def _tax_code(detail: Body) -> None:
    code = detail.get("TaxCodeRef")
    if code and code["value"] not in ("TAX", "NON"):
        raise faults.validation(
            "6100",
            "Invalid Line TaxCode in the request",
            f"Valid Line TaxCodes for US should be TAX or NON. Supplied value:{code['value']}",
        )


def _product(change: Change, product: Body, detail: Body) -> None:
    if product["Type"] == "Category":
        raise faults.business("A category can't be sold.")
    if product["Type"] != "Inventory":
        return
    if detail.get("Qty") is None and detail.get("UnitPrice") is not None:
        raise faults.validation(
            "6520", "Missing Tracked Inventory Item Quantity", f"Quantity is missing for {product['Name']}", "Line.Qty"
        )
    if change.new["TxnDate"] < product["InvStartDate"]:
        raise faults.validation(
            "6270",
            "InventoryTxnDatedBeforeItemStartDate",
            f"The transaction date is before the start date {product['InvStartDate']} of {product['Name']}",
            "TxnDate",
        )


def _discount(change: Change, lines: Lines, line: Body) -> None:
    if not change.books.preference("SalesFormsPrefs", "AllowDiscount"):
        raise faults.business("Discounts can't be used because the company has turned them off.")
    detail = _filled(line.get("DiscountLineDetail"))
    detail.pop("Discount", None)
    percent, amount = Decimal(detail.get("DiscountPercent") or 0), Decimal(line.get("Amount") or 0)
    if detail.get("PercentBased") or (percent and not amount):
        if not percent:
            raise faults.validation("6090", "Discount Line missing required info", "DiscountPercent is required")
        if not 0 < percent <= 100:
            raise faults.validation("2150", "Invalid Percent", f"Invalid Percent : {percent:f}", "DiscountPercent")
        detail["PercentBased"] = True
        amount = lines.subtotal * percent / 100
    else:
        if not amount:
            raise faults.validation(
                "6090", "Discount Line missing required info", "Amount or DiscountPercent is required"
            )
        if amount < 0:
            raise faults.validation("2290", "NegativeAmount", "The amount of a discount is positive", "Line.Amount")
        detail.pop("DiscountPercent", None)
        detail["PercentBased"] = False
    line["Amount"], line["DiscountLineDetail"] = cents(amount), detail
    account = detail.get("DiscountAccountRef") or {
        "value": str(change.books.preference("SalesFormsPrefs", "DefaultDiscountAccount") or "")
    }
    if account["value"]:
        resolve(change.books, "Account", account)
        detail["DiscountAccountRef"] = account


def _identify(lines: Lines, before: dict[str, Body]) -> None:
    """Known line ids stay, new lines get the next number; LineNum follows the order of the goods."""
    highest = max((int(number) for number in before if number.isdigit()), default=0)
    used: set[str] = set()
    for position, line in enumerate([*lines.goods, *([lines.discount] if lines.discount else []), *lines.extras], 1):
        number = line.get("Id")
        if number not in before or number in used:
            highest += 1
            number = str(highest)
        used.add(number)
        line["Id"] = number
        if position <= len(lines.goods):
            line["LineNum"] = position
        else:
            line.pop("LineNum", None)


def _totals(change: Change, before_tax: Decimal) -> None:
    new, old = change.new, change.old
    detail = _filled(new.get("TxnTaxDetail"))
    tax = ZERO
    if change.books.preference("TaxPrefs", "UsingSalesTax"):
        tax = cents(Decimal(detail.get("TotalTax") or 0))
        new["TxnTaxDetail"] = {**_copy(detail, ("TxnTaxCodeRef",)), "TotalTax": tax}
    else:
        new["TxnTaxDetail"] = {"TotalTax": 0}
    total = cents(before_tax + tax)
    if total < 0:
        raise faults.business("Transaction amount must be 0 or greater.")
    deposit = Decimal(new.get("Deposit") or 0)
    if deposit and not change.books.preference("SalesFormsPrefs", "AllowDeposit"):
        raise faults.business("Deposits can't be used because the company has turned them off.")
    if not deposit:
        new.pop("Deposit", None)
    applied = ZERO
    if old is not None:
        applied = Decimal(old["TotalAmt"]) - Decimal(old["Balance"]) - Decimal(old.get("Deposit", 0))
    new["TotalAmt"] = total
    new["Balance"] = cents(total - deposit - applied)


def _number(change: Change) -> None:
    """Document numbers: the company's own counter, or the number that was sent."""
    books, new, old = change.books, change.new, change.old
    custom = bool(books.preference("SalesFormsPrefs", "CustomTxnNumbers"))
    number = new.get("DocNumber")
    automatic = number == "AUTO_GENERATE" or (number is None and (not custom or new.get("AutoDocNumber")))
    if automatic:
        number = str(books.count_up("doc_number", FIRST_NUMBER - 1))
        if old is None:
            while books.numbered("Invoice", number):
                number = str(books.count_up("doc_number", FIRST_NUMBER - 1))
    elif number is not None and not custom and number.isascii() and number.isdigit() and len(number) < 16:
        books.set_counter("doc_number", int(number))
    if number is None:
        new.pop("DocNumber", None)
        return
    new["DocNumber"] = number
    changed = old is None or old.get("DocNumber") != number
    if custom and changed and not automatic and "allowduplicatedocnum" not in change.include:
        for other in books.numbered(change.entity.name, number):
            if other["Id"] != new.get("Id"):
                raise faults.validation(
                    "6140",
                    "Duplicate Document Number Error",
                    "Duplicate Document Number Error : You must specify a different number. This number has already "
                    f"been used. DocNumber={number} is assigned to TxnType={change.entity.name} with "
                    f"TxnId={other['Id']}",
                )


def _terms(change: Change, customer: Body) -> None:
    """The terms of the customer, else of the company; the due date follows from them."""
    books, new = change.books, change.new
    if change.old is None and not new.get("SalesTermRef"):
        default = customer.get("SalesTermRef") or books.preference("SalesFormsPrefs", "DefaultTerms")
        if isinstance(default, dict):
            new["SalesTermRef"] = {"value": default["value"]}
    term = new.get("SalesTermRef")
    days = books.get("Term", term["value"]) if term else None
    if term and days is not None:
        term["name"] = days["Name"]
    moved = change.old is not None and "DueDate" not in change.given and "SalesTermRef" in change.given
    if not new.get("DueDate") or moved:
        new["DueDate"] = due_date(date.fromisoformat(new["TxnDate"]), days).isoformat()


def due_date(day: date, term: Body | None) -> date:
    """When a sale of that day is due under these terms; the same day without terms."""
    if term is None:
        return day
    if term["Type"] == "STANDARD":
        return day + timedelta(days=term.get("DueDays", 0))
    months = 0 if day.day <= term["DayOfMonthDue"] else 1
    if months == 0 and term["DayOfMonthDue"] - day.day < term.get("DueNextMonthDays", 0):
        months = 1
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(term["DayOfMonthDue"], monthrange(year, month + 1)[1]))


def _addresses(change: Change, customer: Body) -> None:
    for name in ("BillAddr", "ShipAddr"):
        if change.old is None and not _filled(change.new.get(name)) and customer.get(name):
            change.new[name] = {key: value for key, value in customer[name].items() if key != "Id"}
    for name in ("BillAddr", "ShipAddr", "ShipFromAddr"):
        number_address(change, name)


def _custom_fields(change: Change) -> None:
    """The company's own fields; StringValue only where there is one. 3000 for one that is not defined."""
    defined = custom_field_names(change.books)
    given: dict[str, str | None] = {}
    for entry in change.new.get("CustomField") or []:
        number = entry.get("DefinitionId")
        if entry.get("StringValue") is None:
            continue
        if number not in defined:
            raise faults.validation("3000", "Invalid Custom Field", f"Custom field {number} is not defined")
        given[number] = entry["StringValue"]
    change.new["CustomField"] = [
        {"DefinitionId": number, "Name": name, "Type": "StringType"}
        | ({"StringValue": given[number]} if number in given else {})
        for number, name in defined.items()
    ]


def custom_field_names(books: Books) -> dict[str, str]:
    """Definition id and name of each custom field on sales forms."""
    names: dict[str, str] = {}
    groups = books.preference("SalesFormsPrefs", "CustomField")
    for group in groups if isinstance(groups, list) else []:
        for entry in group["CustomField"]:
            _, found, number = entry["Name"].partition("SalesFormsPrefs.SalesCustomName")
            if found:
                names[number] = entry["StringValue"]
    return names


def posted(change: Change) -> None:
    """After a sale is written: what the customer owes and what is in stock follow."""
    effect(change.books, change.old, -1)
    effect(change.books, change.new, 1)


def effect(books: Books, document: Body | None, sign: int) -> None:
    """Add (1) or take back (-1) what a sale does to balances and stock."""
    if document is None:
        return
    books.owe(document["CustomerRef"]["value"], sign * Decimal(document["Balance"]))
    for line in document["Line"]:
        detail = line.get("SalesItemLineDetail", {})
        sold = Decimal(detail.get("Qty", 0))
        product = books.get("Item", detail.get("ItemRef", {}).get("value", "")) if sold else None
        if product is not None and product["Type"] == "Inventory":
            product["QtyOnHand"] = plain(Decimal(product["QtyOnHand"]) - sign * sold)
            books.put("Item", product, quiet=True)


def void(books: Books, old: Body) -> Body:
    """The document with every amount and quantity at zero and 'Voided' in its note."""
    new = {**old, "TotalAmt": 0, "Balance": 0, "TxnTaxDetail": {**old["TxnTaxDetail"], "TotalTax": 0}}
    new.pop("Deposit", None)
    new["Line"] = []
    for line in old["Line"]:
        voided = {**line, "Amount": 0} if "Amount" in line else dict(line)
        if "Qty" in line.get("SalesItemLineDetail", {}):
            voided["SalesItemLineDetail"] = {**line["SalesItemLineDetail"], "Qty": 0}
        new["Line"].append(voided)
    note = old.get("PrivateNote")
    new["PrivateNote"] = f"Voided - {note}"[:4000] if note else "Voided"
    return new
