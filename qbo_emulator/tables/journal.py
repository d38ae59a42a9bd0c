"""Journal entries, transfers, time and recurring transactions."""

from qbo_emulator.tables.schema import Entity

TABLES: tuple[Entity, ...] = ()
