"""What the items on a document did: stock, its value, and the accounts of what was bought. It is taken back as it was
done, from a record beside the books, for by then the item may cost something else or have another account.

Stock is valued at its average cost; what is sold without being there costs what the item costs to buy.
"""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents, plain
from qbo_emulator.wire import Body

Held = tuple[Decimal, Decimal | None]


def follow(
    books: Books, kind: str, object_id: str, before: Mapping[str, Held], after: Mapping[str, Held]
) -> dict[str, Decimal]:
    """Move stock from one version of a document to the other, and answer the debits of accounts that go with it.

    A version holds for each item how many pieces came in (negative: went out), and what they cost in the home
    currency; None means at what the stock is worth, and that nothing happens to items without stock.
    """
    debits: dict[str, Decimal] = defaultdict(Decimal)
    for item in {**before, **after}:
        product = books.get("Item", item) if before.get(item) != after.get(item) else None
        if product is None:
            continue
        tracked = product["Type"] == "Inventory"
        account: str = (product.get("AssetAccountRef") or product.get("ExpenseAccountRef") or {}).get("value", "")
        moved = worth = ZERO
        for row in _taken_back(books, kind, object_id, item):
            moved -= Decimal(row[1])
            worth -= Decimal(row[2])
            debits[account if tracked else row[0]] -= Decimal(row[2])
        if item in after and account:
            pieces, value = after[item]
            if value is None and tracked:
                value = _at_cost(product, value_of(books, product) + worth, moved, pieces)
            if value is not None:
                _record(books, kind, object_id, (item, account, str(pieces), str(value)))
                debits[account] += value
                moved, worth = moved + pieces, worth + value
        if tracked:
            keep_value(books, item, value_of(books, product) + worth)
            product["QtyOnHand"] = plain(Decimal(product["QtyOnHand"]) + moved)
            books.put("Item", product, quiet=True)
    return debits


def _at_cost(product: Body, worth: Decimal, moved: Decimal, pieces: Decimal) -> Decimal:
    """What so many pieces are worth when this is in stock: the average, and beyond the stock what the item costs."""
    there, cost = Decimal(product["QtyOnHand"]) + moved, Decimal(product.get("PurchaseCost") or 0)
    if there <= 0:
        return cents(pieces * cost)
    if pieces + there >= 0:
        return cents(worth * pieces / there)
    return -cents(worth - (pieces + there) * cost)


def _taken_back(books: Books, kind: str, object_id: str, item: str) -> list[tuple[str, str, str]]:
    rows = books.connection.execute(
        "DELETE FROM applied_items WHERE realm = ? AND type = ? AND id = ? AND item = ? "
        "RETURNING account, pieces, value",
        (books.realm, kind, int(object_id), item),
    ).fetchall()
    return [(row["account"], row["pieces"], row["value"]) for row in rows]


def _record(books: Books, kind: str, object_id: str, row: tuple[str, str, str, str]) -> None:
    books.connection.execute(
        "INSERT INTO applied_items VALUES (?, ?, ?, ?, ?, ?, ?)", (books.realm, kind, int(object_id), *row)
    )


def value_of(books: Books, product: Body) -> Decimal:
    """What the stock of an item is worth in the home currency."""
    kept = books.sum_of(f"stock:{product['Id']}")
    return cents(Decimal(product["QtyOnHand"]) * Decimal(product.get("PurchaseCost") or 0)) if kept is None else kept


def keep_value(books: Books, item: str, value: Decimal) -> None:
    """Write what the stock of an item is worth."""
    books.keep_sum(f"stock:{item}", value)


def adjust(books: Books, old: Body | None, new: Body) -> Decimal:
    """Value the quantity that an item was written with, and answer by how much the value changed.

    What comes in costs what the item costs, what goes out is worth the average.
    """
    before = Decimal((old or {}).get("QtyOnHand") or 0)
    worth = ZERO if old is None else value_of(books, old)
    pieces = Decimal(new["QtyOnHand"]) - before
    if pieces > 0 or old is None:
        value = cents(pieces * Decimal(new.get("PurchaseCost") or 0))
    else:
        value = _at_cost(old, worth, ZERO, pieces)
    keep_value(books, new["Id"], worth + value)
    return value


def merged(books: Books, kind: str, gone_id: str, kept_id: str) -> None:
    """Let the record follow an account or an item that was merged into another."""
    column = {"Account": "account", "Item": "item"}.get(kind)
    if column is not None:
        books.connection.execute(
            f"UPDATE applied_items SET {column} = ? WHERE realm = ? AND {column} = ?",  # noqa: S608 - one of two names
            (kept_id, books.realm, gone_id),
        )
