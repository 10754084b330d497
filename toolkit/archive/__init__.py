"""Collections: what is in them, which recordings are the same."""
