"""What is bought: bills, their payments, expenses, vendor credits and purchase orders."""

from qbo_emulator.tables.schema import Entity

TABLES: tuple[Entity, ...] = ()
