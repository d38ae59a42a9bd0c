"""The files that make the environment say what they should, and no more."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def constraints() -> dict[str, str]:
    return dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines())


def test_constraints_are_exact_versions_and_hold_no_address():
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9._-]+==[A-Za-z0-9.+!]+", line)


def test_every_dependency_has_an_exact_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.match(r"[A-Za-z0-9._-]+", requirement).group().lower() for requirement in asked}
    assert names <= set(constraints())


def test_every_setting_in_the_example_is_read_somewhere():
    settings = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    code = "".join(path.read_text() for package in ("erp_core", "plugins") for path in (ROOT / package).rglob("*.py"))
    unread = [name for name in settings if name not in code and f'"{name.removeprefix("QBO_")}"' not in code]
    assert len(settings) > 10
    assert unread == []


def test_make_lists_its_commands():
    listing = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for command in ("setup", "demo", "test", "run", "worker", "lint"):
        assert f"make {command} " in listing


def test_a_python_that_is_too_old_is_refused_in_one_sentence(tmp_path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\ncase "$2" in *version_info\\[:2\\]*) echo 3.9;; *) exit 1;; esac\n')
    old.chmod(0o755)
    result = subprocess.run([ROOT / "tools" / "find-python", old], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Python 3.11 or newer is needed; this machine has 3.9.")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("script", ["tools/find-python", ".ci/run"])
def test_scripts_can_be_started(script):
    assert (ROOT / script).stat().st_mode & 0o111
