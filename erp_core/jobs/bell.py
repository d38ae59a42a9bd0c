"""Rings in this process after a transaction that made messages due was committed, and only then.

A wish made in a SAVEPOINT counts once the outermost transaction commits; one that was rolled back, with its SAVEPOINT
or with everything, never rings. The bell only wakes: a lost ring costs a moment, because engines also poll.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

log = logging.getLogger(__name__)

_WISHES = "outbox.wishes"
_listeners: list[Callable[[], object]] = []


def on_commit(listener: Callable[[], object]) -> Callable[[], None]:
    """Call the listener, in the committing thread, after each commit that made messages due.

    Answers how to unsubscribe. The listener must be quick and must not use the session; what it raises is logged.
    """
    _listeners.append(listener)

    def unsubscribe() -> None:
        if listener in _listeners:
            _listeners.remove(listener)

    return unsubscribe


def ring_after_commit(session: Session) -> None:
    """Remember that the session's current transaction, or SAVEPOINT, made a message due."""
    transaction = session.get_nested_transaction() or session.get_transaction()
    if transaction is not None:
        session.info.setdefault(_WISHES, set()).add(transaction)


def _committed(session: Session) -> None:
    wishes: set[SessionTransaction] | None = session.info.get(_WISHES)
    if not wishes:
        return
    savepoint = session.get_nested_transaction()
    if savepoint is not None:  # released, not committed: the enclosing transaction decides
        if savepoint in wishes:
            wishes.discard(savepoint)
            if savepoint.parent is not None:
                wishes.add(savepoint.parent)
        return
    wishes.clear()
    for listener in tuple(_listeners):
        try:
            listener()
        except Exception:
            log.exception("A listener of the outbox's bell failed.")


def _rolled_back(session: Session, transaction: SessionTransaction) -> None:
    wishes: set[SessionTransaction] | None = session.info.get(_WISHES)
    if not wishes:
        return
    for wish in tuple(wishes):
        enclosing: SessionTransaction | None = wish
        while enclosing is not None and enclosing is not transaction:
            enclosing = enclosing.parent
        if enclosing is transaction:
            wishes.discard(wish)


event.listen(Session, "after_commit", _committed)
event.listen(Session, "after_soft_rollback", _rolled_back)
