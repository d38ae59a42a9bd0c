"""Real distributions in a folder, as pip would leave them there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent


def install(folder: Path, distribution: str, plugin: str, target: str, files: Mapping[str, str] | None = None) -> Path:
    """Install a distribution that offers `plugin` at `target`, such as `package.module:Class`. Answers the folder."""
    info = folder / f"{distribution}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[erp.plugins]\n{plugin} = {target}\n")
    for path, code in (files or {}).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(code))
    return folder
