"""Generates the staging models of `transform/` from the schemas."""
