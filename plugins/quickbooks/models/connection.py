"""Connections: QuickBooks Online companies that a tenant authorised."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from erp_core.toolkit import Base, Encrypted, TenantScoped, UtcDateTime, clock
from plugins.quickbooks.models.preferences import Preferences

STREAM = "quickbooks:connection:"


class ConnectionStatus(StrEnum):
    """Whether Intuit still accepts our tokens."""

    CONNECTED = "connected"
    NEEDS_RECONNECT = "needs_reconnect"
    DISCONNECTED = "disconnected"


class Connection(TenantScoped, Base):
    """One company (realm) of one tenant. A disconnected one stays, so that its links stay, and may be connected again.

    `enabled` is the connection's own switch, which holds all its instances. Tokens are encrypted at rest and loaded
    only when asked for."""

    __tablename__ = "quickbooks_connection"
    __table_args__ = (
        CheckConstraint("environment IN ('sandbox', 'production')", name="environment"),
        CheckConstraint("status IN ('connected', 'needs_reconnect', 'disconnected')", name="status"),
        Index(
            "uq_quickbooks_connection_realm",
            "realm_id",
            "environment",
            unique=True,
            postgresql_where=text("status <> 'disconnected'"),
            sqlite_where=text("status <> 'disconnected'"),
        ),
        Index("uq_quickbooks_connection_tenant_realm", "tenant_id", "realm_id", "environment", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    realm_id: Mapped[str] = mapped_column(String(30))
    environment: Mapped[str] = mapped_column(String(10))
    company_name: Mapped[str] = mapped_column(String(200), default="")
    country: Mapped[str] = mapped_column(String(10), default="")
    home_currency: Mapped[str] = mapped_column(String(3), default="")
    multicurrency: Mapped[bool] = mapped_column(default=False)
    preference_values: Mapped[dict[str, Any]] = mapped_column("preferences", JSON, default=dict)
    company_read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    enabled: Mapped[bool] = mapped_column(default=True)
    status: Mapped[ConnectionStatus] = mapped_column(String(20), default=ConnectionStatus.CONNECTED)
    status_reason: Mapped[str] = mapped_column(String(500), default="")
    """A sentence for the person who must act, empty while all is well."""

    access_token: Mapped[str | None] = mapped_column(Encrypted, deferred=True)
    refresh_token: Mapped[str | None] = mapped_column(Encrypted, deferred=True)
    access_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refresh_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Moves on with each refresh."""
    refresh_hard_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Does not move: from here on a person must reconnect."""
    refresh_claimed_by: Mapped[str | None] = mapped_column(String(60))
    refresh_claimed_until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    connected_by_id: Mapped[int | None]
    connected_by: Mapped[str] = mapped_column(String(100), default="")
    connected_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __repr__(self) -> str:
        return f"Connection(id={self.id!r}, realm_id={self.realm_id!r}, status={str(self.status)!r})"

    @property
    def stream(self) -> str:
        """The outbox stream of everything that goes to this company."""
        return f"{STREAM}{self.id}"

    @staticmethod
    def id_of(stream: str) -> int:
        """The connection of a stream."""
        return int(stream.removeprefix(STREAM))

    @property
    def usable(self) -> bool:
        """Whether something may be sent now."""
        return self.enabled and self.status == ConnectionStatus.CONNECTED

    @property
    def preferences(self) -> Preferences:
        """What the company's preferences allow."""
        return Preferences.from_json(self.preference_values or {})

    @preferences.setter
    def preferences(self, preferences: Preferences) -> None:
        self.preference_values = preferences.to_json()
        self.home_currency = preferences.home_currency
        self.multicurrency = preferences.multicurrency
