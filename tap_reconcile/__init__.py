"""Compares what a source holds with the tables that a loader made of it; changes neither."""
