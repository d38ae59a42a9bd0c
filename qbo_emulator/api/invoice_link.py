"""The link under which a customer sees an invoice; it comes only when include=invoiceLink asks for it."""

from hashlib import sha256

from qbo_emulator.books import Books
from qbo_emulator.tables.schema import Entity
from qbo_emulator.wire import Body, dumps, loads

_PAGE = "https://connect.intuit.com/t/scs-v1-"


def linked(books: Books, entity: Entity, body: Body, include: frozenset[str]) -> Body:
    """The object, an invoice with its InvoiceLink when that is asked for. Nothing answers at that address."""
    if entity.name != "Invoice" or "invoicelink" not in include:
        return body
    secret = sha256(f"{books.realm}:{body['Id']}:{body['MetaData']['CreateTime']}".encode()).hexdigest()
    return {**body, "InvoiceLink": f"{_PAGE}{secret}"}


def linked_text(books: Books, entity: Entity, text: str, include: frozenset[str]) -> str:
    """The same for an object as JSON."""
    if entity.name != "Invoice" or "invoicelink" not in include:
        return text
    return dumps(linked(books, entity, loads(text), include))
