"""What an entity does beyond holding fields, as a set of functions."""

from collections.abc import Callable
from dataclasses import dataclass

from qbo_emulator.books import Books
from qbo_emulator.rules.change import Change
from qbo_emulator.wire import Body

Rule = Callable[[Change], None]


def keep(change: Change) -> None:
    """Nothing to add."""


def leave(books: Books, body: Body) -> None:
    """Nothing to take back."""


def as_stored(books: Books, body: Body) -> Body:
    """The object as it is in the books."""
    return body


@dataclass(frozen=True)
class Behaviour:
    """The moments at which an entity acts.

    complete: before a write; fills in, computes or refuses. written: after it; the rest of the books follows.
    remove: before a transaction is deleted; refuses, or takes back what it did. void: takes back what a transaction
    did and answers its voided body, which is then written; None where there is no void. shown: the object as a client
    sees it, where that is not how it is stored.
    """

    complete: Rule = keep
    written: Rule = keep
    remove: Callable[[Books, Body], None] = leave
    void: Callable[[Books, Body], Body] | None = None
    shown: Callable[[Books, Body], Body] = as_stored
