"""Unscored comments are claimed with a lease, scored outside transactions, and saved in short ones."""
