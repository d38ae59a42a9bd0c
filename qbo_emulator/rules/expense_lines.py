"""Lines of what is bought: amounts on accounts, and products and services."""

from decimal import Decimal
from typing import Any

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents
from qbo_emulator.rules.amounts import agree
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.currency import unit_of
from qbo_emulator.rules.references import check, resolve
from qbo_emulator.rules.tax.regime import abroad
from qbo_emulator.rules.tracked import check_tracked
from qbo_emulator.wire import Body

ACCOUNT_DETAIL, ITEM_DETAIL = "AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail"


def cleaned(value: Any) -> Any:
    """The value without members that were emptied, at every depth."""
    if isinstance(value, dict):
        members = {name: cleaned(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not None and member != {}}
    if isinstance(value, list):
        return [cleaned(member) for member in value]
    return value


def lines_before(change: Change) -> list[Body]:
    """The lines as they are in the books, none for a new object."""
    lines: list[Body] = (change.old or {}).get("Line", [])
    return lines


def numbered(change: Change, lines: list[Body]) -> list[Body]:
    """The lines with their ids: known ones stay, new ones get the next number."""
    before = {str(line["Id"]) for line in lines_before(change)}
    highest = max((int(number) for number in before if number.isdigit()), default=0)
    used: set[str] = set()
    result: list[Body] = []
    for position, line in enumerate(lines, 1):
        number = line.get("Id")
        if number not in before or number in used:
            highest += 1
            number = str(highest)
        used.add(number)
        result.append({**line, "Id": number, "LineNum": position})
    return result


def compose(change: Change) -> Decimal:
    """Complete the lines of a bill, expense, vendor credit or order; answers what they come to."""
    fields = change.entity.by_name["Line"].fields
    before = {str(line["Id"]): line for line in lines_before(change)}
    lines, total = [], ZERO
    for given in change.new["Line"]:
        line = cleaned(given)
        if not line.get("DetailType"):
            raise faults.missing("Line.DetailType")
        check(change.books, fields, line, before.get(line.get("Id", "")))
        kept = ("Id", "LineNum", "Description", "Amount", "DetailType", "LinkedTxn", "CustomField")
        result = {name: line[name] for name in kept if line.get(name) not in (None, [])}
        match line["DetailType"]:
            case "AccountBasedExpenseLineDetail":
                result[ACCOUNT_DETAIL] = _account_line(line)
            case "ItemBasedExpenseLineDetail":
                result[ITEM_DETAIL] = _item_line(change, line)
            case "TDSLineDetail":
                raise faults.validation(
                    "5030", "Feature Not Supported", "Tax deducted at source is not available for this company"
                )
            case "DescriptionOnly":
                result.pop("Amount", None)
        if "Amount" in result:
            result["Amount"] = cents(Decimal(result["Amount"]))
            total += result["Amount"]
        if ACCOUNT_DETAIL in result or ITEM_DETAIL in result:
            _split(change.books, result[line["DetailType"]])
        lines.append(result)
    change.new["Line"] = numbered(change, lines)
    return total


def _needed(line: Body, detail: Body, name: str) -> None:
    if line.get("Amount") is None:
        raise faults.missing("Line.Amount")
    if not detail.get(name):
        raise faults.validation(
            "6440",
            "Transaction Detail Information Required",
            "You must select a product or service or an account for each split line that has an amount or a billable "
            "customer.",
            f"Line.{name}",
        )


def _account_line(line: Body) -> Body:
    detail: Body = line.get(ACCOUNT_DETAIL, {})
    _needed(line, detail, "AccountRef")
    return detail


def _item_line(change: Change, line: Body) -> Body:
    detail: Body = line.get(ITEM_DETAIL, {})
    _needed(line, detail, "ItemRef")
    product = resolve(change.books, "Item", detail["ItemRef"], detail["ItemRef"])
    if product["Type"] in ("Category", "Group"):
        raise faults.business(f"A {product['Type'].lower()} can't be bought on one line.")
    amount = Decimal(line["Amount"])
    agree(amount, detail, unit_of((change.new.get("CurrencyRef") or {}).get("value", "")))
    check_tracked(product, change.new["TxnDate"], amount, detail)
    return detail


def _split(books: Books, detail: Body) -> None:
    if not detail.get("TaxInclusiveAmt"):
        detail.pop("TaxInclusiveAmt", None)
    detail.setdefault("BillableStatus", "NotBillable")
    if detail["BillableStatus"] == "Billable" and not detail.get("CustomerRef"):
        raise faults.business("A billable line needs a customer.")
    if not abroad(books):
        detail.setdefault("TaxCodeRef", {"value": "NON"})
    code = detail.get("TaxCodeRef")
    if code and code["value"] not in ("TAX", "NON"):
        resolve(books, "TaxCode", code, code)
