"""Documents that are generated from the code as whole files, and the tables they need besides."""
