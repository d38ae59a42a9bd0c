"""The server's page, for the host's administrator: tenants and plugins. No tenant's records are seen here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from erp_core.access import current_actor, signed_in
from erp_core.errors import ERPError, Forbidden
from erp_core.extensions import db
from erp_core.models import Instance, Role, Tenant, User
from erp_core.plugins import registry
from erp_core.services import accounts, tenants
from erp_core.services.tenants import InstanceInput
from erp_core.web import choices
from erp_core.web.forms import TenantForm

bp = Blueprint("host", __name__, url_prefix="/host")

P = ParamSpec("P")
R = TypeVar("R")


def requires_host(view: Callable[P, R]) -> Callable[P, R]:
    """Let only the host's administrator in."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if signed_in().role != Role.HOST:
            raise Forbidden("Only the person who runs this server sees this page.")
        return view(*args, **kwargs)

    return checked


@bp.get("")
@requires_host
def index() -> ResponseReturnValue:
    """Tenants with how much they have, and plugins: loaded, installed, and what each says."""
    return _page(_form())


@bp.post("/tenants")
@requires_host
def add_tenant() -> ResponseReturnValue:
    """A new tenant with its first instance and administrator, together or not at all."""
    form = _form()
    if form.validate_on_submit():
        try:
            tenant, person = _make_tenant(form)
            db.session.commit()
        except ERPError:
            db.session.rollback()
        else:
            flash(f"{tenant.name} is created. {person.name} can sign in as {person.email}.", "success")
            return redirect(url_for("host.index"))
    return _page(form)


def _make_tenant(form: TenantForm) -> tuple[Tenant, User]:
    """The tenant, and its administrator. Raises the last `ERPError` when all that is wrong stands in the form."""
    session, actor = db.session(), current_actor()
    refusals: list[ERPError] = []

    def attempt(naming: str, do: Callable[[], R]) -> R | None:
        # The services all say `name`, which is another field at each step.
        try:
            with session.begin_nested():
                return do()
        except ERPError as error:
            form.refuse(error, aliases={"name": naming})
            refusals.append(error)
            return None

    tenant = attempt("tenant", lambda: tenants.create_tenant(session, form.tenant.data or "", actor=actor))
    # What comes next is checked all the same, in a tenant that is never kept.
    tenant_id = (tenant or tenants.create_tenant(session, "Only checked", actor=actor)).id
    data = InstanceInput(
        name=form.instance.data or "",
        code=form.code.data or "",
        currency=form.currency.data or "",
        timezone=form.timezone.data or "",
    )
    attempt("instance", lambda: tenants.create_instance(session, tenant_id, data, actor=actor))
    person = attempt(
        "person",
        lambda: accounts.create_user(
            session,
            tenant_id=tenant_id,
            email=form.email.data or "",
            name=form.person.data or "",
            password=form.password.data or "",
            role=Role.ADMINISTRATOR,
            actor=actor,
        ),
    )
    if refusals or tenant is None or person is None:
        form.problem = "The tenant was not created. Check the fields that are marked."
        raise refusals[-1]
    return tenant, person


def _form() -> TenantForm:
    form = TenantForm()
    form.currency.offer(choices.currency_choices())
    return form


def _page(form: TenantForm) -> ResponseReturnValue:
    session = db.session()
    people = dict(
        session.execute(
            select(User.tenant_id, func.count()).where(User.tenant_id.is_not(None)).group_by(User.tenant_id)
        )
        .tuples()
        .all()
    )
    # The session of this page sees no tenant's records; how many instances each has is no record.
    units = dict(
        session.connection()
        .execute(select(Instance.__table__.c.tenant_id, func.count()).group_by(Instance.__table__.c.tenant_id))
        .tuples()
        .all()
    )
    rows = session.scalars(select(Tenant).order_by(Tenant.name)).all()
    loaded = registry.current().plugins
    names = {plugin.name for plugin in loaded}
    page = render_template(
        "erp/host/index.html",
        form=form,
        rows=rows,
        people=people,
        units=units,
        plugins=loaded,
        others=sorted(name for name in registry.installed() if name not in names),
        timezones=choices.timezones(),
    )
    return page, 422 if form.problem else 200
