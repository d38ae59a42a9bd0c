"""The extensions of the application, and how the database behaves on each engine.

A request that only reads (GET, HEAD, OPTIONS) runs in a read-only transaction, enforced by the database; every
other transaction takes SQLite's write lock at its start (BEGIN IMMEDIATE), so that two writers wait instead of
failing half-way, and so that a SAVEPOINT never opens a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from sqlite3 import Connection as SQLiteConnection
from typing import Any

from flask_bootstrap import Bootstrap5
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_smorest import Api
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Base of every table, of the host and of plugins. Constraints get predictable names, so that migrations can alter them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False}, disable_autonaming=True)
"""The database: `db.session` in a request sees one tenant; views commit it themselves."""
migrate = Migrate()
login_manager = LoginManager()
csrf = CSRFProtect()
"""Checks the token of every form; `@csrf.exempt` a view that another server calls, and check its signature there."""
bootstrap = Bootstrap5()
api = Api()
limiter = Limiter(key_func=get_remote_address)
"""Limits how often an address may call a view: `@limiter.limit("10 per minute")`."""

_read_only: ContextVar[bool] = ContextVar("read_only", default=False)


@contextmanager
def read_only(value: bool = True) -> Iterator[None]:
    """Transactions that begin inside this block refuse to write."""
    token = _read_only.set(value)
    try:
        yield
    finally:
        _read_only.reset(token)


def configure_engine(engine: Engine) -> None:
    """Give an engine the behaviour described above. Call once for each engine."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)


def _prepare_sqlite(connection: SQLiteConnection, _record: Any) -> None:
    connection.isolation_level = None  # pysqlite must not begin transactions on its own
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=20000")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if _read_only.get():
        connection.exec_driver_sql("PRAGMA query_only=ON")
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("PRAGMA query_only=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if _read_only.get():
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
