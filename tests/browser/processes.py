"""The ERP and QuickBooks as processes of their own, as a person starts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

START_SECONDS = 30
STOP_SECONDS = 10
BIN = Path(sys.executable).parent


class ProcessError(Exception):
    """A process did not start or a command failed; the text holds what it wrote."""


@dataclass(frozen=True)
class LiveERP:
    """A running ERP with its worker."""

    url: str
    environ: Mapping[str, str]
    log: Path

    def run(self, *arguments: str) -> str:
        """Run an `erp` command on the same data; what it printed."""
        command = [str(BIN / "erp"), *arguments]
        result = subprocess.run(command, env=dict(self.environ), capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise ProcessError(f"erp {' '.join(arguments)}: {result.stdout}{result.stderr}")
        return result.stdout


@dataclass(frozen=True)
class LiveEmulator:
    """A running QuickBooks Online."""

    url: str
    log: Path

    @property
    def erp_environ(self) -> dict[str, str]:
        """What the ERP must know to use this QuickBooks instead of Intuit's, except its own address."""
        return {
            "QBO_CLIENT_ID": "emulator-client",
            "QBO_CLIENT_SECRET": "emulator-secret",
            "QBO_ENVIRONMENT": "sandbox",
            "QBO_DISCOVERY_URL": f"{self.url}/.well-known/openid_sandbox_configuration",
            "QBO_API_URL": self.url,
            "OAUTHLIB_INSECURE_TRANSPORT": "1",
        }


def clean_environ(**changes: str) -> dict[str, str]:
    """The environment without settings of the person who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ERP_", "QBO_", "DATABASE_"))}
    return {**kept, "PYTHON_DOTENV_DISABLED": "1", **changes}


@contextmanager
def running(command: list[str], environ: Mapping[str, str], ready_url: str, log: Path) -> Iterator[None]:
    """Run a server until the block ends. Raises `ProcessError` when it does not answer."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    try:
        _wait(process, ready_url, log)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            requests.get(url, timeout=5, allow_redirects=False)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise ProcessError(f"{process.args!r} does not answer at {url}:\n{log.read_text(errors='replace')}")
