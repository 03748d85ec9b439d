"""Copies the whole database while it is in use, and restores such a copy; what a copy holds is counted and compared."""
