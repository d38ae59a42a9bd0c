"""`erp run` as people run it: several processes, a port that is taken, settings that are wrong."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from erp_core.testing import ENCRYPTION_KEY
from erp_core.testing.servers import free_port
from tests.browser.processes import BIN, LiveERP, clean_environ, running


@pytest.fixture
def two_processes(database_url: str, tmp_path: Path) -> Iterator[LiveERP]:
    """The ERP served by two processes that share a port."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = clean_environ(
        DATABASE_URL=database_url,
        ERP_DATA_DIR=str(tmp_path / "data"),
        ERP_SECRET_KEY="only-for-tests",
        ERP_ENCRYPTION_KEYS=ENCRYPTION_KEY,
        ERP_PLUGINS="quickbooks",
        ERP_RATE_LIMITS="0",
    )
    live = LiveERP(url, environ, tmp_path / "erp.log")
    command = [str(BIN / "erp"), "run", "--port", str(port), "--workers", "2"]
    with running(command, environ, f"{url}/sign-in", live.log):
        yield live


def test_processes_share_no_connection_to_the_database(two_processes: LiveERP) -> None:
    two_processes.run("seed")
    token = two_processes.run("api-token", "create", "ana@golden-grove.example").strip()

    def read(number: int) -> tuple[int, str]:
        path = ("customers", "products", "orders", "invoices")[number % 4]
        headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        answer = requests.get(f"{two_processes.url}/api/{path}", headers=headers, timeout=30)
        return answer.status_code, path if path in answer.url and "data" in answer.json() else answer.text

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(read, range(200)))
    assert answers == {(200, "customers"), (200, "products"), (200, "orders"), (200, "invoices")}
    written = two_processes.log.read_text()
    assert "Traceback" not in written
    assert "request_failed" not in written


def test_a_second_server_on_the_port_says_so(two_processes: LiveERP) -> None:
    port = two_processes.url.rpartition(":")[2]
    command = [str(BIN / "erp"), "run", "--port", port, "--workers", "2"]
    second = subprocess.run(
        command, env=dict(two_processes.environ), capture_output=True, text=True, timeout=60, check=False
    )
    assert second.returncode == 1
    assert f"Something serves on 127.0.0.1:{port} already" in second.stderr


@pytest.mark.once
def test_servers_count_the_calls_of_a_stranger_together_in_redis(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    environ = clean_environ(
        DATABASE_URL=database_url,
        ERP_DATA_DIR=str(tmp_path / "data"),
        ERP_API_RATE_LIMIT="6",
        ERP_RATE_LIMIT_STORAGE=redis_url,
    )

    def asks(url: str) -> int:
        return requests.get(f"{url}/api/invoices", headers={"Authorization": "Bearer guess"}, timeout=30).status_code

    with ExitStack() as servers:
        urls = []
        for name in ("one", "two"):
            port = free_port()
            urls.append(f"http://127.0.0.1:{port}")
            command = [str(BIN / "erp"), "run", "--no-engine", "--port", str(port)]
            servers.enter_context(running(command, environ, f"{urls[-1]}/sign-in", tmp_path / f"{name}.log"))
        assert [asks(urls[0]) for _ in range(4)] == [401] * 4
        assert [asks(urls[1]) for _ in range(3)] == [401, 401, 429]
        assert asks(urls[0]) == 429


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("ERP_WORKER_STREAMS", "many", "ERP_WORKER_STREAMS must be a whole number of at least 1, not many."),
        ("ERP_TRUSTED_PROXIES", "-1", "ERP_TRUSTED_PROXIES must be a whole number"),
        ("ERP_ENCRYPTION_KEYS", "secret", "ERP_ENCRYPTION_KEYS holds something that is not a Fernet key"),
        ("ERP_PLUGINS", "nonsense", "ERP_PLUGINS names nonsense, which is not installed."),
        ("DATABASE_URL", "mysql://host/name", "DATABASE_URL must start with sqlite: or postgresql:"),
        ("DATABASE_URL", "postgresql://127.0.0.1:1/none", "The database can't be reached:"),
        ("ERP_DATA_DIR", "/dev/null/data", "The data folder /dev/null/data can't be used"),
    ],
)
def test_a_wrong_setting_is_named_with_the_remedy(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    environ = clean_environ(**({"ERP_DATA_DIR": str(tmp_path)} | {name: value}))
    command = [str(BIN / "erp"), "jobs", "list"] if name == "DATABASE_URL" else [str(BIN / "erp"), "db", "check"]
    answer = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.once
def test_settings_come_from_a_file_in_the_folder_where_the_command_runs(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ERP_PLUGINS=nonsense\n")
    environ = clean_environ(ERP_DATA_DIR=str(tmp_path))
    del environ["PYTHON_DOTENV_DISABLED"]
    answer = subprocess.run(
        [str(BIN / "erp"), "db", "check"],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "ERP_PLUGINS names nonsense" in answer.stderr
