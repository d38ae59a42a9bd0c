"""A server that is set up for the emulator, and people who connect companies there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy.orm import Session

from erp_core.app import sessions

if TYPE_CHECKING:
    from erp_core.testing.client import Client
    from qbo_emulator.testing import RunningEmulator

FIRST, SECOND = "4620816365000000011", "4620816365000000022"
CALLBACK = "http://localhost/quickbooks/callback"


@pytest.fixture
def erp_plugins() -> tuple[str, ...]:
    """These tests are about the plugin."""
    return ("quickbooks",)


@pytest.fixture
def quickbooks(qbo_emulator: RunningEmulator) -> Iterator[RunningEmulator]:
    """Clean books."""
    qbo_emulator.reset()
    qbo_emulator.clear_faults()
    qbo_emulator.clear_calls()
    yield qbo_emulator
    qbo_emulator.clear_faults()


@pytest.fixture
def erp_environ(quickbooks: RunningEmulator) -> Mapping[str, str]:
    """An Intuit app whose Intuit is the emulator."""
    return {
        "QBO_CLIENT_ID": "emulator-client",
        "QBO_CLIENT_SECRET": "emulator-secret",
        "QBO_REDIRECT_URI": CALLBACK,
        "QBO_ENVIRONMENT": "sandbox",
        "QBO_DISCOVERY_URL": quickbooks.discovery_url,
        "QBO_API_URL": quickbooks.url,
    }


@pytest.fixture
def transaction(app: Flask) -> Callable[[], AbstractContextManager[Session]]:
    """Transactions as the worker opens them."""
    return sessions(app).begin


@pytest.fixture
def consent() -> Callable[..., str]:
    """Go through the consent page as a person does; answers the address that Intuit sends the browser to."""

    def go(client: Client, realm: str, *, answer: str = "connect", start: str = "/quickbooks/connect") -> str:
        away = client.get(start)
        assert away.status_code == 302, away.text
        address = away.headers["Location"]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        form: dict[str, Any] = {**asked, "realm": realm, "answer": answer}
        back = requests.post(address, data=form, allow_redirects=False, timeout=10)
        assert back.status_code == 302, back.text
        return back.headers["Location"]

    return go
