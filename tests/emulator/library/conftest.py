"""Intuit's own libraries, connected. The tests of this folder see nothing else of the emulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from intuitlib.client import AuthClient
from quickbooks import QuickBooks
from quickbooks.objects.preferences import Preferences

from qbo_emulator.testing import RunningEmulator
from tests.emulator.library.cases import Kit

VERIFIER_TOKEN = "the app's verifier token"


def connect(emulator: RunningEmulator, auth: AuthClient, realm: str) -> QuickBooks:
    """python-quickbooks for a company."""
    connection = emulator.connection(realm)
    auth.access_token, auth.refresh_token = connection["access_token"], connection["refresh_token"]
    client = QuickBooks(
        auth_client=auth,
        refresh_token=connection["refresh_token"],
        company_id=realm,
        minorversion=75,
        use_decimal=True,
        verifier_token=VERIFIER_TOKEN,
    )
    client.api_url_v3 = client.sandbox_api_url_v3 = emulator.api_url
    return client


@pytest.fixture
def qb(emulator: RunningEmulator, auth: AuthClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[QuickBooks]:
    """The first company."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    client = connect(emulator, auth, emulator.realms()[0])
    yield client
    client.session.close()


@pytest.fixture
def kit(qb: QuickBooks) -> Kit:
    """What a document refers to, in the first company."""
    return Kit(qb)


@pytest.fixture
def worldwide(emulator: RunningEmulator, auth: AuthClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[QuickBooks]:
    """A company that keeps books in several currencies."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    for realm in emulator.realms():
        client = connect(emulator, auth, realm)
        if Preferences.get(qb=client).CurrencyPrefs.MultiCurrencyEnabled:
            yield client
            client.session.close()
            return
        client.session.close()
    pytest.fail("No company of the emulator keeps books in several currencies.")


@pytest.fixture(params=range(5), ids=["plain", "second", "automated tax", "classic tax", "Canada"])
def each(
    request: pytest.FixtureRequest, emulator: RunningEmulator, auth: AuthClient, monkeypatch: pytest.MonkeyPatch
) -> Iterator[QuickBooks]:
    """Every company in turn."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    client = connect(emulator, auth, emulator.realms()[request.param])
    yield client
    client.session.close()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A small file to attach."""
    path = tmp_path / "receipt.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    return path
