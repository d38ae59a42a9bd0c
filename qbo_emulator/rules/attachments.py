"""Files and notes on other objects."""

from collections.abc import Mapping

from qbo_emulator.rules.behaviour import Behaviour

BEHAVIOURS: Mapping[str, Behaviour] = {}
