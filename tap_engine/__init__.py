"""What both taps share: HTTP, records that stay bytes, state, reading, and the Singer SDK."""
