"""The demo: both stand-ins, both pipelines and a PostgreSQL that brings itself along."""
