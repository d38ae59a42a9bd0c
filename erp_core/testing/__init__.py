"""A pytest plugin for the host's tests and for those of plugin authors: `pytest_plugins = ["erp_core.testing"]`.

The tests run on SQLite, or with `--database=postgresql` on a PostgreSQL that is started for the run. Each test that asks
for `app` gets a database of its own, made by the real migrations, and every commit is real.

* `app`        the application, with the plugins of `erp_plugins` and the settings of `erp_environ`
* `session`    the session of an application context: what the test writes and reads
* `client`     a browser without a screen; `client.login(user)` signs a person in
* `worker`     `worker.drain()` runs every due job
* `clock`      `clock.move(hours=1)`
* `make_app`   further applications with other settings, on the test's database
* `redis_url`  a real Redis
* factories    `erp_core.testing.factories`

Before each request and each `drain`, what the test wrote in `session` is committed and what it read is forgotten. So a
test sees what the request changed, and holds no lock while the request runs. Requests do not see the test's
application context: code that only works by accident of it fails here too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet
from jinja2 import BytecodeCache, FileSystemBytecodeCache

from erp_core import clock as product_clock
from erp_core.config import Config
from erp_core.testing.databases import Databases, PostgreSQLDatabases, SQLiteDatabases
from erp_core.testing.servers import postgresql_server, redis_server

if TYPE_CHECKING:  # fixtures import the application when a test asks for it, so that tests of a library load none of it
    from flask import Flask
    from sqlalchemy.orm import Session

    from erp_core.testing.client import Client
    from erp_core.testing.worker import DrainedWorker

ENCRYPTION_KEY = Fernet.generate_key().decode()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Choose the database by option or by environment."""
    parser.getgroup("erp").addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        default=os.environ.get("ERP_TEST_DATABASE", "sqlite"),
        help="the database to test on (default: ERP_TEST_DATABASE, else sqlite)",
    )


def pytest_report_header(config: pytest.Config) -> str:
    """Say on which database the tests run."""
    return f"database: {config.getoption('--database')}"


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Makes databases on the engine that the run is about."""
    with ExitStack() as stack:
        if request.config.getoption("--database") == "postgresql":
            yield PostgreSQLDatabases(stack.enter_context(postgresql_server()))
        else:
            yield SQLiteDatabases(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a Redis that runs for the tests only."""
    with redis_server() as url:
        yield url


@pytest.fixture
def erp_plugins() -> tuple[str, ...]:
    """The plugins to load: those of ERP_PLUGINS. Override it to test with others."""
    return tuple(os.environ.get("ERP_PLUGINS", "quickbooks").replace(",", " ").split())


@pytest.fixture
def erp_environ() -> Mapping[str, str]:
    """The environment that the application and its plugins read. Override it to set variables of a plugin."""
    return {}


@pytest.fixture
def database_url(databases: Databases, erp_plugins: tuple[str, ...], tmp_path: Path) -> Iterator[str]:
    """A database of this test, with the tables of the host and of the plugins."""

    from erp_core.app import create_app
    from erp_core.extensions import db
    from erp_core.plugins import migrate as migrations
    from erp_core.plugins import registry

    def migrate(url: str) -> None:
        before = registry.current()
        app = create_app(_config(url, erp_plugins, {}, tmp_path))
        registry.install(before)
        migrations.upgrade(app)
        with app.app_context():
            db.engine.dispose()

    url = databases.copy(erp_plugins, migrate)
    yield url
    databases.drop(url)


@pytest.fixture
def erp_config(
    database_url: str, erp_plugins: tuple[str, ...], erp_environ: Mapping[str, str], tmp_path: Path
) -> Config:
    """The settings of `app`."""
    return _config(database_url, erp_plugins, erp_environ, tmp_path)


def _config(url: str, plugins: tuple[str, ...], environ: Mapping[str, str], folder: Path) -> Config:
    return Config(
        database_url=url,
        secret_key="only-for-tests",
        encryption_keys=(ENCRYPTION_KEY,),
        plugins=plugins,
        rate_limits=False,
        secure_cookies=False,
        data_dir=folder / "data",
        environ=environ,
    )


@pytest.fixture(scope="session")
def _compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Each test has an application of its own, but a template need be compiled once."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def make_app(erp_config: Config, _compiled_templates: BytecodeCache) -> Iterator[Callable[..., Flask]]:
    """Make an application; keywords replace settings of `erp_config`. The last one made is the one whose plugins act."""
    from erp_core.app import create_app
    from erp_core.extensions import db
    from erp_core.plugins import registry
    from erp_core.testing.client import Client

    before = registry.current()
    apps = []

    def make(**changes: Any) -> Flask:
        app = create_app(replace(erp_config, **changes))
        app.testing = True
        app.jinja_env.bytecode_cache = _compiled_templates
        app.test_client_class = Client
        apps.append(app)
        return app

    yield make
    for app in apps:
        with app.app_context():
            db.engine.dispose()
    registry.install(before)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The application, on a database of this test."""
    return make_app()


@pytest.fixture
def _push_request_context() -> None:
    """pytest-flask would run every test inside a request, which hides code that lacks a context of its own."""


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session in an application context, for the test's own reads and writes."""

    from erp_core.extensions import db

    with app.app_context():
        yield db.session()


@pytest.fixture
def client(app: Flask) -> Client:
    """A browser without a screen; nobody is signed in."""
    from erp_core.testing.client import Client

    client = app.test_client()
    assert isinstance(client, Client)
    return client


@pytest.fixture
def worker(app: Flask) -> DrainedWorker:
    """A worker with the jobs of the loaded plugins."""
    from erp_core.app import create_worker
    from erp_core.testing.worker import DrainedWorker

    return DrainedWorker(create_worker(app))


class Clock:
    """The product's clock in the hands of a test."""

    def now(self) -> datetime:
        """The product's current moment."""
        return product_clock.now()

    def move(self, **by: float) -> None:
        """Let time pass: `move(hours=1)` takes what `timedelta` takes."""
        product_clock.move(timedelta(**by))


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The product's clock; it runs as the machine's again after the test."""
    yield Clock()
    product_clock.reset()
