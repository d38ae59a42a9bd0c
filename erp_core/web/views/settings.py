"""Settings of a tenant: instances with their plugins, people, API tokens, tax rates."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import MultiDict

from erp_core import clock
from erp_core.access import current_actor, current_tenant_id, may, requires, signed_in
from erp_core.errors import Conflict, ERPError, Forbidden, Invalid, NotFound, Refused
from erp_core.extensions import db
from erp_core.models import ApiToken, Instance, Role, TaxRate, User
from erp_core.plugins import registry
from erp_core.plugins import settings as declared
from erp_core.plugins.slots import INSTANCE_PANEL
from erp_core.services import accounts, catalogue, tenants
from erp_core.services.lookup import find
from erp_core.services.tenants import InstanceInput
from erp_core.web import choices, plugin_forms, slots
from erp_core.web.forms import InstanceForm, NewPasswordForm, PersonForm, TaxRateForm, TokenForm, known_day
from erp_core.web.navigation import instances
from erp_core.web.plugin_forms import SettingsCard

TENANT_ROLES = (Role.ADMINISTRATOR, Role.BILLING, Role.VIEWER)
bp = Blueprint("settings", __name__, url_prefix="/settings")


@bp.get("")
@requires("erp.view")
def index() -> ResponseReturnValue:
    """The instances of the tenant, and which plugins are on in each."""
    plugins = registry.current().with_settings()
    rows = instances()
    enabled = {
        row.id: [plugin for plugin in plugins if tenants.is_enabled(db.session(), plugin.name, row.id)] for row in rows
    }
    return render_template("erp/settings/instances.html", rows=rows, plugins=plugins, enabled=enabled)


@bp.route("/instances/new", methods=["GET", "POST"])
@requires("settings.manage")
def new_instance() -> ResponseReturnValue:
    """Make an instance."""
    form = InstanceForm()
    _offer(form, None)
    if form.validate_on_submit():
        try:
            made = tenants.create_instance(db.session(), current_tenant_id(), _read(form, None), actor=current_actor())
            db.session.commit()
        except ERPError as error:
            db.session.rollback()
            form.refuse(error)
        else:
            flash(f"{made.name} is created.", "success")
            return redirect(url_for("settings.instance", instance_id=made.id))
    page = render_template("erp/settings/new_instance.html", form=form, timezones=choices.timezones())
    return page, 422 if form.is_submitted() else 200


@bp.route("/instances/<id:instance_id>", methods=["GET", "POST"])
@requires("erp.view")
def instance(instance_id: int) -> ResponseReturnValue:
    """An instance: its own settings, and a card for each plugin that has settings for instances. One Save for all."""
    row = find(db.session(), Instance, instance_id, tenant_id=current_tenant_id())
    form = InstanceForm()
    _offer(form, row)
    if request.method == "POST":
        return _save(row, form)
    _fill(form, row)
    return _instance_page(row, form, _cards(row))


@bp.get("/people")
@requires("erp.view")
def people() -> ResponseReturnValue:
    """Who signs in for this tenant."""
    return _people_page(PersonForm())


@bp.post("/people")
@requires("users.manage")
def add_person() -> ResponseReturnValue:
    """Add somebody."""
    form = PersonForm()
    if form.validate_on_submit():
        try:
            person = accounts.create_user(
                db.session(),
                tenant_id=current_tenant_id(),
                email=form.email.data or "",
                name=form.name.data or "",
                password=form.password.data or "",
                role=form.role.data,
                actor=current_actor(),
            )
            db.session.commit()
        except ERPError as error:
            db.session.rollback()
            form.refuse(error)
            form.problem_at = "add-person"
        else:
            flash(f"{person.name} can sign in now as {person.email}. Hand over the first password yourself.", "success")
            return redirect(url_for("settings.people"))
    return _people_page(form)


@bp.post("/people/<id:user_id>/switch")
@requires("users.manage")
def switch_person(user_id: int) -> ResponseReturnValue:
    """Switch somebody on or off."""
    person = _person(user_id)
    if person.id == signed_in().id:
        raise Refused("You can't switch yourself off. Ask another administrator.")
    accounts.set_active(db.session(), person, request.form.get("active") == "1", actor=current_actor())
    db.session.commit()
    flash(f"{person.name} is switched {'on' if person.active else 'off'}.", "success")
    return redirect(url_for("settings.people"))


@bp.post("/people/<id:user_id>/role")
@requires("users.manage")
def change_role(user_id: int) -> ResponseReturnValue:
    """Give a person another role."""
    person = _person(user_id)
    try:
        role = Role(request.form.get("role", ""))
    except ValueError:
        raise Invalid("Choose one of the roles.") from None
    try:
        accounts.change_role(db.session(), person, role, actor=current_actor())
        db.session.commit()
        flash(f"{person.name} is {role} now.", "success")
    except ERPError as error:
        db.session.rollback()
        flash(error.message, "danger")
    return redirect(url_for("settings.people"))


@bp.route("/people/<id:user_id>/password", methods=["GET", "POST"])
@requires("users.manage")
def new_password(user_id: int) -> ResponseReturnValue:
    """Give somebody a new password, which signs them out everywhere."""
    person = _person(user_id)
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            accounts.change_password(db.session(), person, form.password.data or "", actor=current_actor())
            db.session.commit()
        except ERPError as error:
            db.session.rollback()
            form.refuse(error)
        else:
            flash(f"{person.name} has a new password and is signed out everywhere.", "success")
            return redirect(url_for("settings.people"))
    page = render_template("erp/settings/new_password.html", form=form, person=person)
    return page, 422 if form.problem else 200


@bp.get("/tokens")
@requires("erp.view")
def tokens() -> ResponseReturnValue:
    """API tokens: an administrator sees everybody's, others their own."""
    return _tokens_page(TokenForm())


