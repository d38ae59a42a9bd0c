"""A real browser, the real ERP with its worker, and QuickBooks Online on localhost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from erp_core.testing import ENCRYPTION_KEY
from erp_core.testing.servers import free_port
from tests.browser import chromium
from tests.browser.processes import BIN, LiveEmulator, LiveERP, clean_environ, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Take the Chromium of this machine; as root it does not start inside a sandbox."""
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.REMEDY, pytrace=False)
    return {**browser_type_launch_args, "executable_path": path, "args": ["--no-sandbox"]}


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[LiveEmulator]:
    """QuickBooks Online with its sample companies, on a free port."""
    port = free_port()
    live = LiveEmulator(f"http://127.0.0.1:{port}", tmp_path / "emulator.log")
    command = [str(BIN / "qbo-emulator"), "serve", "--port", str(port), "--company", "sample"]
    with running(command, clean_environ(), f"{live.url}/_emulator/calls", live.log):
        yield live


@pytest.fixture
def live_environ(emulator: LiveEmulator) -> Mapping[str, str]:
    """The settings of `live_erp` beyond its database. Override it to set others."""
    return emulator.erp_environ


@pytest.fixture
def live_erp(database_url: str, live_environ: Mapping[str, str], tmp_path: Path) -> Iterator[LiveERP]:
    """The ERP as `erp run` serves it, worker included, on a free port and an empty migrated database.

    `live_erp.run("seed")` fills it. A test that reads the same SQLite file itself must end its transaction soon.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = clean_environ(
        DATABASE_URL=database_url,
        ERP_DATA_DIR=str(tmp_path / "data"),
        ERP_SECRET_KEY="only-for-tests",
        ERP_ENCRYPTION_KEYS=ENCRYPTION_KEY,
        ERP_PLUGINS="quickbooks",
        QBO_REDIRECT_URI=f"{url}/quickbooks/callback",
        **live_environ,
    )
    live = LiveERP(url, environ, tmp_path / "erp.log")
    with running([str(BIN / "erp"), "run", "--port", str(port)], environ, f"{url}/static/", live.log):
        yield live
