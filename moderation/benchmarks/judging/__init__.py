"""`benchmark policy` and `benchmark terms`: what judging costs."""
