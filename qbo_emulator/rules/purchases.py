"""Bills, expenses, vendor credits, purchase orders and bill payments."""

from collections.abc import Mapping

from qbo_emulator.rules.behaviour import Behaviour

BEHAVIOURS: Mapping[str, Behaviour] = {}
