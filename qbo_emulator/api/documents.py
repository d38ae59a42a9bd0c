"""Documents for people: PDF and e-mail."""

from collections.abc import Callable, Mapping

from qbo_emulator import faults, operations, outbox
from qbo_emulator.api.asked import Answer, Asked
from qbo_emulator.api.objects import entity_of, no_resource
from qbo_emulator.books import Books
from qbo_emulator.pdf.content import paper
from qbo_emulator.pdf.layout import render
from qbo_emulator.tables.fields import Reader
from qbo_emulator.tables.schema import Entity, email
from qbo_emulator.wire import Body, meta_time
from qbo_emulator.wording import document, own_number

SEND_TO = {"sendTo": email("sendTo", limit=200)}
# Where a document keeps the address it is sent to; one that has no such member goes to the customer's own address.
ADDRESSES = ("BillEmail", "POEmail")


def as_pdf(asked: Asked) -> Answer:
    """GET /<entity>/<id>/pdf: the document as it is printed; the same document gives the same bytes."""
    entity = _printable(asked)
    body = operations.read(asked.books, entity, asked.parts[1])
    printed = paper(asked.books, entity, body)
    return Answer(b"", content_type="application/pdf", draw=lambda: render(printed))


def send(asked: Asked) -> Answer:
    """POST /<entity>/<id>/send: e-mail the document to sendTo, else to its own address. Answers the document."""
    entity = _printable(asked)
    return asked.envelope({entity.name: send_by_email(asked.books, entity, asked.parts[1], asked.args.get("sendTo"))})


def send_by_email(books: Books, entity: Entity, object_id: str, send_to: str | None = None) -> Body:
    """Mark a document as sent and put the e-mail into the outbox; faults 6420 and 2210 for the address."""
    body = operations.read(books, entity, object_id)
    kept = next((name for name in ADDRESSES if name in entity.by_name), None)
    given = (send_to or "").strip()
    if given:
        Reader(unicode=books.switches.unicode).members(SEND_TO, "EmailAddress", {"sendTo": {"Address": given}})
        if kept is not None:
            body[kept] = {**body.get(kept, {}), "Address": given}
    address = given or _address(books, body, kept)
    if not address:
        raise faults.validation(
            "6420",
            "Email address is required",
            "Email address is required : There is no address to send this transaction to.",
        )
    if "EmailStatus" in entity.by_name:
        body["EmailStatus"] = "EmailSent"
    if "DeliveryInfo" in entity.by_name:
        body["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": meta_time(books.now)}
    books.put(entity.name, body, operation="Emailed")
    outbox.add(books.connection, books.realm, books.now, _email(books, entity, body, address))
    return operations.read(books, entity, object_id)


def _address(books: Books, body: Body, kept: str | None) -> str:
    if kept is not None:
        return str(body.get(kept, {}).get("Address") or "")
    customer = books.get("Customer", str(body.get("CustomerRef", {}).get("value", ""))) or {}
    return str(customer.get("PrimaryEmailAddr", {}).get("Address") or "")


def _email(books: Books, entity: Entity, body: Body, address: str) -> Body:
    company = str((books.get("CompanyInfo", "1") or {}).get("CompanyName", ""))
    return {
        "to": _several(address),
        "cc": _several(body.get("BillEmailCc", {}).get("Address")),
        "bcc": _several(body.get("BillEmailBcc", {}).get("Address")),
        "subject": f"{document(entity.name, body)} from {company}",
        "document": {"entity": entity.name, "id": body["Id"], "number": own_number(entity.name, body)},
        "sent_at": books.now.isoformat(timespec="milliseconds"),
    }


def _several(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _printable(asked: Asked) -> Entity:
    entity = entity_of(asked)
    if not entity.printable:
        raise no_resource(asked)
    return entity


RESOURCES: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {}
ACTIONS: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {("GET", "pdf"): as_pdf, ("POST", "send"): send}
