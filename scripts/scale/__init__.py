"""`./run scale`: first syncs of two tenants in shards through Dagster, with a worker that dies."""
