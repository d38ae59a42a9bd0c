"""A write on its way into the books."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qbo_emulator.books import Books
from qbo_emulator.tables.schema import Entity
from qbo_emulator.wire import Body


@dataclass
class Change:
    """What an object was (None: it is new), what it becomes, and what the request said."""

    books: Books
    entity: Entity
    new: Body
    old: Body | None = None
    given: Body = field(default_factory=dict)
    include: frozenset[str] = frozenset()
    sparse: bool = False

    @property
    def was(self) -> Mapping[str, object]:
        """The object before, empty when it is new."""
        return self.old or {}
