"""Request ids: a POST that comes again under its id gets the first answer and does nothing."""

from qbo_emulator import faults
from qbo_emulator.api.asked import Answer
from qbo_emulator.books import Books

LONGEST, LONGEST_OF_BATCH = 50, 36


def check(request_id: str, is_batch: bool) -> None:
    """2130 when the id is too long."""
    longest = LONGEST_OF_BATCH if is_batch else LONGEST
    if len(request_id) > longest:
        raise faults.validation(
            "2130", "Invalid Request Id Format", f"The request id has at most {longest} characters", None
        )


def replay(books: Books, request_id: str) -> Answer | None:
    """The answer that this request id got the first time; the body is not compared."""
    row = books.connection.execute(
        "SELECT answer FROM request_ids WHERE realm = ? AND request_id = ?", (books.realm, request_id)
    ).fetchone()
    return None if row is None else Answer(row["answer"], replayed=True)


def keep(books: Books, request_id: str, answer: Answer) -> None:
    """Remember an answer."""
    books.connection.execute("INSERT INTO request_ids VALUES (?, ?, ?)", (books.realm, request_id, answer.body))
