"""Compares a source with the tables loaded from it, without changing either."""
