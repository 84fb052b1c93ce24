"""One HTTP session per tap: retries, error tables, rate limits, masking of secrets."""
