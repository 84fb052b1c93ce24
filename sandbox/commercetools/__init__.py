"""Stand-in of the commercetools HTTP API, written from its published reference."""
