"""Deposits lock what they bring to the bank."""

from collections.abc import Mapping

from qbo_emulator.rules.behaviour import Behaviour

BEHAVIOURS: Mapping[str, Behaviour] = {}
