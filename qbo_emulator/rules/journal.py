"""Journal entries, transfers and time."""

from collections.abc import Mapping

from qbo_emulator.rules.behaviour import Behaviour

BEHAVIOURS: Mapping[str, Behaviour] = {}
