"""Events: what has happened in the ERP, and how plugins hear of it.

An event is a frozen dataclass that carries ids. `emit` runs the listeners of the plugins that are enabled in the
event's instance, each in a SAVEPOINT inside the caller's transaction. A listener may only put messages into the
outbox. One that raises is logged, recorded in the activity log and counted; what happened goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from sqlalchemy.orm import Session

from erp_core.models import Activity

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Event:
    """Something that happened in a tenant."""

    tenant_id: int


@dataclass(frozen=True)
class InstanceEvent(Event):
    """Something that happened in one instance; only plugins enabled there hear of it."""

    instance_id: int


@dataclass(frozen=True)
class OrderInvoiced(InstanceEvent):
    """An order got its invoice, which has its number and is owed from now on."""

    order_id: int
    invoice_id: int


@dataclass(frozen=True)
class InvoiceChanged(InstanceEvent):
    """What the customer owes or reads on an invoice was edited. A payment is no such change."""

    invoice_id: int


@dataclass(frozen=True)
class InvoiceVoided(InstanceEvent):
    """An invoice is no longer owed."""

    invoice_id: int


@dataclass(frozen=True)
class PaymentRecorded(InstanceEvent):
    """A customer paid."""

    payment_id: int


@dataclass(frozen=True)
class PaymentVoided(InstanceEvent):
    """A payment turned out not to be one."""

    payment_id: int


@dataclass(frozen=True)
class CustomerChanged(Event):
    """A customer was created, or its name, contacts, addresses, terms or currency were edited."""

    customer_id: int


@dataclass(frozen=True)
class ProductChanged(Event):
    """A product was created, or its name, SKU, description, kind or price was edited."""

    product_id: int


E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Listener:
    """A function that hears of one kind of event."""

    event: type[Event]
    function: Callable[[Session, Any], None]


def on(event: type[E], function: Callable[[Session, E], None]) -> Listener:
    """Declare a listener; the types of event and function must agree."""
    return Listener(event, function)


def emit(session: Session, event: Event) -> None:
    """Tell the plugins. Listeners of tenant-level events run for plugins enabled in any instance of the tenant."""
    from erp_core.plugins.registry import current

    registry = current()
    session.flush()
    for plugin, listener in registry.listeners(type(event)):
        if isinstance(event, InstanceEvent):
            enabled = registry.is_enabled(session, plugin.name, event.instance_id)
        else:
            enabled = registry.is_enabled_anywhere(session, plugin.name, event.tenant_id)
        if not enabled:
            continue
        try:
            with session.begin_nested():
                listener.function(session, event)
        except Exception as error:
            log.exception("listener_failed", plugin=plugin.name, plugin_event=type(event).__name__)
            session.add(_failure(plugin.name, event, error))


def _failure(plugin: str, event: Event, error: Exception) -> Activity:
    """The trace of a listener that failed. The error's text may hold secrets, so only its kind is kept."""
    return Activity(
        tenant_id=event.tenant_id,
        instance_id=getattr(event, "instance_id", None),
        actor_kind="machine",
        actor_name=plugin,
        action="listener_failed",
        subject_type="plugin",
        subject_id=0,
        summary=f"{plugin} could not react to {type(event).__name__} ({type(error).__name__}). A sweep will try again.",
        details={"event": type(event).__name__},
    )
