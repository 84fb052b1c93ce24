"""Records that stay JSON text: rows, field selection, comparison with schemas."""
