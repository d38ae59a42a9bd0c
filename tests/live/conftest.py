"""The ERP and QuickBooks as processes, without a browser."""

from tests.browser.conftest import emulator, live_environ, live_erp

__all__ = ["emulator", "live_environ", "live_erp"]
