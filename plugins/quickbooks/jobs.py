"""Jobs: three-line adapters from messages to flows."""

from __future__ import annotations

from datetime import timedelta

from erp_core.toolkit import Cause, NeedsAttention, RetryLater, Run
from plugins.quickbooks import causes, connect, send
from plugins.quickbooks.models import Connection
from plugins.quickbooks.push import invoices
from plugins.quickbooks.qbo.errors import QBOError


def push_invoice(run: Run) -> None:
    """Send invoices, or bring those that are there up to date."""
    invoices.push_invoices(run)


def read_company(run: Run) -> None:
    """Read a company's preferences, accounts and terms again, then send what waited for them."""
    for message in run.messages:
        connection_id = int(message.payload["connection_id"])
        run.check()
        try:
            connect.read_again(run.transaction, connection_id)
        except connect.RefreshBusy as error:
            raise RetryLater(timedelta(seconds=30)) from error
        except connect.ConnectionEnded as error:
            raise NeedsAttention(
                Cause("connection_ended", "QuickBooks needs you to sign in again", str(error))
            ) from error
        except QBOError as error:
            raise (causes.outage(error) if error.retryable else NeedsAttention(causes.cause_of(error))) from error
        with run.finish(message) as session:
            send.resend_blocked(session, session.get_one(Connection, connection_id), actor=message.actor)
