"""Singer state: bookmarks, unfinished scans, and the states of shards."""
