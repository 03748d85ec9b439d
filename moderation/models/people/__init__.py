"""Rows about people: keys, moderators, commenters, erasures."""
