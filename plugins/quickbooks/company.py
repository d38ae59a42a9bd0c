"""What we keep of a company: its name, preferences, accounts and terms, and the accounts that we propose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from erp_core.toolkit import clock, read_settings, write_settings
from plugins.quickbooks.models import Account, Connection, Preferences, Term
from plugins.quickbooks.qbo.client import QBOClient
from plugins.quickbooks.qbo.query import Query
from plugins.quickbooks.settings import PLUGIN, ConnectionSettings


def read(client: QBOClient) -> dict[str, Any]:
    """Company, preferences, accounts and terms: four reads."""
    accounts = client.query_all(Query("Account"))
    terms = client.query_all(Query("Term"))
    return {
        "info": client.company_info(),
        "preferences": client.preferences(),
        "accounts": list(accounts),
        "terms": list(terms),
    }


def keep(session: Session, connection: Connection, company: Mapping[str, Any]) -> None:
    """Keep what was read of the company, and propose accounts where none is chosen."""
    info = company["info"]
    connection.company_name = str(info.get("CompanyName") or info.get("LegalName") or connection.realm_id)
    connection.country = str(info.get("Country") or "")
    keep_preferences(connection, company["preferences"])
    connection.last_success_at = clock.now()
    session.execute(delete(Account).where(Account.connection_id == connection.id))
    session.execute(delete(Term).where(Term.connection_id == connection.id))
    for row in company["accounts"]:
        session.add(
            Account(
                tenant_id=connection.tenant_id,
                connection_id=connection.id,
                qbo_id=str(row["Id"]),
                name=str(row.get("FullyQualifiedName") or row["Name"]),
                type=str(row.get("AccountType", "")),
                subtype=str(row.get("AccountSubType", "")),
                active=bool(row.get("Active", True)),
            )
        )
    for row in company["terms"]:
        days = row.get("DueDays")
        session.add(
            Term(
                tenant_id=connection.tenant_id,
                connection_id=connection.id,
                qbo_id=str(row["Id"]),
                name=str(row["Name"]),
                due_days=None if days is None else int(days),
                active=bool(row.get("Active", True)),
            )
        )
    session.flush()
    settings = read_settings(session, PLUGIN, ConnectionSettings, connection.id)
    write_settings(session, PLUGIN, connection.id, _with_proposals(session, connection, settings))


def keep_preferences(connection: Connection, answer: Mapping[str, Any]) -> None:
    """Keep what QuickBooks answered about the company's preferences."""
    connection.preferences = Preferences.from_qbo(answer)
    connection.company_read_at = clock.now()


_PROPOSALS = (
    ("income_account_id", "Income", "SalesOfProductIncome"),
    ("expense_account_id", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ("asset_account_id", "Other Current Asset", "Inventory"),
)


def _with_proposals(session: Session, connection: Connection, settings: ConnectionSettings) -> ConnectionSettings:
    """The settings with an account where none is chosen, so that an ordinary company is ready at once."""
    chosen: dict[str, str] = {}
    for name, kind, subtype in _PROPOSALS:
        if getattr(settings, name):
            continue
        accounts = session.scalars(
            select(Account)
            .where(Account.connection_id == connection.id, Account.type == kind, Account.active)
            .order_by(Account.id)
        ).all()
        fitting = [account for account in accounts if account.subtype == subtype]
        # Only an income account of another kind is a harmless guess; stock needs exactly its own kinds.
        if candidates := fitting or (list(accounts) if kind == "Income" else []):
            chosen[name] = candidates[0].qbo_id
    return settings.model_copy(update=chosen)
