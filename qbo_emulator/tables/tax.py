"""Tax codes, rates and agencies."""

from qbo_emulator.tables.schema import Entity

TABLES: tuple[Entity, ...] = ()
