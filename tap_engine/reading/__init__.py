"""How streams are read: pagers, pages in flight, and the run of one stream."""