@bp.post("/tokens")
@requires("erp.view")
def new_token() -> ResponseReturnValue:
    """Make a token that acts as oneself, and show it this once."""
    form = TokenForm()
    if form.validate_on_submit():
        last = known_day(form.expires_on)
        try:
            token, raw = accounts.create_token(
                db.session(),
                signed_in(),
                form.name.data or "",
                expires_at=datetime.combine(last + timedelta(days=1), time(), UTC) if last else None,
                actor=current_actor(),
            )
            db.session.commit()
        except ERPError as error:
            db.session.rollback()
            form.refuse(error)
        else:
            return render_template("erp/settings/token.html", token=token, raw=raw)
    return _tokens_page(form)


@bp.post("/tokens/<id:token_id>/revoke")
@requires("erp.view")
def revoke_token(token_id: int) -> ResponseReturnValue:
    """Stop a token for good: one's own, or anybody's as an administrator."""
    token = db.session.scalars(
        select(ApiToken).join(User).where(ApiToken.id == token_id, User.tenant_id == current_tenant_id())
    ).one_or_none()
    if token is None:
        raise NotFound("There is no such API token.")
    if token.user_id != signed_in().id and not may("users.manage"):
        raise Forbidden("Only an administrator can revoke somebody else's token.")
    accounts.revoke_token(db.session(), token, actor=current_actor())
    db.session.commit()
    flash(f"The token {token.name} is revoked. Programs that use it are refused from now on.", "success")
    return redirect(url_for("settings.tokens"))


@bp.get("/taxes")
@requires("erp.view")
def taxes() -> ResponseReturnValue:
    """The tax rates of the tenant."""
    return _taxes_page(TaxRateForm())


@bp.post("/taxes/<id:rate_id>/switch")
@requires("settings.manage")
def switch_tax(rate_id: int) -> ResponseReturnValue:
    """Offer a tax rate on new orders, or no longer."""
    rate = find(db.session(), TaxRate, rate_id, tenant_id=current_tenant_id())
    catalogue.set_tax_rate_active(db.session(), rate, request.form.get("active") == "1", actor=current_actor())
    db.session.commit()
    flash(f"{rate.name} is {'on' if rate.active else 'off'}. Orders that have it keep it.", "success")
    return redirect(url_for("settings.taxes"))


@bp.post("/taxes")
@requires("settings.manage")
def add_tax() -> ResponseReturnValue:
    """Add a tax rate."""
    form = TaxRateForm()
    if form.validate_on_submit():
        try:
            rate = catalogue.create_tax_rate(
                db.session(), current_tenant_id(), form.name.data or "", form.percent.value(), actor=current_actor()
            )
            db.session.commit()
        except ERPError as error:
            db.session.rollback()
            form.refuse(error)
        else:
            flash(f"{rate.name} can be chosen on orders now.", "success")
            return redirect(url_for("settings.taxes"))
    return _taxes_page(form)


