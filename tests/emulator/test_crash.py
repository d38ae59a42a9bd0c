"""Killed at the worst moment, the process comes back with everything it had accepted."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
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


# The tables of an earlier version, as its files have them.
EARLIER_SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS companies (realm TEXT PRIMARY KEY, name TEXT NOT NULL, position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS counters (
    realm TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (realm, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entities (
    realm TEXT NOT NULL, type TEXT NOT NULL, id INTEGER NOT NULL,
    name_key TEXT, doc_key TEXT, customer TEXT, active INTEGER NOT NULL, deleted INTEGER NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, changed INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (realm, type, id)
);
CREATE INDEX IF NOT EXISTS entities_name ON entities (realm, type, name_key);
CREATE INDEX IF NOT EXISTS entities_doc ON entities (realm, type, doc_key);
CREATE INDEX IF NOT EXISTS entities_customer ON entities (realm, type, customer);
CREATE INDEX IF NOT EXISTS entities_changed ON entities (realm, type, changed);
CREATE TABLE IF NOT EXISTS request_ids (
    realm TEXT NOT NULL, request_id TEXT NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (realm, request_id)
);
CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY, client_id TEXT NOT NULL, realm TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    scope TEXT NOT NULL, expires_at INTEGER NOT NULL, used INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS grants (
    id INTEGER PRIMARY KEY, client_id TEXT NOT NULL, realm TEXT NOT NULL, scope TEXT NOT NULL,
    authorized_at INTEGER NOT NULL, refresh_token TEXT NOT NULL UNIQUE, refresh_issued_at INTEGER NOT NULL,
    revoked INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS access_tokens (
    token TEXT PRIMARY KEY, grant_id INTEGER NOT NULL REFERENCES grants (id), expires_at INTEGER NOT NULL
);
"""


def earlier_file(path):
    """A file of that version: a company with a customer, a request id that was answered, and a connection."""
    realm, now, born = "4620816365000000011", int(time.time()), "2026-01-05T09:00:00-08:00"
    fixed = {
        "SyncToken": "0",
        "MetaData": {"CreateTime": born, "LastUpdatedTime": born},
        "domain": "QBO",
        "sparse": False,
    }
    company = {"CompanyName": "Earlier Ltd", "Country": "US", "Id": "1", **fixed}
    prefs = {"CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD"}}, "Id": "1", **fixed}
    customer = {
        "DisplayName": "Old Friend", "FullyQualifiedName": "Old Friend", "Active": True, "Balance": 0,
        "BalanceWithJobs": 0, "Job": False, "Taxable": False, "Id": "7", **fixed,
    }  # fmt: skip
    kept = json.dumps({"Customer": customer, "time": born})
    bodies = [
        ("CompanyInfo", 1, None, company),
        ("Preferences", 1, None, prefs),
        ("Customer", 7, "old friend", customer),
    ]
    old = sqlite3.connect(path)
    with old:
        old.executescript(EARLIER_SCHEMA)
        old.execute("INSERT INTO companies VALUES (?, 'Earlier Ltd', 0)", (realm,))
        old.executemany("INSERT INTO counters VALUES (?, ?, ?)", [(realm, "changed", 3), (realm, "id:name", 7)])
        old.executemany(
            "INSERT INTO entities VALUES (?, ?, ?, ?, NULL, NULL, 1, 0, ?, ?, ?, ?)",
            [
                (realm, kind, id_, key, now, now, at, json.dumps(body))
                for at, (kind, id_, key, body) in enumerate(bodies, 1)
            ],
        )
        old.execute("INSERT INTO request_ids VALUES (?, 'before', ?)", (realm, kept))
        scope = "com.intuit.quickbooks.accounting"
        old.execute(
            "INSERT INTO grants VALUES (1, 'emulator-client', ?, ?, ?, 'RT1-earlier', ?, 0)", (realm, scope, now, now)
        )
        old.execute("INSERT INTO access_tokens VALUES ('access-token-of-the-earlier-version', 1, ?)", (now + 3600,))
        address = "http://localhost/callback"
        old.execute(
            "INSERT INTO codes VALUES ('AB1', 'emulator-client', ?, ?, ?, ?, 0)", (realm, address, scope, now + 200_000)
        )
    old.close()
    return {"realm_id": realm, "access_token": "access-token-of-the-earlier-version"}, kept


def test_a_file_of_an_earlier_version_goes_on_with_its_books_request_ids_and_tokens(tmp_path):
    state = tmp_path / "books.db"
    connection, kept = earlier_file(state)
    for start in range(2):
        with process(state) as (_, url):
            assert call(url, connection, "GET", "companyinfo/1").json()["CompanyInfo"]["CompanyName"] == "Earlier Ltd"
            again = call(url, connection, "POST", "customer", {"DisplayName": "Old Friend"}, requestid="before")
            assert (again.status_code, again.text) == (200, kept)
            body = {"DisplayName": "New Friend"}
            made = call(url, connection, "POST", "customer", body, requestid="after")
            assert int(made.json()["Customer"]["Id"]) == 8, made.text
            changed = {"Id": "7", "SyncToken": str(start), "sparse": True, "GivenName": "Ada"}
            assert call(url, connection, "POST", "customer", changed).json()["Customer"]["SyncToken"] == str(start + 1)
            query = {"query": "SELECT * FROM Customer"}
            rows = call(url, connection, "GET", "query", **query).json()["QueryResponse"]["Customer"]
            assert [row["DisplayName"] for row in rows] == ["New Friend", "Old Friend"]
            app = ("emulator-client", "emulator-secret")
            grants = [{"grant_type": "refresh_token", "refresh_token": "RT1-earlier"}]
            if start:
                requests.post(f"{url}/_emulator/clock", json={"advance_seconds": 25 * 3600}, timeout=10)
                code = {"code": "AB1", "redirect_uri": "http://localhost/callback"}
                grants.append({"grant_type": "authorization_code", **code})
            for grant in grants:
                tokens = requests.post(f"{url}/oauth2/v1/tokens/bearer", data=grant, auth=app, timeout=10)
                assert tokens.status_code == 200, tokens.text
                connection["access_token"] = tokens.json()["access_token"]
