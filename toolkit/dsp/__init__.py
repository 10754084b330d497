"""Pure functions on arrays: signal processing, one idea a file."""
