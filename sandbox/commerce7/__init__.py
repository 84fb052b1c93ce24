"""Stand-in of the Commerce7 REST API v1: a real HTTP server with made-up data."""
