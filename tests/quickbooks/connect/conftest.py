"""People who go through the consent page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

if TYPE_CHECKING:
    from erp_core.testing.client import Client

FIRST, SECOND = "4620816365000000011", "4620816365000000022"


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
