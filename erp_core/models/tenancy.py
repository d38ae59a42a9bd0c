"""Tenants, their instances, and the number series of each instance."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from erp_core import clock
from erp_core.extensions import Base
from erp_core.models.types import UtcDateTime


class Tenant(Base):
    """A customer of the ERP. Tenants never see each other."""

    __tablename__ = "tenant"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    instances: Mapped[list[Instance]] = relationship(back_populates="tenant", order_by="Instance.name")


class TenantScoped:
    """A record of one tenant. A request's session only ever sees its own tenant's rows (`erp_core.access`)."""

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)


class Instance(TenantScoped, Base):
    """One business unit, store or brand of a tenant, with its own orders, invoices and numbers."""

    __tablename__ = "instance"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    code: Mapped[str] = mapped_column(String(10))
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    timezone: Mapped[str] = mapped_column(String(50), default="America/New_York")
    locale: Mapped[str] = mapped_column(String(10), default="en_US")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    tenant: Mapped[Tenant] = relationship(back_populates="instances")
    series: Mapped[list[NumberSeries]] = relationship(back_populates="instance", order_by="NumberSeries.kind")


class NumberSeries(Base):
    """The next number of one kind of document in one instance; `services.numbering` takes from it without gaps or twins."""

    __tablename__ = "number_series"
    __table_args__ = (
        UniqueConstraint("instance_id", "kind"),
        CheckConstraint("kind IN ('order', 'invoice', 'payment')", name="kind"),
        CheckConstraint("next_number > 0", name="positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    kind: Mapped[str] = mapped_column(String(10))
    prefix: Mapped[str] = mapped_column(String(12), default="")
    next_number: Mapped[int] = mapped_column(default=1)
    padding: Mapped[int] = mapped_column(default=4)

    instance: Mapped[Instance] = relationship(back_populates="series")

    def format(self, number: int) -> str:
        """A number as it stands on a document, such as `INV-1042`."""
        return f"{self.prefix}{number:0{self.padding}d}"


class PluginInstance(Base):
    """A plugin's Enable switch in one instance. No row means off."""

    __tablename__ = "plugin_instance"

    plugin: Mapped[str] = mapped_column(String(40), primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=False)


class PluginSetting(Base):
    """The saved settings of a plugin for one owner: an instance, or a thing of the plugin's own such as a connection."""

    __tablename__ = "plugin_setting"
    __table_args__ = (UniqueConstraint("plugin", "scope", "scope_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plugin: Mapped[str] = mapped_column(String(40))
    scope: Mapped[str] = mapped_column(String(20))
    scope_id: Mapped[int]
    values: Mapped[str] = mapped_column(String)
    """JSON; members that the settings class declares as secret are encrypted."""
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)
