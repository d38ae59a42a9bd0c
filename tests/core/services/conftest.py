"""A tenant with a shop, and a stranger, on the engine that the run is about. No Flask: services need none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from erp_core.extensions import configure_engine
from erp_core.plugins import registry
from erp_core.plugins.contract import Plugin
from tests.core.services.shop import Shop


@pytest.fixture
def erp_plugins() -> tuple[str, ...]:
    """None: the rules are the host's own."""
    return ()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url, pool_size=20)
    configure_engine(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions as the product has them, one for each thread."""
    return sessionmaker(engine, expire_on_commit=False)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    with sessions() as session:
        yield session


@pytest.fixture
def shop(session: Session) -> Shop:
    """A shop in US dollars with a customer, goods, a service and a tax rate."""
    shop = Shop(session)
    session.commit()
    return shop


@pytest.fixture
def stranger(session: Session, shop: Shop) -> Shop:
    """Another tenant's shop."""
    other = Shop(session)
    session.commit()
    return other


@pytest.fixture
def load_plugin() -> Iterator[Callable[[Plugin], None]]:
    """Load one plugin for this test; the test switches it on where it likes."""
    before = registry.current()

    def load(plugin: Plugin) -> None:
        plugin.name, plugin.version = "spy", "1"
        registry.install(registry.Registry([plugin]))

    yield load
    registry.install(before)
