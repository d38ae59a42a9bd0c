"""People who sign in, and the tokens of their programs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_login import UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from erp_core import clock
from erp_core.extensions import Base
from erp_core.models.tenancy import Tenant
from erp_core.models.types import Choice, UtcDateTime


class Role(StrEnum):
    """What a person may do; `erp_core.plugins.permissions` says what each role is allowed."""

    ADMINISTRATOR = "administrator"
    BILLING = "billing"
    VIEWER = "viewer"
    HOST = "host"
    """Runs the server; belongs to no tenant and sees no tenant's records."""


class User(UserMixin, Base):
    """A person. E-mail addresses are unique and lower-case."""

    __tablename__ = "user"
    __table_args__ = (CheckConstraint("(role = 'host') = (tenant_id IS NULL)", name="host_has_no_tenant"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id"), index=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(300))
    role: Mapped[Role] = mapped_column(Choice(Role, 20))
    active: Mapped[bool] = mapped_column(default=True)
    session_version: Mapped[int] = mapped_column(default=1)
    """Rises when the password changes, which signs the person out everywhere."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    tenant: Mapped[Tenant | None] = relationship()

    @property
    def is_active(self) -> bool:
        """Flask-Login refuses people who were switched off."""
        return self.active

    def get_id(self) -> str:
        """What the session cookie carries."""
        return f"{self.id}:{self.session_version}"


class ApiToken(Base):
    """A bearer token of a person's program. Only its SHA-256 is stored."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(12))
    """The first characters, so that a person can tell tokens apart."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()
