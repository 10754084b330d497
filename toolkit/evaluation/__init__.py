"""Metrics, suites and benchmarks; every figure in the README comes from here."""
