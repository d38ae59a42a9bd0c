"""Currencies of the company and exchange rates."""

from qbo_emulator.tables.schema import Entity

TABLES: tuple[Entity, ...] = ()
