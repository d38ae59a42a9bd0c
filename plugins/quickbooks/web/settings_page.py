"""The QuickBooks settings page: companies, readiness, instances, defaults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import BooleanField, DateField, DecimalField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, NumberRange, Optional

from erp_core.toolkit import (
    Instance,
    MessageState,
    activity,
    clock,
    current_actor,
    current_tenant_id,
    db,
    may,
    outbox,
    registry,
    requires,
    write_settings,
)
from plugins.quickbooks import connect
from plugins.quickbooks.models import Account, AutoInvoice, CallCount, Connection
from plugins.quickbooks.readiness import Check, connection_checks
from plugins.quickbooks.send import resend_blocked
from plugins.quickbooks.server import server
from plugins.quickbooks.settings import (
    PLUGIN,
    ConnectionSettings,
    CustomerMatch,
    ItemType,
    connection_settings,
    instance_settings,
)
from plugins.quickbooks.web.blueprint import blueprint, own_connection, own_connections, require_server, waiting

ITEM_TYPES = [
    SelectChoice(str(ItemType.NON_INVENTORY), "Non-inventory"),
    SelectChoice(str(ItemType.SERVICE), "Service"),
    SelectChoice(str(ItemType.INVENTORY), "Inventory (QuickBooks counts the stock)"),
]
MATCHES = [
    SelectChoice(str(CustomerMatch.EMAIL_FIRST), "E-mail address, then exact name"),
    SelectChoice(str(CustomerMatch.NAME_FIRST), "Exact name, then e-mail address"),
]


class DefaultsForm(FlaskForm):
    """What new records of a company get."""

    income_account_id = SelectField("Income account", description="Sales of new products are booked here.")
    item_type = SelectField("Type of new products", choices=ITEM_TYPES)
    expense_account_id = SelectField("Expense account", description="What new inventory products cost.")
    asset_account_id = SelectField("Inventory asset account", description="What new inventory products are worth.")
    inventory_quantity = DecimalField(  # type: ignore[call-overload]  # newer than its stubs
        "Default quantity",
        [
            InputRequired("Enter the default quantity; 0 will do."),
            NumberRange(min=0, message="The default quantity can't be negative."),
        ],
        invalid_value_message="Enter a number as the default quantity.",
        places=None,
        description="Of new inventory products.",
    )
    inventory_start_date = DateField(  # type: ignore[call-arg]  # newer than its stubs
        "Inventory start date",
        [Optional()],
        invalid_value_message="Enter the inventory start date as a day.",
        description="No invoice with these products may be older.",
    )
    discount_account_id = SelectField("Discount account", description="Empty takes the company's own.")
    match_customers_by = SelectField("Find customers by", choices=MATCHES)
    auto_create_customers = BooleanField("Auto-create customers", description="Off: the invoice waits as Needs setup.")
    auto_create_products = BooleanField("Auto-create products", description="Off: the invoice waits as Needs setup.")

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether it can be saved. New inventory products need two accounts, as the readiness list says."""
        valid = bool(super().validate(extra_validators))
        if self.item_type.data == ItemType.INVENTORY and self.auto_create_products.data:
            for field, account in (
                (self.expense_account_id, "expense account"),
                (self.asset_account_id, "inventory asset account"),
            ):
                if not field.data:
                    field.errors = [*field.errors, f"Choose the {account}: new inventory products need it."]
                    valid = False
        return valid


@dataclass(frozen=True)
class InstanceRow:
    """A line of the instances table."""

    instance: Instance
    company: str
    enabled: bool
    auto_invoice: bool
    since: AutoInvoice | None
    problems: int


@dataclass(frozen=True)
class Card:
    """What the page says about one company."""

    connection: Connection
    health: str
    reconnect_by: datetime | None
    """The day after which the permission ends, when it is near."""
    calls: int
    waiting: int
    checks: list[Check]
    form: DefaultsForm


@blueprint.get("/settings/quickbooks")
@requires("erp.view")
def settings() -> str:
    """Companies of the tenant, what is missing, and which instance sends where."""
    require_server()
    session = db.session()
    cards = [_card(session, connection) for connection in own_connections()]
    return render_template(
        "quickbooks/settings.html",
        cards=cards,
        rows=_instance_rows(session),
        can_manage=may("quickbooks.manage"),
        environment=server().environment,
    )


@blueprint.get("/settings/quickbooks/<id:connection_id>/defaults")
@requires("erp.view")
def defaults(connection_id: int) -> Response:
    """Where the form stands, for who reloads the page after a refused save."""
    require_server()
    return redirect(url_for("quickbooks.settings", _anchor=f"connection-{own_connection(connection_id).id}"))


