"""Records what an API was asked and answered, with every value replaced."""
