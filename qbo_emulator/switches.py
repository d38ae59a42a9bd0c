"""What is open in QuickBooks Online's documents, or useful to turn off, as switches."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass
class Switches:
    """unicode: take characters outside ISO-8859-1; cap_max_results: 1000 rows instead of fault 4001 for more;
    refuse_inactive_with_balance: fault 6220 when a customer with an open balance is made inactive."""

    unicode: bool = False
    cap_max_results: bool = False
    refuse_inactive_with_balance: bool = False

    def change(self, values: dict[str, Any]) -> None:
        """Set some of them; ValueError when one is unknown or not true or false."""
        known = {field.name for field in fields(self)}
        for name, value in values.items():
            if name not in known or not isinstance(value, bool):
                raise ValueError(f"{name}: one of {', '.join(sorted(known))}, and true or false")
        for name, value in values.items():
            setattr(self, name, value)
