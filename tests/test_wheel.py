"""The wheel, installed elsewhere, serves the same product: templates, static files and migrations included."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from erp_core.testing.servers import free_port
from tests.browser.processes import clean_environ, running

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(300)]


def call(*command: str | Path, cwd: Path, environ: dict[str, str] | None = None) -> str:
    """Run a command; what it printed."""
    result = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product, installed elsewhere."""
    return install(ROOT, tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(scope="module")
def emulator_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The emulator without the product, installed elsewhere."""
    return install(ROOT / "qbo_emulator", tmp_path_factory.mktemp("emulator"))


def install(project: Path, folder: Path) -> Path:
    """A folder with an environment that holds the project's wheel and what it depends on, and nothing else."""
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, project, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    call(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    uv: list[str | Path] = [BIN / "uv", "pip", "install", "--quiet", "--python", folder / "venv" / "bin" / "python"]
    what: list[str | Path] = ["--constraints", ROOT / "constraints.txt", wheel]
    offline = subprocess.run([*uv, "--offline", *what], cwd=folder, capture_output=True, check=False)
    if offline.returncode != 0:
        call(*uv, *what, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def environ(installed: Path) -> dict[str, str]:
    """The environment of a person who has nothing but the wheel."""
    path = os.pathsep.join([str(installed / "venv" / "bin"), "/usr/bin", "/bin"])
    return clean_environ(ERP_DATA_DIR=str(installed / "data"), PATH=path, PYTHONPATH="", VIRTUAL_ENV="")


def links(page: str, base: str) -> list[str]:
    """Everything that a browser would load for the page, and every link on it."""
    return [urljoin(base, found) for found in re.findall(r"""(?:href|src|action)=["']([^"'#]+)["']""", page)]


def test_the_installed_wheel_serves_the_sign_in_page_and_all_that_it_loads(installed, environ):
    erp = str(installed / "venv" / "bin" / "erp")
    where = call(
        installed / "venv" / "bin" / "python", "-c", "import erp_core; print(erp_core.__file__)", cwd=installed
    )
    assert where.startswith(str(installed))
    call(erp, "db", "upgrade", cwd=installed, environ=environ)
    assert "quickbooks" in call(erp, "plugins", "list", cwd=installed, environ=environ)

    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with running([erp, "run", "--port", str(port)], environ, url, installed / "log"):
        page = requests.get(url, timeout=30)
        loaded = [link for link in links(page.text, page.url) if re.search(r"\.(css|js|svg|woff2?|png|ico)\b", link)]
        answers = {link: requests.get(link, timeout=30) for link in loaded}

    assert page.status_code == 200
    assert 'type="password"' in page.text
    assert {urlsplit(link).netloc for link in links(page.text, page.url)} == {f"127.0.0.1:{port}"}
    assert any(link.split("?")[0].endswith(".css") for link in answers)
    assert {link: answer.status_code for link, answer in answers.items() if answer.status_code != 200} == {}
    for link, answer in answers.items():
        if ".css" in link:
            assert not re.search(r"url\(\s*[\"']?(?:https?:)?//", answer.text), f"{link} loads from another host"


def test_the_installed_wheel_brings_the_emulator(installed, environ):
    port = free_port()
    command = [str(installed / "venv" / "bin" / "qbo-emulator"), "serve", "--port", str(port)]
    discovery = f"http://127.0.0.1:{port}/.well-known/openid_sandbox_configuration"
    with running(command, environ, discovery, installed / "emulator.log"):
        answer = requests.get(discovery, timeout=30)
    assert answer.status_code == 200
    assert answer.json()["token_endpoint"].startswith(f"http://127.0.0.1:{port}/")


def test_the_emulator_can_be_installed_without_the_product(emulator_alone):
    python = emulator_alone / "venv" / "bin" / "python"
    clean = clean_environ(PATH="/usr/bin:/bin", PYTHONPATH="", VIRTUAL_ENV="")
    missing = "import importlib.util as find; print([bool(find.find_spec(name)) for name in ('erp_core', 'plugins')])"
    assert call(python, "-c", missing, cwd=emulator_alone, environ=clean).strip() == "[False, False]"
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    command = [str(emulator_alone / "venv" / "bin" / "qbo-emulator"), "serve", "--port", str(port)]
    with running(command, clean, url, emulator_alone / "emulator.log"):
        page = requests.get(url, timeout=30)
        realm = next(iter(re.findall(r"/app/(\d+)", page.text)))
        pdf = requests.get(f"{url}app/{realm}/pdf/Invoice/1.pdf", timeout=30)
        styles = [link for link in links(page.text, page.url) if ".css" in link]
        answers = [requests.get(link, timeout=30).status_code for link in styles]
    assert page.status_code == 200
    assert pdf.content.startswith(b"%PDF")
    assert answers
    assert set(answers) == {200}