@blueprint.post("/settings/quickbooks/<id:connection_id>/defaults")
@requires("quickbooks.manage")
def save_defaults(connection_id: int) -> Response | tuple[str, int]:
    """Save what new records of a company get."""
    require_server()
    session = db.session()
    connection = own_connection(connection_id)
    form = _form(session, connection)
    if not form.validate_on_submit():
        cards = [_card(session, one, form if one.id == connection.id else None) for one in own_connections()]
        page = render_template(
            "quickbooks/settings.html",
            cards=cards,
            rows=_instance_rows(session),
            can_manage=True,
            environment=server().environment,
        )
        return page, 422
    before = connection_settings(session, connection.id)
    typed = {name: _chosen(form[name].data) for name in ConnectionSettings.model_fields if name in form}
    after = ConnectionSettings.model_validate({**before.model_dump(), **typed})
    changed = {
        name: [str(getattr(before, name)), str(getattr(after, name))]
        for name in ConnectionSettings.model_fields
        if getattr(before, name) != getattr(after, name)
    }
    if changed:
        write_settings(session, PLUGIN, connection.id, after)
        activity.record(
            session,
            actor=current_actor(),
            action="quickbooks_settings_changed",
            subject=("quickbooks_connection", connection.id),
            summary=f"Changed the QuickBooks settings of {connection.company_name}",
            tenant_id=connection.tenant_id,
            details=changed,
        )
    again = resend_blocked(session, connection, actor=current_actor()) if changed else 0
    session.commit()
    also = f" {again} invoice{'' if again == 1 else 's'} waited for this and {'is' if again == 1 else 'are'} being sent again."
    flash(f"Saved the settings of {connection.company_name}.{also if again else ''}", "success")
    return redirect(url_for("quickbooks.settings"))


def _chosen(value: object) -> object:
    return None if value == "" else value


def _card(session: Session, connection: Connection, form: DefaultsForm | None = None) -> Card:
    return Card(
        connection=connection,
        health=_health(connection),
        reconnect_by=_reconnect_by(connection),
        calls=_calls_this_month(session, connection),
        waiting=waiting(connection),
        checks=connection_checks(session, connection),
        form=form or _form(session, connection),
    )


def _form(session: Session, connection: Connection) -> DefaultsForm:
    saved = connection_settings(session, connection.id)
    form = DefaultsForm(
        formdata=request.form if request.method == "POST" else None,
        data={name: getattr(saved, name) for name in ConnectionSettings.model_fields},
        prefix=f"c{connection.id}-",
    )
    accounts = session.scalars(
        select(Account).where(Account.connection_id == connection.id, Account.active).order_by(Account.name)
    ).all()

    def of(none: str, *types: str) -> list[SelectChoice]:
        fitting = [SelectChoice(account.qbo_id, account.name) for account in accounts if account.type in types]
        return [SelectChoice("", none), *fitting]

    form.income_account_id.choices = of("Choose…", "Income")
    form.expense_account_id.choices = of("Choose…", "Cost of Goods Sold")
    form.asset_account_id.choices = of("Choose…", "Other Current Asset")
    form.discount_account_id.choices = of("The company's own", "Income", "Expense")
    return form


def _reconnect_by(connection: Connection) -> datetime | None:
    hard = connection.refresh_hard_expires_at
    near = connection.status == "connected" and hard is not None and (hard - clock.now()).days < 60
    return hard if near else None


def _health(connection: Connection) -> str:
    """How the tokens are, in words."""
    if connection.status != "connected":
        return connection.status_reason
    renewal = connect.renewal(connection)
    minutes = int((renewal - clock.now()).total_seconds() // 60) if renewal else 0
    if minutes <= 0:
        return "Renews by itself with the next call."
    return f"Renews by itself. Next renewal in {minutes} min."


def _calls_this_month(session: Session, connection: Connection) -> int:
    first: date = clock.now().date().replace(day=1)
    return (
        session.scalar(
            select(func.coalesce(func.sum(CallCount.calls), 0)).where(
                CallCount.connection_id == connection.id, CallCount.day >= first
            )
        )
        or 0
    )


def _instance_rows(session: Session) -> list[InstanceRow]:
    tenant_id = current_tenant_id()
    names = {one.id: one.company_name for one in own_connections()}
    rows = []
    for instance in session.scalars(select(Instance).where(Instance.tenant_id == tenant_id).order_by(Instance.name)):
        saved = instance_settings(session, instance.id)
        failed = outbox.counts(session, tenant_id=tenant_id, plugin=PLUGIN, instance_id=instance.id)
        rows.append(
            InstanceRow(
                instance=instance,
                company=names.get(saved.connection_id or 0, ""),
                enabled=registry().is_enabled(session, PLUGIN, instance.id),
                auto_invoice=saved.auto_invoice,
                since=session.get(AutoInvoice, instance.id),
                problems=failed[MessageState.FAILED],
            )
        )
    return rows
