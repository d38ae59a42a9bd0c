"""The last word of a unique index, as a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from erp_core.errors import Conflict


@contextmanager
def unique(session: Session, sentence: str, *, field: str = "") -> Iterator[None]:
    """Write what the block adds or changes, in a SAVEPOINT. Raises `Conflict` when somebody else was first."""
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        if not _is_duplicate(error):
            raise
        raise Conflict(sentence, fields={field: sentence} if field else None) from None


def _is_duplicate(error: IntegrityError) -> bool:
    return getattr(error.orig, "sqlstate", None) == "23505" or "UNIQUE constraint" in str(error.orig)
