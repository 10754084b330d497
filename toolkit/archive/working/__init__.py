"""Who does the work of a batch, and how it is handed out."""
