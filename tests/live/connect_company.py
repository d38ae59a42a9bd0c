"""Connect a tenant of a running ERP without a browser, and switch Auto Invoice on in one instance.

python connect_company.py <address of QuickBooks> <tenant> <realm> <instance code>
"""

from __future__ import annotations

import sys
from datetime import timedelta

import requests
from sqlalchemy import select

from erp_core import clock
from erp_core.app import create_app, sessions
from erp_core.models import Actor, Instance, Tenant
from erp_core.services import tenants
from plugins.quickbooks import connect
from plugins.quickbooks.qbo.auth import Tokens
from plugins.quickbooks.settings import InstanceSettings

ACTOR = Actor(name="The test")


def main(quickbooks: str, tenant_name: str, realm: str, code: str) -> None:
    asked = requests.post(f"{quickbooks}/_emulator/connections", json={"realm_id": realm}, timeout=10)
    granted = asked.json()
    app = create_app()
    with app.app_context():
        make = sessions(app)
        with make() as session:
            tenant_id = session.scalars(select(Tenant.id).where(Tenant.name == tenant_name)).one()
        tokens = Tokens(
            access_token=granted["access_token"],
            refresh_token=granted["refresh_token"],
            access_expires_at=clock.now() + timedelta(minutes=59),
            refresh_expires_at=clock.now() + timedelta(days=100),
            refresh_hard_expires_at=None,
        )
        connection_id = connect.adopt(make.begin, tenant_id=tenant_id, realm_id=realm, tokens=tokens, actor=ACTOR)
        with make.begin() as session:
            instance = session.scalars(
                select(Instance).where(Instance.tenant_id == tenant_id, Instance.code == code)
            ).one()
            values = InstanceSettings(connection_id=connection_id, auto_invoice=True)
            tenants.save_plugin_settings(session, instance, "quickbooks", True, values.model_dump(), actor=ACTOR)


if __name__ == "__main__":
    main(*sys.argv[1:])
