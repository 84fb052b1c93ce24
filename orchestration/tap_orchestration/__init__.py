"""Runs the taps on Dagster: first syncs in shards, then incremental runs, for many tenants."""
