"""Each import contract is broken on purpose in a copy of the packages; a contract that cannot fail protects nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("erp_core", "plugins", "qbo_emulator")


class Violation(NamedTuple):
    """One line of code that must break one contract."""

    contract: str
    module: str
    code: str


VIOLATIONS = [
    Violation("The host is layered", "erp_core/models/order.py", "import erp_core.services"),
    Violation("The host is layered", "erp_core/jobs/worker.py", "import erp_core.plugins.registry"),
    Violation("The host is layered", "erp_core/services/ordering.py", "import erp_core.web"),
    Violation("The host is layered", "erp_core/errors.py", "import erp_core.config"),
    Violation("The host is layered", "erp_core/newcomer.py", "import erp_core.app"),
    Violation("The host never imports a plugin", "erp_core/app.py", "import plugins.quickbooks.plugin"),
    Violation("The host never imports a plugin", "erp_core/cli.py", "from plugins.quickbooks import qbo"),
    Violation(
        "A plugin reaches the host only through erp_core.toolkit",
        "plugins/quickbooks/hooks.py",
        "from erp_core.models import Invoice",
    ),
    Violation(
        "A plugin reaches the host only through erp_core.toolkit",
        "plugins/quickbooks/push/invoices.py",
        "from erp_core import services",
    ),
    Violation(
        "The QuickBooks plugin is layered", "plugins/quickbooks/models/link.py", "import plugins.quickbooks.push"
    ),
    Violation("The QuickBooks plugin is layered", "plugins/quickbooks/hooks.py", "import plugins.quickbooks.web"),
    Violation("The QuickBooks plugin is layered", "plugins/quickbooks/newcomer.py", "import plugins.quickbooks.plugin"),
    Violation("The QuickBooks client knows nothing of ours", "plugins/quickbooks/qbo/client.py", "import flask"),
    Violation(
        "The QuickBooks client knows nothing of ours", "plugins/quickbooks/qbo/client.py", "import sqlalchemy.orm"
    ),
    Violation(
        "The QuickBooks client knows nothing of ours", "plugins/quickbooks/qbo/errors.py", "import erp_core.toolkit"
    ),
    Violation("Mapping is pure", "plugins/quickbooks/mapping.py", "import sqlalchemy"),
    Violation("Mapping is pure", "plugins/quickbooks/mapping.py", "import requests"),
    Violation("Mapping is pure", "plugins/quickbooks/mapping.py", "from plugins.quickbooks.qbo import client"),
    Violation(
        "A listener cannot call QuickBooks", "plugins/quickbooks/hooks.py", "import plugins.quickbooks.qbo.client"
    ),
    Violation(
        "A listener cannot call QuickBooks", "plugins/quickbooks/hooks.py", "import plugins.quickbooks.push.invoices"
    ),
    Violation("Only the embedded engine knows APScheduler", "erp_core/jobs/worker.py", "import apscheduler"),
    Violation(
        "Only the embedded engine knows APScheduler", "plugins/quickbooks/jobs.py", "import apscheduler.triggers"
    ),
    Violation("The product does not know the emulator", "erp_core/cli.py", "import qbo_emulator"),
    Violation("The product does not know the emulator", "plugins/quickbooks/connect.py", "import qbo_emulator.cli"),
    Violation("The emulator does not know the product", "qbo_emulator/cli.py", "import erp_core.money"),
    Violation("The emulator does not know the product", "qbo_emulator/cli.py", "import plugins.quickbooks.qbo.errors"),
    Violation("The emulator's books know nothing of HTTP", "qbo_emulator/rules/sales.py", "import flask"),
    Violation("The emulator's books know nothing of HTTP", "qbo_emulator/books.py", "import qbo_emulator.api.query"),
    Violation("The emulator's books are layered", "qbo_emulator/tables/sales.py", "import qbo_emulator.rules.sales"),
    Violation("The emulator's books are layered", "qbo_emulator/books.py", "import qbo_emulator.operations"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and their contracts in a folder of the test."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.html", "static")
        )
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts there, on the copy and not on the installed packages."""
    return subprocess.run(
        [
            Path(sys.executable).with_name("lint-imports"),
            "--config",
            "setup.cfg",
            "--no-logo",
            "--cache-dir",
            folder / ".cache",
        ],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def broken(output: str) -> set[str]:
    """The names of the contracts that the report calls broken."""
    return set(re.findall(r"^(.+?) BROKEN(?: \(.*\))?$", output, re.MULTILINE))


def test_the_packages_keep_every_contract(copy):
    result = lint_imports(copy)
    assert result.returncode == 0, result.stdout
    assert broken(result.stdout) == set()


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda violation: f"{violation.module}: {violation.code}")
def test_a_violation_breaks_its_contract(copy, violation):
    module = copy / violation.module
    before = module.read_text() if module.exists() else ""
    module.write_text(f"{before}\n\ndef violation() -> None:\n    {violation.code}\n")
    result = lint_imports(copy)
    assert result.returncode != 0
    assert violation.contract in broken(result.stdout)


def test_every_contract_is_broken_by_some_violation():
    names = {
        line.split("=", 1)[1].strip()
        for line in (ROOT / "setup.cfg").read_text().splitlines()
        if line.startswith("name =")
    }
    assert names == {violation.contract for violation in VIOLATIONS}
