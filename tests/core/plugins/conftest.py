"""The contract is tested with `tests/echo`, a plugin that uses each part of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from erp_core.models import Instance
from erp_core.services import tenants
from erp_core.testing.factories import ACTOR, InstanceFactory


@pytest.fixture
def erp_plugins() -> tuple[str, ...]:
    """Echo, whatever ERP_PLUGINS says."""
    return ("echo",)


@pytest.fixture
def switch(session: Session) -> Callable[[Instance, bool], None]:
    """Switch Echo on or off in an instance."""

    def switch(instance: Instance, enabled: bool) -> None:
        tenants.set_plugin_enabled(session, instance, "echo", enabled, actor=ACTOR)
        session.commit()

    return switch


@pytest.fixture
def shop(session: Session, switch: Callable[[Instance, bool], None]) -> Instance:
    """An instance in which Echo is enabled."""
    shop: Instance = InstanceFactory(name="Main Street", code="MAIN")
    switch(shop, True)
    return shop


@pytest.fixture
def quiet(session: Session, shop: Instance) -> Instance:
    """An instance of another tenant, in which Echo is not enabled."""
    quiet: Instance = InstanceFactory(name="Quiet Lane", code="QUIET")
    return quiet
