"""What each entity looks like: tables of fields, types, limits and references. A new entity is a row here.

What it does beyond holding fields is a Behaviour in qbo_emulator.rules.
"""

from collections.abc import Mapping

from qbo_emulator.tables import attachments, company, currency, journal, lists, payments, purchases, sales, tax
from qbo_emulator.tables.schema import Entity

GROUPS = (company, lists, sales, payments, purchases, journal, tax, currency, attachments)
ENTITIES: Mapping[str, Entity] = {entity.name: entity for group in GROUPS for entity in group.TABLES}
BY_PATH: Mapping[str, Entity] = {entity.name.lower(): entity for entity in ENTITIES.values()}
