"""Databases for tests: migrated once for each set of plugins, copied for each test."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

Migrate = Callable[[str], None]
"""Brings the empty database at a URL up to date, and leaves no connection open."""


class Databases(ABC):
    """Makes copies of a migrated database. A template is migrated once for each key."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._templates: dict[Hashable, str] = {}

    def copy(self, key: Hashable, migrate: Migrate) -> str:
        """A fresh copy of the template with this key; yields the URL of the copy."""
        if key not in self._templates:
            template = f"template_{next(self._numbers)}"
            self._create_empty(template)
            migrate(self._url(template))
            self._templates[key] = template
        name = f"test_{next(self._numbers)}"
        self._create_copy(name, self._templates[key])
        return self._url(name)

    def empty(self) -> str:
        """The URL of a database without any table."""
        name = f"empty_{next(self._numbers)}"
        self._create_empty(name)
        return self._url(name)

    @abstractmethod
    def drop(self, url: str) -> None:
        """Delete the database at this URL, with whoever is connected to it."""

    @abstractmethod
    def _url(self, name: str) -> str: ...

    @abstractmethod
    def _create_empty(self, name: str) -> None: ...

    @abstractmethod
    def _create_copy(self, name: str, template: str) -> None: ...


class SQLiteDatabases(Databases):
    """One file for each database in a folder that pytest made."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def drop(self, url: str) -> None:
        name = make_url(url).database or ""
        for suffix in ("", "-wal", "-shm"):
            Path(name + suffix).unlink(missing_ok=True)

    def _url(self, name: str) -> str:
        return f"sqlite:///{self._folder / name}.sqlite3"

    def _create_empty(self, name: str) -> None:
        """SQLite makes the file when it is opened."""

    def _create_copy(self, name: str, template: str) -> None:
        shutil.copyfile(self._folder / f"{template}.sqlite3", self._folder / f"{name}.sqlite3")


class PostgreSQLDatabases(Databases):
    """Databases of one PostgreSQL, copied with CREATE DATABASE … TEMPLATE."""

    def __init__(self, server_url: str) -> None:
        super().__init__()
        self._server_url = make_url(server_url)
        self._engine = create_engine(self._server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def drop(self, url: str) -> None:
        self._execute(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def _url(self, name: str) -> str:
        return self._server_url.set(database=name).render_as_string(hide_password=False)

    def _create_empty(self, name: str) -> None:
        self._execute(f'CREATE DATABASE "{name}"')

    def _create_copy(self, name: str, template: str) -> None:
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def _execute(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))
