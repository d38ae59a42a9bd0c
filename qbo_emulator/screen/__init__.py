"""The screen: a small accounting program in front of the books."""
