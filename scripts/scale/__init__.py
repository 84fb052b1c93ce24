"""`./run scale`: first syncs of two tenants through Dagster, with workers that die."""
