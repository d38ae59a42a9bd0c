"""The accounting API over HTTP."""
