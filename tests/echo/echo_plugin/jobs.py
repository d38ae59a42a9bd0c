"""What the worker does for us."""

from __future__ import annotations

from sqlalchemy.orm import Session

from echo_plugin.models import Note
from echo_plugin.settings import PLUGIN, InstanceSettings
from erp_core.toolkit import Cause, Instance, Invoice, NeedsAttention, Run, read_settings

NO_WORDS = Cause(
    code="no_words",
    headline="Echo has no words",
    body="The field Words in Echo's settings of this instance is empty. Write some, then send again.",
)


def write_note(run: Run) -> None:
    """Answer invoices, each with one note: the note and the end of the message are committed together."""
    for message in run.messages:
        with run.transaction() as session:
            invoice = session.get_one(Invoice, message.payload["invoice_id"])
            text = loudly(session, invoice.instance_id, invoice.number or "a draft")
        if not text:
            run.fail(message, NeedsAttention(NO_WORDS))
            continue
        # Here a plugin that talks to the world calls run.check() and uses the network: no transaction is open.
        with run.finish(message) as session:
            note = Note(tenant_id=invoice.tenant_id, instance_id=invoice.instance_id, invoice_id=invoice.id, text=text)
            session.add(note)


def loudly(session: Session, instance_id: int, what: str) -> str:
    """The words of an instance and what was heard, as loud as its settings say; nothing without words."""
    settings = read_settings(session, PLUGIN, InstanceSettings, instance_id)
    name = session.get_one(Instance, instance_id).name
    text = f"{settings.words} {what} in {name}" if settings.words else ""
    return text.upper() if settings.loudness == "loud" else text
