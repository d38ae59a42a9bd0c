"""Customers and the people to write to there."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Uuid, func, text
from sqlalchemy.orm import Mapped, composite, mapped_column, relationship

from erp_core import clock
from erp_core.extensions import Base
from erp_core.models.address import Address
from erp_core.models.tenancy import TenantScoped
from erp_core.models.types import UtcDateTime


class Customer(TenantScoped, Base):
    """Somebody who buys. Names are unique within the tenant, whatever their case."""

    __tablename__ = "customer"
    __table_args__ = (
        CheckConstraint("terms_days >= 0", name="terms"),
        Index(
            "ix_customer_account_code",
            "tenant_id",
            "account_code",
            unique=True,
            postgresql_where=text("account_code <> ''"),
            sqlite_where=text("account_code <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[uuid.UUID] = mapped_column(Uuid, default=uuid.uuid4, unique=True)
    name: Mapped[str] = mapped_column(String(100))
    account_code: Mapped[str] = mapped_column(String(30), default="")
    terms_days: Mapped[int] = mapped_column(default=30)
    """Days until an invoice is due; 0 is due on receipt."""
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    tax_exempt: Mapped[bool] = mapped_column(Boolean, default=False)
    active: Mapped[bool] = mapped_column(default=True)
    billing: Mapped[Address] = composite(
        mapped_column("billing_line1", String(200), default=""),
        mapped_column("billing_line2", String(200), default=""),
        mapped_column("billing_city", String(100), default=""),
        mapped_column("billing_region", String(100), default=""),
        mapped_column("billing_postal_code", String(30), default=""),
        mapped_column("billing_country", String(60), default=""),
    )
    shipping: Mapped[Address] = composite(
        mapped_column("shipping_line1", String(200), default=""),
        mapped_column("shipping_line2", String(200), default=""),
        mapped_column("shipping_city", String(100), default=""),
        mapped_column("shipping_region", String(100), default=""),
        mapped_column("shipping_postal_code", String(30), default=""),
        mapped_column("shipping_country", String(60), default=""),
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)

    contacts: Mapped[list[Contact]] = relationship(
        back_populates="customer", order_by="Contact.id", cascade="all, delete-orphan"
    )

    @property
    def email(self) -> str:
        """The address that invoices go to: the first contact's."""
        return next((contact.email for contact in self.contacts if contact.email), "")


class Contact(Base):
    """A person at a customer. The first one with an e-mail address gets the invoices."""

    __tablename__ = "contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    name: Mapped[str] = mapped_column(String(100), default="")
    email: Mapped[str] = mapped_column(String(100), default="")
    phone: Mapped[str] = mapped_column(String(30), default="")

    customer: Mapped[Customer] = relationship(back_populates="contacts")


Index("uq_customer_name", Customer.tenant_id, func.lower(Customer.name), unique=True)
