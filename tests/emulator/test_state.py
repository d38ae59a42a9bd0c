"""The state: the clock in its bounds, files that cannot be used, and a database that fails."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import requests

from qbo_emulator.emulator import Emulator
from qbo_emulator.store import StateError, Store
from tests.emulator.test_crash import process

LONG = 10**9


def advance(emulator, seconds):
    return requests.post(f"{emulator.url}/_emulator/clock", json={"advance_seconds": seconds}, timeout=10)


def test_the_clock_stays_between_1970_and_2100(emulator, qbo):
    for step, bound in ((LONG, datetime(2100, 1, 1, tzinfo=UTC)), (-LONG, datetime(1970, 1, 1, tzinfo=UTC))):
        answers = [advance(emulator, step) for _ in range(5)]
        assert answers[0].status_code == 200
        assert answers[-1].status_code == 400
        assert "1970" in answers[-1].json()["error"]
        assert "2100" in answers[-1].json()["error"]
        assert abs(emulator.now() - bound) < timedelta(seconds=LONG)
        made = emulator.connection()
        qbo.session.headers["Authorization"] = f"Bearer {made['access_token']}"
        assert qbo.get("customer/1").status_code == 200
        with pytest.raises(ValueError, match="1970"):
            emulator.advance(5 * step)
    emulator.reset()
    assert abs(emulator.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_clock_that_was_not_moved_because_it_could_not_is_where_it_was(tmp_path):
    store = Store(str(tmp_path / "books.db"))
    store.advance(3600)
    with pytest.raises(ValueError, match="2100"):
        store.advance(300 * 365 * 24 * 3600)
    store.close()
    again = Store(str(tmp_path / "books.db"))
    assert timedelta(minutes=59) < again.now() - datetime.now(UTC) < timedelta(minutes=61)
    again.close()


@pytest.mark.parametrize("kept", ["255000000000", "-99999999999", "9" * 5000, "soon", ""])
def test_a_clock_in_the_file_that_cannot_be_used_starts_at_the_real_time(tmp_path, kept):
    path = tmp_path / "books.db"
    Store(str(path)).close()
    with sqlite3.connect(path) as file:
        file.execute("INSERT INTO settings VALUES ('clock_seconds', ?)", (kept,))
    file.close()
    store = Store(str(path))
    assert abs(store.now() - datetime.now(UTC)) < timedelta(minutes=1)
    store.close()


def test_a_commit_that_fails_is_rolled_back_and_the_next_write_goes_well(tmp_path):
    path = str(tmp_path / "books.db")
    store = Store(path)
    with store.transaction() as connection:
        connection.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
        connection.execute(
            "CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)"
        )
    store._connection.execute("PRAGMA foreign_keys = ON")  # a broken reference is found by the COMMIT itself
    with pytest.raises(sqlite3.IntegrityError), store.transaction() as connection:
        connection.execute("INSERT INTO children VALUES (7)")
    with store.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM children").fetchone()[0] == 0
        connection.execute("INSERT INTO parents VALUES (1)")
    store.close()


def serve(*options):
    """qbo-emulator serve, which is expected to end by itself."""
    command = [sys.executable, "-c", "from qbo_emulator.cli import main; main()", "serve", "--port", "0", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_a_file_serves_one_emulator_at_a_time(tmp_path):
    path = str(tmp_path / "books.db")
    with process(path) as (running, url):
        with pytest.raises(StateError, match="in use"):
            Store(path)
        second = serve("--state", path)
        assert (second.returncode, "Traceback" in second.stderr) == (1, False)
        assert "is in use by another emulator" in second.stderr
        assert requests.get(f"{url}/_emulator/health", timeout=10).status_code == 200
        running.kill()
        running.wait(10)
    store = Store(path)
    store.close()
    with process(path) as (_, url):
        assert requests.get(f"{url}/_emulator/health", timeout=10).status_code == 200


def test_a_file_that_cannot_be_used_is_explained(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("Not a database at all.\n" * 100)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as file:
        file.execute("CREATE TABLE companies (name TEXT)")
    file.close()
    for path in (tmp_path / "nowhere" / "books.db", text, other):
        with pytest.raises(StateError):
            Store(str(path))
        done = serve("--state", str(path))
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
        assert str(path) in done.stderr
    assert text.read_text().startswith("Not a database")


def test_a_choice_of_books_is_said_to_be_ignored_when_there_are_some(tmp_path):
    path = str(tmp_path / "books.db")
    Emulator(path, "empty").close()
    command = [sys.executable, "-c", "from qbo_emulator.cli import main; main()", "serve", "--port", "0"]
    for options, said in ((["--company", "sample"], True), ([], False)):
        running = subprocess.Popen(
            [*command, "--state", path, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert running.stdout is not None
        running.stdout.readline()
        running.terminate()
        _, errors = running.communicate(timeout=10)
        assert ("--company is ignored" in errors) is said, errors
