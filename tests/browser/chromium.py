"""Find a Chromium for the browser tests, or install one.

In this order: one on PATH, Playwright's own download, and as root on Debian the package of the distribution. When none of
these works, the run ends with the one command that mends it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
DOWNLOAD_SECONDS = 240
REMEDY = "No Chromium was found for the browser tests. Install one, as root, with: apt-get install -y chromium"


def find() -> str | None:
    """The path of a Chromium that starts here, or None."""
    for name in NAMES:
        if (path := shutil.which(name)) and starts(path):
            return path
    path = _downloaded()
    return path if starts(path) else None


def starts(path: str) -> bool:
    """Whether this is a browser with all the libraries that it needs."""
    if not Path(path).exists():
        return False
    result = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    return result.returncode == 0


def install() -> str | None:
    """Download Playwright's Chromium, or as root on Debian install the distribution's."""
    _run([sys.executable, "-m", "playwright", "install", "chromium"])
    if (path := find()) is not None:
        return path
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run(["apt-get", "update", "-q"])
        _run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"])
    return find()


def _downloaded() -> str:
    """Where Playwright keeps its own Chromium, downloaded or not."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _run(command: list[str]) -> None:
    """Try to install; whether it worked is seen by looking for the browser again."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "15000"}
    print(f"Looking for a Chromium: {' '.join(command)}", file=sys.stderr)
    try:
        subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=DOWNLOAD_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"That did not work: {error}", file=sys.stderr)


def main() -> None:
    """Make sure that there is a Chromium; end with the remedy when there is none."""
    path = find() or install()
    if path is None:
        raise SystemExit(REMEDY)
    print(f"Chromium: {path}")


if __name__ == "__main__":
    main()
