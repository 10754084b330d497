"""Vary a tune."""
