"""Money that comes in: payments and deposits."""

from qbo_emulator.tables.schema import Entity

TABLES: tuple[Entity, ...] = ()
