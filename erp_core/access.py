"""Who acts in this request, in which tenant and instance, and what they may do.

The session of a request sees one tenant only: every SELECT, UPDATE and DELETE on a tenant's table gets the tenant's
condition added here, so that no query can forget it. An id of another tenant is simply not found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import request
from flask import session as cookie
from flask_login import current_user
from sqlalchemy import event, select
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from erp_core.errors import Forbidden
from erp_core.extensions import db
from erp_core.models import Actor, Instance, TenantScoped, User
from erp_core.plugins import registry

P = ParamSpec("P")
R = TypeVar("R")

SCOPE = "tenant_id"


def see_only(session: Session, tenant_id: int | None) -> None:
    """From now on this session sees one tenant's records; with None, no tenant's."""
    session.info[SCOPE] = tenant_id if tenant_id is not None else 0


@event.listens_for(Session, "do_orm_execute")
def _scope(state: ORMExecuteState) -> None:
    tenant_id = state.session.info.get(SCOPE)
    if tenant_id is None or state.is_column_load or state.is_relationship_load:
        return
    state.statement = state.statement.options(
        with_loader_criteria(TenantScoped, lambda cls: cls.tenant_id == tenant_id, include_aliases=True)
    )


@contextmanager
def transaction() -> Iterator[Session]:
    """A transaction beside the request's own, which is committed first, so that none is open while a network answers.

    Commits at the end; an exception rolls it back. Its session sees every tenant: name the tenant in each query.
    """
    db.session.commit()
    with Session(db.engine, expire_on_commit=False) as own, own.begin():
        yield own


def signed_in() -> User:
    """The person of this request. Views are reached only by people who signed in, unless they say otherwise."""
    return cast(User, current_user._get_current_object())


def current_tenant_id() -> int:
    """The tenant of the person. Raises `Forbidden` for the host's administrator, who belongs to none."""
    tenant_id = signed_in().tenant_id
    if tenant_id is None:
        raise Forbidden("The host's administrator does not see the records of tenants.")
    return tenant_id


def current_actor() -> Actor:
    """The person as the activity log knows them, with the address they came from."""
    user = signed_in()
    return Actor(name=user.name, user_id=user.id, ip=request.remote_addr)


def current_instance() -> Instance | None:
    """The instance chosen in the top bar; None means all instances of the tenant."""
    chosen = cookie.get("instance_id")
    if chosen is None:
        return None
    return db.session.scalars(select(Instance).where(Instance.id == chosen)).one_or_none()


def may(permission: str) -> bool:
    """Whether the person may do that."""
    return current_user.is_authenticated and registry.current().permissions.allows(signed_in(), permission)


def requires(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only people with this permission reach a view; others get an explanation and status 403."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if not may(permission):
                title = next(p.title for p in registry.current().permissions.all() if p.name == permission)
                verb = title[:1].lower() + title[1:]
                raise Forbidden(f"You are not allowed to {verb}. Ask an administrator of your company.")
            return view(*args, **kwargs)

        cast(Any, checked).permission = permission
        return checked

    return decorate


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that people reach without signing in."""
    cast(Any, view).public = True
    return view


def writes(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that writes although it answers GET, such as an OAuth callback."""
    cast(Any, view).writes = True
    return view
