"""People who sign in, their passwords, and the bearer tokens of their programs."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from functools import cache
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from erp_core import clock
from erp_core.errors import ERPError, NotFound, Refused
from erp_core.models import Actor, ApiToken, Role, Tenant, User
from erp_core.services import activity
from erp_core.services.locking import lock
from erp_core.services.uniqueness import unique
from erp_core.services.validation import Problems

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
TOKEN_PREFIX = "erp_"  # noqa: S105 -- the beginning of every token, so that scanners for leaked secrets know ours
_HINT = 8

TokenRefusal = Literal["unknown", "expired", "revoked", "inactive"]
_SENTENCES: dict[TokenRefusal, str] = {
    "unknown": "This API token is not known here. Check that it was copied completely.",
    "expired": "This API token has expired. Create a new one.",
    "revoked": "This API token was revoked. Create a new one.",
    "inactive": "The account of this API token is switched off. Ask an administrator.",
}


class TokenRefused(ERPError):
    """A bearer token that lets nobody in; `reason` is unknown, expired, revoked or inactive."""

    status = 401
    title = "Sign-in needed"

    def __init__(self, reason: TokenRefusal) -> None:
        super().__init__(_SENTENCES[reason], code=f"token_{reason}")
        self.reason = reason


def create_user(
    session: Session, *, tenant_id: int | None, email: str, name: str, password: str, role: Role | str, actor: Actor
) -> User:
    """A new person of a tenant, or of the host when there is no tenant. The log of activities belongs to tenants, so the
    creation of a host's administrator is not in it."""
    problems = Problems()
    email = problems.email("email", email.lower(), limit=200, required=True)
    name = problems.text("name", name, name="name", limit=100, required=True)
    _check_password(problems, password)
    if role not in list(Role):
        problems.add("role", "Choose administrator, billing or viewer.")
    elif (role == Role.HOST) != (tenant_id is None):
        problems.add("role", "The host's administrator belongs to no tenant, and everybody else to one.")
    if not problems.fields and session.scalar(select(User.id).where(User.email == email)) is not None:
        problems.add("email", _email_taken(email))
    problems.stop("The person was not saved.")
    if tenant_id is not None and session.get(Tenant, tenant_id) is None:
        raise NotFound("There is no such tenant.")
    user = User(tenant_id=tenant_id, email=email, name=name, role=Role(role))
    user.password_hash = generate_password_hash(password)
    with unique(session, _email_taken(email), field="email"):
        session.add(user)
    _record(session, user, actor, "user_created", f"{name} ({email}) was added as {Role(role).value}.")
    return user


def authenticate(session: Session, email: str, password: str) -> User | None:
    """The active person with this e-mail address and password. Takes as long for strangers, so that nobody can find out
    who has an account."""
    user = session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()
    known = user is not None and len(password) <= LONGEST_PASSWORD
    right = check_password_hash(
        user.password_hash if user is not None and known else _nobody(), password[:LONGEST_PASSWORD]
    )
    return user if known and right and user is not None and user.active else None


def change_password(session: Session, user: User, password: str, *, actor: Actor) -> None:
    """Set a new password, which signs the person out everywhere. Asking for the old one is the page's business."""
    problems = Problems()
    _check_password(problems, password)
    problems.stop("The password was not changed.")
    lock(session, user)
    user.password_hash = generate_password_hash(password)
    user.session_version += 1
    session.flush()
    _record(session, user, actor, "password_changed", f"The password of {user.name} was changed.")


def set_active(session: Session, user: User, active: bool, *, actor: Actor) -> User:
    """Switch a person on or off. Off signs out and stops the person's API tokens; a tenant keeps one administrator."""
    lock(session, user)
    if user.active == active:
        return user
    if not active and user.role == Role.ADMINISTRATOR and not _other_administrators(session, user):
        raise Refused(
            f"{user.name} is the only administrator, so this account can't be switched off. "
            "Make somebody else administrator first.",
            code="last_administrator",
        )
    user.active = active
    user.session_version += 1
    session.flush()
    word = "on" if active else "off"
    action = "user_activated" if active else "user_deactivated"
    _record(session, user, actor, action, f"The account of {user.name} was switched {word}.")
    return user


