"""Files and notes on other objects."""

from qbo_emulator.tables.schema import Entity

TABLES: tuple[Entity, ...] = ()
