"""What is in a collection, before anything is changed."""
