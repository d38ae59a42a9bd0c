"""OAuth 2.0: discovery, consent, tokens with rotation, revocation."""

from qbo_emulator.oauth.scopes import ACCOUNTING
from qbo_emulator.oauth.tokens import Access, access, grant
from qbo_emulator.oauth.views import blueprint

__all__ = ["ACCOUNTING", "Access", "access", "blueprint", "grant"]
