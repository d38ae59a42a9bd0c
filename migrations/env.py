"""Alembic's environment, shared by the host and all plugins. `erp db upgrade` says whose migrations run."""

from alembic import context
from flask import current_app

from erp_core.extensions import db
from erp_core.plugins import migrate

registry = current_app.extensions["erp_registry"]
owner = context.config.attributes.get("owner") or migrate.owners(registry)[0]

with db.engine.connect() as connection:
    migrate.run(connection, owner)
    connection.commit()
