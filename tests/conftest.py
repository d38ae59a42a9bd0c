"""What every test of this project may rely on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

pytest_plugins = ["erp_core.testing", "qbo_emulator.testing"]

settings.register_profile("suite", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("suite")


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say why the run failed when tests were skipped: nothing is skipped silently."""
    yield
    if skipped := terminalreporter.stats.get("skipped"):
        terminalreporter.write_line(f"Skipped tests count as failures here: {len(skipped)}.", red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped test is a failure: a missing part must be said, with the command that mends it."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_addoption(parser: pytest.Parser) -> None:
    """A further run, on another database, need not repeat what has none."""
    parser.addoption("--only-with-database", action="store_true", help="run only the tests that use the database")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what `--only-with-database` leaves out."""
    if config.getoption("--only-with-database"):
        without = [item for item in items if "databases" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]
