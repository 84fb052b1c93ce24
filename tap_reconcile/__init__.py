"""Compares a source with the tables loaded from it, and marks what was deleted, if asked to."""
