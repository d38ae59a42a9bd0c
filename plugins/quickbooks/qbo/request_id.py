"""Request ids: with the same ``requestid`` QuickBooks does not execute again, it repeats its first answer.

The rule is Intuit's (blog post of 6 April 2015 and the page on basic fields): at most 50 characters, unique in a
company; at most 36 for a batch, whose items then have ids of at most 10.
"""

from __future__ import annotations

import uuid

SINGLE_LIMIT = 50
BATCH_LIMIT = 36
ITEM_LIMIT = 10

# Any fixed value will do, but it must never change: the ids of undecided calls are derived from it.
_NAMESPACE = uuid.UUID("6f6f6a0e-3d1c-5f0e-9a57-4a8f2f6f1c27")


def single(realm: str, entity: str, record: uuid.UUID, generation: int) -> str:
    """The id (36 characters) of the call that writes this record: the same input always gives the same id.

    ``record`` is the record's own random UUID, never a local number, which a re-seeded database would repeat.
    ``generation`` rises only when it is certain that the last attempt wrote nothing, or a new record is wanted."""
    return str(uuid.uuid5(_NAMESPACE, f"{realm}/{entity}/{record}/{generation}"))


def new_batch() -> str:
    """A new random id (36 characters) for a batch; store it before the batch is sent."""
    return str(uuid.uuid4())


def batch_item_id(position: int) -> str:
    """The id of a batch's item, from its position (0, 1, …), at most 10 characters."""
    return f"item{position + 1}"
