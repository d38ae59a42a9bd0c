"""The plugin contract and the machinery behind it. Plugins themselves import `erp_core.toolkit` only."""
