"""Metrics, suites and benchmarks; every figure of the project comes from here. See README.md."""
