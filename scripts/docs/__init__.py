"""Documents that are generated from the taps and their schemas."""
