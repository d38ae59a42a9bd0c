"""`make demo`: QuickBooks Online on port 8100 and the ERP on port 8000, with sample data that stays for the next time.

The second tenant is connected already and shows what an invoice can go through; the first is for you to connect.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
DATA = Path(os.environ.get("DEMO_DIR", ROOT / "var" / "demo"))
ERP_PORT = int(os.environ.get("DEMO_ERP_PORT", "8000"))
QBO_PORT = int(os.environ.get("DEMO_QBO_PORT", "8100"))
ERP = f"http://127.0.0.1:{ERP_PORT}"
QBO = f"http://127.0.0.1:{QBO_PORT}"
ENVIRON = {
    "ERP_DATA_DIR": str(DATA),
    "ERP_PLUGINS": "quickbooks",
    "QBO_CLIENT_ID": "emulator-client",
    "QBO_CLIENT_SECRET": "emulator-secret",
    "QBO_REDIRECT_URI": f"{ERP}/quickbooks/callback",
    "QBO_ENVIRONMENT": "sandbox",
    "QBO_DISCOVERY_URL": f"{QBO}/.well-known/openid_sandbox_configuration",
    "QBO_API_URL": QBO,
    "QBO_INVOICE_URL": f"{QBO}/app/{{realm}}/invoice/{{id}}",
    "PYTHON_DOTENV_DISABLED": "1",
}
PEOPLE = DATA / "people.json"


def main() -> None:
    """Prepare what is missing, serve both in the foreground, and stop both together."""
    for port, what in ((ERP_PORT, "the ERP"), (QBO_PORT, "QuickBooks")):
        if _taken(port):
            sys.exit(f"make demo: port {port} is in use, and {what} needs it. Stop what uses it, then run: make demo")
    DATA.mkdir(parents=True, exist_ok=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ERP_", "QBO_", "DATABASE_"))}
    environ |= ENVIRON
    signal.signal(signal.SIGTERM, _stop)
    started: list[subprocess.Popen[bytes]] = []
    try:
        started.append(
            _start(
                ["qbo-emulator", "serve", "--port", str(QBO_PORT), "--state", str(DATA / "quickbooks.sqlite3")], environ
            )
        )
        _wait(f"{QBO}/_emulator/calls", started[0])
        subprocess.run([BIN / "erp", "db", "upgrade"], env=environ, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([sys.executable, ROOT / "tools" / "demo_story.py", QBO, PEOPLE], env=environ, check=True)
        started.append(_start(["erp", "run", "--port", str(ERP_PORT)], environ))
        _wait(f"{ERP}/sign-in", started[1])
        _tell()
        while all(process.poll() is None for process in started):
            time.sleep(0.5)
        sys.exit("make demo: a server stopped by itself; what it said stands above.")
    except KeyboardInterrupt:
        print("\nStopped. Your data stays in", DATA)
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(20)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _start(command: list[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
    # A process group of its own: Ctrl+C reaches this script, which then stops both servers in order.
    return subprocess.Popen([BIN / command[0], *command[1:]], env=environ, process_group=0)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  # our own address
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"make demo: nothing answers at {url}.")


def _tell() -> None:
    print(f"\nThe ERP:            {ERP}   (REST API: {ERP}/api/openapi.json)")
    print(f"QuickBooks Online:  {QBO}   (an emulator; nothing leaves this machine)\n")
    people = json.loads(PEOPLE.read_text())
    print(f"Everybody's password is {people[0]['password']}\n")
    for person in people:
        print(f"  {person['tenant'] or 'The server itself':<20}{person['email']:<28}{person['role']}")
        if person["token"]:
            print(f"  {'':<20}API token {person['token']}")
    print("\nStart as ana@golden-grove.example and connect QuickBooks under Settings (docs/quickbooks.md has a tour).")
    print("At first, Blue Mesa Pantry is connected and shows what an invoice can go through.")
    print("\nPress Ctrl+C to stop.", flush=True)


if __name__ == "__main__":
    main()
