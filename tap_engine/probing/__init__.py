"""Settles what the documentation of an API leaves open, by asking a real account."""
