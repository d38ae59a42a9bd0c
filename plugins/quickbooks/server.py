"""What the server's environment says about its Intuit app. One app serves all tenants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from erp_core.toolkit import registry
from plugins.quickbooks.qbo.auth import Environment, OAuthApp
from plugins.quickbooks.qbo.transport import safe_url
from plugins.quickbooks.settings import PLUGIN

CALLBACK_PATH = "/quickbooks/callback"


@dataclass(frozen=True)
class ServerSettings:
    """The variables QBO_…, or the same names with QUICKBOOKS_…, as seed 004 calls them."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    redirect_uri: str = ""
    environment: str = "sandbox"
    webhook_verifier_token: str = field(default="", repr=False)
    discovery_url: str | None = None
    api_url: str | None = None
    invoice_url: str = "https://app.qbo.intuit.com/app/invoice?txnId={id}"
    """Where a person opens an invoice in QuickBooks; `{id}` and `{realm}` are filled in."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> ServerSettings:
        """Read the variables; empty ones count as missing."""

        def value(name: str) -> str:
            return (environ.get(f"QBO_{name}") or environ.get(f"QUICKBOOKS_{name}") or "").strip()

        return cls(
            client_id=value("CLIENT_ID"),
            client_secret=value("CLIENT_SECRET"),
            redirect_uri=value("REDIRECT_URI"),
            environment=(value("ENVIRONMENT") or "sandbox").lower(),
            webhook_verifier_token=value("WEBHOOK_VERIFIER_TOKEN"),
            discovery_url=value("DISCOVERY_URL") or None,
            api_url=value("API_URL") or None,
            invoice_url=value("INVOICE_URL") or cls.invoice_url,
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """What keeps QuickBooks from being used on this server, a sentence each; empty when it is set up."""
        found = [
            f"{name} is missing."
            for name, value in (
                ("QBO_CLIENT_ID", self.client_id),
                ("QBO_CLIENT_SECRET", self.client_secret),
                ("QBO_REDIRECT_URI", self.redirect_uri),
            )
            if not value
        ]
        if self.environment not in ("sandbox", "production"):
            found.append("QBO_ENVIRONMENT must be sandbox or production.")
        if self.redirect_uri and not urlsplit(self.redirect_uri).path.endswith("/callback"):
            found.append(f"QBO_REDIRECT_URI must end in {CALLBACK_PATH}.")
        for name, address in (("QBO_DISCOVERY_URL", self.discovery_url), ("QBO_API_URL", self.api_url)):
            try:
                if address:
                    safe_url(address, name)
            except ValueError as error:
                found.append(f"{error}.")
        try:
            self.invoice_url.format(id="1", realm="1")
        except (KeyError, IndexError, ValueError):
            found.append("QBO_INVOICE_URL may only hold {id} and {realm} in braces.")
        return tuple(found)

    @property
    def configured(self) -> bool:
        """Whether tenants see QuickBooks at all."""
        return not self.problems

    @property
    def app(self) -> OAuthApp:
        """The Intuit app; only when `configured`."""
        return OAuthApp(
            client_id=self.client_id,
            client_secret=self.client_secret,
            redirect_uri=self.redirect_uri,
            environment=cast(Environment, self.environment),
            discovery_url=self.discovery_url,
        )


def server() -> ServerSettings:
    """The settings of this process's server; not configured while the plugin is not loaded."""
    plugin = registry().get(PLUGIN)
    return ServerSettings.from_environ(plugin.config.environ if plugin else {})
