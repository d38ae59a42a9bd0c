"""Forms: what a person typed, kept as typed. The services check it; their sentences come back to the fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, cast

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of an older WTForms
from wtforms.validators import Optional

from erp_core.errors import ERPError
from erp_core.models import ProductKind, Role
from erp_core.web.format import plain

NOT_A_NUMBER = Decimal("NaN")
"""What the services answer with "Enter a number"."""


class NumberField(StringField):
    """A Decimal. Understands 1,234.50, 1234.5 and 12,50; whatever else was typed is `NOT_A_NUMBER`."""

    def value(self, empty: Decimal = NOT_A_NUMBER) -> Decimal:
        """The number, or `empty` when nothing was typed."""
        text = (self.data or "").strip() if isinstance(self.data, str) else self.data
        if text in (None, ""):
            return empty
        return text if isinstance(text, Decimal) else parse_number(str(text))

    def fill(self, number: Decimal | None) -> None:
        """Show a number."""
        self.data = cast(Any, number)

    places = 2
    """A number with decimals is shown with at least so many."""

    def _value(self) -> str:
        return plain(self.data, self.places) if isinstance(self.data, Decimal) else str(self.data or "")


class QuantityField(NumberField):
    """A Decimal that is not money: shown without needless zeros."""

    places = 0


class ChoiceField(SelectField):
    """A select. What it offers is given here or, when it comes from the database, with `offer`."""

    def __init__(self, label: str, offers: Iterable[tuple[Any, str]] = (), **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.offer(offers)

    def offer(self, offers: Iterable[tuple[Any, str]]) -> None:
        """What can be chosen: values and labels."""
        self.choices = [SelectChoice(value=value, label=label) for value, label in offers]


def parse_number(text: str) -> Decimal:
    """A number as people type it, or `NOT_A_NUMBER`."""
    text = text.replace(" ", "").replace("\u00a0", "")
    whole, comma, rest = text.rpartition(",")
    if comma:
        decimals = "." not in text and whole.count(",") == 0 and len(rest) != 3
        text = f"{whole}.{rest}" if decimals else text.replace(",", "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        return NOT_A_NUMBER
    return number if number.is_finite() else NOT_A_NUMBER


class ERPForm(FlaskForm):
    """A form that can take back what a service said about it."""

    problem: str = ""
    problem_at: str = ""
    """The id of the part of the page that says more about the problem."""
    aliases: ClassVar[Mapping[str, str]] = {}
    """Names that the services use, to names of fields."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether every field could be read; if not, `problem` says so."""
        valid = bool(super().validate(extra_validators))
        if not valid:
            self.problem = "Nothing was saved. Check the fields that are marked."
        return valid

    def refuse(
        self,
        error: ERPError,
        *,
        rows: Mapping[str, list[int]] | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        """Show the error where it belongs. `rows` says which entries of a list the services were given."""
        names = {**self.aliases, **(aliases or {})}
        self.problem = error.message
        for path, sentence in error.fields.items():
            field = self._at(path.split("."), rows or {}, names)
            if field is not None:
                field.errors = [*field.errors, sentence]

    def _at(self, path: list[str], rows: Mapping[str, list[int]], names: Mapping[str, str]) -> Any:
        name, *rest = path
        field = self._fields.get(names.get(name, name))
        while rest and isinstance(field, FieldList | FormField):
            part, *rest = rest
            if isinstance(field, FieldList):
                index = int(part)
                given = rows.get(name, list(range(len(field.entries))))
                field = field.entries[given[index]] if index < len(given) else None
            else:
                field = field.form._fields.get(names.get(part, part))
        return None if isinstance(field, FormField) else field


def known_day(field: DateField) -> date | None:
    """The date of a field, or None."""
    data: date | None = field.data
    return data


class SignInForm(ERPForm):
    """Who are you?"""

    email = EmailField("E-mail address", render_kw={"autocomplete": "username", "autofocus": True, "required": True})
    password = PasswordField("Password", render_kw={"autocomplete": "current-password", "required": True})
    remember = BooleanField("Keep me signed in on this computer")


class PasswordForm(ERPForm):
    """A new password for oneself."""

    aliases: ClassVar[Mapping[str, str]] = {"password": "new"}

    current = PasswordField("Current password", render_kw={"autocomplete": "current-password"})
    new = PasswordField(
        "New password", description="At least 10 characters.", render_kw={"autocomplete": "new-password"}
    )
    again = PasswordField("New password again", render_kw={"autocomplete": "new-password"})


class LineForm(Form):
    """One line of an order. An empty line is passed over."""

    product = StringField(
        "Product", render_kw={"list": "product-list", "autocomplete": "off", "data-suggest": "products"}
    )
    quantity = QuantityField("Quantity", render_kw={"inputmode": "decimal"})
    unit_price = NumberField("Unit price", render_kw={"inputmode": "decimal"})
    description = StringField("Description", render_kw={"maxlength": 1000})
    note = StringField("Size or grade", render_kw={"maxlength": 200})

    def is_empty(self) -> bool:
        """Whether nobody typed anything here."""
        return not any(str(field.data or "").strip() for field in self)


class OrderForm(ERPForm):
    """An order with its lines."""

    aliases: ClassVar[Mapping[str, str]] = {
        "customer_id": "customer",
        "seller_id": "seller",
        "product_id": "product",
    }

    instance_id = ChoiceField("Instance", coerce=int)
    customer = StringField(
        "Customer",
        render_kw={"list": "customer-list", "autocomplete": "off", "data-suggest": "customers", "required": True},
    )
    seller = StringField(
        "Seller",
        description="When somebody else sells; the customer is billed.",
        render_kw={"list": "customer-list", "autocomplete": "off", "data-suggest": "customers"},
    )
    order_date = DateField("Order date", validators=[Optional()])
    tax_rate_id = ChoiceField("Tax rate", coerce=int)
    memo = TextAreaField("Memo", description="The customer reads this on the invoice.", render_kw={"rows": 2})
    commission = NumberField(
        "Commission", description="Only tracked here; the customer does not pay it.", render_kw={"inputmode": "decimal"}
    )
    discount = NumberField("Discount", render_kw={"inputmode": "decimal"})
    shipping = NumberField("Shipping", render_kw={"inputmode": "decimal"})
    lines = FieldList(FormField(LineForm), min_entries=0, max_entries=500)
    version = HiddenField()


class ReasonForm(ERPForm):
    """Why an invoice is voided or replaced."""

    reason = TextAreaField("Reason", render_kw={"rows": 2, "maxlength": 300})


class ContactForm(Form):
    """A person at a customer. An empty row is passed over."""

    name = StringField("Name")
    email = EmailField("E-mail")
    phone = StringField("Phone", render_kw={"type": "tel"})

    def is_empty(self) -> bool:
        """Whether nobody typed anything here."""
        return not any(str(field.data or "").strip() for field in self)


class AddressForm(Form):
    """A postal address."""

    line1 = StringField("Street and number")
    line2 = StringField("Second line")
    city = StringField("City")
    region = StringField("State or region")
    postal_code = StringField("Postal code")
    country = StringField("Country")


class CustomerForm(ERPForm):
    """A customer with contacts and addresses."""

    name = StringField("Name", render_kw={"required": True})
    account_code = StringField("Account code")
    terms_days = IntegerField(
        "Terms in days", default=30, description="Days until an invoice is due; 0 is due on receipt."
    )
    currency = ChoiceField("Currency")
    tax_exempt = BooleanField("Tax exempt")
    contacts = FieldList(FormField(ContactForm), min_entries=0, max_entries=50)
    billing = FormField(AddressForm)
    shipping = FormField(AddressForm)
    version = HiddenField()


class ProductForm(ERPForm):
    """A product or service."""

    sku = StringField("SKU", render_kw={"required": True})
    name = StringField("Name", render_kw={"required": True})
    kind = ChoiceField(
        "Kind",
        offers=[(ProductKind.GOODS.value, "Goods, counted in stock"), (ProductKind.SERVICE.value, "Service")],
        default=ProductKind.GOODS.value,
    )
    description = TextAreaField("Description", render_kw={"rows": 2})
    price = NumberField("Price", render_kw={"inputmode": "decimal"})
    cost = NumberField("Cost", render_kw={"inputmode": "decimal"})
    stock = QuantityField("In stock", render_kw={"inputmode": "decimal"})
    taxable = BooleanField("Taxable", default=True)
    version = HiddenField()


class AllocationForm(Form):
    """The part of a payment for one invoice."""

    invoice_id = HiddenField()
    amount = NumberField("Amount", render_kw={"inputmode": "decimal"})


class PaymentForm(ERPForm):
    """Money that came, and what it pays."""

    instance_id = HiddenField()
    customer_id = HiddenField()
    amount = NumberField("Amount", render_kw={"inputmode": "decimal", "required": True})
    payment_date = DateField("Payment date")
    method = ChoiceField(
        "Method",
        offers=[
            ("", "Not stated"),
            ("Bank transfer", "Bank transfer"),
            ("Check", "Check"),
            ("Credit card", "Credit card"),
            ("Cash", "Cash"),
        ],
    )
    reference = StringField("Reference", description="A check number, or the bank's reference.")
    allocations = FieldList(FormField(AllocationForm), min_entries=0, max_entries=200)


class InstanceForm(ERPForm):
    """A business unit, store or brand."""

    name = StringField("Name", render_kw={"required": True})
    code = StringField("Code", description="Short, such as NYC.", render_kw={"required": True, "maxlength": 10})
    currency = ChoiceField("Currency", default="USD")
    timezone = StringField(
        "Time zone", default="America/New_York", render_kw={"list": "timezone-list", "autocomplete": "off"}
    )
    locale = ChoiceField("Format of dates and money", default="en_US")
    order_prefix = StringField("Prefix of order numbers", render_kw={"maxlength": 12})
    invoice_prefix = StringField("Prefix of invoice numbers", render_kw={"maxlength": 12})
    payment_prefix = StringField("Prefix of payment numbers", render_kw={"maxlength": 12})


class PersonForm(ERPForm):
    """Somebody who signs in."""

    name = StringField("Name", render_kw={"required": True, "autocomplete": "off"})
    email = EmailField("E-mail address", render_kw={"required": True, "autocomplete": "off"})
    role = ChoiceField(
        "Role",
        offers=[
            (Role.ADMINISTRATOR.value, "Administrator: everything, settings included"),
            (Role.BILLING.value, "Billing: orders, invoices, customers, products and payments"),
            (Role.VIEWER.value, "Viewer: looks, changes nothing"),
        ],
        default=Role.BILLING.value,
    )
    password = PasswordField(
        "First password",
        description="At least 10 characters. The person can change it after signing in.",
        render_kw={"autocomplete": "new-password", "required": True},
    )


class NewPasswordForm(ERPForm):
    """A new password for somebody else."""

    password = PasswordField(
        "New password", description="At least 10 characters.", render_kw={"autocomplete": "new-password"}
    )


class TokenForm(ERPForm):
    """A bearer token for a program."""

    name = StringField("What is it for?", render_kw={"required": True, "maxlength": 100})
    expires_on = DateField("Last day", validators=[Optional()], description="Empty: it does not expire.")


class TaxRateForm(ERPForm):
    """A tax rate."""

    name = StringField("Name", render_kw={"required": True, "maxlength": 60})
    percent = QuantityField("Percent", render_kw={"inputmode": "decimal", "required": True})


class TenantForm(ERPForm):
    """A new tenant, its first instance and its first administrator."""

    tenant = StringField("Company", render_kw={"required": True, "maxlength": 100})
    instance = StringField(
        "First instance", description="A business unit, store or brand.", render_kw={"required": True}
    )
    code = StringField("Code of the instance", default="MAIN", render_kw={"required": True, "maxlength": 10})
    currency = ChoiceField("Currency", default="USD")
    timezone = StringField(
        "Time zone", default="America/New_York", render_kw={"list": "timezone-list", "autocomplete": "off"}
    )
    person = StringField("Administrator's name", render_kw={"required": True, "autocomplete": "off"})
    email = EmailField("Administrator's e-mail address", render_kw={"required": True, "autocomplete": "off"})
    password = PasswordField(
        "First password", description="At least 10 characters.", render_kw={"autocomplete": "new-password"}
    )
