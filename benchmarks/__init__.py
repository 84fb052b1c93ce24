"""What `python -m benchmarks` runs: measurements and long tests against the stand-ins."""
