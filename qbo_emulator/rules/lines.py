"""Lines of sales documents: goods, subtotal, discount, shipping and gratuity."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from qbo_emulator import faults
from qbo_emulator.money import CENT, ZERO, cents, plain
from qbo_emulator.rules import tax
from qbo_emulator.rules.amounts import agree, comes_to, price_of
from qbo_emulator.rules.bundles import bundle, opened
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.currency import unit_of
from qbo_emulator.rules.money_accounts import check_sales_account
from qbo_emulator.rules.references import resolve
from qbo_emulator.rules.tracked import check_tracked
from qbo_emulator.wire import Body

MOST_LINES, MOST_TAXABLE_LINES = 10_000, 750
SHIPPING, GRATUITY = "SHIPPING_ITEM_ID", "GRATUITY_ITEM_ID"


@dataclass
class Lines:
    """Lines of a document as they come out: goods, then the subtotal, the discount, shipping and gratuity.

    goods holds what is sold line by line, bundles opened up; rows are the lines as they are written, with bundles around
    their members.
    """

    goods: list[Body]
    discount: Body | None
    extras: list[Body]
    subtotal: Decimal = ZERO
    rows: list[Body] = field(default_factory=list)

    def round(self, unit: Decimal) -> None:
        """Round amounts half up to the unit of a currency that has no cents."""
        if unit == CENT:
            return
        for line in (*self.goods, *([self.discount] if self.discount else []), *self.extras):
            if "Amount" in line:
                amount = Decimal(line["Amount"]).quantize(unit, rounding=ROUND_HALF_UP)
                detail = line.get("SalesItemLineDetail", {})
                product = Decimal(detail.get("Qty") or 0) * Decimal(detail.get("UnitPrice") or 0)
                if product and comes_to(amount, product, unit):
                    line["Amount"] = cents(amount)
                else:
                    self.reprice(line, amount)
        self.add_up()

    @staticmethod
    def reprice(line: Body, amount: Decimal) -> None:
        """Give a line another amount; the price of a piece follows."""
        if amount == line.get("Amount"):
            return
        line["Amount"] = cents(amount)
        detail = line.get("SalesItemLineDetail", {})
        if detail.get("Qty"):
            detail["UnitPrice"] = price_of(amount, Decimal(detail["Qty"]))
        elif detail.get("UnitPrice"):
            detail["UnitPrice"] = plain(amount)

    def add_up(self) -> None:
        """Bring the subtotal, and those among the goods, in step with amounts that were changed."""
        self.subtotal = since = ZERO
        for line in self.goods:
            if line["DetailType"] == "SalesItemLineDetail":
                self.subtotal += Decimal(line.get("Amount", 0))
                since += Decimal(line.get("Amount", 0))
            elif "Amount" in line:
                line["Amount"], since = cents(since), ZERO

    def total(self) -> Decimal:
        """What the lines come to before tax."""
        less = Decimal(self.discount["Amount"]) if self.discount else ZERO
        return self.subtotal - less + sum((Decimal(line["Amount"]) for line in self.extras), ZERO)

    def written(self) -> list[Body]:
        """The lines in the order of the answer; the subtotal has no Id."""
        subtotal = {"Amount": cents(self.subtotal), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
        for row in self.rows:
            if row["DetailType"] == "GroupLineDetail":
                members = row["GroupLineDetail"]["Line"]
                row["Amount"] = cents(sum((Decimal(member.get("Amount", 0)) for member in members), ZERO))
        return [*self.rows, subtotal, *([self.discount] if self.discount else []), *self.extras]


def compose(change: Change, customer: Body) -> Lines:
    """Complete the lines of a sales document in the order of the answer."""
    new, old = change.new, change.old or {}
    before = {line["Id"]: line for line in opened(old.get("Line", [])) if "Id" in line}
    lines = Lines([], None, [])
    since_subtotal = ZERO
    if len(new["Line"]) > MOST_LINES:
        raise faults.business(f"A transaction can have {MOST_LINES} lines at most.")
    for given in new["Line"]:
        if not given.get("DetailType"):
            raise faults.missing("Line.DetailType")
        match given["DetailType"]:
            case "SalesItemLineDetail":
                line, is_extra = _item_line(change, given, before.get(given.get("Id", "")), customer)
                if is_extra:
                    lines.extras.append(line)
                else:
                    lines.goods.append(line)
                    lines.rows.append(line)
                    lines.subtotal += Decimal(line.get("Amount", 0))
                    since_subtotal += Decimal(line.get("Amount", 0))
            case "DescriptionOnly":
                line = copy(given, ("Id", "Description", "DetailType"))
                line["DescriptionLineDetail"] = filled(given.get("DescriptionLineDetail"))
                if line.get("Description", "").strip().lower() == "subtotal:":
                    line["Amount"], since_subtotal = cents(since_subtotal), ZERO
                lines.goods.append(line)
                lines.rows.append(line)
            case "DiscountLineDetail":
                if lines.discount is not None:
                    raise faults.business("There can be one discount on a transaction.")
                lines.discount = copy(given, ("Id", "Description", "Amount", "DetailType", "DiscountLineDetail"))
            case "GroupLineDetail":
                row, members = bundle(change.books, given, before.get(given.get("Id", "")))
                for member in members:
                    line, is_extra = _item_line(change, member, before.get(member.get("Id", "")), customer)
                    if is_extra:
                        raise faults.business("Shipping and gratuity can't be part of a bundle.")
                    row["GroupLineDetail"]["Line"].append(line)
                    lines.goods.append(line)
                    lines.subtotal += Decimal(line.get("Amount", 0))
                    since_subtotal += Decimal(line.get("Amount", 0))
                lines.rows.append(row)
    if not lines.goods:
        raise faults.missing("Line")
    if lines.discount is not None:
        _discount(change, lines, lines.discount, before.get(lines.discount.get("Id", "")))
    _check_taxable(change, lines)
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
    given = tax.gross_amount(change, given)
    if given.get("Amount") is None:
        raise faults.missing("Line.Amount")
    line = copy(given, ("Id", "LineNum", "Description", "DetailType"))
    detail = filled(given.get("SalesItemLineDetail"))
    amount = Decimal(given["Amount"])
    agree(amount, detail, unit_of((change.new.get("CurrencyRef") or {}).get("value", "")))
    line["Amount"], line["SalesItemLineDetail"] = cents(amount), detail
    kept = (before or {}).get("SalesItemLineDetail", {})
    item = detail.get("ItemRef")
    if item is None:
        # A line without an item is documentation: its amount does not count (fact sheet, section 5.4).
        line.pop("Amount")
        detail.pop("TaxInclusiveAmt", None)
        return line, False
    if item["value"] in (SHIPPING, GRATUITY):
        preference = "AllowShipping" if item["value"] == SHIPPING else "AllowGratuity"
        if not kept and not change.books.preference("SalesFormsPrefs", preference):
            raise faults.business(f"{item['value']} can't be used because the company has turned it off.")
        for name in ("UnitPrice", "Qty"):
            if not detail.get(name):
                detail.pop(name, None)
        tax.line_code(change, detail, None, customer)
        return line, True
    product = resolve(change.books, "Item", item, kept.get("ItemRef"))
    if product["Type"] == "Category":
        raise faults.business("A category can't be sold.")
    check_tracked(product, change.new["TxnDate"], amount, detail)
    account = product.get("IncomeAccountRef")
    if "ItemAccountRef" in detail:
        check_sales_account(change.books, detail["ItemAccountRef"], kept.get("ItemAccountRef"), "Line.ItemAccountRef")
    elif account:
        detail["ItemAccountRef"] = account
    tax.line_code(change, detail, product, customer)
    return line, False


def _check_taxable(change: Change, lines: Lines) -> None:
    if len(lines.goods) <= MOST_TAXABLE_LINES or not change.books.preference("TaxPrefs", "UsingSalesTax"):
        return
    codes = (line.get("SalesItemLineDetail", {}).get("TaxCodeRef", {}).get("value", "NON") for line in lines.goods)
    if sum(code != "NON" for code in codes) > MOST_TAXABLE_LINES:
        raise faults.business(f"A transaction can have {MOST_TAXABLE_LINES} taxable lines at most.")


def _discount(change: Change, lines: Lines, line: Body, before: Body | None) -> None:
    if before is None and not change.books.preference("SalesFormsPrefs", "AllowDiscount"):
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
        if not amount and (before is None or Decimal(before["Amount"])):
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
        kept = (before or {}).get("DiscountLineDetail", {}).get("DiscountAccountRef")
        check_sales_account(change.books, account, kept, "Line.DiscountAccountRef")
        detail["DiscountAccountRef"] = account


def _identify(lines: Lines, before: dict[str, Body]) -> None:
    """Known line ids stay, new lines get the next number; LineNum follows the order of the goods."""
    highest = max((int(number) for number in before if number.isdigit()), default=0)
    used: set[str] = set()
    for line in opened([*lines.rows, *([lines.discount] if lines.discount else []), *lines.extras]):
        number = line.get("Id")
        if number not in before or number in used:
            highest += 1
            number = str(highest)
        used.add(number)
        line["Id"] = number
        line.pop("LineNum", None)
    for position, line in enumerate(lines.rows, 1):
        line["LineNum"] = position
