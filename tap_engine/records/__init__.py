"""Records as JSON text: rows, field selection, comparison with schemas."""