def _save(row: Instance, form: InstanceForm) -> ResponseReturnValue:
    """Save the instance and the cards of its plugins, together or not at all."""
    if not may("settings.manage"):
        raise Forbidden("You may not change settings. Ask an administrator of your company.")
    instance_id, session = row.id, db.session()
    plugin = None
    try:
        if not form.validate_on_submit():
            raise Invalid("The settings were not saved. Check the fields that are marked.")
        tenants.update_instance(session, row, _read(form, row), actor=current_actor())
        for plugin in registry.current().with_settings():
            settings_class = registry.current().instance_settings(plugin)
            if settings_class is None or f"{plugin.name}-shown" not in request.form:
                continue
            saved = declared.read(session, plugin.name, settings_class, row.id)
            tenants.save_plugin_settings(
                session,
                row,
                plugin.name,
                f"{plugin.name}-enabled" in request.form,
                plugin_forms.values(plugin, saved, request.form),
                actor=current_actor(),
            )
        session.commit()
    except ERPError as error:
        session.rollback()
        row = find(session, Instance, instance_id, tenant_id=current_tenant_id())
        cards = _cards(row, request.form)
        about = next((card for card in cards if plugin is not None and card.plugin is plugin), None)
        if about is not None and not isinstance(error, Conflict):
            about.refuse(error.message, error.fields)
            form.problem = f"Nothing was saved: something is not right with {about.plugin.title()}."
            form.problem_at = f"plugin-{about.plugin.name}"
        else:
            form.refuse(error)
        return _instance_page(row, form, cards, status=error.status)
    cookie["saved_at"] = clock.now().isoformat()
    return redirect(url_for("settings.instance", instance_id=instance_id))


def _cards(row: Instance, typed: MultiDict[str, str] | None = None) -> list[SettingsCard]:
    cards = []
    for plugin in registry.current().with_settings():
        settings_class = registry.current().instance_settings(plugin)
        if settings_class is None:
            continue
        card = plugin_forms.card(
            plugin,
            row,
            tenants.is_enabled(db.session(), plugin.name, row.id),
            declared.read(db.session(), plugin.name, settings_class, row.id),
            typed,
        )
        panels = registry.current().fills_of(plugin, INSTANCE_PANEL)
        card.panels = [part for part in (slots.ask(function, row) for function in panels) if part.strip()]
        cards.append(card)
    return cards


def _instance_page(
    row: Instance, form: InstanceForm, cards: list[SettingsCard], status: int = 200
) -> ResponseReturnValue:
    saved_at = cookie.pop("saved_at", None) if request.method == "GET" else None
    page = render_template(
        "erp/settings/instance.html",
        instance=row,
        form=form,
        cards=cards,
        timezones=choices.timezones(),
        saved_at=datetime.fromisoformat(saved_at) if saved_at else None,
        editable=may("settings.manage"),
    )
    return page, status


def _offer(form: InstanceForm, row: Instance | None) -> None:
    form.currency.offer(choices.currency_choices(row.currency if row else ""))
    form.locale.offer(choices.locale_choices(row.locale if row else ""))


def _fill(form: InstanceForm, row: Instance) -> None:
    form.name.data, form.code.data, form.currency.data = row.name, row.code, row.currency
    form.timezone.data, form.locale.data = row.timezone, row.locale
    for series in row.series:
        form[f"{series.kind}_prefix"].data = series.prefix


def _read(form: InstanceForm, row: Instance | None) -> InstanceInput:
    """A new instance gets the usual prefixes for those that were left empty."""

    def prefix(name: str) -> str | None:
        typed = (form[name].data or "").strip()
        return typed if typed or row is not None else None

    return InstanceInput(
        name=form.name.data or "",
        code=form.code.data or "",
        currency=form.currency.data or "",
        timezone=form.timezone.data or "",
        locale=form.locale.data or "",
        order_prefix=prefix("order_prefix"),
        invoice_prefix=prefix("invoice_prefix"),
        payment_prefix=prefix("payment_prefix"),
    )


def _person(user_id: int) -> User:
    person = db.session.scalars(
        select(User).where(User.id == user_id, User.tenant_id == current_tenant_id())
    ).one_or_none()
    if person is None:
        raise NotFound("There is no such person.")
    return person


def _people_page(form: PersonForm) -> ResponseReturnValue:
    rows = db.session.scalars(select(User).where(User.tenant_id == current_tenant_id()).order_by(User.name)).all()
    page = render_template(
        "erp/settings/people.html", form=form, rows=rows, editable=may("users.manage"), roles=TENANT_ROLES
    )
    return page, 422 if form.problem else 200


def _tokens_page(form: TokenForm) -> ResponseReturnValue:
    mine = [] if may("users.manage") else [ApiToken.user_id == signed_in().id]
    rows = db.session.scalars(
        select(ApiToken)
        .join(User)
        .where(User.tenant_id == current_tenant_id(), *mine)
        .options(joinedload(ApiToken.user))
        .order_by(ApiToken.revoked_at.is_not(None), ApiToken.id.desc())
        .limit(200)
    ).all()
    page = render_template("erp/settings/tokens.html", form=form, rows=rows, now_is=clock.now())
    return page, 422 if form.problem else 200


def _taxes_page(form: TaxRateForm) -> ResponseReturnValue:
    rows = db.session.scalars(
        select(TaxRate).where(TaxRate.tenant_id == current_tenant_id()).order_by(TaxRate.name)
    ).all()
    page = render_template("erp/settings/taxes.html", form=form, rows=rows, editable=may("settings.manage"))
    return page, 422 if form.problem else 200
