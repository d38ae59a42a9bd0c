"""A QuickBooks Online company on this machine: OAuth 2.0, the accounting API, and a small screen."""
