"""Local stand-ins of both APIs, for the demo, the tests and the benchmarks."""
