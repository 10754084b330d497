"""Whether files are still what they were."""
