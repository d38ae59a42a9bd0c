"""Each owner of tables has a version table of its own, so plugins come and go while the host stays."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, text

from erp_core.errors import NotFound
from erp_core.extensions import db
from erp_core.plugins import migrate


@pytest.fixture
def tables(app):
    """The names of the tables as the database has them."""

    def tables() -> set[str]:
        with app.app_context():
            return set(inspect(db.engine).get_table_names())

    return tables


def version(app, table: str) -> list[str]:
    with app.app_context(), db.engine.connect() as connection:
        return list(connection.scalars(text(f"SELECT version_num FROM {table}")))


def test_the_plugins_tables_go_down_and_up_while_the_hosts_stay(app, tables):
    before = tables()
    host = version(app, "alembic_version")
    assert {"echo_note", "echo_alembic_version", "alembic_version"} <= before
    assert version(app, "echo_alembic_version") == ["echo_0001"]

    migrate.downgrade(app, "echo", "base")
    assert before - tables() == {"echo_note"}
    assert version(app, "echo_alembic_version") == []
    assert version(app, "alembic_version") == host
    assert migrate.behind(app) == ["echo: at nothing, the newest is echo_0001."]

    migrate.upgrade(app)
    assert tables() == before
    assert migrate.pending(app) == []


def test_the_host_is_current_without_the_plugin_and_its_tables_are_nobodys(make_app, tables):
    alone = make_app(plugins=())
    assert "echo_note" in tables()
    assert migrate.pending(alone) == []
    migrate.upgrade(alone)
    assert "echo_note" in tables()


def test_a_plugin_can_be_installed_later(make_app, databases, tables):
    url = databases.empty()
    migrate.upgrade(make_app(database_url=url, plugins=()))
    app = make_app(database_url=url)
    assert migrate.behind(app) == ["echo: at nothing, the newest is echo_0001."]
    migrate.upgrade(app)
    assert migrate.pending(app) == []
    with app.app_context():
        db.engine.dispose()
    databases.drop(url)


def test_a_table_that_differs_from_its_model_is_named(app):
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE echo_note ADD COLUMN smell VARCHAR(10)"))
    [problem] = migrate.pending(app)
    assert problem.startswith("echo: ")
    assert "smell" in problem


def test_only_owners_that_are_loaded_can_be_taken_back(make_app):
    with pytest.raises(NotFound, match=r"echo is not loaded\. Tables have: host\."):
        migrate.downgrade(make_app(plugins=()), "echo", "base")
