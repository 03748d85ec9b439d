"""Stored reviews as columns, to judge many of them at once."""
