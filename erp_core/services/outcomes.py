"""What became of each order of a bulk action."""

from __future__ import annotations

from dataclasses import dataclass

from erp_core.errors import ERPError
from erp_core.models import Invoice, Order


@dataclass(frozen=True)
class Outcome:
    """One order of a bulk action: done, or refused with the reason while its neighbours went on."""

    order: Order
    invoice: Invoice | None = None
    error: ERPError | None = None

    @property
    def ok(self) -> bool:
        """Whether it worked."""
        return self.error is None
