"""What is said about a collection: pages, tables, PREMIS, the bag."""
