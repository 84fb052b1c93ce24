"""Singer tap for Commerce7."""
