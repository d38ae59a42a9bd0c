"""Payments: what they pay, what stays unapplied."""

from collections.abc import Mapping

from qbo_emulator.rules.behaviour import Behaviour

BEHAVIOURS: Mapping[str, Behaviour] = {}
