"""A running emulator, and clients that know nothing of its insides."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from intuitlib.client import AuthClient
from quickbooks import QuickBooks

from qbo_emulator.testing import RunningEmulator, qbo_emulator  # noqa: F401 - the fixture


class RawClient:
    """Plain HTTP with a bearer token, so that a test sees exactly what is on the wire."""

    def __init__(self, emulator: RunningEmulator, realm: str | None = None) -> None:
        self.emulator = emulator
        self.connection = emulator.connection(realm)
        self.realm = self.connection["realm_id"]
        self.session = requests.Session()
        self.session.headers["Accept"] = "application/json"
        self.session.headers["Authorization"] = f"Bearer {self.connection['access_token']}"

    def url(self, path: str) -> str:
        return f"{self.emulator.api_url}/company/{self.realm}/{path}"

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.session.get(self.url(path), params=params, timeout=30)

    def post(self, path: str, body: Any, **params: Any) -> requests.Response:
        return self.session.post(self.url(path), json=body, params=params, timeout=30)

    def send(self, path: str, data: bytes) -> requests.Response:
        headers = {"Content-Type": "application/json"}
        return self.session.post(self.url(path), data=data, headers=headers, timeout=60)

    def query(self, statement: str) -> requests.Response:
        headers = {"Content-Type": "application/text"}
        return self.session.post(self.url("query"), data=statement.encode(), headers=headers, timeout=30)

    def rows(self, statement: str) -> list[dict[str, Any]]:
        answer = self.query(statement)
        assert answer.status_code == 200, answer.text
        found = answer.json()["QueryResponse"]
        return next((value for value in found.values() if isinstance(value, list)), [])

    def first(self, entity: str, where: str = "") -> dict[str, Any]:
        return self.rows(f"SELECT * FROM {entity} {where} MAXRESULTS 1")[0]

    def create(self, entity: str, body: dict[str, Any], **params: Any) -> dict[str, Any]:
        answer = self.post(entity.lower(), body, **params)
        assert answer.status_code == 200, answer.text
        created: dict[str, Any] = answer.json()[entity]
        return created

    def fault(self, path: str, body: Any, **params: Any) -> dict[str, Any]:
        """The only error of a refused write."""
        return error_of(self.post(path, body, **params))

    def invoice(self, *lines: dict[str, Any], **members: Any) -> dict[str, Any]:
        """The body of an invoice for the first customer."""
        customer = members.pop("CustomerRef", None) or {"value": self.first("Customer")["Id"]}
        return {"CustomerRef": customer, "Line": list(lines) or [self.line()], **members}

    def line(self, amount: Any = 10, **detail: Any) -> dict[str, Any]:
        """A line of the first item."""
        detail.setdefault("ItemRef", {"value": self.first("Item")["Id"]})
        return {"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": detail}

    def preference(self, section: str, **values: Any) -> None:
        """Change preferences."""
        now = self.get("preferences").json()["Preferences"]
        answer = self.post("preferences", {"Id": "1", "SyncToken": now["SyncToken"], section: values})
        assert answer.status_code == 200, answer.text


def error_of(answer: requests.Response, status: int = 400) -> dict[str, Any]:
    """The only error of an answer, whose envelope is checked on the way."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) <= {"Fault", "time"}
    assert set(body["Fault"]) == {"Error", "type"}
    (error,) = body["Fault"]["Error"]
    assert isinstance(error["code"], str)
    return dict(error)


@pytest.fixture
def emulator(qbo_emulator: RunningEmulator) -> RunningEmulator:  # noqa: F811 - the fixture
    """The emulator with its books as at the start."""
    qbo_emulator.reset()
    return qbo_emulator


@pytest.fixture
def qbo(emulator: RunningEmulator) -> Iterator[RawClient]:
    """Raw HTTP to the first company."""
    client = RawClient(emulator)
    yield client
    client.session.close()


@pytest.fixture
def auth(emulator: RunningEmulator) -> Iterator[AuthClient]:
    """Intuit's own OAuth client, not connected yet."""
    client = AuthClient("emulator-client", "emulator-secret", "http://127.0.0.1:9/callback", emulator.discovery_url)
    yield client
    client.close()


@pytest.fixture
def library(emulator: RunningEmulator, auth: AuthClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[QuickBooks]:
    """python-quickbooks, connected to the first company."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    connection = emulator.connection()
    auth.access_token, auth.refresh_token = connection["access_token"], connection["refresh_token"]
    client = QuickBooks(
        auth_client=auth,
        refresh_token=connection["refresh_token"],
        company_id=connection["realm_id"],
        minorversion=75,
        use_decimal=True,
    )
    client.api_url_v3 = client.sandbox_api_url_v3 = emulator.api_url
    yield client
    client.session.close()
