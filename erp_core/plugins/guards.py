"""Guards: a plugin may refuse what a person or a program is about to do, with the reason.

An intention is a frozen dataclass that carries ids. `check` asks the guards of every loaded plugin, enabled in the
intention's instance or not: what a plugin did while it was enabled still binds. One that refuses raises `Refused`. What
a guard puts in order for what is about to happen is undone with the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from erp_core.errors import Refused
from erp_core.plugins.settings import PluginSettings


@dataclass(frozen=True)
class Intention:
    """Something that is about to happen in one instance."""

    tenant_id: int
    instance_id: int
    asking: bool = field(default=False, kw_only=True)
    """Only the answer is wanted, for a page: a guard that puts things in order must leave them alone."""


@dataclass(frozen=True)
class EditOrder(Intention):
    """An order, and its invoice if it has one, is about to be edited."""

    order_id: int


@dataclass(frozen=True)
class DeleteOrder(Intention):
    """An order is about to be deleted."""

    order_id: int


@dataclass(frozen=True)
class CancelOrder(Intention):
    """An order that has no invoice is about to be cancelled."""

    order_id: int


@dataclass(frozen=True)
class VoidInvoice(Intention):
    """An invoice is about to be voided, and its order cancelled or its invoice replaced."""

    invoice_id: int


@dataclass(frozen=True)
class RecordPayment(Intention):
    """A payment is about to be applied to an invoice."""

    invoice_id: int


@dataclass(frozen=True)
class SwitchPlugin(Intention):
    """A plugin is about to be switched on or off in an instance. Asked of that plugin only."""

    plugin: str
    enabled: bool


@dataclass(frozen=True)
class SaveSettings(Intention):
    """A plugin's settings of an instance are about to be saved. Asked of that plugin only."""

    plugin: str
    enabled: bool
    """The switch as it will be."""
    before: PluginSettings
    after: PluginSettings


I = TypeVar("I", bound=Intention)  # noqa: E741


@dataclass(frozen=True)
class Guard:
    """A function that raises `Refused` to stop an intention."""

    intention: type[Intention]
    function: Callable[[Session, Any], None]


def guard(intention: type[I], function: Callable[[Session, I], None]) -> Guard:
    """Declare a guard; the types of intention and function must agree."""
    return Guard(intention, function)


def why_not(session: Session, intention: Intention) -> str | None:
    """The sentence of the first guard that says no, or None. Nothing is changed or locked."""
    try:
        check(session, replace(intention, asking=True))
    except Refused as refusal:
        return refusal.message
    return None


def check(session: Session, intention: Intention) -> None:
    """Ask every guard that this intention concerns. Raises `Refused` on the first that says no."""
    from erp_core.plugins.registry import current

    for plugin, declared in current().guards(type(intention)):
        if getattr(intention, "plugin", plugin.name) == plugin.name:
            declared.function(session, intention)
