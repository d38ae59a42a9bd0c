"""Request ids: a POST that comes again under its id gets the first answer and does nothing."""

import sqlite3
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

from qbo_emulator import faults
from qbo_emulator.api.asked import ERROR, SUCCESS, Answer, Asked
from qbo_emulator.api.refusals import of_service
from qbo_emulator.books import Books
from qbo_emulator.wire import loads

LONGEST, LONGEST_OF_BATCH = 50, 36
PARTIAL = 504


def check(request_id: str, is_batch: bool) -> None:
    """2130 when the id is too long."""
    longest = LONGEST_OF_BATCH if is_batch else LONGEST
    if len(request_id) > longest:
        raise faults.validation(
            "2130", "Invalid Request Id Format", f"The request id has at most {longest} characters", None
        )


def once(asked: Asked, request_id: str, act: Callable[[Asked], Answer]) -> Answer:
    """Act, unless this request id was there before: then its first answer comes again, whatever the body says now.

    Faults are not remembered, unless the switch keep_faulted_request_ids is on. Nothing is remembered of a batch that
    timed out half-way, unless the switch store_partial_batches is on: then the rest of it is done.
    """
    books, injected = asked.books, asked.injected
    check(request_id, asked.parts[0].lower() == "batch")
    kept = _kept(books, request_id)
    if kept is not None:
        if books.switches.refuse_repeated_request_ids:
            raise faults.repeated_request_id()
        if kept["status"] != PARTIAL:
            injected.refuse()
            return _again(kept)
        asked = replace(asked, done=tuple(loads(kept["answer"])["BatchItemResponse"]))
    keep_faults = books.switches.keep_faulted_request_ids
    try:
        with books.savepoint() if keep_faults else nullcontext():
            answer = act(asked)
    except faults.Fault as fault:
        if not keep_faults:
            raise
        _keep(books, request_id, of_service(fault, asked.now, "*/*"))
        return of_service(fault, asked.now, asked.accept)
    if injected.stop_after is None:
        _keep(books, request_id, answer)
    elif books.switches.store_partial_batches:
        _keep(books, request_id, replace(answer, status=PARTIAL))
    return answer


def _again(kept: sqlite3.Row) -> Answer:
    status = int(kept["status"])
    return Answer(kept["answer"], status, SUCCESS if status == 200 else ERROR, replayed=True)


def _kept(books: Books, request_id: str) -> sqlite3.Row | None:
    """What is remembered under this id, when it is not too old."""
    since = _since(books)
    row: sqlite3.Row | None = books.connection.execute(
        "SELECT answer, status FROM request_ids WHERE realm = ? AND request_id = ? AND kept_at > ?",
        (books.realm, request_id, since),
    ).fetchone()
    return row


def _since(books: Books) -> int:
    """Ids that were kept at this moment or before it are forgotten."""
    retention = books.switches.request_id_retention
    return -1 if retention is None else int(books.now.timestamp()) - retention


def _keep(books: Books, request_id: str, answer: Answer) -> None:
    if books.switches.request_id_retention is not None:
        books.connection.execute("DELETE FROM request_ids WHERE kept_at <= ?", (_since(books),))
    body = answer.body if isinstance(answer.body, str) else answer.body.decode("utf-8")
    books.connection.execute(
        "INSERT OR REPLACE INTO request_ids (realm, request_id, answer, status, kept_at) VALUES (?, ?, ?, ?, ?)",
        (books.realm, request_id, body, answer.status, int(books.now.timestamp())),
    )
