"""Measurements over real HTTP and real databases. They give figures, they never pass or fail."""
