"""Consent, exchange, refresh and revoke, as Intuit's OAuth endpoints see them."""

from __future__ import annotations

import base64
import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from plugins.quickbooks.qbo.auth import OAuthApp, OAuthClient, Tokens, _AuthClient
from plugins.quickbooks.qbo.errors import (
    QBOAppRefused,
    QBOError,
    QBOGrantInvalid,
    QBORejected,
    QBOUnauthorized,
    QBOUnavailable,
    QBOUnreachable,
)
from tests.quickbooks.qbo.far_end import Server

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = "the-client-secret"
GRANT = {
    "token_type": "bearer",
    "access_token": "the-access-token",
    "expires_in": 3600,
    "refresh_token": "the-refresh-token",
    "x_refresh_token_expires_in": 8726400,
    "x_refresh_token_hard_expires_in": 157494248,
}


def discovery(url: str) -> dict[str, str]:
    return {
        "issuer": url,
        "authorization_endpoint": f"{url}/connect/oauth2",
        "token_endpoint": f"{url}/tokens",
        "revocation_endpoint": f"{url}/revoke",
        "jwks_uri": f"{url}/jwks",
        "userinfo_endpoint": f"{url}/userinfo",
    }


@pytest.fixture
def oauth_app(server: Server) -> OAuthApp:
    server.will_answer(discovery(server.url))
    return OAuthApp(
        client_id="the-client-id",
        client_secret=SECRET,
        redirect_uri="http://127.0.0.1:8000/quickbooks/callback",
        environment="sandbox",
        # Discovery is kept by its address, and a port may come again: each test has an address of its own.
        discovery_url=f"{server.url}/.well-known/openid_sandbox_configuration?{uuid4()}",
        timeout=(0.5, 0.5),
    )


@pytest.fixture
def oauth(oauth_app: OAuthApp) -> OAuthClient:
    """A client that knows its endpoints."""
    client = OAuthClient(oauth_app, now=lambda: NOW)
    client.authorization_url("fetches the discovery document")
    return client


def test_a_person_consents_to_accounting_only() -> None:
    oauth_app = OAuthApp("the-client-id", SECRET, "https://erp.example/quickbooks/callback", "production")

    url = urlsplit(OAuthClient(oauth_app).authorization_url("a state"))

    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://appcenter.intuit.com/connect/oauth2"
    assert parse_qs(url.query) == {
        "client_id": ["the-client-id"],
        "response_type": ["code"],
        "scope": ["com.intuit.quickbooks.accounting"],
        "redirect_uri": ["https://erp.example/quickbooks/callback"],
        "state": ["a state"],
    }


def test_a_state_is_never_invented_by_the_library(oauth: OAuthClient) -> None:
    with pytest.raises(ValueError, match="state"):
        oauth.authorization_url("")


def test_a_code_becomes_tokens(oauth: OAuthClient, server: Server) -> None:
    server.will_answer(GRANT)

    tokens = oauth.exchange("the-code", "9341")

    request = server.received[-1]
    assert (request.method, request.path) == ("POST", "/tokens")
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["authorization_code"],
        "code": ["the-code"],
        "redirect_uri": ["http://127.0.0.1:8000/quickbooks/callback"],
    }
    credentials = base64.b64encode(f"the-client-id:{SECRET}".encode()).decode()
    assert request.headers["authorization"] == f"Basic {credentials}"
    assert tokens == Tokens(
        access_token="the-access-token",
        refresh_token="the-refresh-token",
        access_expires_at=NOW + timedelta(hours=1),
        refresh_expires_at=NOW + timedelta(days=101),
        refresh_hard_expires_at=NOW + timedelta(seconds=157494248),
    )


def test_the_hard_expiry_is_asked_for(oauth: OAuthClient, server: Server) -> None:
    server.will_answer(GRANT)

    oauth.refresh("old")

    assert server.received[-1].headers["x-include-refresh-token-hard-expires-in"] == "true"
    assert parse_qs(server.received[-1].body.decode()) == {"grant_type": ["refresh_token"], "refresh_token": ["old"]}


def test_a_grant_without_lifetimes_is_not_lost(oauth: OAuthClient, server: Server) -> None:
    server.will_answer({"access_token": "a", "refresh_token": "new"})

    tokens = oauth.refresh("old")

    assert tokens.refresh_token == "new"
    assert tokens.access_expires_at == NOW + timedelta(hours=1)
    assert tokens.refresh_expires_at == NOW + timedelta(days=100)
    assert tokens.refresh_hard_expires_at is None


def test_a_refresh_that_names_no_new_token_keeps_the_old_one(oauth: OAuthClient, server: Server) -> None:
    server.will_answer({"access_token": "a", "expires_in": 3600})

    assert oauth.refresh("old").refresh_token == "old"


def test_the_discovery_document_is_fetched_once(oauth_app: OAuthApp, server: Server) -> None:
    for _ in range(3):
        server.will_answer(GRANT)
        OAuthClient(oauth_app).refresh("old")
        OAuthClient(oauth_app).authorization_url("s")

    assert [request.path for request in server.received] == [
        "/.well-known/openid_sandbox_configuration",
        "/tokens",
        "/tokens",
        "/tokens",
    ]


