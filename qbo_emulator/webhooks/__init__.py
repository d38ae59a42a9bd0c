"""Webhooks: changes are journalled with the write that makes them, and delivered in the background."""
