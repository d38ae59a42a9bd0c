"""A plugin that remembers what it was told, and refuses what it is told to refuse."""

from __future__ import annotations

from erp_core.errors import Refused
from erp_core.models import PluginInstance
from erp_core.plugins import guards, hooks
from erp_core.plugins.contract import Plugin
from erp_core.plugins.guards import guard
from erp_core.plugins.hooks import on

EVENTS = (
    hooks.OrderInvoiced,
    hooks.InvoiceChanged,
    hooks.InvoiceVoided,
    hooks.PaymentRecorded,
    hooks.PaymentVoided,
    hooks.CustomerChanged,
    hooks.ProductChanged,
)
INTENTIONS = (
    guards.EditOrder,
    guards.DeleteOrder,
    guards.CancelOrder,
    guards.VoidInvoice,
    guards.RecordPayment,
    guards.SwitchPlugin,
)


class Spy(Plugin):
    """Spy"""

    def __init__(self, session, *instances) -> None:
        self.heard: list[hooks.Event] = []
        self.refuses: tuple[type, ...] = ()
        for instance in instances:
            session.add(PluginInstance(plugin="spy", instance_id=instance.id, enabled=True))

    def listeners(self):
        return [on(event, self._hear) for event in EVENTS]

    def guards(self):
        return [guard(intention, self._answer) for intention in INTENTIONS]

    def _hear(self, _session, event) -> None:
        self.heard.append(event)

    def _answer(self, _session, intention) -> None:
        if isinstance(intention, self.refuses):
            raise Refused("The spy says no.")
