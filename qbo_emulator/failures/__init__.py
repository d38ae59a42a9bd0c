"""Failures on demand: their rules, and what each does to a call."""
