"""Builds the packaged JSON Schemas of both taps from the field listings of their APIs."""
