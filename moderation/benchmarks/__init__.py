"""Measures the product against a peer in one run on one machine. `manage.py benchmark` prints it."""
