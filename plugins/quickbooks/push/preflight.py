"""What keeps an invoice from being sent, found before anything is: all gaps at once."""

from __future__ import annotations

from collections.abc import Iterator

from erp_core.toolkit import Customer, Invoice, Product
from plugins.quickbooks import mapping
from plugins.quickbooks.causes import Gap, Record
from plugins.quickbooks.models import Connection
from plugins.quickbooks.settings import ConnectionSettings

UNITED_STATES = ("US", "USA")


def in_united_states(connection: Connection) -> bool:
    """Whether the company's books are American, which decides about tax codes and characters."""
    return connection.country.upper() in UNITED_STATES


def invoice_gaps(invoice: Invoice, connection: Connection) -> Iterator[Gap]:
    """What is missing for this invoice, apart from its customer and its items."""
    preferences = connection.preferences
    if not invoice.lines:
        yield Gap("no_lines", "The invoice has no lines.", "Add a line to the order.")
    if invoice.currency != connection.home_currency and not connection.multicurrency:
        yield Gap(
            "currency",
            f"This invoice is in {invoice.currency}, the company works in {connection.home_currency}.",
            f"Turn on multicurrency in QuickBooks, or invoice in {connection.home_currency}.",
        )
    if invoice.tax or invoice.tax_lines:
        yield Gap("tax", "Needs setup: tax.", "Invoices with tax can't be sent yet. Send this one without tax.")
    elif preferences.using_sales_tax and not in_united_states(connection):
        yield Gap(
            "tax", "Needs setup: tax.", "This company charges tax on sales, and its tax codes are not mapped yet."
        )
    if preferences.custom_txn_numbers and len(invoice.number or "") > mapping.LONGEST_DOC_NUMBER:
        yield Gap(
            "number_too_long",
            f"The number {invoice.number} is longer than the {mapping.LONGEST_DOC_NUMBER} characters QuickBooks takes.",
            "Shorten the number series of this instance. Numbers are never cut.",
        )
    if invoice.discount and not preferences.allow_discount:
        yield Gap(
            "discount",
            "The invoice has a discount, and discounts are turned off in QuickBooks.",
            "Turn on discounts there under Account and settings, Sales.",
        )
    if invoice.shipping and not preferences.allow_shipping:
        yield Gap(
            "shipping",
            "The invoice has shipping, and shipping is turned off in QuickBooks.",
            "Turn on shipping there under Account and settings, Sales.",
        )
    if preferences.book_close_date is not None and invoice.invoice_date <= preferences.book_close_date:
        yield Gap(
            "period_closed",
            f"Books are closed up to {preferences.book_close_date:%-d %B %Y}, and this invoice is of "
            f"{invoice.invoice_date:%-d %B %Y}.",
            "Change the date, or ask your accountant to reopen the period.",
        )
    for line in invoice.lines:
        if not mapping.amount_agrees(line, invoice.currency):
            yield Gap(
                "amount",
                f"Line {line.position}: quantity times price is not the amount that stands there.",
                "Change the quantity or the price.",
            )
    if in_united_states(connection):
        yield from _characters(
            "the invoice", None, invoice.number, invoice.memo, *(mapping.description(line) for line in invoice.lines)
        )
        yield from _characters(
            f"the addresses of “{invoice.customer.name}”",
            Record("customer", invoice.customer_id),
            mapping.address(invoice.customer.billing),
            mapping.address(invoice.customer.shipping),
            invoice.customer.email,
        )


def customer_gaps(customer: Customer, connection: Connection, settings: ConnectionSettings) -> Iterator[Gap]:
    """What keeps a customer from being created in QuickBooks."""
    record = Record("customer", customer.id)
    if not settings.auto_create_customers:
        yield Gap(
            "customer_missing",
            f"The customer “{customer.name}” is not in QuickBooks, and Auto-create customers is off.",
            "Create the customer there, or turn the setting on.",
            in_settings=True,
        )
    if mapping.NOT_IN_NAMES.search(customer.name):
        yield Gap(
            "name",
            f"The name “{customer.name}” has a colon, tab or line break.",
            "QuickBooks takes none of them.",
            record=record,
        )
    if in_united_states(connection):
        yield from _characters(f"the customer “{customer.name}”", record, mapping.customer(customer))


def item_gaps(product: Product, connection: Connection, settings: ConnectionSettings) -> Iterator[Gap]:
    """What keeps a product from being created in QuickBooks."""
    record = Record("product", product.id)
    if not settings.auto_create_products:
        yield Gap(
            "item_missing",
            f"The product “{product.name}” is not in QuickBooks, and Auto-create products is off.",
            "Create the item there, or turn the setting on.",
            in_settings=True,
        )
    else:
        for name, chosen in mapping.accounts_needed(product, settings).items():
            if not chosen:
                yield Gap(
                    name,
                    f"No {_ACCOUNTS[name]} is chosen for new products (“{product.name}”).",
                    "Choose it in the QuickBooks settings.",
                    in_settings=True,
                )
    if mapping.NOT_IN_NAMES.search(product.name):
        yield Gap(
            "name",
            f"The name “{product.name}” has a colon, tab or line break.",
            "QuickBooks takes none of them.",
            record=record,
        )
    if in_united_states(connection):
        yield from _characters(f"the product “{product.name}”", record, product.name, product.sku, product.description)


_ACCOUNTS = {
    "income_account_id": "income account",
    "expense_account_id": "expense account",
    "asset_account_id": "inventory asset account",
}


def _characters(where: str, record: Record | None, *texts: object) -> Iterator[Gap]:
    bad = mapping.unsupported(texts)
    if bad:
        yield Gap(
            "characters",
            f"QuickBooks can't store these characters of {where}: {' '.join(bad)}.",
            "Replace them; nothing is changed silently.",
            record=record,
        )
