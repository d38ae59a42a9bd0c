"""Killed at the worst moment, the process comes back with everything it had accepted."""

import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import contextmanager

import pytest
import requests


@contextmanager
def process(state, *options):
    """qbo-emulator serve on a free port."""
    command = [sys.executable, "-c", "from qbo_emulator.cli import main; main()", "serve", "--port", "0"]
    running = subprocess.Popen([*command, "--state", str(state), *options], stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        url = re.search(r"http://\S+", running.stdout.readline())
        assert url is not None
        yield running, url.group()
    finally:
        if running.poll() is None:
            running.kill()
        running.wait(10)
        running.stdout.close()


def call(url, connection, method, path, body=None, **params):
    headers = {"Authorization": f"Bearer {connection['access_token']}"}
    address = f"{url}/v3/company/{connection['realm_id']}/{path}"
    return requests.request(method, address, json=body, params=params, headers=headers, timeout=10)


def test_what_was_accepted_survives_kill_9(tmp_path):
    state = tmp_path / "books.db"
    with process(state) as (running, url):
        connection = requests.post(f"{url}/_emulator/connections", timeout=10).json()
        requests.post(f"{url}/_emulator/clock", json={"advance_seconds": 7}, timeout=10)
        rule = {"action": "reset_after", "match": {"method": "POST", "path_glob": "*/customer"}}
        requests.post(f"{url}/_emulator/faults", json=rule, timeout=10)
        with pytest.raises(requests.ConnectionError):
            call(url, connection, "POST", "customer", {"DisplayName": "Survivor"}, requestid="once")
        running.send_signal(signal.SIGKILL)
        running.wait(10)
    with process(state) as (_, url):
        again = call(url, connection, "POST", "customer", {"DisplayName": "Survivor"}, requestid="once")
        assert again.status_code == 200, again.text
        assert again.json()["Customer"]["SyncToken"] == "0"
        books = requests.get(f"{url}/_emulator/books/{connection['realm_id']}", timeout=10).json()
        assert [row["DisplayName"] for row in books["Customer"]].count("Survivor") == 1
        refreshed = requests.post(
            f"{url}/oauth2/v1/tokens/bearer",
            data={"grant_type": "refresh_token", "refresh_token": connection["refresh_token"]},
            auth=(connection["client_id"], connection["client_secret"]),
            timeout=10,
        )
        assert refreshed.status_code == 200


def test_sigterm_ends_it_cleanly(tmp_path):
    with process(tmp_path / "books.db", "--company", "empty") as (running, url):
        assert requests.get(f"{url}/_emulator/health", timeout=10).json() == {"status": "ok"}
        running.terminate()
        assert running.wait(10) == 0


def test_own_credentials_of_the_command_line(tmp_path):
    options = ("--client-id", "my-app", "--client-secret", "my-secret")
    with process(tmp_path / "books.db", *options) as (_, url):
        connection = requests.post(f"{url}/_emulator/connections", timeout=10).json()
        assert (connection["client_id"], connection["client_secret"]) == ("my-app", "my-secret")


def test_a_port_in_use_is_said_in_words(tmp_path):
    with process(tmp_path / "books.db") as (_, url):
        command = [sys.executable, "-c", "from qbo_emulator.cli import main; main()", "serve"]
        second = subprocess.run(
            [*command, "--port", url.rsplit(":", 1)[1]], capture_output=True, text=True, timeout=20, check=False
        )
    assert second.returncode == 1
    assert "Choose another --port" in second.stderr


def test_limits_latency_switches_and_addresses_of_the_command_line(tmp_path):
    options = (
        "--enforce-limits", "--batch-items-count", "--emails-per-day", "7", "--read-allowance", "9",
        "--latency", "base=30ms,item=10ms", "--redirect-uri", "http://a.example/x", "--redirect-uri", "http://b.example/",
        "--request-id-retention", "60", "--keep-faulted-request-ids", "--cap-max-results",
    )  # fmt: skip
    with process(tmp_path / "books.db", *options) as (_, url):
        limits = requests.get(f"{url}/_emulator/limits", timeout=10).json()
        assert (limits["enforce"], limits["batch_items_count"], limits["requests_per_minute"]) == (True, True, 500)
        assert (limits["emails_per_day"], limits["read_allowance"]) == (7, 9)
        assert requests.get(f"{url}/_emulator/latency", timeout=10).json() == {"base": "30ms", "item": "10ms"}
        switches = requests.get(f"{url}/_emulator/switches", timeout=10).json()
        assert {name for name, value in switches.items() if value is True} == {
            "keep_faulted_request_ids", "cap_max_results",
        }  # fmt: skip
        assert switches["request_id_retention"] == 60
        asked = {"client_id": "emulator-client", "scope": "com.intuit.quickbooks.accounting"}
        pages = [
            requests.get(f"{url}/connect/oauth2", params={**asked, "redirect_uri": uri}, timeout=10).status_code
            for uri in ("http://a.example/x", "http://b.example/", "http://c.example/")
        ]
        assert pages == [200, 200, 400]


def test_a_file_of_an_earlier_version_is_opened(tmp_path):
    state = tmp_path / "books.db"
    with sqlite3.connect(state) as old:
        old.execute(
            "CREATE TABLE request_ids (realm TEXT, request_id TEXT, answer TEXT, PRIMARY KEY (realm, request_id))"
        )
    old.close()
    with process(state) as (_, url):
        connection = requests.post(f"{url}/_emulator/connections", timeout=10).json()
        first = call(url, connection, "POST", "customer", {"DisplayName": "New"}, requestid="r")
        assert call(url, connection, "POST", "customer", {"DisplayName": "New"}, requestid="r").content == first.content
