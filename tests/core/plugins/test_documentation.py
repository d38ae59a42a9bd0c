"""docs/plugins.md is true: its tables are current, and the plugin that it builds works, command by command."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from erp_core.cli import main
from erp_core.plugins import registry
from erp_core.testing import ENCRYPTION_KEY
from tests.core.plugins.distribution import install

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "plugins.md").read_text()
ADRS = sorted((ROOT / "docs" / "adr").glob("*.md"))


def files() -> dict[str, str]:
    """The files of the worked example: a code block after a line that is nothing but a path."""
    return dict(re.findall(r"^`([\w./-]+)`\n\n```\w+\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))


def commands() -> list[tuple[str, list[str]]]:
    """Each `erp` command of the worked example with the lines that it prints."""
    blocks = re.findall(r"^```console\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    found: list[tuple[str, list[str]]] = []
    for line in "".join(blocks).splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        else:
            found[-1][1].append(line)
    return found


@pytest.fixture(scope="module")
def pigeon(tmp_path_factory):
    """The worked example as its author would have typed and installed it."""
    folder = tmp_path_factory.mktemp("pigeon")
    written = files()
    assert {"pyproject.toml", "erp_pigeon/plugin.py", "tests/test_pigeon.py"} <= written.keys()
    return install(folder, "erp_pigeon", "pigeon", "erp_pigeon.plugin:PigeonPlugin", written)


def test_the_tables_are_those_of_the_docstrings():
    made = runpy.run_path(str(ROOT / "tools" / "plugin_reference.py"))["page"](PAGE)
    assert made == PAGE, "Run: make docs"


@pytest.mark.once
@pytest.mark.timeout(180)
def test_the_worked_example_works_as_it_says(pigeon, databases, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(pigeon))
    url = databases.empty()
    environ = {
        "DATABASE_URL": url,
        "ERP_PLUGINS": "pigeon",
        "ERP_DATA_DIR": str(tmp_path),
        "ERP_ENCRYPTION_KEYS": ENCRYPTION_KEY,
    }
    left_out = {"erp run", "erp jobs show 1", "erp jobs resend 1"}  # a server, and a message that only a failure makes
    typed = [(line, output) for line, output in commands() if line.startswith("erp ") and line not in left_out]
    assert len(typed) == 10
    before = registry.current()
    for line, output in typed:
        ended = CliRunner().invoke(main, line.split()[1:], env=environ)
        assert ended.exit_code == 0, (line, ended.output)
        for expected in output:
            assert expected in ended.stdout.splitlines(), (line, ended.stdout)
    registry.install(before)
    databases.drop(url)

    assert (pigeon / "erp_pigeon" / "migrations" / "versions" / "pigeon_0001_deliveries.py").is_file()
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=pigeon,
        env={**os.environ, "PYTHONPATH": f"{pigeon}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert tested.returncode == 0, tested.stdout[-5000:]
    assert "3 passed" in tested.stdout


@pytest.mark.parametrize("page", ["architecture.md", "plugins.md", *(f"adr/{path.name}" for path in ADRS)])
def test_every_path_that_a_page_names_exists(page):
    text = (ROOT / "docs" / page).read_text()
    named = set(re.findall(r"\b(?:erp_core|plugins|qbo_emulator|migrations|tests|tools)/[\w./-]*\w", text))
    own = {path for path in named if path.startswith("tests/") and path in files()}  # of the worked example
    assert [path for path in sorted(named - own) if not (ROOT / path).exists()] == []
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    assert [link for link in linked if not (ROOT / "docs" / page).parent.joinpath(link).exists()] == []


def test_decisions_are_short_and_complete():
    assert [path.name[:4] for path in ADRS] == [f"{number:04d}" for number in range(1, len(ADRS) + 1)]
    for path in ADRS:
        lines = path.read_text().splitlines()
        assert len(lines) <= 40
        assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]
