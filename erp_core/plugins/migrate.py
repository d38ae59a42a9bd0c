"""Migrations: one version table for each owner, the host first.

With a shared table the host could no longer migrate once a plugin's files are gone, so a plugin's versions stand in
`<plugin>_alembic_version` and are found in `migrations/versions` beside its code.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection

from erp_core.errors import NotFound
from erp_core.extensions import Base, db
from erp_core.plugins.contract import Plugin
from erp_core.plugins.registry import Registry, host_tables, package_dir

HOST = "host"


@dataclass(frozen=True)
class Owner:
    """Somebody who has tables: the host or a plugin."""

    name: str
    versions: Path

    @property
    def version_table(self) -> str:
        """Where this owner's version stands."""
        return "alembic_version" if self.name == HOST else f"{self.name}_alembic_version"

    def owns(self, table: str) -> bool:
        """Whether a table is this owner's. A plugin's tables carry its name; the host's are those its models declare.

        So the tables of a plugin that is not loaded any more are nobody's, and nobody drops them.
        """
        return table in host_tables() if self.name == HOST else table.startswith(f"{self.name}_")


def script_dir() -> Path:
    """The shared Alembic environment: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def owners(registry: Registry) -> list[Owner]:
    """The host and every loaded plugin that has migrations."""
    return [owner for owner in _all(registry) if owner.versions.is_dir()]


def _all(registry: Registry) -> list[Owner]:
    return [_host(), *map(_of, registry.plugins)]


def _host() -> Owner:
    return Owner(HOST, script_dir() / "versions")


def _of(plugin: Plugin) -> Owner:
    return Owner(plugin.name, package_dir(plugin) / "migrations" / "versions")


def upgrade(app: Flask) -> None:
    """Bring the tables of the host and of all loaded plugins to their newest version."""
    with app.app_context():
        for owner in owners(app.extensions["erp_registry"]):
            command.upgrade(_config(app, owner), "head")


def downgrade(app: Flask, owner_name: str, version: str) -> None:
    """Take one owner's tables back to a version; `base` removes them. Those of all others stay as they are."""
    with app.app_context():
        command.downgrade(_config(app, _owner(app, owner_name)), version)


def revision(app: Flask, owner_name: str, message: str) -> None:
    """Write a new migration of one owner from what its models say. Makes the folder if it is the first."""
    with app.app_context():
        owner = _owner(app, owner_name)
        owner.versions.mkdir(parents=True, exist_ok=True)
        config = _config(app, owner)
        number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
        with _expression_indexes_passed_over():
            command.revision(config, message, autogenerate=True, rev_id=f"{owner.name}_{number:04d}")


def _owner(app: Flask, name: str) -> Owner:
    """The owner of that name, who may have no migrations yet. Raises `NotFound`."""
    registry: Registry = app.extensions["erp_registry"]
    found = {owner.name: owner for owner in _all(registry)}
    if name not in found:
        raise NotFound(f"{name} is not loaded. Tables have: {', '.join(found)}.")
    return found[name]


def behind(app: Flask) -> list[str]:
    """Whose tables are not at the newest version; cheap enough to ask at every start."""
    problems = []
    registry: Registry = app.extensions["erp_registry"]
    with app.app_context(), db.engine.connect() as connection:
        for owner in owners(registry):
            head = ScriptDirectory.from_config(_config(app, owner)).get_current_head()
            at = MigrationContext.configure(connection, opts=options(owner)).get_current_revision()
            if at != head:
                problems.append(f"{owner.name}: at {at or 'nothing'}, the newest is {head}.")
    return problems


def pending(app: Flask) -> list[str]:
    """What keeps the database from being current: missing migrations, and tables that differ from the models."""
    problems = behind(app)
    if problems:
        return problems
    registry: Registry = app.extensions["erp_registry"]
    with app.app_context(), db.engine.connect() as connection:
        for owner in _all(registry):
            context = MigrationContext.configure(connection, opts=options(owner))
            with _expression_indexes_passed_over():
                differences = compare_metadata(context, Base.metadata)
            problems += [f"{owner.name}: {difference}" for difference in differences]
    return problems


@contextmanager
def _expression_indexes_passed_over() -> Iterator[None]:
    """Alembic can't read indexes on expressions back from SQLite; PostgreSQL compares them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*expression-based index")
        yield


def options(owner: Owner) -> dict[str, object]:
    """How Alembic looks at one owner's tables."""

    def include_name(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name is None or (owner.owns(name) and not name.endswith("alembic_version"))

    def include_object(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
        return include_name(name, kind, None)

    return {
        "version_table": owner.version_table,
        "include_name": include_name,
        "include_object": include_object,
        "target_metadata": Base.metadata,
        "compare_type": False,
    }


def _config(app: Flask, owner: Owner) -> AlembicConfig:
    config: AlembicConfig = app.extensions["migrate"].migrate.get_config(str(script_dir()))
    config.set_main_option("version_locations", str(owner.versions))
    config.set_main_option("path_separator", "os")
    config.attributes["owner"] = owner
    return config


def run(connection: Connection, owner: Owner) -> None:
    """Run an owner's migrations on a connection; Alembic's env.py calls this."""
    from alembic import context

    context.configure(
        connection=connection,
        render_as_batch=connection.dialect.name == "sqlite",
        **options(owner),  # type: ignore[arg-type]
    )
    with context.begin_transaction():
        context.run_migrations()
