"""Tax codes of lines, transactions and customers: which ones may be used, and which one is the default."""

from collections.abc import Mapping

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.tax import automated
from qbo_emulator.rules.tax.regime import Regime, abroad, regime
from qbo_emulator.wire import Body

TAXED, UNTAXED, CUSTOM = "TAX", "NON", "CustomSalesTax"
_PSEUDO = (
    (TAXED, "TAX", "Taxable", True, False),
    (UNTAXED, "NON", "Nontaxable", False, False),
    (CUSTOM, "CustomSalesTax", "Custom sales tax", True, True),
)
WITHOUT_RATE = "Make sure all your transactions have a GST rate before you save."


def pseudo_codes(books: Books) -> list[Body]:
    """The codes that every US company has and that are no objects; they have these members only (section 5.8)."""
    if abroad(books):
        return []
    company = books.get("CompanyInfo", "1") or {}
    return [
        {
            "Name": name, "Description": text, "Taxable": taxable, "TaxGroup": group, "Id": object_id,
            "MetaData": company.get("MetaData", {}),
        }
        for object_id, name, text, taxable, group in _PSEUDO
    ]  # fmt: skip


def is_exempt(customer: Mapping[str, object]) -> bool:
    """Whether this customer pays no sales tax."""
    return customer.get("Taxable") is False or bool(customer.get("TaxExemptionReasonId"))


def real_code(books: Books, object_id: str) -> Body:
    """The tax code with this id; fault 2500 when there is none."""
    code = books.get("TaxCode", object_id)
    if code is None:
        raise faults.bad_reference(f"TaxCode element id {object_id} not found")
    return code


def line_code(change: Change, detail: Body, product: Body | None, customer: Body) -> None:
    """Check the tax code of a line, or fill in the default. product None is shipping or a gratuity.

    In the US only TAX and NON (fault 6100); elsewhere a tax code's id, without which a taxed company refuses (6000).
    """
    if abroad(change.books):
        _real_line_code(change, detail)
        return
    detail.pop("TaxInclusiveAmt", None)
    code = detail.get("TaxCodeRef")
    if code and code["value"] not in (TAXED, UNTAXED):
        raise faults.validation(
            "6100",
            "Invalid Line TaxCode in the request",
            f"Valid Line TaxCodes for US should be TAX or NON. Supplied value:{code['value']}",
        )
    if code is None:
        detail["TaxCodeRef"] = {"value": TAXED if _taxed(change, product, customer) else UNTAXED}


def _taxed(change: Change, product: Body | None, customer: Body) -> bool:
    way = regime(change.books)
    if way is Regime.OFF or is_exempt(customer):
        return False
    if product is not None:
        return bool(product.get("Taxable"))
    return way is Regime.AUTOMATED and automated.taxes_shipping(change, customer)


def _real_line_code(change: Change, detail: Body) -> None:
    if change.new.get("GlobalTaxCalculation") == "NotApplicable" or regime(change.books) is Regime.OFF:
        detail.pop("TaxInclusiveAmt", None)
        detail.pop("TaxCodeRef", None)
        return
    code = detail.get("TaxCodeRef")
    if code is None:
        raise faults.business(WITHOUT_RATE)
    real_code(change.books, code["value"])


def transaction_code(change: Change, customer: Body) -> Body | None:
    """The code of a classic transaction: its own, else the customer's, else the company's; None without any.

    Fault 6160 for the pseudo codes, which are for lines.
    """
    books = change.books
    sent = (change.new.get("TxnTaxDetail") or {}).get("TxnTaxCodeRef")
    if sent:
        if sent["value"] in (TAXED, UNTAXED, CUSTOM):
            raise faults.validation(
                "6160", "Invalid TaxCodeRef", f"The tax code {sent['value']} is not allowed for a transaction"
            )
        return real_code(books, sent["value"])
    default = customer.get("DefaultTaxCodeRef")
    own = books.get("TaxCode", default["value"]) if isinstance(default, dict) else None
    return own or _company_code(books)


def _company_code(books: Books) -> Body | None:
    """The company's default tax code."""
    default = books.preference("TaxPrefs", "TaxGroupCodeRef")
    return books.get("TaxCode", str(default["value"])) if isinstance(default, dict) else None


def customer_code(change: Change) -> None:
    """A customer's DefaultTaxCodeRef: checked, or the company's; Automated Sales Tax sets it from the address."""
    books, new = change.books, change.new
    match regime(books):
        case Regime.AUTOMATED:
            code = automated.customer_code(change)
            new.pop("DefaultTaxCodeRef", None)
            if code is not None:
                new["DefaultTaxCodeRef"] = {"value": code["Id"]}
        case Regime.CLASSIC | Regime.ABROAD:
            given = new.get("DefaultTaxCodeRef")
            if given:
                real_code(books, given["value"])
            elif change.old is None and (default := _company_code(books)):
                new["DefaultTaxCodeRef"] = {"value": default["Id"]}
        case _:
            return
