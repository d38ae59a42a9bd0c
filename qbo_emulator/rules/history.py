"""What a customer has in the books, and which payments are for a transaction that keeps no links."""

from qbo_emulator.books import Books
from qbo_emulator.wire import Body, loads


def transactions_of(books: Books, kind: str, customer_id: str) -> list[Body]:
    """The transactions of one type of a customer, in the order of their ids."""
    rows = books.connection.execute(
        "SELECT body FROM entities WHERE realm = ? AND type = ? AND customer = ? AND deleted = 0 ORDER BY id",
        (books.realm, kind, customer_id),
    ).fetchall()
    return [loads(row["body"]) for row in rows]


def payments_on(books: Books, kind: str, number: str) -> list[Body]:
    """The payments with a line for this transaction, in the order of their ids."""
    rows = books.connection.execute(
        "SELECT body FROM entities WHERE realm = ? AND type = 'Payment' AND deleted = 0 AND EXISTS ("
        "SELECT 1 FROM json_each(body, '$.Line') AS line "
        "WHERE json_extract(line.value, '$.LinkedTxn[0].TxnType') = ? "
        "AND json_extract(line.value, '$.LinkedTxn[0].TxnId') = ?) ORDER BY id",
        (books.realm, kind, number),
    ).fetchall()
    return [loads(row["body"]) for row in rows]
