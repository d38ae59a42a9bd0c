"""Lines of sales documents: goods, subtotal, discount, shipping and gratuity."""

from dataclasses import dataclass
from decimal import Decimal

from qbo_emulator import faults
from qbo_emulator.money import ZERO, cents, plain
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.references import resolve
from qbo_emulator.wire import Body

SHIPPING, GRATUITY = "SHIPPING_ITEM_ID", "GRATUITY_ITEM_ID"


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


def compose(change: Change, customer: Body) -> Lines:
    """Complete the lines of a sales document in the order of the answer."""
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
                line = copy(given, ("Id", "Description", "DetailType"))
                line["DescriptionLineDetail"] = filled(given.get("DescriptionLineDetail"))
                if line.get("Description", "").strip().lower() == "subtotal:":
                    line["Amount"], since_subtotal = cents(since_subtotal), ZERO
                lines.goods.append(line)
            case "DiscountLineDetail":
                if lines.discount is not None:
                    raise faults.business("There can be one discount on a transaction.")
                lines.discount = copy(given, ("Id", "Description", "Amount", "DetailType", "DiscountLineDetail"))
            case "GroupLineDetail":
                raise faults.validation("5030", "Feature Not Supported", "Bundles are not supported", "Line.DetailType")
    if not lines.goods:
        raise faults.missing("Line")
    if lines.discount is not None:
        _discount(change, lines, lines.discount)
    _identify(lines, before)
    new["Line"] = lines.written()
    return lines


def copy(given: Body, names: tuple[str, ...]) -> Body:
    """These members, where they have a value."""
    return {name: given[name] for name in names if given.get(name) is not None}


def filled(detail: Body | None) -> Body:
    """A detail without members that were emptied."""
    return {name: value for name, value in (detail or {}).items() if value not in (None, {})}


def _item_line(change: Change, given: Body, before: Body | None, customer: Body) -> tuple[Body, bool]:
    """One product or service line, and whether it stands below the subtotal."""
    if given.get("Amount") is None:
        raise faults.missing("Line.Amount")
    line = copy(given, ("Id", "LineNum", "Description", "DetailType"))
    detail = filled(given.get("SalesItemLineDetail"))
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
    detail = filled(line.get("DiscountLineDetail"))
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
