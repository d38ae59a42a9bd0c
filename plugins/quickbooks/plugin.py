"""The plugin's table of contents, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flask import Blueprint
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from erp_core.toolkit import (
    ADMINISTRATORS,
    BILLING,
    EditOrder,
    Guard,
    Instance,
    JobFunction,
    Listener,
    MenuItem,
    OrderInvoiced,
    Permission,
    Plugin,
    SaveSettings,
    Schedule,
    SlotFill,
    SwitchPlugin,
    VoidInvoice,
    guard,
    on,
)
from plugins.quickbooks import hooks, jobs, rules, slots, web
from plugins.quickbooks.connect import forget
from plugins.quickbooks.models import Connection, ConnectionStatus
from plugins.quickbooks.server import server
from plugins.quickbooks.settings import ConnectionSettings, InstanceSettings


class QuickBooksPlugin(Plugin):
    """QuickBooks Online

    Sends the invoices of an instance to its QuickBooks company, each exactly once, and shows what QuickBooks has."""

    settings = (InstanceSettings, ConnectionSettings)
    permissions = (
        Permission("quickbooks.manage", "Connect QuickBooks and change its settings", ADMINISTRATORS),
        Permission("quickbooks.send", "Send invoices to QuickBooks", BILLING),
    )

    def blueprints(self) -> Iterable[Blueprint]:
        """Settings, connecting, sending."""
        return [web.blueprint]

    def listeners(self) -> Iterable[Listener]:
        """An invoiced order is queued."""
        return [on(OrderInvoiced, hooks.queue_push)]

    def guards(self) -> Iterable[Guard]:
        """What must not happen without QuickBooks."""
        return [
            guard(SaveSettings, rules.auto_invoice_needs_a_ready_company),
            guard(SaveSettings, rules.waiting_work_follows_the_company),
            guard(SwitchPlugin, rules.enabling_sends_nothing_old),
            guard(VoidInvoice, rules.sent_invoices_are_not_voided),
            guard(EditOrder, rules.paid_in_quickbooks_is_read_only),
        ]

    def jobs(self) -> Mapping[str, JobFunction]:
        """What the worker does for us."""
        return {"quickbooks.push_invoice": jobs.push_invoice, "quickbooks.read_company": jobs.read_company}

    def schedules(self) -> Iterable[Schedule]:
        """A net under the listeners."""
        return [Schedule("quickbooks.sweep", hooks.sweep, seconds=60)]

    def slots(self) -> Iterable[SlotFill]:
        """Badges, panels, columns, filters and buttons in the host's pages."""
        return slots.fills()

    def menu(self) -> Iterable[MenuItem]:
        """The settings page, where QuickBooks is set up on this server."""
        return [
            MenuItem(
                "QuickBooks Online",
                "quickbooks.settings",
                permission="quickbooks.manage",
                visible=lambda: server().configured,
            )
        ]

    def choices(self, session: Session, instance: Instance, setting: str) -> Sequence[tuple[str, str]]:
        """The companies of the instance's tenant; a sandbox says so."""
        found = session.scalars(
            select(Connection)
            .where(Connection.tenant_id == instance.tenant_id, Connection.status != ConnectionStatus.DISCONNECTED)
            .order_by(Connection.company_name, Connection.id)
        )
        return [
            (str(one.id), one.company_name + (" (sandbox)" if one.environment == "sandbox" else "")) for one in found
        ]

    def problems(self) -> Sequence[str]:
        """Which variable of the server is missing or wrong."""
        return server().problems

    def neutralize(self, session: Session) -> None:
        """Forget all tokens: a copy must not post to real books. The links stay."""
        for connection in session.scalars(select(Connection)):
            forget(connection)
        session.execute(update(Connection).values(enabled=False))