def change_role(session: Session, user: User, role: Role, *, actor: Actor) -> User:
    """Give a person of a tenant another role; a tenant keeps one administrator."""
    lock(session, user)
    if user.role == role:
        return user
    if Role.HOST in (role, user.role):
        raise Refused("The server's administrator belongs to no company, so this role can't be given or taken here.")
    if user.role == Role.ADMINISTRATOR and user.active and not _other_administrators(session, user):
        raise Refused(
            f"{user.name} is the only administrator and has to stay one. Make somebody else administrator first.",
            code="last_administrator",
        )
    user.role = role
    session.flush()
    _record(session, user, actor, "user_role_changed", f"{user.name} is {role} now.")
    return user


def create_token(
    session: Session, user: User, name: str, *, expires_at: datetime | None = None, actor: Actor
) -> tuple[ApiToken, str]:
    """A bearer token that acts as this person. The token itself is returned once and never stored."""
    problems = Problems()
    name = problems.text("name", name, name="name", limit=100, required=True)
    if expires_at is not None and expires_at <= clock.now():
        problems.add("expires_at", "The token must expire in the future.")
    problems.stop("The token was not created.")
    raw = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user=user, user_id=user.id, name=name, digest=_digest(raw), hint=raw[:_HINT], expires_at=expires_at
    )
    session.add(token)
    session.flush()
    _record(
        session, user, actor, "token_created", f"The API token {name} ({token.hint}…) was created.", token_id=token.id
    )
    return token, raw


def user_of_token(session: Session, raw: str) -> User:
    """The person that a bearer token acts as. Raises `TokenRefused` with the reason."""
    token = session.scalars(select(ApiToken).where(ApiToken.digest == _digest(raw))).one_or_none()
    if token is None:
        raise TokenRefused("unknown")
    if token.revoked_at is not None:
        raise TokenRefused("revoked")
    if token.expires_at is not None and token.expires_at <= clock.now():
        raise TokenRefused("expired")
    if not token.user.active:
        raise TokenRefused("inactive")
    return token.user


def revoke_token(session: Session, token: ApiToken, *, actor: Actor) -> ApiToken:
    """Stop a token for good. Revoking it again changes nothing."""
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        session.flush()
        summary = f"The API token {token.name} ({token.hint}…) was revoked."
        _record(session, token.user, actor, "token_revoked", summary, token_id=token.id)
    return token


@cache
def _nobody() -> str:
    """A hash that no password has, to be checked when there is no such person."""
    return generate_password_hash(secrets.token_urlsafe(32))


def _check_password(problems: Problems, password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        problems.add("password", f"The password needs at least {SHORTEST_PASSWORD} characters.")
    elif len(password) > LONGEST_PASSWORD:
        problems.add("password", f"The password can have at most {LONGEST_PASSWORD} characters.")


def _other_administrators(session: Session, user: User) -> bool:
    others = select(func.count()).where(
        User.tenant_id == user.tenant_id, User.role == Role.ADMINISTRATOR, User.active, User.id != user.id
    )
    return bool(session.scalar(others))


def _digest(raw: str) -> str:
    return hashlib.sha256(raw.encode(errors="surrogateescape")).hexdigest()


def _email_taken(email: str) -> str:
    return f"There is an account for {email} already."


def _record(session: Session, user: User, actor: Actor, action: str, summary: str, **details: object) -> None:
    if user.tenant_id is not None:
        activity.record(
            session,
            actor=actor,
            action=action,
            subject=user,
            summary=summary,
            tenant_id=user.tenant_id,
            details=details,
        )
