"""The plugin's pages."""

from plugins.quickbooks.web import connections, sending, settings_page
from plugins.quickbooks.web.blueprint import blueprint

__all__ = ["blueprint", "connections", "sending", "settings_page"]
