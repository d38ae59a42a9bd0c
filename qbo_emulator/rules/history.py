"""What a customer has in the books."""

from qbo_emulator.books import Books
from qbo_emulator.wire import Body, loads


def transactions_of(books: Books, kind: str, customer_id: str) -> list[Body]:
    """The transactions of one type of a customer, in the order of their ids."""
    rows = books.connection.execute(
        "SELECT body FROM entities WHERE realm = ? AND type = ? AND customer = ? AND deleted = 0 ORDER BY id",
        (books.realm, kind, customer_id),
    ).fetchall()
    return [loads(row["body"]) for row in rows]
