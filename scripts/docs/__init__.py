"""Generates documents from the taps and their schemas."""