def test_a_discovery_that_failed_is_tried_again(oauth_app: OAuthApp, server: Server) -> None:
    server.answers.clear()
    server.will_answer(b"down", status=503)
    server.will_answer({"token_endpoint": "https://example.com"})
    server.will_answer({**discovery(server.url), "token_endpoint": "http://example.com/tokens"})
    server.will_answer(discovery(server.url))

    with pytest.raises(QBOUnavailable):
        OAuthClient(oauth_app).authorization_url("s")
    with pytest.raises(QBOUnavailable, match="lacks"):
        OAuthClient(oauth_app).authorization_url("s")
    with pytest.raises(ValueError, match="https"):
        OAuthClient(oauth_app).authorization_url("s")
    assert OAuthClient(oauth_app).authorization_url("s").startswith(server.url)


def test_a_dead_refresh_token_is_told_apart(oauth: OAuthClient, server: Server) -> None:
    server.will_answer(
        {"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"}, status=400
    )

    with pytest.raises(QBOGrantInvalid) as caught:
        oauth.refresh("old")

    assert isinstance(caught.value, QBOUnauthorized)
    assert (caught.value.code, caught.value.status) == ("invalid_grant", 400)
    assert caught.value.intuit_tid == "1-abc"


def test_a_wrong_client_secret_is_the_servers_matter_not_the_connections(oauth: OAuthClient, server: Server) -> None:
    server.will_answer({"error": "invalid_client"}, status=401)

    with pytest.raises(QBOAppRefused) as caught:
        oauth.refresh("old")

    assert not isinstance(caught.value, QBOUnauthorized)


def test_revoking_sends_the_token_and_expects_nothing(oauth: OAuthClient, server: Server) -> None:
    server.will_answer(b"")

    oauth.revoke("the-refresh-token")

    assert (server.received[-1].path, server.received[-1].json()) == ("/revoke", {"token": "the-refresh-token"})


def test_revoking_a_dead_token_is_a_refusal(oauth: OAuthClient, server: Server) -> None:
    server.will_answer({"error": "invalid_request"}, status=400)

    with pytest.raises(QBORejected):
        oauth.revoke("the-refresh-token")


@pytest.mark.parametrize("body", [b"<html>the-access-token</html>", b"[]", b"{}", b'{"access_token": 5}'])
def test_a_grant_that_cannot_be_read_is_not_quoted(oauth: OAuthClient, server: Server, body: bytes) -> None:
    server.will_answer(body)

    with pytest.raises(QBOUnavailable) as caught:
        oauth.refresh("old")

    assert caught.value.outcome_unknown
    assert "the-access-token" not in str(caught.value)


def test_silence_ends_with_the_time_out(oauth: OAuthClient, server: Server) -> None:
    server.will("silence")
    started = time.monotonic()

    with pytest.raises(QBOUnreachable) as caught:
        oauth.refresh("old")

    assert time.monotonic() - started < 3
    assert caught.value.outcome_unknown, "the token may have been rotated"


def test_a_silent_discovery_ends_with_the_time_out(oauth_app: OAuthApp, server: Server) -> None:
    server.answers.clear()
    server.will("silence")

    with pytest.raises(QBOUnreachable):
        OAuthClient(oauth_app).authorization_url("s")


def test_a_redirect_of_the_token_endpoint_is_not_followed(oauth: OAuthClient, server: Server) -> None:
    server.will_answer(b"", status=307, Location=f"{server.url}/elsewhere")

    with pytest.raises(QBOUnavailable):
        oauth.refresh("old")

    assert server.received[-1].path == "/tokens"


def test_a_netrc_entry_does_not_replace_the_apps_credentials(
    oauth_app: OAuthApp, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.will_answer(GRANT)

    with _AuthClient(oauth_app) as session:
        session.trust_env = True  # as for Intuit's own address
        session.refresh("old")

    credentials = base64.b64encode(f"the-client-id:{SECRET}".encode()).decode()
    assert server.received[-1].headers["authorization"] == f"Basic {credentials}"


def test_secrets_are_shown_nowhere(
    oauth_app: OAuthApp, oauth: OAuthClient, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.will_answer(GRANT)
    server.will_answer({"error": "invalid_grant", "error_description": f"old-token is dead, {SECRET}"}, status=400)
    server.will("reset")

    tokens = oauth.refresh("old-token")
    shown = [repr(tokens), str(tokens), repr(oauth_app), str(oauth_app), repr(oauth), caplog.text]
    for _ in range(2):
        with pytest.raises(QBOError) as caught:
            oauth.refresh("old-token")
        assert caught.value.__context__ is None
        shown += [str(caught.value), repr(caught.value), str(caught.value.__dict__)]

    for text in shown:
        for secret in (SECRET, "old-token", "the-access-token", "the-refresh-token"):
            assert secret not in text


@pytest.mark.parametrize("environment", ["", "sand", "https://example.com"])
def test_an_unknown_environment_is_refused(environment: str) -> None:
    with pytest.raises(ValueError, match="sandbox or production"):
        OAuthApp("i", "s", "https://x/y", environment)  # type: ignore[arg-type]  # that is the point


def test_a_discovery_in_the_clear_is_refused() -> None:
    with pytest.raises(ValueError, match="https"):
        OAuthApp("i", "s", "https://x/y", "sandbox", discovery_url="http://example.com/discovery")
