"""Simulates first syncs in shards and incremental runs of many tenants; see docs/scale.md."""
